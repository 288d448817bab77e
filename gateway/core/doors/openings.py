"""Openings: how they begin, what they were, how they end.

The first edge counts at once; there is no delay before an opening is told. The off-delay works at
the other end: a door that shuts and opens again within it (a slammed door, a draught) has not
closed, so one opening stays one opening.
"""

from msgspec.structs import replace

from gateway.core.cases import case
from gateway.core.cases.case import DoorChange, raise_case
from gateway.core.doors import (
    canary,
    clock_doubt,
    household,
    open_at_order,
    orders,
    permits,
    visits,
)
from gateway.core.doors.observation import Observation
from gateway.core.effects import (
    CaseJoined,
    Effect,
    OpeningBegan,
    OpeningEnded,
    OpeningResumed,
    PermitSpent,
)
from gateway.core.model import OPEN, SHUT, Door, Opening
from gateway.core.reasons import BREACHES, TAMPER, UNANNOUNCED, UNLAWFUL, UNWATCHED, Reason
from gateway.core.rules import CANARY, Rules

# What may still go on when the door is shut.
GOES_ON_TAMPERED = TAMPER | {Reason.SILENT_TAMPERED}


def begin(
    door: Door, opening_id: str, opened_ms: int, latest_ms: int, now_ms: int, rules: Rules
) -> DoorChange:
    """The door opened: spend a permit, only record it, or raise a case; or it is part of what
    another contact of its household opened."""
    door = household.as_heard(door) if door.beside else door
    door, opening, spent = judge(door, opening_id, opened_ms, latest_ms, now_ms, rules)
    door = replace(door, opening=opening, ended=None)
    what = opening.reason, opening.permit_id
    began = OpeningBegan(opening_id, opened_ms, latest_ms, *what, beside=opening.beside)
    if opening.beside is not None:  # the contact of the other is told, if anybody
        return door, (began, *told_beside(door, opening.reason))
    if opening.reason in UNANNOUNCED:
        door, raised = raise_case(door, opening.reason, opening_id, now_ms, opened_ms, rules)
        return door, (began, *spent, *raised)
    if opening.reason is Reason.CANARY:
        door, pages = canary.opened(door, opening_id, now_ms, opened_ms, rules)
        return door, (began, *pages)
    return door, (began, *spent)


def judge(
    door: Door, opening_id: str, opened_ms: int, latest_ms: int, now_ms: int, rules: Rules
) -> tuple[Door, Opening, tuple[Effect, ...]]:
    """What the opening is. The order of these questions is the order of what counts."""
    if door.door_class == CANARY:
        return door, Opening(opening_id, opened_ms, Reason.CANARY), ()
    unwatched = orders.why_recorded_only(door, latest_ms, now_ms)
    if unwatched is not None:
        due_ms = open_at_order.told_ms(door, now_ms, rules)
        return door, Opening(opening_id, opened_ms, unwatched, None, due_ms), ()
    if visits.covers(door, opened_ms, latest_ms, rules):
        return door, Opening(opening_id, opened_ms, Reason.VISIT), ()  # visit_end.py judges its end
    if not door.beside:
        return _allowed(door, opening_id, opened_ms, latest_ms, now_ms, rules)
    return _of_household(door, opening_id, opened_ms, latest_ms, now_ms, rules)


def _of_household(
    door: Door, opening_id: str, opened_ms: int, latest_ms: int, now_ms: int, rules: Rules
) -> tuple[Door, Opening, tuple[Effect, ...]]:
    """What it is beside the openings of the household's other contacts."""
    heard = household.heard(door, opening_id, opened_ms, latest_ms, rules)
    if clock_doubt.is_question(door, opened_ms, latest_ms, rules):
        heard = replace(heard, is_settled=True, reason=Reason.OPENED_IN_DOUBT)
    door = household.settled(household.known(door, heard), rules.off_delay_ms)
    judged = household.find(door, opening_id)
    if judged is None:  # older than all that are known
        return _allowed(door, opening_id, opened_ms, latest_ms, now_ms, rules)
    return door, as_judged(door, Opening(opening_id, opened_ms, judged.reason), now_ms, rules), ()


