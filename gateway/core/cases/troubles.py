"""Troubles: what befalls the gateway itself, or the whole site, is a case as an opening is.

The site's own step: `step(troubles, event, now_ms, rules) -> troubles, effects`. A trouble is a
reason, and what it is about where there are several of that kind. It raises one case when it
begins, however often it is said, and clears it when it is over. What heals by itself ends a case
that nobody has taken; what somebody must look into waits for that person. No door stands for it:
the captains of all grids and the centre are asked."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec.structs import replace

from gateway.core.cases import case
from gateway.core.cases.actions import act, page_fate, refused
from gateway.core.cases.refusal import Refusal
from gateway.core.doors.orders import running
from gateway.core.effects import CaseMoved, Effect
from gateway.core.events import (
    CaseAction,
    DutyEnds,
    Event,
    PageReceived,
    PageWentOut,
    TroubleBegan,
    TroubleEnded,
)
from gateway.core.model import Door
from gateway.core.reasons import TROUBLES, Reason
from gateway.core.rules import Rules
from gateway.core.site_model import Trouble, Troubles

TroublesChange = tuple[Troubles, tuple[Effect, ...]]
# When, of what, its case or those in review, and the rule for it.
Due = tuple[int, Trouble, Any, case.Rule]

PREFIX: Final = "trouble-"  # of its cases' ids
EACH_MAX: Final = 8  # of one reason; what is beyond joins one case for all of those
MORE: Final = "more"  # what that one is about
ABOUT_MAX: Final = 40  # characters
DUE_MAX: Final = 4 * (EACH_MAX + 1) * len(TROUBLES)  # deadlines in one step
AREA: Final = "site"  # where it is, for the case's row
# Over, and nobody need look into it any more.
HEALS: Final = frozenset(
    {
        Reason.WATCH_LOST,
        Reason.DISK_LOW,
        Reason.CLOCK_DOUBTED,
        Reason.CERTIFICATE_ENDS,
        Reason.CHANNEL_FAILING,
        Reason.UNREACHED,
        Reason.RECEIVER_LOST,
        Reason.NETWORK_AWAY,
        Reason.UNCERTIFIED,
    }
)


def step(troubles: Troubles, event: Event, now_ms: int, rules: Rules) -> TroublesChange:
    """One event about what befell the site.

    Args:
        troubles: those that go on, or have a case that does; it stays as it is.
        event: a trouble that began or ended, the fate of a page, or an action of a person. Any
            other, such as a `DeadlineCame`, only does what is due.
        now_ms: the event's time, in ms of UTC.
        rules: the site's.

    Returns:
        The troubles after it, and what follows, in order. An action on a case that nobody holds is
        an `ActionRefused`; nothing is raised.
    """
    troubles, due = _fire_deadlines(troubles, now_ms, rules)
    match event:
        case TroubleBegan():
            troubles, effects = _began(troubles, event, now_ms, rules)
        case TroubleEnded():
            troubles, effects = _ended(troubles, event, now_ms)
        case PageWentOut() | PageReceived():
            troubles, effects = _page(troubles, event, now_ms, rules)
        case DutyEnds():
            troubles, effects = _duty(troubles, event), ()
        case CaseAction():
            troubles, effects = _person(troubles, event, now_ms, rules)
        case _:
            effects = ()
    troubles, since = _fire_deadlines(troubles, now_ms, rules)
    return troubles, due + effects + since


def next_deadline(troubles: Troubles) -> int | None:
    """The earliest time at which a trouble's case needs a step by itself, or None."""
    return min((due_ms for due_ms, *_ in _all_due(troubles)), default=None)


def is_present(troubles: Troubles, reason: Reason, about: str = "") -> bool:
    """Whether this one goes on, as far as the site was told."""
    found = _find(troubles, reason, about[:ABOUT_MAX])
    return found is not None and not found.is_over


def has_present(troubles: Troubles, reason: Reason) -> bool:
    """Whether any of this reason goes on."""
    return bool(present(troubles, reason))


def present(troubles: Troubles, reason: Reason) -> tuple[str, ...]:
    """What those of this reason are about that go on, as far as the site was told."""
    return tuple(t.about for t in troubles.troubles if t.reason is reason and not t.is_over)


def watch_event(
    doors: Iterable[Door], troubles: Troubles, now_ms: int, rules: Rules
) -> TroubleBegan | TroubleEnded | None:
    """What the site is to be told after a look at all doors: that most of those under an order are
    silent, or that they are heard again. None where it knows, or another loss of the watch
    explains it. Between the two lies a quarter of the share, so that it does not come and go."""
    watched = silent = 0
    for door in doors:
        if door.seal_id is None or door.heartbeat_ms is None or running(door, now_ms) is None:
            continue
        watched += 1
        silent += door.silence is not None
    share = rules.blind_percent * watched
    if is_present(troubles, Reason.WATCH_LOST):
        is_over = silent < rules.blind_doors or 400 * silent < 3 * share
        return TroubleEnded(Reason.WATCH_LOST) if is_over else None
    is_lost = silent >= rules.blind_doors and 100 * silent >= share
    if not is_lost or has_present(troubles, Reason.WATCH_LOST):
        return None
    return TroubleBegan(Reason.WATCH_LOST)


def of_case(troubles: Troubles, case_id: str) -> Trouble | None:
    """The trouble that has this case."""
    if not case_id.startswith(PREFIX):
        return None
    return next((t for t in troubles.troubles if case.find(t, case_id) is not None), None)


