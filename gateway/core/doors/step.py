"""The one door into the quiet room: `step(door, event, now_ms, rules) -> door, effects`.

1. What was due before the event happened first: deadlines are data, so it does not matter how late
   the loop gets to them. A report that travelled for a while happened at its edge. That another
   contact of the household has a case is no event of this door's, and known before anything is due.
2. Then the event: `EVENTS` names the rule for each; those for reports stand in reports.py.
3. Then what has come due since: `DUE` names every time in a door's state, with its rule.

`next_deadline(door)` is when the loop must come back even if nobody speaks. What the site knows of
all doors together has a step of its own, in cases/outages.py.
"""

from collections.abc import Callable
from itertools import compress
from operator import attrgetter
from typing import Any

from msgspec.structs import replace

from gateway.core import forgetting
from gateway.core.beside_events import CaseBeside, OpenedBeside, RaisedBeside, SpentBeside
from gateway.core.cases import case
from gateway.core.cases.actions import act, page_received, page_sent
from gateway.core.cases.case import DoorChange
from gateway.core.commissioning_events import VisitAnnounced, WalkTestBegan, WalkTestEnded
from gateway.core.doors import (
    beside,
    canary,
    chatter,
    found_open,
    held_back,
    household,
    open_after_restart,
    open_at_order,
    openings,
    order_end,
    orders,
    paths,
    permits,
    refusals,
    reports,
    silence,
    tamper,
    visit_end,
    walk_test,
)
from gateway.core.doors.observation import edge_ms
from gateway.core.effects import Effect
from gateway.core.ending_events import OrderDestroyed
from gateway.core.events import (
    ArrivalProved,
    CaseAcknowledged,
    CaseAction,
    CaseAssessed,
    CaseHandedOver,
    CaseReported,
    CaseShelved,
    CaseSignedOff,
    DeadlineCame,
    DoorClassed,
    DoorEnded,
    DoorPlaced,
    DutyEnds,
    Event,
    MemoryEnded,
    MessageRefused,
    OrderPlaced,
    OutageBegan,
    OutageEnded,
    PageReceived,
    PageWentOut,
    PermitAnnounced,
    PersonOnSite,
    PersonOnTheWay,
    PhotoKept,
    PhotosDestroyed,
    ReportCame,
    ReportHeld,
    ReportTakenBack,
    SealBound,
    SealUnbound,
)
from gateway.core.households.events import QuietAsked, RecordCorrected, SaidOfSeal
from gateway.core.model import Door, Order
from gateway.core.order_over import OrderOver
from gateway.core.path_events import CopyCame, PathHeard, PathSilent, PathsTested
from gateway.core.reasons import BREACHES, QUESTIONS, Reason
from gateway.core.rules import Rules

RULES_DUE_MAX = 16  # in one step; more deadlines than a door can hold


def step(door: Door, event: Event, now_ms: int, rules: Rules) -> tuple[Door, tuple[Effect, ...]]:
    """One event of a door.

    Args:
        door: the door as it is; it stays so.
        event: one of `EVENTS`, about this door.
        now_ms: when the gateway heard of it, in ms of UTC. A report happened at its edge.
        rules: those of the door's class.

    Returns:
        The door after it, the same object where nothing changed, and what follows, in order: what
        was due before, what the event did, what is due since.

    Raises:
        KeyError: the event is none of a door's.
    """
    before = door
    happened_ms = edge_ms(event, now_ms) if isinstance(event, ReportCame) else None
    due: tuple[Effect, ...] = ()
    if type(event) is not CaseBeside:  # else what is due may belong to the case that it tells of
        door, due = _fire_deadlines(door, now_ms if happened_ms is None else happened_ms, rules)
    door, effects = EVENTS[type(event)](door, event, now_ms, rules)
    door, since = _fire_deadlines(door, now_ms, rules)
    effects = due + effects + since
    # By what is forgotten nothing is judged anew: nobody is told of it.
    if door.beside and (effects or type(event) is not OrderDestroyed):
        door, more = beside.follow(before, door, effects, now_ms, rules)
        effects += more
    return door, effects


def next_deadline(door: Door, rules: Rules) -> int | None:
    """The earliest time at which this door needs a step by itself, or None."""
    return _first_due(door, rules)[0]


def _class(door: Door, event: DoorClassed, now_ms: int, rules: Rules) -> DoorChange:
    if door.door_class == event.door_class:
        return door, ()
    return canary.watch(replace(door, door_class=event.door_class), now_ms, rules), ()