def as_judged(door: Door, opening: Opening, now_ms: int, rules: Rules) -> Opening:
    """An opening as it is judged beside the others of its household; one that has shut may go on
    (`go_on`), and lasts no longer by that."""
    own = household.find(door, opening.opening_id)
    if own is None:
        return opening
    is_part = own.root != own.opening_id
    until_ms = household.lasts_until_ms(own, household.find(door, own.root) if is_part else None)
    if until_ms is not None and until_ms <= now_ms:
        until_ms = now_ms + rules.backlog_ms
    return replace(
        opening,
        reason=own.reason,
        permit_id=(own.cover.permit_id or None) if own.cover is not None else None,
        overstay_ms=until_ms,
        beside=own.root if is_part else None,
    )


def _allowed(
    door: Door, opening_id: str, opened_ms: int, latest_ms: int, now_ms: int, rules: Rules
) -> tuple[Door, Opening, tuple[Effect, ...]]:
    """What it is under an order, by its own time."""
    if clock_doubt.is_question(door, opened_ms, latest_ms, rules):
        return door, Opening(opening_id, opened_ms, Reason.OPENED_IN_DOUBT), ()
    covering = permits.covering(door, opened_ms, latest_ms, rules)
    if covering is not None:
        permit, window_ms = covering
        door, left = permits.spend(door, permit, window_ms)
        overstay_ms = _overstay_ms(permit.longest_ms, latest_ms, now_ms, rules)
        opening = Opening(opening_id, opened_ms, Reason.PERMIT, permit.permit_id, overstay_ms)
        return door, opening, (PermitSpent(permit.permit_id, left, opening_id),)
    door, order = orders.allow(door, latest_ms, rules)
    if order is not None:
        longest_ms = order.policy.longest_ms
        overstay = (
            None if longest_ms is None else _overstay_ms(longest_ms, latest_ms, now_ms, rules)
        )
        return door, Opening(opening_id, opened_ms, Reason.ALLOWANCE, None, overstay), ()
    return door, Opening(opening_id, opened_ms, Reason.NO_PERMIT), ()


def told_beside(door: Door, reason: Reason) -> tuple[Effect, ...]:
    """It is part of an opening that somebody was told of: that case names this contact too."""
    if reason not in UNLAWFUL or door.case_beside is None:
        return ()
    return (CaseJoined(door.case_beside[0]),)


def _overstay_ms(longest_ms: int, opened_ms: int, now_ms: int, rules: Rules) -> int:
    """When the opening has lasted too long. One that is heard of too late for that has perhaps shut
    in time: what waits behind it in the seal is heard first."""
    over_ms = opened_ms + longest_ms
    return over_ms if over_ms > now_ms else now_ms + rules.backlog_ms


# The rules for reports, in their order (reports.py).


def go_on(door: Door, observation: Observation, _: Rules) -> DoorChange:
    """It shut for less than the off-delay: the opening goes on, even if that is heard of late."""
    opening = door.opening or door.ended
    if opening is None or not observation.joins:
        return door, ()
    going_on = replace(
        opening, shut_ms=None, shut_from_ms=None, ends_ms=None, joined=opening.joined + 1
    )
    resumed = OpeningResumed(going_on.opening_id, going_on.joined)
    if door.opening is not None:
        return replace(door, opening=going_on), ()
    door, again = case.goes_on(replace(door, opening=going_on, ended=None), observation.now_ms)
    return door, (resumed, *again)


def end_missed(door: Door, observation: Observation, _: Rules) -> DoorChange:
    """Another opening shows that the one before is over: its close was missed, or is past."""
    opening = door.opening
    if opening is None or not (observation.hidden or observation.opens):
        return door, ()
    if opening.shut_ms is not None:
        return end(door, opening.shut_ms, observation.now_ms)
    inferred = replace(opening, inferred=True, shut_from_ms=_shut_from_ms(opening, observation))
    return end(replace(door, opening=inferred), observation.latest_ms, observation.now_ms)


