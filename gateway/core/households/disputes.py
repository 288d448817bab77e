"""Disputes: a household says that a record is wrong, and somebody else looks at it anew.

Never who was part of the record, or wrote the dispute down at the telephone. What was found wrong
is corrected by an event beside it; the record stays, and wherever it is shown the correction is
shown with it. The time in which a site answers is its own setting; one that passes is told, and the
household sees that too.
"""

from typing import Final

from msgspec.structs import replace

from gateway.core.cases.refusal import Refusal
from gateway.core.effects import Effect
from gateway.core.households import attribution, matters
from gateway.core.households.attribution import Attribution, order_of
from gateway.core.households.effects import DisputeMoved, ToDoor
from gateway.core.households.events import (
    DisputeAnswered,
    DisputeAssigned,
    DisputeRaised,
    RecordCorrected,
)
from gateway.core.households.model import Dispute, DisputeState, Household
from gateway.core.reasons import Reason
from gateway.core.rules import Rules

Change = tuple[Household, tuple[Effect, ...]]
LATE: Final = "-late"  # in the id of the page that says so
PARTIES_MAX: Final = 64


def find(household: Household, dispute_id: str) -> Dispute | None:
    """The dispute of this id, if it is not answered."""
    return next((d for d in household.disputes if d.dispute_id == dispute_id), None)


def raise_dispute(
    household: Household, event: DisputeRaised, at: Attribution, rules: Rules
) -> Change | Refusal:
    """The household contests a record."""
    if find(household, event.dispute_id) is not None:
        return Refusal.REPEATED
    about = event.record, event.record_id
    if any((known.record, known.record_id) == about for known in household.disputes):
        return Refusal.DISPUTED_ALREADY
    if len(household.disputes) >= rules.disputes_open:
        return Refusal.TOO_MANY
    dispute = Dispute(
        event.dispute_id,
        event.record,
        event.record_id,
        event.door_id,
        event.said,
        at.done_ms,
        at.now_ms + rules.dispute_ms,
        words=event.words,
        parties=_parties(event),
        moved_ms=at.now_ms,
    )
    dispute, pages = matters.tell(dispute, Reason.DISPUTE_RAISED, at.done_ms, at.now_ms, rules)
    household = replace(household, disputes=(*household.disputes, dispute))
    return household, (_moved(household, dispute, at), *pages)


def assign(
    household: Household, event: DisputeAssigned, at: Attribution, _: Rules
) -> Change | Refusal:
    """Somebody is to answer it, who was no part of the record."""
    dispute = find(household, event.dispute_id)
    if dispute is None:
        return Refusal.NO_SUCH_DISPUTE
    dispute = _with_parties(dispute, event.parties)
    if event.to.actor_id in dispute.parties:
        return Refusal.PART_OF_RECORD
    if dispute.assigned_to == event.to:
        return Refusal.DONE_ALREADY
    dispute = replace(
        matters.quieten(dispute),
        state=DisputeState.ASSIGNED,
        assigned_to=event.to,
        moved_ms=at.now_ms,
    )
    return _keep(household, dispute), (_moved(household, dispute, at),)


def answer(
    household: Household, event: DisputeAnswered, at: Attribution, _: Rules
) -> Change | Refusal:
    """The one to whom it was assigned answers it. What was found wrong is corrected beside it."""
    dispute = find(household, event.dispute_id)
    if dispute is None:
        return Refusal.NO_SUCH_DISPUTE
    dispute = _with_parties(dispute, event.parties)
    if event.actor.actor_id in dispute.parties:
        return Refusal.PART_OF_RECORD
    if not event.by.is_meant_by(dispute.assigned_to):
        return Refusal.NOT_ASSIGNED
    if not event.words:
        return Refusal.WHY_MISSING
    dispute = replace(
        matters.quieten(dispute),
        state=DisputeState.UPHELD if event.is_upheld else DisputeState.NOT_UPHELD,
        answered_by=event.actor,
        answer=event.words,
        moved_ms=at.now_ms,
    )
    others = tuple(d for d in household.disputes if d.dispute_id != dispute.dispute_id)
    effects: tuple[Effect, ...] = (_moved(household, dispute, at),)
    if event.is_upheld:
        corrected = RecordCorrected(
            dispute.record, dispute.record_id, dispute.dispute_id, event.actor
        )
        effects += (ToDoor(dispute.door_id, corrected),)
    return replace(household, disputes=others), effects


def late(household: Household, dispute: Dispute, now_ms: int, rules: Rules) -> Change:
    """Nobody has answered it in the time that the site states: those above are told."""
    dispute = replace(dispute, is_late=True)
    since_ms = dispute.answer_by_ms
    dispute, pages = matters.tell(dispute, Reason.DISPUTE_LATE, since_ms, now_ms, rules, LATE)
    at = attribution.by_rule(now_ms)
    return _keep(household, dispute), (_moved(household, dispute, at), *pages)


def told(household: Household, dispute: Dispute, now_ms: int, rules: Rules) -> Change:
    """The next are told of it."""
    dispute, pages = matters.escalate(dispute, now_ms, rules)
    return _keep(household, dispute), pages


def _parties(event: DisputeRaised) -> tuple[str, ...]:
    """Who was part of the record; and who wrote the dispute down for the household, for else one
    person could both say and find that a record is wrong."""
    booked_by = event.said.booked_by
    found = event.parties if booked_by is None else (booked_by.actor_id, *event.parties)
    return tuple(dict.fromkeys(found))[:PARTIES_MAX]


def _with_parties(dispute: Dispute, parties: tuple[str, ...]) -> Dispute:
    """Who was part of the record, as far as was ever known."""
    known = tuple(dict.fromkeys((*dispute.parties, *parties)))[:PARTIES_MAX]
    return replace(dispute, parties=known)


def _keep(household: Household, dispute: Dispute) -> Household:
    disputes = tuple(
        dispute if d.dispute_id == dispute.dispute_id else d for d in household.disputes
    )
    return replace(household, disputes=disputes)


def _moved(household: Household, dispute: Dispute, at: Attribution) -> DisputeMoved:
    order = order_of(household, at.now_ms)
    return DisputeMoved(dispute, at.now_ms, at.actor, "" if order is None else order.order_id)
