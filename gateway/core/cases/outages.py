"""Outages: many doors fall silent from one cause, and that is one case, not five hundred.

The site's own step: `step(outages, event, now_ms, rules) -> outages, effects`. Seals that fall
silent are gathered for a while; then whatever area explains most of them is searched for: the
widest in which many fell silent together, for every door of it that is heard speaks against it. A
door that falls silent later in the same area joins. The outage is over when most of its doors have
been heard for a while; so the storm of their return has passed before anybody is told of those that
stay away."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from gateway.core.cases import case
from gateway.core.cases.actions import act, page_fate, refused
from gateway.core.cases.refusal import Refusal
from gateway.core.duration import MINUTE_MS
from gateway.core.effects import (
    CaseMoved,
    Effect,
    OutageFound,
    OutageGrew,
    OutageOver,
    PageDue,
    WatchDoubted,
)
from gateway.core.events import (
    CaseAction,
    DutyEnds,
    Event,
    OutageBegan,
    OutageEnded,
    PageReceived,
    PageWentOut,
    SealHeard,
    SealLost,
)
from gateway.core.model import Door
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from gateway.core.site_model import Lost, Outage, Outages
from gateway.core.subject import Subject, of_door

OutagesChange = tuple[Outages, tuple[Effect, ...]]

SITE_AREA = "site"  # the area in which every door lies
OUTAGES_MAX = 32  # at a time; more causes than that are no causes
DUE_MAX = 4 * OUTAGES_MAX + 2  # deadlines in one step
SPEAKS_FOR = 2  # each silent door of an area weighs as much as so many of it that are heard
# Gathering times within which they fell silent together: one cause loses seals up to a heartbeat
# apart, and a heartbeat may be five minutes.
TOGETHER = 3
LOOK_EVERY_MS = 10 * MINUTE_MS  # while many are lost; orders begin and end meanwhile
OVER = frozenset({Reason.OUTAGE})


def step(outages: Outages, event: Event, now_ms: int, rules: Rules) -> OutagesChange:
    """One event about what the site knows of all doors together.

    Args:
        outages: the lost seals, and the outages that explain them; it stays as it is.
        event: a seal lost or heard, the fate of a page, or an action of a person. Any other, such
            as a `DeadlineCame`, only does what is due.
        now_ms: the event's time, in ms of UTC.
        rules: the site's.

    Returns:
        The outages after it, and what follows, in order: what was due before, what the event did,
        what is due since. A `CaseMoved` or `PageDue` in it names the door that stands for its
        outage. An action on a case that nobody holds is an `ActionRefused`; nothing is raised.
    """
    outages, due = _fire_deadlines(outages, now_ms, rules)
    match event:
        case SealLost():
            outages, effects = _lost(outages, event, now_ms, rules)
            outages = _doubt(outages, now_ms, rules)
        case SealHeard(door_id=door_id):
            outages, effects = _heard(outages, door_id, now_ms, rules)
            outages = _doubt(outages, now_ms, rules)
        case PageWentOut() | PageReceived():
            outages, effects = _page(outages, event, now_ms, rules)
        case DutyEnds():
            outages, effects = _duty(outages, event), ()
        case CaseAction():
            outages, effects = _person(outages, event, now_ms, rules)
        case _:
            effects = ()
    outages, since = _fire_deadlines(outages, now_ms, rules)
    return outages, due + effects + since


def next_deadline(outages: Outages) -> int | None:
    """The earliest time at which the site needs a step by itself, or None."""
    first = _first_due(outages)
    return None if first is None else first[0]


def of_case(outages: Outages, case_id: str) -> Outage | None:
    """The outage that has this case."""
    for outage in outages.outages:
        if case.find(outage, case_id) is not None:
            return outage
    return None


def _placed(outage: Outage, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """What follows from an outage's case, with the area and the door that stands for it."""
    return tuple(
        replace(effect, door_id=outage.first_door, area=outage.area)
        if isinstance(effect, CaseMoved)
        else replace(effect, door_id=outage.first_door)
        if isinstance(effect, PageDue)
        else effect
        for effect in effects
    )