def opened_blind(door: Door, observation: Observation, rules: Rules) -> DoorChange:
    """Openings that nobody saw begin, at an unknown time between two others: record, and page."""
    if not observation.hidden or door.chattering is not None:
        return door, ()
    opening_id = observation.name() + "-blind"
    earliest_ms, latest_ms = observation.observed_until_ms, observation.latest_ms
    unwatched = orders.why_recorded_only(door, latest_ms, observation.now_ms)
    reason = unwatched or clock_doubt.reason(door, Reason.OPENED_BLIND, latest_ms)
    if unwatched is None and visits.covers(door, earliest_ms, latest_ms, rules):
        reason = Reason.VISIT
    if door.door_class == CANARY:
        reason = Reason.CANARY
    began = OpeningBegan(opening_id, earliest_ms, latest_ms, reason, None, observation.edges)
    effects: tuple[Effect, ...] = (began, OpeningEnded(opening_id, earliest_ms, latest_ms, 0, True))
    if reason in (Reason.OPENED_BLIND, Reason.OPENED_IN_DOUBT):
        door, raised = raise_case(door, reason, opening_id, observation.now_ms, earliest_ms, rules)
        effects += raised
        if observation.shuts:
            door, more = case.cleared(door, over_when_shut(door), observation.now_ms)
            effects += more
    return door, effects


def opened(door: Door, observation: Observation, rules: Rules) -> DoorChange:
    """The door opened, and this report is the first to say so."""
    if not observation.opens or door.chattering is not None:
        return door, ()
    times = observation.earliest_ms, observation.latest_ms, observation.now_ms
    return begin(door, observation.name(), *times, rules)


def shut(door: Door, observation: Observation, rules: Rules) -> DoorChange:
    """The door shut, between two times.

    The opening ends after the off-delay, unless the door opens before. The delay counts from
    hearing of it: reports that waited come one behind the other, and the next may tell that the
    door opened again at once. A heartbeat that says so repairs a close that nobody reported. So
    does a reading without an edge (the door shut while its seal had no power, or another seal was
    hung), if it lasts: contacts flip while they wake."""
    opening = door.opening
    if opening is None or opening.shut_ms is not None or door.contact is not SHUT:
        return door, ()
    event = observation.event
    is_reported = observation.shuts and event.edge and not event.first and observation.edges == 1
    shutting = replace(
        opening,
        shut_ms=observation.latest_ms,
        shut_from_ms=observation.earliest_ms
        if is_reported
        else _shut_from_ms(opening, observation),
        ends_ms=observation.now_ms
        + (rules.off_delay_ms if observation.edges else rules.open_after_restart_ms),
        inferred=not is_reported,
    )
    return replace(door, opening=shutting), ()


def _shut_from_ms(opening: Opening, observation: Observation) -> int:
    """Since when it may be shut: since its seal last knew, or the one that hung there before."""
    return observation.observed_until_ms if opening.shut_from_ms is None else opening.shut_from_ms


def not_shut(door: Door, observation: Observation, _: Rules) -> DoorChange:
    """It reads open again without an edge: the reading that it was shut was none.

    Where an edge told that it shut, it did, and opened while its seal had no power
    (open_after_restart.py)."""
    opening = door.opening
    if opening is None or opening.shut_ms is None or observation.edges or not opening.inferred:
        return door, ()
    if door.contact is not OPEN:
        return door, ()
    going_on = replace(opening, shut_ms=None, shut_from_ms=None, ends_ms=None, inferred=False)
    return replace(door, opening=going_on), ()


# The ends of openings.


