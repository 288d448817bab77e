"""The ladder: who is told of a case, and who next, until somebody has it.

A round begins with the page and climbs rung by rung, each at its own time; then it begins anew,
under another page id, so that phones ring again. An acknowledgement ends it. A handheld that signs
for the page proves that it arrived, so the same person's other channels are spared; it proves
nothing about its reader, so the next person is told all the same. Faults climb slowly, and begin by
day; nothing but a breach begins in the quiet hours of an order.

Who stands on a rung at that time is for the rota, who is told how often for people.py.
"""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from gateway.core import wall_clock
from gateway.core.effects import Effect, PageDue
from gateway.core.model import Case, Ladder
from gateway.core.reason import BREACHES, FAULTS, Reason
from gateway.core.rota import Role
from gateway.core.rules import Rules

Windows = tuple[tuple[int, int], ...]
Climbed = tuple[Case, tuple[Effect, ...]]


class Ways(StrEnum):
    """Which of a person's channels are used."""

    FIRST = "first"
    OTHER = "other"
    ALL = "all"


class Rung(Struct, frozen=True):
    """Who is told, by which channels, and which of the rules says how long after the beginning of
    the round; the first has none."""

    role: Role
    ways: Ways
    wait: str = ""

    def wait_ms(self, rules: Rules) -> int:
        """How long after the beginning of the round."""
        return getattr(rules, self.wait) if self.wait else 0


OF_BREACHES = (
    Rung(Role.WARDEN, Ways.FIRST),
    Rung(Role.WARDEN, Ways.OTHER, "second_ms"),
    Rung(Role.DEPUTY, Ways.ALL, "deputy_ms"),
    Rung(Role.CAPTAIN, Ways.ALL, "captain_ms"),
    Rung(Role.CENTRE, Ways.ALL, "centre_ms"),
)
OF_FAULTS = (
    Rung(Role.INSTALLER, Ways.ALL),
    Rung(Role.CAPTAIN, Ways.ALL, "fault_captain_ms"),
    Rung(Role.CENTRE, Ways.ALL, "fault_centre_ms"),
)
OF_THE_CANARY = (  # the way to the wardens' phones is what may be broken
    Rung(Role.CENTRE, Ways.ALL),
    Rung(Role.CAPTAIN, Ways.ALL, "second_ms"),
    Rung(Role.INSTALLER, Ways.ALL, "deputy_ms"),
)

OF_A_PERSON = (  # told once; an installer mends no phone
    Rung(Role.CAPTAIN, Ways.ALL),
    Rung(Role.CENTRE, Ways.ALL),
)


def rungs(reason: Reason) -> tuple[Rung, ...]:
    """The rungs of one round, the lowest first."""
    if reason is Reason.CANARY_MISSED:
        return OF_THE_CANARY
    if reason is Reason.UNREACHABLE:
        return OF_A_PERSON
    return OF_FAULTS if reason in FAULTS else OF_BREACHES


def begin(
    case: Case,
    page_id: str,
    reason: Reason,
    since_ms: int,
    now_ms: int,
    quiet: Windows,
    rules: Rules,
) -> Climbed:
    """Tell of something new in the case: at once, or when the day or the quiet hours allow it."""
    starts_ms = may_start_ms(reason, now_ms, quiet, rules)
    case = replace(case, ladder=Ladder(page_id, reason, since_ms, starts_ms, began_ms=starts_ms))
    return climb(case, now_ms, rules) if starts_ms <= now_ms else (case, ())


def climb(case: Case, now_ms: int, rules: Rules) -> Climbed:
    """Tell the rung whose time has come, and set the time of the next."""
    ladder = case.ladder
    assert ladder is not None  # noqa: S101 - its deadline came
    steps = rungs(ladder.reason)
    rung = min(ladder.rung, len(steps) - 1)  # the settings may have lost one meanwhile
    page = PageDue(
        _page_id(ladder), case.case_id, ladder.reason, ladder.since_ms, rung, ladder.round
    )
    return replace(case, ladder=_next(ladder, rung, now_ms, rules)), (page,)


def received(case: Case, page_id: str, rules: Rules) -> Case:
    """A handheld signed for the page of this round: its owner's other channels are spared."""
    ladder = case.ladder
    if ladder is None or ladder.received or page_id != _page_id(ladder):
        return case
    steps = rungs(ladder.reason)
    if ladder.rung < len(steps) and steps[ladder.rung].ways is Ways.OTHER:
        rung = ladder.rung + 1
        ladder = replace(ladder, rung=rung, next_ms=ladder.began_ms + steps[rung].wait_ms(rules))
    return replace(case, ladder=replace(ladder, received=True))


def _page_id(ladder: Ladder) -> str:
    return ladder.page_id + (f"-r{ladder.round}" if ladder.round else "")


def _next(ladder: Ladder, rung: int, now_ms: int, rules: Rules) -> Ladder:
    """The ladder after a rung was told. What is late does not hurry through those that follow."""
    steps = rungs(ladder.reason)
    late_ms = max(0, now_ms - (ladder.began_ms + steps[rung].wait_ms(rules)))
    began_ms = ladder.began_ms + late_ms
    if rung + 1 < len(steps):
        next_ms = began_ms + steps[rung + 1].wait_ms(rules)
        return replace(ladder, rung=rung + 1, next_ms=next_ms, began_ms=began_ms)
    again_ms = rules.fault_again_ms if ladder.reason in FAULTS else rules.again_ms
    next_ms = began_ms + max(again_ms, steps[-1].wait_ms(rules))
    return replace(
        ladder, rung=0, round=ladder.round + 1, next_ms=next_ms, began_ms=next_ms, received=False
    )


def may_start_ms(reason: Reason, now_ms: int, quiet: Windows, rules: Rules) -> int:
    """When the first rung may be told: by day, or outside the quiet hours."""
    starts_ms = now_ms
    if reason in FAULTS:
        starts_ms = _not_within(starts_ms, (rules.day_to_min, rules.day_from_min), rules)
    if reason not in BREACHES:
        for window in quiet:
            starts_ms = _not_within(starts_ms, window, rules)
    return starts_ms


def _not_within(at_ms: int, window: tuple[int, int], rules: Rules) -> int:
    minute = wall_clock.minute_of_day(rules.zone, at_ms)
    inside = wall_clock.is_between(minute, *window)
    return wall_clock.next_at(rules.zone, at_ms, window[1]) if inside else at_ms
