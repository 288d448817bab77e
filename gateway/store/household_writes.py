"""What a household's step is in rows.

Each row is keyed by what it is about, so that a commit that is written twice is written once; only
`deliveries` counts, and only what is over now.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from gateway.core import local_time
from gateway.core.actor import Actor
from gateway.core.households.effects import (
    DisputeMoved,
    HealthMoved,
    HealthNoted,
    HouseholdEffect,
    RequestMoved,
    SealAnswerNoted,
)
from gateway.core.households.events import RecordCorrected
from gateway.core.households.model import HealthOutcome, Household, Said
from gateway.core.households.requests import OPEN
from gateway.core.local_time import Zone
from gateway.store import statements as sql
from gateway.store import states
from gateway.store.statements import Row, Statement

Written = Iterator[tuple[Statement, Row]]


class Place(NamedTuple):
    """Whose a row is, and where: the household, its first door, that door's grid."""

    household_id: str
    door_id: str
    grid_id: str


def of_state(household: Household) -> Row:
    """A household's state."""
    return {"b_household_id": household.household_id, "state": states.encode(household)}


def of_effect(effect: HouseholdEffect, place: Place, zone: Zone) -> Written:
    """The rows of an effect; most have one, some none."""
    match effect:
        case RequestMoved():
            yield sql.UPSERT_REQUEST, _request(effect, place)
            if effect.request.state not in OPEN:
                yield sql.COUNT_DELIVERY, _delivery(effect, zone)
        case DisputeMoved():
            yield sql.UPSERT_DISPUTE, _dispute(effect, place)
        case HealthNoted():
            yield sql.INSERT_HEALTH_REPORT, _report(effect, place)
        case HealthMoved():
            yield sql.UPSERT_HEALTH_QUESTION, _question(effect, place)
        case SealAnswerNoted():
            yield sql.INSERT_SEAL_ANSWER, _seal_answer(effect, place)


def of_correction(event: RecordCorrected, door_id: str, at_ms: int) -> Row:
    """A record that was found wrong."""
    return {
        "record": event.record,
        "record_id": event.record_id,
        "dispute_id": event.dispute_id,
        "door_id": door_id,
        "corrected_by": event.by.actor_id,
        "at_ms": at_ms,
    }


def _request(moved: RequestMoved, place: Place) -> Row:
    request = moved.request
    done_ms = moved.at_ms if moved.done_ms is None else moved.done_ms
    return {
        "request_id": request.request_id,
        **place._asdict(),
        "order_id": moved.order_id,
        "kind": request.kind,
        "state": request.state,
        "words": request.words,
        "permit_id": request.permit_id,
        **_said(request.said),
        "asked_ms": request.asked_ms,
        "moved_ms": moved.at_ms,
        "taken_by": _who(request.taken_by),
        "done_ms": None if request.state in OPEN else done_ms,
        "why": request.why,
    }


def _delivery(moved: RequestMoved, zone: Zone) -> Row:
    done_ms = moved.at_ms if moved.done_ms is None else moved.done_ms
    request = moved.request
    day = local_time.day(zone, done_ms)
    return {"day": day, "kind": request.kind, "state": request.state, "count": 1}


def _dispute(moved: DisputeMoved, place: Place) -> Row:
    dispute = moved.dispute
    return {
        "dispute_id": dispute.dispute_id,
        "household_id": place.household_id,
        "door_id": dispute.door_id,
        "grid_id": place.grid_id,
        "order_id": moved.order_id,
        "record": dispute.record,
        "record_id": dispute.record_id,
        "state": dispute.state,
        "words": dispute.words,
        **_said(dispute.said),
        "raised_ms": dispute.raised_ms,
        "answer_by_ms": dispute.answer_by_ms,
        "moved_ms": moved.at_ms,
        "is_late": dispute.is_late,
        "parties": states.encode(dispute.parties).decode(),
        "assigned_to": _who(dispute.assigned_to),
        "answered_by": _who(dispute.answered_by),
        "answer": dispute.answer,
    }


def _report(noted: HealthNoted, place: Place) -> Row:
    return {
        "report_id": noted.report_id,
        "household_id": place.household_id,
        "order_id": noted.order_id,
        "at_ms": noted.at_ms,
        **_said(noted.said),
        "is_well": noted.is_well,
        "symptoms": states.encode(noted.symptoms).decode(),
        "words": noted.words,
    }


def _question(moved: HealthMoved, place: Place) -> Row:
    question, outcome = moved.question, moved.outcome
    is_over = outcome is not None and outcome is not HealthOutcome.NOT_REACHED
    return {
        "question_id": question.question_id,
        **place._asdict(),
        "order_id": moved.order_id,
        "asked_ms": question.asked_ms,
        "moved_ms": moved.at_ms,
        "is_unwell": question.is_unwell,
        "taken_by": _who(question.taken_by),
        "outcome": outcome,
        "is_over": is_over,
        "words": moved.words,
    }


def _seal_answer(noted: SealAnswerNoted, place: Place) -> Row:
    return {
        "answer_id": noted.answer_id,
        "household_id": place.household_id,
        "door_id": noted.door_id,
        "at_ms": noted.at_ms,
        **_said(noted.said),
        "answer": noted.answer,
        "words": noted.words,
    }


def _said(said: Said) -> dict[str, Any]:
    return {"said_way": said.way, "booked_by": _who(said.booked_by)}


def _who(actor: Actor | None) -> str | None:
    return None if actor is None else actor.actor_id
