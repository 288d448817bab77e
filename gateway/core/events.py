"""All that can come in. Every event is about one door and is journaled as it stands here."""

from typing import Annotated

from msgspec import Meta, Struct

from gateway.core.model import Contact, Order, Permit
from gateway.core.reason import Reason

Count = Annotated[int, Meta(ge=0)]


class ReportCame(Struct, frozen=True, tag=True):
    """A genuine report. `age_ms` is the edge's age when it was sent, None if the seal lost count.

    `waited_ms` is how long it may have lain in the broker since, at most: 0 while we listen.
    """

    seal_id: str
    seq: Count  # 0 for a beat
    contact: Contact
    edges: Count
    edge: bool  # it reports an edge (or the first reading), not a beat or tamper
    first: bool = False
    bounces: Count = 0
    age_ms: int | None = 0
    waited_ms: Count = 0
    battery_mv: int | None = None
    cover: bool = False
    magnet: bool = False


class MessageRefused(Struct, frozen=True, tag=True):
    """Something came under this door's seal's name and was refused."""

    seal_id: str
    reason: Reason


class SealBound(Struct, frozen=True, tag=True):
    """A seal hangs on the door from now on, instead of any before it."""

    seal_id: str


class OrderPlaced(Struct, frozen=True, tag=True):
    """An order on the door; one of the same id is replaced."""

    order: Order


class PermitAnnounced(Struct, frozen=True, tag=True):
    """An opening was announced; a permit of the same id is replaced."""

    permit: Permit


class CaseAcknowledged(Struct, frozen=True, tag=True):
    """A person has the case."""

    case_id: str
    by: str


class PersonOnSite(Struct, frozen=True, tag=True):
    """A person stands at the door."""

    case_id: str
    by: str


class CaseClosed(Struct, frozen=True, tag=True):
    """A person ends the case, saying how it ended."""

    case_id: str
    by: str
    outcome: str


class DeadlineCame(Struct, frozen=True, tag=True):
    """A time in the door's state has come."""


Event = (
    ReportCame
    | MessageRefused
    | SealBound
    | OrderPlaced
    | PermitAnnounced
    | CaseAcknowledged
    | PersonOnSite
    | CaseClosed
    | DeadlineCame
)