def areas_of(door: Door) -> tuple[str, ...]:
    """The areas in which a door lies, the widest first."""
    return (SITE_AREA, *door.areas)


def sealed_of(doors: Iterable[Door]) -> Counter[str]:
    """How many sealed doors each area holds."""
    sealed: Counter[str] = Counter()
    for door in doors:
        sealed.update(sealed_areas(door))
    return sealed


def sealed_areas(door: Door) -> tuple[str, ...]:
    """Those in which it counts, for a seal hangs on it."""
    return areas_of(door) if door.seal_id is not None else ()


def to_doors(effect: OutageFound | OutageGrew | OutageOver) -> list[tuple[Subject, Event]]:
    """What an outage means to each of its doors, in the order in which it has them."""
    outage_id = effect.outage_id
    if isinstance(effect, OutageOver):
        return [(of_door(door_id), OutageEnded(outage_id)) for door_id in effect.doors]
    doors = effect.doors if isinstance(effect, OutageFound) else (effect.door_id,)
    return [(of_door(door_id), OutageBegan(outage_id)) for door_id in doors]


def parted(before: Outages, after: Outages) -> list[tuple[Subject, Event]]:
    """What it means to doors that an outage had, and has no more or is not known any more: what
    explained their silence is gone, and each is judged anew."""
    left = {outage.outage_id: frozenset(outage.doors) for outage in after.outages}
    return [
        (of_door(door_id), OutageEnded(outage.outage_id))
        for outage in before.outages
        for door_id in outage.doors
        if door_id not in left.get(outage.outage_id, ())
    ]


def _lost(outages: Outages, event: SealLost, now_ms: int, rules: Rules) -> OutagesChange:
    lost = Lost(event.door_id, event.since_ms, event.areas, now_ms)
    outages = replace(outages, lost=(*_others(outages, event.door_id), lost))
    areas = {area for area, _ in event.areas}
    for outage in outages.outages:
        if outage.area in areas and not _is_over(outage):
            return _grow(outages, outage, event.door_id, now_ms, rules)
    if outages.gathered_ms is None:
        outages = replace(outages, gathered_ms=now_ms + rules.outage_gather_ms)
    return outages, ()


def _grow(
    outages: Outages, outage: Outage, door_id: str, now_ms: int, rules: Rules
) -> OutagesChange:
    """One more is silent from it, or silent again; where it was settling, it must settle anew."""
    is_new = door_id not in outage.doors
    doors = (*outage.doors, door_id) if is_new else outage.doors
    outage = replace(outage, doors=doors)
    outage = replace(outage, settles_ms=settling_ms(outages, outage, now_ms, rules))
    grew = (OutageGrew(outage.outage_id, doors, door_id),) if is_new else ()
    return _with(outages, outage), grew


def settling_ms(outages: Outages, outage: Outage, now_ms: int, rules: Rules) -> int | None:
    """When it may be over, as half of its doors are heard; None as long as they are not."""
    silent = {lost.door_id for lost in outages.lost}
    still = sum(door_id in silent for door_id in outage.doors)
    return now_ms + rules.outage_settle_ms if 2 * still <= len(outage.doors) else None


def _others(outages: Outages, door_id: str) -> tuple[Lost, ...]:
    """The lost ones but for this door: a slice is quick where ten thousand are lost at once."""
    for index, lost in enumerate(outages.lost):
        if lost.door_id == door_id:
            return outages.lost[:index] + outages.lost[index + 1 :]
    return outages.lost


