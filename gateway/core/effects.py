"""All that may go out of a step. The loop writes every effect in the commit of its event."""

from msgspec import Struct

from gateway.core.actor import Actor
from gateway.core.cases.refusal import Refusal
from gateway.core.commissioning import Certificate, Check, TestOpening
from gateway.core.households.effects import HouseholdEffect
from gateway.core.model import Case
from gateway.core.reasons import Reason


class OpeningBegan(Struct, frozen=True, tag="opening_began"):
    """The door opened. `latest_ms` differs from `opened_ms` where only an interval is known."""

    opening_id: str
    opened_ms: int
    latest_ms: int
    reason: Reason
    permit_id: str | None
    edges: int = 1  # settled edges it stands for: more than one where nobody listened
    beside: str | None = None  # the opening at another contact that it is part of


class OpeningEnded(Struct, frozen=True, tag="opening_ended"):
    """The door shut and stayed shut for the off-delay."""

    opening_id: str
    shut_from_ms: int  # it shut between this ...
    shut_ms: int  # ... and this; nearly always the same
    joined: int
    inferred: bool = False  # no report told of its shutting: a later one shows it


class OpeningResumed(Struct, frozen=True, tag="opening_resumed"):
    """A late report shows that an opening which seemed over goes on: it shut for a moment only."""

    opening_id: str
    joined: int


class Detour(Struct, frozen=True, omit_defaults=True):
    """What a person did about a case that is no step of its loop: it stands in the case's log."""

    action: str  # core.cases.transitions.Action
    action_id: str
    to: str = ""  # who is to have it, by warden_id
    outcome: str = ""  # what was reported, and is taken back
    note: str = ""


class CaseMoved(Struct, frozen=True, tag="case_moved"):
    """A case went on, or something about it changed. It stands here as it is now."""

    case: Case
    at_ms: int
    by: Actor | None = None  # None: a rule, whose reason is the outcome
    done_ms: int | None = None  # when the person did it, if not at `at_ms`, when it arrived
    door_id: str = ""  # of an outage's case: the door that stands for it
    area: str | None = None  # and the area that is silent; None where it is a door's own case
    about: str = ""  # of a trouble's case: which of its kind; no door stands for it
    detour: Detour | None = None  # how it came here, where that was no step of the loop


class CaseJoined(Struct, frozen=True, tag="case_joined"):
    """What opened here joins the case that is open at another contact of the household. Without a
    reason it was told already."""

    door_id: str  # that other contact
    page_id: str = ""
    reason: Reason | None = None
    since_ms: int = 0


class ActionRefused(Struct, frozen=True, tag="action_refused"):
    """A person's action changed nothing. When it was done stands in the holder's `recent`."""

    case_id: str
    action_id: str
    refusal: Refusal


class PageDue(Struct, frozen=True, tag="page_due"):
    """People must be told. `page_id` is the same for all of one round, however often it is sent.

    Who stands on a step, and by which channels they are told, is in escalation.py and the on-call
    schedule."""

    page_id: str
    case_id: str
    reason: Reason
    since_ms: int  # when the thing happened, by the gateway's clock
    step_index: int = 0
    round: int = 0
    door_id: str = ""  # of an outage's case: the door that stands for it
    to: str = ""  # who is told, where it is one person and no step: by warden_id


class QuestionDue(Struct, frozen=True, tag="question_due"):
    """The household could say what no report does, and is asked before anybody else is told.

    Its page asks at once, for it wakes nobody; what rings at its telephone waits for `ask_ms`: for
    the day, outside the hours in which it wants to be left alone. A warden follows a while later.
    """

    page_id: str
    case_id: str
    reason: Reason
    since_ms: int  # when the seal was last heard
    ask_ms: int


class OpeningRedated(Struct, frozen=True, tag="opening_redated"):
    """A copy of its report shows that the door opened earlier than it seemed: between the two. Or
    another contact of its household shows what it was part of. What it was stands here as it is
    judged now."""

    opening_id: str
    opened_ms: int
    latest_ms: int
    reason: Reason
    permit_id: str | None
    beside: str | None = None


class OpeningAnnounced(Struct, frozen=True, tag="opening_announced"):
    """An opening that had no permit was announced afterwards, within the grace time.

    `told`: somebody was told of it before.
    """

    opening_id: str
    permit_id: str
    told: bool = False


class SilenceBegan(Struct, frozen=True, tag="silence_began"):
    """The seal is lost. It was last heard at `since_ms`."""

    since_ms: int


class SilenceEnded(Struct, frozen=True, tag="silence_ended"):
    """A seal that was lost is heard again."""

    since_ms: int


class OutageFound(Struct, frozen=True, tag="outage_found"):
    """One cause explains the silence of these doors: all that lie in the area and are silent."""

    outage_id: str
    area: str
    since_ms: int
    doors: tuple[str, ...]


class OutageGrew(Struct, frozen=True, tag="outage_grew"):
    """One more door is silent from the same cause."""

    outage_id: str
    doors: tuple[str, ...]  # all of them now
    door_id: str  # the new one


class OutageOver(Struct, frozen=True, tag="outage_over"):
    """The cause is gone; `still_silent` are lost all the same, each for itself from now on."""

    outage_id: str
    doors: tuple[str, ...]
    still_silent: tuple[str, ...]


class WatchDoubted(Struct, frozen=True, tag="watch_doubted"):
    """So many seals are lost, or heard again, that the site must see whether it is blind."""


class PermitSpent(Struct, frozen=True, tag="permit_spent"):
    """An opening used one of a permit's openings."""

    permit_id: str
    openings_left: int
    opening_id: str


class PermitEnded(Struct, frozen=True, tag="permit_ended"):
    """A permit ends before the time that was announced: with the order under which it began."""

    permit_id: str
    ends_ms: int


class PermitRefused(Struct, frozen=True, tag="permit_refused"):
    """A permit found no room among those that live, so nothing changed; the others stand."""

    permit_id: str
    reason: Reason


class OrderEnded(Struct, frozen=True, tag="order_ended"):
    """An order on the door's household is over, and no other holds: it is told so, where the site
    sends text messages and knows a number."""

    page_id: str
    over_ms: int


class SealCertified(Struct, frozen=True, tag="seal_certified"):
    """A seal passed its walk test: what was seen of it."""

    certificate: Certificate
    by: Actor
    checks: tuple[Check, ...]
    openings: tuple[TestOpening, ...]


Effect = (
    OpeningBegan
    | OpeningEnded
    | OpeningResumed
    | OpeningRedated
    | OpeningAnnounced
    | CaseMoved
    | CaseJoined
    | ActionRefused
    | PageDue
    | QuestionDue
    | PermitSpent
    | PermitEnded
    | PermitRefused
    | SilenceBegan
    | SilenceEnded
    | OutageFound
    | OutageGrew
    | OutageOver
    | WatchDoubted
    | OrderEnded
    | SealCertified
    | HouseholdEffect
)
