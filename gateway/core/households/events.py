"""What comes in about a household's own matters. Each is about a household, but for those that say
"to a door".

A household does nothing itself to a state: what it said is an event too, with how it said it.
"""

from typing import Annotated

from msgspec import Meta, Struct

from gateway.core.actor import Acting, Actor
from gateway.core.free_text import FreeText
from gateway.core.households.model import (
    HealthOutcome,
    OrderTerm,
    RecordKind,
    RequestKind,
    Said,
    SealAnswer,
    Symptom,
    Windows,
)
from gateway.core.model import Permit

Count = Annotated[int, Meta(ge=0)]


class HouseholdAction(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a person does. The same `action_id` twice is one action; `age_ms` is how long ago it was
    done when it came, for a handheld may have been offline."""

    action_id: str
    age_ms: Count = 0


class HouseholdSays(HouseholdAction, frozen=True, kw_only=True):
    """What the household itself does. The `terms` of its orders are for the site to say, whoever
    sends this."""

    said: Said = Said()
    terms: tuple[OrderTerm, ...] = ()


class StaffAction(HouseholdAction, frozen=True, kw_only=True):
    """What one of the staff does. `for_centre`: who signed in as one at the centre's desk."""

    actor: Actor
    for_centre: bool = False

    @property
    def by(self) -> Acting:
        """Who acts, as the rules judge them."""
        return Acting(self.actor, self.for_centre)


class HouseholdHomed(Struct, frozen=True, omit_defaults=True, tag="household_homed"):
    """These are the household's doors from now on, the first stands for it where one must."""

    doors: tuple[str, ...]


class HouseholdOrdered(Struct, frozen=True, omit_defaults=True, tag="household_ordered"):
    """An order on its doors was placed, or changed."""

    term: OrderTerm


class RequestAsked(HouseholdSays, frozen=True, tag="request_asked", kw_only=True):
    """The household asks for something. `permit`: an opening announced with it."""

    request_id: str
    kind: RequestKind
    words: FreeText = ""
    permit: Permit | None = None


class RequestWithdrawn(HouseholdSays, frozen=True, tag="request_withdrawn", kw_only=True):
    """The household does not want it any more."""

    request_id: str


class RequestAction(StaffAction, frozen=True, kw_only=True):
    """What somebody does about a request."""

    request_id: str


class RequestTaken(RequestAction, frozen=True, tag="request_taken"):
    """Somebody does it."""


class RequestOnTheWay(RequestAction, frozen=True, tag="request_on_the_way"):
    """Whoever does it is on the way."""


class RequestAtTheDoor(RequestAction, frozen=True, tag="request_at_the_door"):
    """Whoever does it is at the door."""


class RequestDone(RequestAction, frozen=True, tag="request_done"):
    """It is done: brought, taken away, arranged."""


class RequestLeft(RequestAction, frozen=True, tag="request_left"):
    """Whoever had it cannot do it: it is open again."""


class RequestDeclined(RequestAction, frozen=True, tag="request_declined", kw_only=True):
    """It cannot be done, and why; the household reads that."""

    why: FreeText


class DisputeRaised(HouseholdSays, frozen=True, tag="dispute_raised", kw_only=True):
    """The household says that a record is wrong. Whoever sends it has looked up who was part of the
    record; what a client says of that is never asked."""

    dispute_id: str
    record: RecordKind
    record_id: str
    door_id: str
    words: FreeText = ""
    parties: tuple[str, ...] = ()


class DisputeAction(StaffAction, frozen=True, kw_only=True):
    """What somebody does about a dispute; `parties` as they are known now."""

    dispute_id: str
    parties: tuple[str, ...] = ()


class DisputeAssigned(DisputeAction, frozen=True, tag="dispute_assigned", kw_only=True):
    """This person is to answer it."""

    to: Actor


class DisputeAnswered(DisputeAction, frozen=True, tag="dispute_answered", kw_only=True):
    """The one to whom it was assigned has looked at the record."""

    is_upheld: bool
    words: FreeText


class RecordCorrected(Struct, frozen=True, omit_defaults=True, tag="record_corrected"):
    """To a door: this record of it was found wrong. It stands beside the record, which stays."""

    record: RecordKind
    record_id: str
    dispute_id: str
    by: Actor


class HealthReported(HouseholdSays, frozen=True, tag="health_reported", kw_only=True):
    """How they are at home today."""

    is_well: bool
    symptoms: tuple[Symptom, ...] = ()
    words: FreeText = ""


class HealthAction(StaffAction, frozen=True, kw_only=True):
    """What somebody does about a question."""

    question_id: str


class HealthTaken(HealthAction, frozen=True, tag="health_taken"):
    """Somebody asks them."""


class HealthEnded(HealthAction, frozen=True, tag="health_ended", kw_only=True):
    """Somebody has asked them, or could not."""

    outcome: HealthOutcome
    words: FreeText = ""


class SealAnswered(HouseholdSays, frozen=True, tag="seal_answered", kw_only=True):
    """What the household says of a seal that is not heard."""

    door_id: str
    answer: SealAnswer
    words: FreeText = ""


class SaidOfSeal(Struct, frozen=True, omit_defaults=True, tag="said_of_seal"):
    """To a door: what its household says of its seal."""

    said: Said
    answer: SealAnswer


class HoursNarrowed(HouseholdSays, frozen=True, tag="hours_narrowed", kw_only=True):
    """The household's own quiet hours are these from now on."""

    quiet: Windows


class QuietAsked(Struct, frozen=True, omit_defaults=True, tag="quiet_asked"):
    """To a door: its household's own quiet hours."""

    quiet: Windows


HouseholdEvent = (
    HouseholdHomed
    | HouseholdOrdered
    | RequestAsked
    | RequestWithdrawn
    | RequestTaken
    | RequestOnTheWay
    | RequestAtTheDoor
    | RequestDone
    | RequestLeft
    | RequestDeclined
    | DisputeRaised
    | DisputeAssigned
    | DisputeAnswered
    | RecordCorrected
    | HealthReported
    | HealthTaken
    | HealthEnded
    | SealAnswered
    | SaidOfSeal
    | HoursNarrowed
    | QuietAsked
)