def _heard(outages: Outages, door_id: str, now_ms: int, rules: Rules) -> OutagesChange:
    """One is heard again; when half of an outage's doors are, it may be over."""
    outages = replace(outages, lost=_others(outages, door_id))
    for outage in outages.outages:
        if door_id in outage.doors and outage.settles_ms is None:
            settles_ms = settling_ms(outages, outage, now_ms, rules)
            if settles_ms is not None:
                outages = _with(outages, replace(outage, settles_ms=settles_ms))
    return outages, ()


def _page(
    outages: Outages, event: PageWentOut | PageReceived, now_ms: int, rules: Rules
) -> OutagesChange:
    """The fate of a page about the case of an outage."""
    outage = of_case(outages, event.case_id)
    if outage is None:
        return outages, ()
    outage, effects = page_fate(outage, event, now_ms, rules)
    return _with(outages, outage), _placed(outage, effects)


def _duty(outages: Outages, event: DutyEnds) -> Outages:
    outage = of_case(outages, event.case_id)
    return outages if outage is None else _with(outages, case.duty_ends(outage, event))


def _doubt(outages: Outages, now_ms: int, rules: Rules) -> Outages:
    """The number of lost seals has changed: see soon whether the site is blind, or not any more."""
    soon_ms = now_ms + rules.outage_gather_ms
    is_enough = len(outages.lost) >= rules.blind_doors
    if outages.looked_ms is None:
        return replace(outages, looked_ms=soon_ms) if is_enough else outages
    return replace(outages, looked_ms=min(outages.looked_ms, soon_ms))


def _look(outages: Outages, _: Any, now_ms: int, rules: Rules) -> OutagesChange:
    """Who knows the doors looks now; and again, as long as so many are lost."""
    is_enough = len(outages.lost) >= rules.blind_doors
    looked_ms = now_ms + LOOK_EVERY_MS if is_enough else None
    return replace(outages, looked_ms=looked_ms), (WatchDoubted(),)


def _person(outages: Outages, event: CaseAction, now_ms: int, rules: Rules) -> OutagesChange:
    """What a person does about the case of an outage. Results outlive an outage that is gone."""
    outage = of_case(outages, event.case_id)
    if outage is None:
        recent, effects = refused(event, outages.recent, now_ms, Refusal.NO_SUCH_CASE)
    else:
        outage, recent, effects = act(outage, event, outages.recent, now_ms, rules)
        outages, effects = _with(outages, outage), _placed(outage, effects)
    return replace(outages, recent=recent), effects


def _gather(outages: Outages, _: Any, now_ms: int, rules: Rules) -> OutagesChange:
    """Find what explains those that no outage explains yet, the widest cause first."""
    outages = replace(outages, gathered_ms=None)
    effects: tuple[Effect, ...] = ()
    for _ in range(OUTAGES_MAX - len(outages.outages)):
        best = _best(outages, now_ms, rules)
        if best is None:
            break
        area, doors, since_ms = best
        # Its id leaves the house with its pages, so it says nothing of where it is.
        outage_id = f"outage-{now_ms}-{len(outages.outages)}"
        outage = Outage(outage_id, area, since_ms, doors[0], doors)
        outage, raised = case.raise_case(outage, Reason.OUTAGE, outage_id, now_ms, since_ms, rules)
        outages = replace(outages, outages=(*outages.outages, outage))
        effects += (OutageFound(outage_id, area, since_ms, doors), *_placed(outage, raised))
    return outages, effects


