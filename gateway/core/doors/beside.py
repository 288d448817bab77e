"""What a household's contacts tell each other, and what follows from it (household.py).

- An earlier opening is heard of late: what was judged for itself is part of it, and a case about
  nothing else ends by itself.
- A shutting shows that two openings were not one: the later is judged by its own time.
- What is open at one contact has one case, which the others join: they hear of it before they
  raise one of their own (`case_told`), also where one report turns openings at several of them.
"""

from msgspec.structs import replace

from gateway.core.beside_events import CaseBeside, OpenedBeside, RaisedBeside, SpentBeside
from gateway.core.cases import case
from gateway.core.cases.case import DoorChange, raise_case
from gateway.core.doors import household, openings, permits
from gateway.core.doors.household import find, known
from gateway.core.effects import (
    CaseJoined,
    CaseMoved,
    Effect,
    OpeningAnnounced,
    OpeningBegan,
    OpeningRedated,
    PermitSpent,
)
from gateway.core.events import Event, OrderPlaced, PermitAnnounced
from gateway.core.model import Case, Contact, Cover, Door, HouseholdOpening, Opening, Permit
from gateway.core.reasons import BREACHES, OVER_WHEN_SHUT, UNANNOUNCED, UNLAWFUL, Reason
from gateway.core.rules import Rules

BLIND = "-blind"  # at the end of the id of an opening at a time that nobody knows


# What a contact is told.


def opened(door: Door, event: OpenedBeside, _: int, rules: Rules) -> DoorChange:
    """An opening of another contact is as that saw it. What it is judged to be stays until it is
    worked out here (`follow`): by that what is left of permits is counted."""
    told, was = event.opening, find(door, event.opening.opening_id)
    if event.judged:
        return known(door, told), ()
    if told.is_settled:
        return household.set_apart(door, replace(told, root=""), rules.off_delay_ms), ()
    if was is not None and not was.is_settled:  # else another rule had judged it, and does no more
        told = replace(told, reason=was.reason, cover=was.cover, root=was.root)
    else:
        told = replace(told, reason=Reason.NO_PERMIT, cover=None, root="")
    return known(door, told), ()


def spent(door: Door, event: SpentBeside, _: int, __: Rules) -> DoorChange:
    """So much of a permit, and of what the order allows today, is left."""
    if not event.permit_id:
        return replace(door, allowed=event.allowed), ()
    left = {"openings": event.openings, "spent": event.spent}
    mine = (replace(p, **left) if p.permit_id == event.permit_id else p for p in door.permits)
    return replace(door, permits=tuple(mine)), ()


def case_moved(door: Door, event: CaseBeside, _: int, __: Rules) -> DoorChange:
    """The case of an opening that is open at another contact, or none. It names this contact too,
    if an opening here is part of what it is about."""
    if event.case_id:
        joins = (CaseJoined(event.door_id),) if _is_part_of(door, event) else ()
        return replace(door, case_beside=(event.door_id, event.case_id)), joins
    about = door.case_beside
    return replace(door, case_beside=None if about and about[0] == event.door_id else about), ()


def _is_part_of(door: Door, event: CaseBeside) -> bool:
    """Whether an own opening that nobody announced is part of that by which another contact raised
    a case, or of a later one there."""
    first = household.of_page(door, event.case_id)
    if first is None:
        return False
    theirs = {
        other.opening_id
        for other in door.openings_beside
        if other.door_id == event.door_id and household.by_time(other) >= household.by_time(first)
    }
    own = (o for o in door.openings_beside if o.door_id == door.door_id and o.reason in UNLAWFUL)
    return any(one.root in theirs for one in own)


def raised(door: Door, event: RaisedBeside, now_ms: int, rules: Rules) -> DoorChange:
    """Another contact brings what joins the open case, which names both from now on, and those at
    which part of that opened: they may have been told before there was a case to join."""
    effects: tuple[Effect, ...] = ()
    if event.reason is not None and not _is_told(door, event):
        alone = replace(door, case_beside=None)
        alone, effects = raise_case(
            alone, event.reason, event.page_id, now_ms, event.since_ms, rules
        )
        door = replace(alone, case_beside=door.case_beside)
    parts = (o for o in door.openings_beside if o.root == event.page_id and o.reason in UNLAWFUL)
    joining = {event.door_id, *(part.door_id for part in parts)} - {door.door_id}
    named = None if door.case is None else _naming(door.case, joining)
    if named is None or named is door.case:
        return door, effects
    effects = tuple(_named(effect, named) for effect in effects) or (CaseMoved(named, now_ms),)
    return replace(door, case=named), effects


def _is_told(door: Door, event: RaisedBeside) -> bool:
    """Whether the case tells already that this opening lasts too long: all contacts of one that are
    open have the same time to shut."""
    about = door.case
    if about is None or about.reason is not event.reason or event.reason in UNLAWFUL:
        return False
    told = (about.case_id, about.escalation.page_id if about.escalation is not None else "")
    one, of = household.of_page(door, event.page_id), household.of_page
    roots = {other.root for page_id in told if (other := of(door, page_id)) is not None}
    return one is not None and one.root in roots - {""}


