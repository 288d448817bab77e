"""All that may go out of a step. The loop writes every effect in the commit of its event."""

from msgspec import Struct

from gateway.core.model import CaseState
from gateway.core.reason import Reason


class OpeningBegan(Struct, frozen=True):
    """The door opened. `latest_ms` differs from `opened_ms` where only an interval is known."""

    opening_id: str
    opened_ms: int
    latest_ms: int
    reason: Reason
    permit_id: str | None
    edges: int = 1  # settled edges it stands for: more than one where nobody listened


class OpeningEnded(Struct, frozen=True):
    """The door shut and stayed shut for the off-delay."""

    opening_id: str
    shut_ms: int
    joined: int


class OpeningResumed(Struct, frozen=True):
    """A late report shows that an opening which seemed over goes on: it shut for a moment only."""

    opening_id: str
    joined: int


class CaseMoved(Struct, frozen=True):
    """A case was raised, raised again, acknowledged or closed."""

    case_id: str
    state: CaseState
    reason: Reason
    raised_ms: int
    at_ms: int
    openings: int
    latched: bool = False  # it ends only after a person was at the door
    by: str | None = None  # None: a rule, whose reason is the outcome
    outcome: str | None = None


class PageDue(Struct, frozen=True):
    """The warden must be told. `page_id` is the same however often it is sent."""

    page_id: str
    case_id: str
    reason: Reason
    since_ms: int  # when the thing happened, by the gateway's clock


class OpeningAnnounced(Struct, frozen=True):
    """An opening that had no permit was announced afterwards, within the grace time."""

    opening_id: str
    permit_id: str


class PermitSpent(Struct, frozen=True):
    """An opening used one of a permit's openings."""

    permit_id: str
    openings_left: int
    opening_id: str


Effect = (
    OpeningBegan
    | OpeningEnded
    | OpeningResumed
    | OpeningAnnounced
    | CaseMoved
    | PageDue
    | PermitSpent
)