def _best(outages: Outages, now_ms: int, rules: Rules) -> tuple[str, tuple[str, ...], int] | None:
    """The area that explains most: its doors that fell silent together, twice, less those of it
    that are heard. Half a stair may run on batteries; but who fell silent days ago proves nothing.

    It explains those too, once it is found.
    """
    since_ms = now_ms - TOGETHER * rules.outage_gather_ms
    explained = {door_id for outage in outages.outages for door_id in outage.doors}
    unexplained = [lost for lost in outages.lost if lost.door_id not in explained]
    silent, together, members = Counter[str](), Counter[str](), dict[str, int]()
    for lost in outages.lost:
        for area, count in lost.areas:
            members[area] = count
            silent[area] += 1
    for lost in unexplained:
        together.update(area for area, _ in lost.areas if lost.at_ms >= since_ms)
    best: tuple[int, int, str] | None = None
    for area, count in together.items():
        weight = SPEAKS_FOR * count - max(0, members[area] - silent[area])
        # Of areas that explain as many, the one with the fewest doors: a stair, not its site.
        rank = weight, -members[area], area
        if count >= rules.outage_doors and weight > 0 and (best is None or rank > best):
            best = rank
    if best is None:
        return None
    chosen = [lost for lost in unexplained if any(area == best[2] for area, _ in lost.areas)]
    return best[2], tuple(lost.door_id for lost in chosen), min(lost.since_ms for lost in chosen)


def _settle(outages: Outages, outage: Outage, now_ms: int, _: Rules) -> OutagesChange:
    """Most have been heard for a while: it is over, and the others are silent for themselves."""
    silent = {lost.door_id for lost in outages.lost}
    still = tuple(door_id for door_id in outage.doors if door_id in silent)
    over = OutageOver(outage.outage_id, outage.doors, still)
    outage = replace(outage, settles_ms=None, doors=())
    if outage.case is not None and outage.case.state in case.UNANSWERED:
        outage, ended = case.end_by_rule(outage, outage.case, Reason.HEARD_AGAIN, now_ms)
    else:
        outage, ended = case.cleared(outage, OVER, now_ms)
    return _with(outages, outage), (over, *_placed(outage, ended))


def _is_over(outage: Outage) -> bool:
    return not outage.doors


def _with(outages: Outages, outage: Outage) -> Outages:
    """The outages with this one as it is now; it leaves when it is over and has no case."""
    gone = _is_over(outage) and outage.case is None and not outage.in_review
    kept = [
        outage if other.outage_id == outage.outage_id else other
        for other in outages.outages
        if not (gone and other.outage_id == outage.outage_id)
    ]
    return replace(outages, outages=tuple(kept))


# What is due: when, the part that it is about, and rule(outages, part, now_ms, rules).
Deadline = tuple[int | None, Any, Callable[[Outages, Any, int, Rules], OutagesChange]]


def _all_due(outages: Outages) -> Iterator[Deadline]:
    yield outages.gathered_ms, None, _gather
    yield outages.looked_ms, None, _look
    for outage in outages.outages:
        yield outage.settles_ms, outage, _settle
        if outage.case is not None:
            for due, rule in case.DUE:
                due_ms = due(outage.case)
                yield due_ms, (outage, outage.case, due_ms, rule), _case_due
        for due_in_review, remind in case.REVIEW_DUE:
            due_ms = due_in_review(outage.in_review)
            yield due_ms, (outage, outage.in_review, due_ms, remind), _case_due


def _case_due(
    outages: Outages, part: tuple[Outage, Any, int, case.Rule], now_ms: int, rules: Rules
) -> OutagesChange:
    """A time in an outage's case has come."""
    outage, its, due_ms, rule = part  # its case, or those in review
    outage, effects = rule(outage, its, due_ms, now_ms, rules)
    return _with(outages, outage), _placed(outage, effects)


def _first_due(outages: Outages) -> tuple[int, Any, Callable[..., OutagesChange]] | None:
    first = None
    for due_ms, part, rule in _all_due(outages):
        if due_ms is not None and (first is None or due_ms < first[0]):
            first = due_ms, part, rule
    return first


def _fire_deadlines(outages: Outages, now_ms: int, rules: Rules) -> OutagesChange:
    """Do what was due by now, the earliest first. A rule may set a new time, so check again."""
    effects: tuple[Effect, ...] = ()
    for _ in range(DUE_MAX):
        first = _first_due(outages)
        if first is None or first[0] > now_ms:
            break
        _, part, rule = first
        outages, more = rule(outages, part, now_ms, rules)
        effects += more
    return outages, effects