def _find(troubles: Troubles, reason: Reason, about: str) -> Trouble | None:
    return next((t for t in troubles.troubles if (t.reason, t.about) == (reason, about)), None)


def _began(troubles: Troubles, event: TroubleBegan, now_ms: int, rules: Rules) -> TroublesChange:
    """It is there: one case, unless it is known. Too many of a kind are one case more, once."""
    about, since_ms = event.about[:ABOUT_MAX], now_ms - event.age_ms
    trouble = _find(troubles, event.reason, about)
    if trouble is None and sum(t.reason is event.reason for t in troubles.troubles) >= EACH_MAX:
        about = MORE
        trouble = _find(troubles, event.reason, about)
        if trouble is not None and trouble.case is not None:
            return troubles, ()  # it says so already
    if trouble is not None and not trouble.is_over:
        return troubles, ()
    number = troubles.raised + 1
    page_id = f"{PREFIX}{now_ms}-{number}"
    trouble = trouble or Trouble(page_id, event.reason, about, since_ms)
    trouble = replace(trouble, since_ms=since_ms, is_over=False)
    trouble, raised = case.raise_case(trouble, event.reason, page_id, now_ms, since_ms, rules)
    troubles = _with(replace(troubles, raised=number), trouble)
    effects = _placed(trouble, raised)
    if about != MORE:
        return troubles, effects
    troubles, over = _ended(troubles, TroubleEnded(event.reason, MORE), now_ms)
    return troubles, effects + over  # nobody counts them: it waits for a person, and no longer


def _ended(troubles: Troubles, event: TroubleEnded, now_ms: int) -> TroublesChange:
    """It is over: what heals ends a case that nobody took; all else must be answered, and so must
    what stands for those beyond a kind's number, for nobody counts whether they have healed."""
    trouble = _find(troubles, event.reason, event.about[:ABOUT_MAX])
    if trouble is None or trouble.is_over:
        return troubles, ()
    trouble = replace(trouble, is_over=True)
    is_untaken = trouble.case is not None and trouble.case.state in case.UNANSWERED
    heals = event.reason in HEALS and trouble.about != MORE
    if trouble.case is not None and is_untaken and heals:
        trouble, effects = case.end_by_rule(trouble, trouble.case, Reason.TROUBLE_OVER, now_ms)
        trouble, cleared = case.cleared(trouble, TROUBLES, now_ms)
        effects += cleared
    else:
        trouble, effects = case.cleared(trouble, TROUBLES, now_ms)
    return _with(troubles, trouble), _placed(trouble, effects)


def _page(
    troubles: Troubles, event: PageWentOut | PageReceived, now_ms: int, rules: Rules
) -> TroublesChange:
    """The fate of a page about the case of a trouble."""
    trouble = of_case(troubles, event.case_id)
    if trouble is None:
        return troubles, ()
    trouble, effects = page_fate(trouble, event, now_ms, rules)
    return _with(troubles, trouble), _placed(trouble, effects)


def _person(troubles: Troubles, event: CaseAction, now_ms: int, rules: Rules) -> TroublesChange:
    """What a person does about the case of a trouble. Results outlive a trouble that is gone."""
    trouble = of_case(troubles, event.case_id)
    if trouble is None:
        recent, effects = refused(event, troubles.recent, now_ms, Refusal.NO_SUCH_CASE)
    else:
        trouble, recent, effects = act(trouble, event, troubles.recent, now_ms, rules)
        troubles, effects = _with(troubles, trouble), _placed(trouble, effects)
    return replace(troubles, recent=recent), effects


def _duty(troubles: Troubles, event: DutyEnds) -> Troubles:
    trouble = of_case(troubles, event.case_id)
    return troubles if trouble is None else _with(troubles, case.duty_ends(trouble, event))


def _placed(trouble: Trouble, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """What follows from a trouble's case, with what it is about."""
    return tuple(
        replace(effect, area=AREA, about=trouble.about) if isinstance(effect, CaseMoved) else effect
        for effect in effects
    )


def _with(troubles: Troubles, trouble: Trouble) -> Troubles:
    """The troubles with this one as it is now; it leaves when it is over and has no case."""
    gone = trouble.is_over and trouble.case is None and not trouble.in_review
    kept = {t.trouble_id: t for t in troubles.troubles} | {trouble.trouble_id: trouble}
    if gone:
        del kept[trouble.trouble_id]
    return replace(troubles, troubles=tuple(kept.values()))


def _all_due(troubles: Troubles) -> Iterator[Due]:
    for trouble in troubles.troubles:
        for its, rows in ((trouble.case, case.DUE), (trouble.in_review, case.REVIEW_DUE)):
            for due, rule in rows if its else ():
                due_ms = due(its)
                if due_ms is not None:
                    yield due_ms, trouble, its, rule


def _fire_deadlines(troubles: Troubles, now_ms: int, rules: Rules) -> TroublesChange:
    """Do what was due by now, the earliest first. A rule may set a new time, so check again."""
    effects: tuple[Effect, ...] = ()
    for _ in range(DUE_MAX):
        first = min(_all_due(troubles), key=_due_ms, default=None)
        if first is None or first[0] > now_ms:
            break
        due_ms, trouble, its, rule = first
        trouble, more = rule(trouble, its, due_ms, now_ms, rules)
        troubles = _with(troubles, trouble)
        effects += _placed(trouble, more)
    return troubles, effects


def _due_ms(due: Due) -> int:
    return due[0]