def _naming(about: Case, door_ids: set[str]) -> Case:
    contacts = tuple(sorted(door_ids.union(about.contacts)))
    return about if contacts == about.contacts else replace(about, contacts=contacts)


def _named(effect: Effect, about: Case) -> Effect:
    is_it = isinstance(effect, CaseMoved) and effect.case.case_id == about.case_id
    return replace(effect, case=about) if is_it else effect


# What follows at a contact, at the end of each of its steps.


def follow(
    before: Door, door: Door, effects: tuple[Effect, ...], now_ms: int, rules: Rules
) -> DoorChange:
    """The door with what its step has shown of its household's openings, each judged by what is
    known now; and what follows where an own one is judged otherwise than before."""
    door = household.as_heard(_with_begun(door, effects, rules))
    door = _with_announced(door, effects)
    if door.openings_beside == before.openings_beside:
        return _cleared(door, now_ms, ())
    door = household.settled(door, rules.off_delay_ms)
    more = _spent(before, door, effects)
    was = {own.opening_id: own for own in before.openings_beside if own.door_id == door.door_id}
    for own in door.openings_beside:
        old = was.get(own.opening_id)
        if old is not None and _what(old) != _what(own):
            door, changed = _judged_anew(door, own, now_ms, rules)
            more += changed
    door, ended = _excused(door, now_ms)
    return _cleared(door, now_ms, more + ended)


def _with_begun(door: Door, effects: tuple[Effect, ...], rules: Rules) -> Door:
    """With what another rule than that for openings has recorded in this step, as that says."""
    for effect in effects:
        if not isinstance(effect, OpeningBegan) or effect.opening_id.endswith(BLIND):
            continue
        if find(door, effect.opening_id) is None:
            times = effect.opening_id, effect.opened_ms, effect.latest_ms
            entry = household.heard(door, *times, rules)
            own = {"root": effect.opening_id, "reason": effect.reason}
            door = known(door, replace(entry, **own, is_settled=True))
    return door


def _with_announced(door: Door, effects: tuple[Effect, ...]) -> Door:
    """With what a permit covers that was announced only afterwards."""
    for effect in effects:
        if isinstance(effect, OpeningAnnounced):
            own = find(door, effect.opening_id)
            permit = next((p for p in door.permits if p.permit_id == effect.permit_id), None)
            if own is not None and permit is not None:
                window = permit.spent[0] if permit.daily else permit.from_ms
                cover = Cover(permit.permit_id, window, permit.to_ms, permit.longest_ms)
                what = {"reason": Reason.PERMIT, "cover": cover, "root": own.opening_id}
                door = known(door, replace(own, **what, is_settled=True))
    return door


def _what(opening: HouseholdOpening) -> tuple[Reason, Cover | None, str]:
    return opening.reason, opening.cover, opening.root


