"""What goes out of a household's step: rows for people to read, and words to its doors."""

from typing import Final

from msgspec import Struct

from gateway.core.actor import Actor
from gateway.core.cases.refusal import Refusal
from gateway.core.households.events import QuietAsked, RecordCorrected, SaidOfSeal
from gateway.core.households.model import (
    Dispute,
    HealthOutcome,
    HealthQuestion,
    Request,
    Said,
    SealAnswer,
    Symptom,
)
from gateway.core.model import Permit


class RequestMoved(Struct, frozen=True, omit_defaults=True, tag="request_moved"):
    """A request is as it stands here now. `order_id`: of the order that it was asked under."""

    request: Request
    at_ms: int
    by: Actor | None = None  # None: the household, or a rule
    done_ms: int | None = None  # when it was done, if not at `at_ms`
    order_id: str = ""

    @property
    def matter(self) -> Request:
        """What moved."""
        return self.request


class DisputeMoved(Struct, frozen=True, omit_defaults=True, tag="dispute_moved"):
    """A dispute is as it stands here now."""

    dispute: Dispute
    at_ms: int
    by: Actor | None = None
    order_id: str = ""

    @property
    def matter(self) -> Dispute:
        """What moved."""
        return self.dispute


class HealthNoted(Struct, frozen=True, omit_defaults=True, tag="health_noted"):
    """The household has said how they are."""

    report_id: str
    at_ms: int
    said: Said
    is_well: bool
    symptoms: tuple[Symptom, ...] = ()
    words: str = ""
    order_id: str = ""


class HealthReminded(Struct, frozen=True, tag="health_reminded"):
    """The household is reminded, once a day."""

    at_ms: int


class HealthMoved(Struct, frozen=True, omit_defaults=True, tag="health_moved"):
    """A question about somebody's health goes on, or ends with this outcome."""

    question: HealthQuestion
    at_ms: int
    by: Actor | None = None
    outcome: HealthOutcome | None = None
    words: str = ""
    order_id: str = ""

    @property
    def matter(self) -> HealthQuestion:
        """What moved."""
        return self.question


class SealAnswerNoted(Struct, frozen=True, omit_defaults=True, tag="seal_answer_noted"):
    """What the household said of a seal that is not heard."""

    answer_id: str
    door_id: str
    at_ms: int
    said: Said
    answer: SealAnswer
    words: str = ""


class PermitAttached(Struct, frozen=True, tag="permit_attached"):
    """An opening is announced with a request."""

    permit: Permit


class PermitDetached(Struct, frozen=True, tag="permit_detached"):
    """What was announced with a request ends then."""

    permit_id: str
    ends_ms: int


class ToDoor(Struct, frozen=True, tag="to_door"):
    """A door of the household is told this."""

    door_id: str
    event: RecordCorrected | SaidOfSeal | QuietAsked


class HouseholdRefused(Struct, frozen=True, tag="household_refused"):
    """An action about a household changed nothing."""

    matter_id: str
    action_id: str
    refusal: Refusal


HouseholdEffect = (
    RequestMoved
    | DisputeMoved
    | HealthNoted
    | HealthReminded
    | HealthMoved
    | SealAnswerNoted
    | PermitAttached
    | PermitDetached
    | ToDoor
    | HouseholdRefused
)

# What tells of a matter; made once, for who asks does so for each effect of each door.
MATTERS_MOVED: Final = (RequestMoved, DisputeMoved, HealthMoved)