def _place(door: Door, event: DoorPlaced, now_ms: int, _: Rules) -> DoorChange:
    placed = replace(
        door,
        grid_id=event.grid_id,
        areas=event.areas,
        household=event.household,
        beside=event.beside,
    )
    # Under an order that runs it is the same people's home still, known by another name.
    if placed.household_id != door.household_id and orders.running(door, now_ms) is None:
        placed = household.of_another(placed)
    return (door if placed == door else household.placed(placed)), ()


def _ended(door: Door, _: DoorEnded, now_ms: int, __: Rules) -> DoorChange:
    """Out of use: what is open closes, and says why; what is in review only waits for its people.
    An opening that nobody saw end stays as it is, for nothing is known of it."""
    effects: tuple[Effect, ...] = ()
    if door.case is not None:
        door, effects = case.end_by_rule(door, door.case, Reason.DOOR_ENDED, now_ms)
    door, cleared = case.cleared(door, frozenset(Reason), now_ms)
    door = replace(door, canary=None, tampered_ms=None, outage=None)
    if not door.beside:
        return door, effects + cleared
    # the household's go on: nobody is told of an end, and nothing that was announced ends
    ended = tuple(_over_by(order, now_ms) for order in door.orders)
    noted = tuple(OrderOver(order.order_id, order.to_ms) for order in ended)
    door = replace(door, beside=(), orders=ended, orders_over=noted)
    return household.placed(door), effects + cleared


def _over_by(order: Order, now_ms: int) -> Order:
    return replace(order, to_ms=min(order.to_ms, max(now_ms, order.from_ms)))


def _order(door: Door, event: OrderPlaced, now_ms: int, rules: Rules) -> DoorChange:
    placed, effects = open_at_order.placed(door, event, now_ms, rules)
    placed = order_end.placed(placed, event.order)
    placed = found_open.ordered(placed, now_ms, rules)
    return tamper.ordered(door, placed, now_ms, rules), effects


def _received(door: Door, event: PageReceived, now_ms: int, rules: Rules) -> DoorChange:
    if not event.case_id:
        return canary.received(door, now_ms, rules)
    return page_received(door, event, now_ms, rules)


def _act(door: Door, event: CaseAction, now_ms: int, rules: Rules) -> DoorChange:
    door, recent, effects = act(door, event, door.recent, now_ms, rules)
    return replace(door, recent=recent), effects


def _noted(
    door: Door, _: PhotoKept | PhotosDestroyed | RecordCorrected, __: int, ___: Rules
) -> DoorChange:
    """It is in the journal; the door is as it was."""
    return door, ()


def _quiet(door: Door, event: QuietAsked, _: int, __: Rules) -> DoorChange:
    return (door if door.quiet == event.quiet else replace(door, quiet=event.quiet)), ()


# What each event does: (door, event, now_ms, rules) -> door, effects.
EVENTS: dict[type[Any], Callable[[Door, Any, int, Rules], DoorChange]] = {
    ReportCame: reports.came,
    ReportHeld: held_back.held,
    MessageRefused: refusals.refused,
    DeadlineCame: lambda door, _, __, ___: (door, ()),
    SealBound: reports.bound,
    SealUnbound: reports.unbound,
    DoorEnded: _ended,
    MemoryEnded: reports.forgotten,
    DoorClassed: _class,
    DoorPlaced: _place,
    OrderPlaced: _order,
    PermitAnnounced: permits.announced,
    CaseAcknowledged: _act,
    PersonOnTheWay: _act,
    PersonOnSite: _act,
    ArrivalProved: _act,
    CaseReported: _act,
    CaseHandedOver: _act,
    ReportTakenBack: _act,
    CaseAssessed: _act,
    CaseSignedOff: _act,
    CaseShelved: _act,
    DutyEnds: lambda door, event, _, __: (case.duty_ends(door, event), ()),
    PhotoKept: _noted,
    PhotosDestroyed: _noted,
    PageWentOut: lambda door, event, now_ms, _: page_sent(door, event, now_ms),
    PageReceived: _received,
    OutageBegan: silence.explained,
    OutageEnded: silence.unexplained,
    PathSilent: paths.silent,
    PathHeard: paths.heard,
    PathsTested: walk_test.paths_tested,
    CopyCame: paths.copy_came,
    VisitAnnounced: visit_end.announced,
    WalkTestBegan: walk_test.began,
    WalkTestEnded: walk_test.ended,
    OrderDestroyed: forgetting.order,
    OpenedBeside: beside.opened,
    SpentBeside: beside.spent,
    CaseBeside: beside.case_moved,
    RaisedBeside: beside.raised,
    RecordCorrected: _noted,
    SaidOfSeal: silence.household_said,
    QuietAsked: _quiet,
}