def _spent(before: Door, door: Door, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """What is left of each permit that was used, or given back."""
    told = {effect.permit_id for effect in effects if isinstance(effect, PermitSpent)}
    was = {permit.permit_id: permit for permit in before.permits}
    used = [permit for permit in door.permits if permit != was.get(permit.permit_id, permit)]
    own = {o.cover.permit_id: o.opening_id for o in door.openings_beside if o.cover is not None}
    return tuple(
        PermitSpent(one.permit_id, _left(one), own.get(one.permit_id, ""))
        for one in used
        if one.permit_id not in told
    )


def _left(permit: Permit) -> int:
    return permits.left(permit, permit.spent[0])


def _judged_anew(door: Door, own: HouseholdOpening, now_ms: int, rules: Rules) -> DoorChange:
    """An own opening is something else than it seemed."""
    beside = None if own.root == own.opening_id else own.root
    permit_id = (own.cover.permit_id or None) if own.cover is not None else None
    times = own.opened_ms, own.latest_ms
    effects: tuple[Effect, ...] = (
        OpeningRedated(own.opening_id, *times, own.reason, permit_id, beside),
    )
    for field in ("opening", "ended"):
        opening = getattr(door, field)
        if opening is not None and opening.opening_id == own.opening_id:
            judged = openings.as_judged(door, opening, now_ms, rules)
            if _is(judged) != _is(
                opening
            ):  # else it is known already, and perhaps told as too long
                door = replace(door, **{field: judged})
    is_own_case = door.case is not None and door.case.case_id == own.opening_id
    if own.reason not in UNANNOUNCED or is_own_case:
        return door, effects
    if beside is not None:
        return door, effects + openings.told_beside(door, own.reason)
    door, raised = raise_case(door, own.reason, own.opening_id, now_ms, own.opened_ms, rules)
    if door.opening is None and not household.stands_open(door):
        door, over = case.cleared(door, openings.over_when_shut(door), now_ms)
        raised += over
    return door, effects + raised


def _is(opening: Opening) -> tuple[Reason, str | None, str | None]:
    return opening.reason, opening.permit_id, opening.beside


def _excused(door: Door, now_ms: int) -> DoorChange:
    """A case ends that was about nothing but openings which were lawful after all. One that was
    raised by an opening which lasts too long is about that again."""
    about = door.case
    first = None if about is None else household.of_page(door, about.case_id)
    if about is None or about.reason not in UNANNOUNCED or first is None or about.locked:
        return door, ()
    unlawful = [o for o in door.openings_beside if o.reason in UNLAWFUL]
    if about.openings == 1:  # what is older than the one that raised it had a case of its own
        unlawful = [o for o in unlawful if o.latest_ms >= about.since_ms or o is first]
    if unlawful:
        return door, ()
    if first.opening_id != about.case_id:
        if about.reason is not Reason.NO_PERMIT:
            return door, ()
        permit_id = first.cover.permit_id if first.cover is not None else None
        reason = openings.overstayed(first.reason, permit_id)
        return case.is_about(door, about, reason, now_ms)
    is_own = first.root == first.opening_id
    why = Reason.PROVED_LAWFUL if is_own else Reason.OPENED_BESIDE
    return case.end_by_rule(door, about, why, now_ms)


def _cleared(door: Door, now_ms: int, effects: tuple[Effect, ...]) -> DoorChange:
    """A case whose own contact shut before another did is over once that has too."""
    about = door.case
    if about is None or about.cleared_ms is not None or about.reason not in OVER_WHEN_SHUT:
        return door, effects
    if door.opening is not None or door.contact is not Contact.SHUT or not about.contacts:
        return door, effects
    if household.stands_open(door):
        return door, effects
    door, over = case.cleared(door, openings.over_when_shut(door), now_ms)
    return door, effects + over


# What it tells the others.


def told(before: Door, after: Door, event: Event, follows: bool) -> list[tuple[str, Event]]:
    """What a step means to the household's other contacts, as (door_id, event)."""
    news: list[Event] = []
    if not follows and isinstance(event, OrderPlaced | PermitAnnounced):
        news.append(event)  # who told one contact told the household
    news += [OpenedBeside(o) for o in after.openings_beside if _is_news(before, after, o)]
    if after.openings_beside == before.openings_beside and not isinstance(event, SpentBeside):
        news += _used(before, after, event)  # else each contact works it out by itself
    told = [(door_id, one) for one in news for door_id in after.beside]
    fresh = [door_id for door_id in after.beside if door_id not in before.beside]
    return told + [(door_id, one) for door_id in fresh for one in _all(after)]


def case_told(before: Door, after: Door, event: Event) -> list[tuple[str, Event]]:
    """That a contact has a case now, or none any more, as (door_id, event): the others hear of it
    before anything else, for what they find then joins it. Where one ends, who has another says so
    again: each contact knows of one only."""
    about = _case_told(after)
    ended_beside = isinstance(event, CaseBeside) and not event.case_id
    if about == _case_told(before) and not (about and ended_beside):
        return []
    return [(door_id, CaseBeside(after.door_id, about)) for door_id in after.beside]


def _used(before: Door, after: Door, event: Event) -> list[Event]:
    """What is left of permits, and of what the order allows, where some was used."""
    known_to_all = {p.permit_id: p for p in before.permits}
    if isinstance(event, PermitAnnounced):
        known_to_all[event.permit.permit_id] = event.permit
    used: list[Event] = [
        SpentBeside(p.permit_id, p.openings, p.spent)
        for p in after.permits
        if (was := known_to_all.get(p.permit_id)) is not None
        and (was.openings, was.spent) != (p.openings, p.spent)
    ]
    if after.allowed != before.allowed:
        used.append(SpentBeside(allowed=after.allowed))
    return used


def _is_news(before: Door, after: Door, opening: HouseholdOpening) -> bool:
    """Whether others have not heard of it as it is. What it is judged to be they find too."""
    if opening.door_id != after.door_id:
        return False
    was = find(before, opening.opening_id)
    return was is None or _seen(was) != _seen(opening)


def _seen(opening: HouseholdOpening) -> tuple[object, ...]:
    own = (opening.reason, opening.cover) if opening.is_settled else ()
    return opening.opened_ms, opening.latest_ms, opening.shut_ms, opening.is_settled, *own


def _case_told(door: Door) -> str:
    about = door.case
    return about.case_id if about is not None and about.reason in BREACHES else ""


def _all(door: Door) -> list[Event]:
    """What a contact that is new to the household must know."""
    everything: list[Event] = [OrderPlaced(order) for order in door.orders]
    everything += [PermitAnnounced(permit, explains=False) for permit in door.permits]
    if door.allowed != (0, 0):
        everything.append(SpentBeside(allowed=door.allowed))
    own = (o for o in door.openings_beside if o.door_id == door.door_id)
    everything += [OpenedBeside(opening, judged=True) for opening in own]
    if _case_told(door):
        everything.append(CaseBeside(door.door_id, _case_told(door)))
    return everything


def joining(door: Door, effect: CaseJoined) -> RaisedBeside:
    """What joins the case at another contact, as that is told."""
    return RaisedBeside(door.door_id, effect.page_id, effect.reason, effect.since_ms)
