"""Outages: many doors fall silent from one cause, and that is one case, not five hundred.

The site's own step: `step(outages, event, now_ms, rules) -> outages, effects`. Seals that fall
silent are gathered for a while; then whatever area explains most of them is searched for: the
widest in which many fell silent together, for every door of it that is heard speaks against it. A
door that falls silent later in the same area joins. The outage is over when most of its doors have
been heard for a while; so the storm of their return has passed before anybody is told of those that
stay away."""

from collections import Counter

from msgspec.structs import replace

from gateway.core.cases import case
from gateway.core.cases.actions import act, page_received, page_sent, refused
from gateway.core.cases.refusal import Refusal
from gateway.core.effects import CaseMoved, Effect, OutageFound, OutageGrew, OutageOver, PageDue
from gateway.core.events import CaseAction, Event, PageReceived, PageWentOut, SealHeard, SealLost
from gateway.core.model import CaseState, Lost, Outage, Outages
from gateway.core.reasons import Reason
from gateway.core.rules import Rules

Stepped = tuple[Outages, tuple[Effect, ...]]

OUTAGES_MAX = 32  # at a time; more causes than that are no causes
DUE_MAX = 4 * OUTAGES_MAX + 1  # deadlines in one step
SPEAKS_FOR = 2  # each silent door of an area weighs as much as so many of it that are heard
# Gathering times within which they fell silent together: one cause loses seals up to a heartbeat
# apart, and a heartbeat may be five minutes.
TOGETHER = 3
OVER = frozenset({Reason.OUTAGE})


def step(outages: Outages, event: Event, now_ms: int, rules: Rules) -> Stepped:
    """What the site knows after the event, and what follows from it."""
    outages, due = _fire_deadlines(outages, now_ms, rules)
    match event:
        case SealLost():
            outages, effects = _lost(outages, event, now_ms, rules)
        case SealHeard(door_id=door_id):
            outages, effects = _heard(outages, door_id, now_ms, rules)
        case PageWentOut() | PageReceived():
            outages, effects = _page(outages, event, now_ms, rules)
        case CaseAction():
            outages, effects = _person(outages, event, now_ms, rules)
        case _:
            effects = ()
    outages, since = _fire_deadlines(outages, now_ms, rules)
    return outages, due + effects + since


def next_deadline(outages: Outages) -> int | None:
    """The earliest time at which the site needs a step by itself, or None."""
    times = [due_ms for outage in outages.outages for due_ms in _due(outage)]
    if outages.gathered_ms is not None:
        times.append(outages.gathered_ms)
    return min(times, default=None)


def of_case(outages: Outages, case_id: str) -> Outage | None:
    """The outage that has this case."""
    for outage in outages.outages:
        if any(c.case_id == case_id for c in (outage.case, *outage.in_review) if c is not None):
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


def _lost(outages: Outages, event: SealLost, now_ms: int, rules: Rules) -> Stepped:
    lost = Lost(event.door_id, event.since_ms, event.areas, now_ms)
    outages = replace(outages, lost=(*_others(outages, event.door_id), lost))
    areas = {area for area, _ in event.areas}
    for outage in outages.outages:
        if outage.area in areas and not _is_over(outage):
            return _grow(outages, outage, event.door_id, now_ms, rules)
    if outages.gathered_ms is None:
        outages = replace(outages, gathered_ms=now_ms + rules.outage_gather_ms)
    return outages, ()


def _grow(outages: Outages, outage: Outage, door_id: str, now_ms: int, rules: Rules) -> Stepped:
    """One more is silent from it, or silent again; where it was settling, it must settle anew."""
    is_new = door_id not in outage.doors
    doors = (*outage.doors, door_id) if is_new else outage.doors
    outage = replace(outage, doors=doors)
    outage = replace(outage, settles_ms=_settles_ms(outages, outage, now_ms, rules))
    grew = (OutageGrew(outage.outage_id, doors, door_id),) if is_new else ()
    return _with(outages, outage), grew


def _settles_ms(outages: Outages, outage: Outage, now_ms: int, rules: Rules) -> int | None:
    """When it may be over, as half of its doors are heard; None as long as they are not."""
    silent = {one.door_id for one in outages.lost}
    still = sum(door in silent for door in outage.doors)
    return now_ms + rules.outage_settle_ms if 2 * still <= len(outage.doors) else None


def _others(outages: Outages, door_id: str) -> tuple[Lost, ...]:
    """The lost ones but for this door: a slice is quick where ten thousand are lost at once."""
    lost = outages.lost
    for n, one in enumerate(lost):
        if one.door_id == door_id:
            return lost[:n] + lost[n + 1 :]
    return lost


def _heard(outages: Outages, door_id: str, now_ms: int, rules: Rules) -> Stepped:
    """One is heard again; when half of an outage's doors are, it may be over."""
    outages = replace(outages, lost=_others(outages, door_id))
    for outage in outages.outages:
        if door_id in outage.doors and outage.settles_ms is None:
            settles_ms = _settles_ms(outages, outage, now_ms, rules)
            if settles_ms is not None:
                outages = _with(outages, replace(outage, settles_ms=settles_ms))
    return outages, ()