# What is raised at a door under an order only.
UNDER_ORDER = BREACHES | QUESTIONS | {Reason.CHATTER, Reason.SILENT, Reason.PATH_SILENT}


def _order_over_ms(door: Door) -> int | None:
    """When the order ends under which the oldest unfinished case was raised."""
    oldest = door.case
    if oldest is None and door.in_review:
        oldest = next((other for other in door.in_review if other.cleared_ms is None), None)
    if oldest is None:
        return None
    ends_ms = orders.ends_ms(door, oldest.raised_ms)
    if ends_ms is None and oldest.reason in UNDER_ORDER:
        return oldest.raised_ms  # the order was taken back to before that
    return ends_ms


def _end_order(door: Door, _last_case: str, _due_ms: int, now_ms: int, _: Rules) -> DoorChange:
    """An order that ends closes the open case with that reason, and lets the others close."""
    effects: tuple[Effect, ...] = ()
    if door.case is not None:
        door, effects = case.end_by_rule(door, door.case, Reason.ORDER_OVER, now_ms)
    door, cleared = case.cleared(door, frozenset(Reason), now_ms)
    return door, effects + cleared


Due = Callable[[Any], int | None]
Rule = Callable[[Door, Any, int, int, Rules], DoorChange]

# Every time in a door's state, and the rule that it is the time for, by the fields that hold them:
# due(part) -> ms or None, and rule(door, part, due_ms, now_ms, rules) -> door, effects. A rule gets
# what the row found, so it never asks whether it is there. Most doors have nothing in most fields.
DUE: tuple[tuple[str, tuple[tuple[Due, Rule], ...]], ...] = (
    ("opening", ((openings.ends_ms, openings.end_due), (openings.overstay_ms, openings.overstay))),
    ("tampered_ms", ((tamper.told_ms, tamper.tell),)),
    ("visited_until_ms", ((visit_end.due_ms, visit_end.over),)),
    ("walk_test", ((walk_test.due_ms, walk_test.due),)),
    ("chattering", ((chatter.settles_ms, chatter.settle),)),
    ("open_after_restart", ((open_after_restart.told_ms, open_after_restart.tell),)),
    ("found_open", ((found_open.told_ms, found_open.tell),)),
    ("silence", ((silence.told_ms, silence.tell),)),
    ("silent_paths", ((paths.told_ms, paths.tell),)),
    ("canary", ((canary.missed_ms, canary.missed),)),
    ("orders_over", ((order_end.told_ms, order_end.tell),)),
    ("case", case.DUE),
    ("in_review", case.REVIEW_DUE),
)
_parts = attrgetter(*(field for field, _ in DUE))
_ROWS = tuple(rows for _, rows in DUE)
_NOTHING = _parts(Door(""))


_DueRule = tuple[int | None, Any, Rule]  # when, the part of the door that it is about, what to do


def _first_due(door: Door, rules: Rules) -> _DueRule:
    """What is due first; at None there is nothing.

    Three times are no field's: that of silence, counted from when the seal was last heard, the end
    of the order under which a case was raised, and the end of any order.
    """
    first: _DueRule = silence.lost_ms(door, rules), door.heard_ms, silence.fall_silent
    parts = _parts(door)
    if parts != _NOTHING:
        first = _first_of_fields(parts, first)
    if door.last_case is not None:
        first = _sooner(first, _order_over_ms(door), door.last_case, _end_order)
    over = order_end.next_over(door)
    if over is not None:
        first = _sooner(first, orders.over_ms(door, over), over, order_end.note)
    return first


def _first_of_fields(parts: tuple[Any, ...], first: _DueRule) -> _DueRule:
    first_ms, part, rule = first
    for candidate, rows in compress(zip(parts, _ROWS, strict=True), parts):
        for due, then in rows:
            due_ms = due(candidate)
            if due_ms is not None and (first_ms is None or due_ms < first_ms):
                first_ms, part, rule = due_ms, candidate, then
    return first_ms, part, rule


def _sooner(first: _DueRule, due_ms: int | None, part: Any, rule: Rule) -> _DueRule:
    if due_ms is None or (first[0] is not None and first[0] <= due_ms):
        return first
    return due_ms, part, rule


def _fire_deadlines(door: Door, now_ms: int, rules: Rules) -> DoorChange:
    """Do what was due by now, the earliest first. A rule may set a new time, so check again."""
    effects: tuple[Effect, ...] = ()
    for _ in range(RULES_DUE_MAX):
        due_ms, part, rule = _first_due(door, rules)
        if due_ms is None or due_ms > now_ms:
            break
        door, more = rule(door, part, due_ms, now_ms, rules)
        effects += more
    return door, effects
