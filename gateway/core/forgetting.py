"""What a state is once an order was destroyed: as if nothing had been recorded under it.

What stays of a door is what its seal needs to go on (where its leaf is, its counter, when it was
heard) and what another order needs. Nobody is told of anything by this, and nothing follows.
"""

from collections.abc import Container
from typing import Any

from msgspec.structs import replace

from gateway.core.cases.case import DoorChange
from gateway.core.cases.outages import settling_ms
from gateway.core.doors import household
from gateway.core.ending_events import NamesForgotten, OrderDestroyed
from gateway.core.model import Case, Door, Silence
from gateway.core.paging.person import Person
from gateway.core.rules import Rules
from gateway.core.site_model import Outage, Outages


def order(door: Door, event: OrderDestroyed, now_ms: int, _: Rules) -> DoorChange:
    """The door without the order, and without what happened before another one needs it."""
    orders = tuple(its for its in door.orders if its.order_id != event.order_id)
    known = {its.order_id for its in orders}
    needed_ms = event.needed_from_ms(its.from_ms for its in orders)
    before_ms = now_ms + 1 if needed_ms is None else needed_ms
    goes_on = needed_ms is not None

    def lives(case: Case | None) -> bool:
        return case is not None and case.raised_ms >= before_ms

    living = {its.case_id for its in (door.case, *door.in_review) if its is not None and lives(its)}
    in_review = tuple(_alone(case, living) for case in door.in_review if lives(case))
    case = door.case if door.case is None or not lives(door.case) else _alone(door.case, living)
    opened, ended, burst_ms = door.opening, door.ended, door.burst_ms
    moment = door.moment
    forgotten = replace(
        door,
        orders=orders,
        orders_over=tuple(its for its in door.orders_over if its.order_id in known),
        permits=tuple(p for p in door.permits if goes_on and p.to_ms > before_ms),
        allowed=door.allowed if goes_on else (0, 0),
        quiet=door.quiet if goes_on else (),
        case=case if lives(case) else None,
        in_review=in_review,
        last_case=door.last_case if door.last_case in living else None,
        recent=tuple(result for result in door.recent if result.done_ms >= before_ms),
        opening=opened if opened is not None and opened.opened_ms >= before_ms else None,
        ended=ended if ended is not None and ended.opened_ms >= before_ms else None,
        edges_told=tuple(told for told in door.edges_told if told.edge_ms >= before_ms),
        moment=moment if moment is not None and moment.shut_from_ms >= before_ms else None,
        opened_ms=tuple(at_ms for at_ms in door.opened_ms if at_ms >= before_ms),
        refused_ms=tuple(at_ms for at_ms in door.refused_ms if at_ms >= before_ms),
        burst_ms=burst_ms if burst_ms is not None and burst_ms >= before_ms else None,
        wrong_scans=tuple(scan for scan in door.wrong_scans if scan.at_ms >= before_ms),
        visits=tuple(visit for visit in door.visits if visit.to_ms > now_ms),
        openings_beside=household.remembered(
            (o for o in door.openings_beside if o.opened_ms >= before_ms),
            (o for o in door.openings_beside if o.opened_ms < before_ms),
        ),
        case_beside=door.case_beside if goes_on else None,  # else the other says so itself
        silence=_unsaid(door.silence, before_ms),
    )
    return forgotten, ()


def _unsaid(silence: Silence | None, before_ms: int) -> Silence | None:
    """A silence that goes on, and was before another order needs it, without what its household
    said: whoever lives there next has not been asked."""
    if silence is None or silence.since_ms >= before_ms:
        return silence
    return replace(silence, said_in_place=False, is_answered=False)


def _alone(case: Case, living: Container[str]) -> Case:
    """A case that names the one before it only where that is known still."""
    is_known = case.refers_to is None or case.refers_to in living
    return case if is_known else replace(case, refers_to=None)


def names_of_person(person: Person, event: NamesForgotten, now_ms: int) -> Person:
    """Somebody without the pages about it; the same object where there were none."""
    before_ms = now_ms + 1 if event.before_ms is None else event.before_ms
    doors, seals, cases = frozenset(event.doors), frozenset(event.seals), frozenset(event.cases)

    def is_gone(page_id: str, door_id: str, since_ms: int) -> bool:
        seal_id, _, rest = page_id.partition("-")  # a page's id begins with its case's
        if f"{seal_id}-{rest.partition('-')[0]}" in cases:
            return True
        return (door_id in doors or seal_id in seals) and since_ms < before_ms

    queued = tuple(p for p in person.queued if not is_gone(p.page_id, p.door_id, p.since_ms))
    group = tuple(p for p in person.group if not is_gone(p.page_id, p.door_id, p.since_ms))
    sent, rang = (
        tuple(page for page in rung if not is_gone(page.page_id, "", page.at_ms))
        for rung in (person.sent, person.rang)
    )
    earlier = tuple(case for case in person.earlier if case.case_id not in cases)
    known = {page.case_id for page in queued} | {case.case_id for case in earlier}
    lesser = tuple(page for page in person.lesser if page.case_id in known)
    left = {"queued": queued, "earlier": earlier, "lesser": lesser, "group": group}
    left |= {"sent": sent, "rang": rang}
    return person if _has(person, left) else replace(person, **left)


def _has(person: Person, left: dict[str, tuple[Any, ...]]) -> bool:
    return all(getattr(person, name) == those for name, those in left.items())


def names_of_outages(outages: Outages, event: NamesForgotten, now_ms: int, rules: Rules) -> Outages:
    """What the site knows of silence, without doors of which nothing is known any more. One that
    goes on being watched stays where it is silent now. Where half of those that are left are heard,
    their outage may be over: perhaps none of them is ever heard of again."""
    if event.before_ms is not None:
        return outages
    gone = frozenset(event.doors)
    lost = tuple(door for door in outages.lost if door.door_id not in gone)
    left = tuple(made for outage in outages.outages if (made := _without(outage, gone)) is not None)
    if (lost, left) == (outages.lost, outages.outages):
        return outages
    known = replace(outages, lost=lost, outages=left)
    return replace(known, outages=tuple(_settling(known, its, now_ms, rules) for its in left))


def _settling(outages: Outages, outage: Outage, now_ms: int, rules: Rules) -> Outage:
    if not outage.doors or outage.settles_ms is not None:
        return outage
    return replace(outage, settles_ms=settling_ms(outages, outage, now_ms, rules))


def _without(outage: Outage, gone: frozenset[str]) -> Outage | None:
    """An outage without some of its doors; None where no other is left."""
    doors = tuple(door_id for door_id in outage.doors if door_id not in gone)
    if outage.first_door in gone:
        if not doors:
            return None
        return replace(outage, doors=doors, first_door=doors[0])
    return replace(outage, doors=doors)
