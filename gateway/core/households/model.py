"""What is a household's own: what it asked for, what it contests, how it says that it is.

Frozen records, whole milliseconds of UTC, no behaviour. Free text and names come in sealed, so here
they are strings like any other. What is over leaves the state; its rows stay until the end.
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct

from gateway.core.actor import Actor
from gateway.core.free_text import FreeText
from gateway.core.model import SURE, ActionResult, Doubt, Escalation

REQUEST: Final = "request-"  # what the ids of each kind of matter begin with
DISPUTE: Final = "dispute-"
HEALTH: Final = "health-"

Windows = tuple[tuple[int, int], ...]  # from, to: minutes after midnight at the site


class Way(StrEnum):
    """How a household said something."""

    PAGE = "page"  # its own, with its code
    TELEPHONE = "telephone"  # to a person, who booked it
    TEXT = "text"  # a message from the number that the order knows


class Said(Struct, frozen=True, array_like=True):
    """The household said it; by telephone, somebody booked it."""

    way: Way = Way.PAGE
    booked_by: Actor | None = None


class RequestKind(StrEnum):
    """What a household asks for. The word is stored."""

    FOOD = "food"
    RUBBISH = "rubbish"
    MEDICINE = "medicine"
    DOCTOR = "doctor"
    OTHER = "other"


class RequestState(StrEnum):
    """How far a request is. The last four are final."""

    ASKED = "asked"
    TAKEN = "taken"
    ON_THE_WAY = "on_the_way"
    AT_THE_DOOR = "at_the_door"
    DONE = "done"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    ORDER_OVER = "order_over"


class Request(Struct, frozen=True, omit_defaults=True):
    """Something asked for, which somebody brings, takes away or arranges."""

    request_id: str
    kind: RequestKind
    said: Said
    asked_ms: int
    state: RequestState = RequestState.ASKED
    words: FreeText = ""
    permit_id: str = ""  # announced with it, and ended with it
    taken_by: Actor | None = None
    moved_ms: int = 0
    why: FreeText = ""  # of who declined it
    escalation: Escalation | None = None  # who is told of it next
    returns_ms: int | None = None  # when it is told again, for nobody has finished it

    @property
    def case_id(self) -> str:
        """By which people are told of it."""
        return self.request_id


class RecordKind(StrEnum):
    """What can be contested."""

    OPENING = "opening"
    CASE = "case"


class DisputeState(StrEnum):
    """How far a dispute is."""

    RAISED = "raised"
    ASSIGNED = "assigned"  # to somebody who was no part of the record
    UPHELD = "upheld"  # the record was wrong
    NOT_UPHELD = "not_upheld"
    ORDER_OVER = "order_over"


class Dispute(Struct, frozen=True, omit_defaults=True):
    """A household says that a record is wrong. `parties` are those who were part of the record, by
    actor_id: none of them answers."""

    dispute_id: str
    record: RecordKind
    record_id: str
    door_id: str
    said: Said
    raised_ms: int
    answer_by_ms: int
    state: DisputeState = DisputeState.RAISED
    words: FreeText = ""  # of the household
    parties: tuple[str, ...] = ()
    assigned_to: Actor | None = None
    answered_by: Actor | None = None
    answer: FreeText = ""
    moved_ms: int = 0
    is_late: bool = False
    escalation: Escalation | None = None

    @property
    def case_id(self) -> str:
        """By which people are told of it."""
        return self.dispute_id


class Symptom(StrEnum):
    """What somebody who is not well says, in one tap each."""

    FEVER = "fever"
    COUGH = "cough"
    BREATH = "breath"
    OTHER = "other"


class HealthOutcome(StrEnum):
    """How a question about somebody's health ended. `NOT_REACHED` ends nothing: it comes back."""

    WELL = "well"
    HELPED = "helped"
    HANDED_ON = "handed_on"
    NOT_REACHED = "not_reached"
    REPORTED = "reported"  # the household said it itself
    ORDER_OVER = "order_over"


class HealthQuestion(Struct, frozen=True, omit_defaults=True):
    """A warden is to ask: no report came, or somebody is not well. No guilt lies in either."""

    question_id: str
    asked_ms: int
    is_unwell: bool = False
    taken_by: Actor | None = None
    escalation: Escalation | None = None
    returns_ms: int | None = None

    @property
    def case_id(self) -> str:
        """By which people are told of it."""
        return self.question_id


class HealthWatch(Struct, frozen=True, omit_defaults=True):
    """When the household is reminded, or asked after, next."""

    due_ms: int | None = None
    is_reminded: bool = False  # the next is the question
    reported_ms: int = 0  # when they said last how they are
    question: HealthQuestion | None = None


class SealAnswer(StrEnum):
    """What a household says of a seal that is not heard."""

    IN_PLACE = "in_place"  # we are here, the door is shut
    NOT_IN_PLACE = "not_in_place"  # it came off, or is broken
    UNSURE = "unsure"


class OrderTerm(Struct, frozen=True, omit_defaults=True):
    """An order, as far as the household's own matters hang on it."""

    order_id: str
    from_ms: int
    to_ms: int
    health_daily: bool = False


class Household(Struct, frozen=True, omit_defaults=True):
    """All that the rules know of a household beside its doors. `doors`: () stands for the one of
    the same id."""

    household_id: str
    doors: tuple[str, ...] = ()
    orders: tuple[OrderTerm, ...] = ()
    requests: tuple[Request, ...] = ()  # those that go on
    asked_ms: tuple[int, ...] = ()  # of the latest requests, at most Rules.requests_a_day
    disputes: tuple[Dispute, ...] = ()  # those that are not answered
    health: HealthWatch = HealthWatch()
    quiet: Windows = ()  # its own hours, in which nothing but a breach is told
    recent: tuple[ActionResult, ...] = ()  # of the latest actions, the newest last
    doubt: Doubt = SURE  # of the gateway's clock, as of its last step

    @property
    def home(self) -> tuple[str, ...]:
        """Its doors."""
        return self.doors or (self.household_id,)