def _page(
    outages: Outages, event: PageWentOut | PageReceived, now_ms: int, rules: Rules
) -> Stepped:
    """The fate of a page about the case of an outage."""
    outage = of_case(outages, event.case_id)
    if outage is None:
        return outages, ()
    if isinstance(event, PageWentOut):
        outage, effects = page_sent(outage, event, now_ms, rules)
    else:
        outage, effects = page_received(outage, event, now_ms, rules)
    return _with(outages, outage), _placed(outage, effects)


def _person(outages: Outages, event: CaseAction, now_ms: int, rules: Rules) -> Stepped:
    """What a person does about the case of an outage. Results outlive an outage that is gone."""
    outage = of_case(outages, event.case_id)
    if outage is None:
        recent, effects = refused(event, outages.recent, now_ms, Refusal.NO_SUCH_CASE)
    else:
        outage, recent, effects = act(outage, event, outages.recent, now_ms, rules)
        outages, effects = _with(outages, outage), _placed(outage, effects)
    return replace(outages, recent=recent), effects


def _gather(outages: Outages, now_ms: int, rules: Rules) -> Stepped:
    """Find what explains those that no outage explains yet, the widest cause first."""
    outages = replace(outages, gathered_ms=None)
    effects: tuple[Effect, ...] = ()
    for _ in range(OUTAGES_MAX - len(outages.outages)):
        area, doors, since_ms = _best(outages, now_ms, rules)
        if area is None:
            break
        # Its id leaves the house with its pages, so it says nothing of where it is.
        number = f"outage-{now_ms}-{len(outages.outages)}"
        found = Outage(number, area, since_ms, doors[0], doors)
        found, raised = case.raise_case(
            found, Reason.OUTAGE, found.outage_id, now_ms, since_ms, rules
        )
        outages = replace(outages, outages=(*outages.outages, found))
        effects += (
            OutageFound(found.outage_id, area, since_ms, doors),
            *_placed(found, raised),
        )
    return outages, effects


def _best(outages: Outages, now_ms: int, rules: Rules) -> tuple[str | None, tuple[str, ...], int]:
    """The area that explains most: its doors that fell silent together, twice, less those of it
    that are heard. Half a stair may run on batteries; but who fell silent days ago proves nothing.

    It explains those too, once it is found.
    """
    since_ms = now_ms - TOGETHER * rules.outage_gather_ms
    explained = {door for outage in outages.outages for door in outage.doors}
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
        return None, (), 0
    chosen = [lost for lost in unexplained if any(area == best[2] for area, _ in lost.areas)]
    return best[2], tuple(one.door_id for one in chosen), min(one.since_ms for one in chosen)


def _settle(outages: Outages, outage: Outage, now_ms: int) -> Stepped:
    """Most have been heard for a while: it is over, and the others are silent for themselves."""
    silent = {one.door_id for one in outages.lost}
    still = tuple(door for door in outage.doors if door in silent)
    over = OutageOver(outage.outage_id, outage.doors, still)
    outage = replace(outage, settles_ms=None, doors=())
    if outage.case is not None and outage.case.state in (CaseState.RAISED, CaseState.PAGED):
        outage, ended = case.end_by_rule(outage, Reason.HEARD_AGAIN, now_ms)
    else:
        outage, ended = case.cleared(outage, OVER, now_ms)
    return _with(outages, outage), (over, *_placed(outage, ended))


def _is_over(outage: Outage) -> bool:
    return not outage.doors


def _with(outages: Outages, outage: Outage) -> Outages:
    """The outages with this one as it is now; it leaves when it is over and has no case."""
    gone = _is_over(outage) and outage.case is None and not outage.in_review
    kept = [
        outage if one.outage_id == outage.outage_id else one
        for one in outages.outages
        if not (gone and one.outage_id == outage.outage_id)
    ]
    return replace(outages, outages=tuple(kept))


def _due(outage: Outage) -> list[int]:
    times = []
    if outage.settles_ms is not None:
        times.append(outage.settles_ms)
    if outage.case is not None and outage.case.shelf is not None:
        times.append(outage.case.shelf.ends_ms)
    elif outage.case is not None and outage.case.escalation is not None:
        times.append(outage.case.escalation.next_ms)
    return times


def _fire_deadlines(outages: Outages, now_ms: int, rules: Rules) -> Stepped:
    effects: tuple[Effect, ...] = ()
    for _ in range(DUE_MAX):
        due_ms = next_deadline(outages)
        if due_ms is None or due_ms > now_ms:
            break
        outages, more = _fire(outages, due_ms, now_ms, rules)
        effects += more
    return outages, effects


def _fire(outages: Outages, due_ms: int, now_ms: int, rules: Rules) -> Stepped:
    """Do the one thing that is due then."""
    if outages.gathered_ms == due_ms:
        return _gather(outages, now_ms, rules)
    outage = next(one for one in outages.outages if due_ms in _due(one))
    if outage.settles_ms == due_ms:
        return _settle(outages, outage, now_ms)
    assert outage.case is not None  # noqa: S101 - its deadline came
    if outage.case.shelf is not None:
        outage, effects = case.unshelve(outage, now_ms, rules)
    else:
        outage, effects = case.escalate(outage, now_ms, rules)
    return _with(outages, outage), _placed(outage, effects)