def end(door: Door, shut_ms: int, now_ms: int) -> DoorChange:
    """The opening is over. What its permit allowed, if anything, ended with it."""
    opening = door.opening
    if opening is None:
        return door, ()
    from_ms = shut_ms if opening.shut_from_ms is None else min(opening.shut_from_ms, shut_ms)
    ended = OpeningEnded(opening.opening_id, from_ms, shut_ms, opening.joined, opening.inferred)
    door = replace(door, opening=None, ended=opening)
    if door.beside and household.stands_open(door):
        return door, (ended,)  # until the other contact is shut too
    door, cleared = case.cleared(door, over_when_shut(door), now_ms)
    return door, (ended, *cleared)


def over_when_shut(door: Door) -> frozenset[Reason]:
    """What is over now that the door is shut: not what its seal still suffers."""
    return BREACHES - GOES_ON_TAMPERED if door.cover or door.magnet else BREACHES


def ends_ms(opening: Opening) -> int | None:
    """When the opening has stayed shut for long enough to be over."""
    return opening.ends_ms


def end_due(door: Door, opening: Opening, due_ms: int, now_ms: int, _: Rules) -> DoorChange:
    """It has stayed shut for the off-delay."""
    return end(door, due_ms if opening.shut_ms is None else opening.shut_ms, now_ms)


def overstay_ms(opening: Opening) -> int | None:
    """When the opening has lasted too long; None for one that has shut."""
    return opening.overstay_ms if opening.ends_ms is None else None


def overstay(door: Door, opening: Opening, due_ms: int, now_ms: int, rules: Rules) -> DoorChange:
    """The opening has outlasted its permit, or what the order allows: that needs a person now.

    Where the seal has not been heard since, nobody knows whether the door still stands open. The
    next report tells, or the silence becomes what a person is told of.
    """
    if door.contact is not OPEN or is_late(door, now_ms, rules):
        waiting = replace(opening, overstay_ms=None, unjudged_ms=due_ms)
        return replace(door, opening=waiting), ()
    return _tell_overstay(door, opening, due_ms, now_ms, rules)


def is_late(door: Door, now_ms: int, rules: Rules) -> bool:
    """Whether a door's edges are not known up to lately: what waits in its seal may tell more."""
    if door.heartbeat_ms is None:
        return False
    return (
        door.observed_until_ms is None
        or now_ms - door.observed_until_ms >= rules.late_heartbeats * door.heartbeat_ms
    )


def still_open(door: Door, observation: Observation, rules: Rules) -> DoorChange:
    """A seal that could not be judged when its opening ran over is heard: the door stands open."""
    opening = door.opening
    if opening is None or opening.unjudged_ms is None or opening.shut_ms is not None:
        return door, ()
    if door.contact is not OPEN or observation.latest_ms < opening.unjudged_ms:
        return door, ()  # it speaks for a time before that
    return _tell_overstay(door, opening, opening.unjudged_ms, observation.now_ms, rules)


def _tell_overstay(
    door: Door, opening: Opening, since_ms: int, now_ms: int, rules: Rules
) -> DoorChange:
    opening = replace(opening, overstay_ms=None, unjudged_ms=None)
    door = replace(door, opening=opening)
    if orders.why_not_under_order(door, now_ms):
        return door, ()
    if opening.reason in UNWATCHED:
        explained = open_at_order.explained(door, now_ms, rules)
        if explained is not None:
            return explained
        opening = replace(opening, reason=Reason.OPEN_TOO_LONG)  # once, whatever order comes next
        door = replace(door, opening=opening)
    reason = overstayed(opening.reason, opening.permit_id)
    reason = clock_doubt.reason(door, reason, now_ms)
    page_id = opening.opening_id + household.OVERSTAY
    return raise_case(door, reason, page_id, now_ms, since_ms, rules)


def overstayed(was: Reason, permit_id: str | None) -> Reason:
    """What an opening that lasts too long is told as, by what it was and the permit it used."""
    if was is Reason.VISIT:
        return Reason.VISIT_OVERSTAYED
    return Reason.PERMIT_OVERSTAYED if permit_id else Reason.OPEN_TOO_LONG
