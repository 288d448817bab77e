"""What the gateway knows of one door: frozen records, whole milliseconds of UTC, no behaviour.

A door's state is everything that its rules need; it is stored beside the journal in the same
commit, so a restart goes on where the last commit ended. Every deadline is a time in here.
"""

from enum import StrEnum

from msgspec import Struct

from gateway.core.reason import Reason


class Contact(StrEnum):
    """Where the door's leaf is, as far as anybody heard."""

    SHUT = "shut"
    OPEN = "open"
    UNKNOWN = "unknown"


class CaseState(StrEnum):
    """A case's life. The last state is final: nothing re-enters a closed case."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    ON_SITE = "on_site"
    CLOSED = "closed"


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """The numbers that a site may set. Times in milliseconds."""

    off_delay_ms: int = 2_000  # a door that opens again so soon has not closed (standards 2.2)
    burst_count: int = 10  # refused messages under one seal's name ...
    burst_window_ms: int = 60_000  # ... within this time become one case
    chatter_openings: int = 3  # so many openings ... (ISA-18.2: chattering)
    chatter_window_ms: int = 60_000  # ... within this time are the contact's fault
    chatter_joined: int = 10  # or so many in one that never ends, for the off-delay joins them
    settle_ms: int = 300_000  # a contact at fault is believed again after so long without an edge
    backlog_ms: int = 30_000  # what waits in a seal follows its first report within this time
    grace_ms: int = 600_000  # an opening may be announced so long after it happened


class Order(Struct, frozen=True):
    """A quarantine order on a door, from (included) to (excluded)."""

    order_id: str
    from_ms: int
    to_ms: int


class Permit(Struct, frozen=True):
    """An announced opening: when, how often, how long, by whom and why."""

    permit_id: str
    from_ms: int
    to_ms: int
    openings: int  # how many it still allows
    longest_ms: int
    who: str
    why: str


class Opening(Struct, frozen=True):
    """The door stands open, or shut again for less than the off-delay."""

    opening_id: str
    opened_ms: int
    reason: Reason
    permit_id: str | None = None
    overstay_ms: int | None = None  # when its permit ends it; None once that was told
    shut_ms: int | None = None  # shut since
    shut_from_ms: int | None = None  # the earliest that this can have been
    ends_ms: int | None = None  # when it has stayed shut long enough to be over
    joined: int = 0  # how often it shut and opened again within the off-delay


class Case(Struct, frozen=True):
    """What needs a person. One open case per door; later openings join it and page again."""

    case_id: str
    reason: Reason  # of the latest thing that raised it
    state: CaseState
    raised_ms: int
    openings: int = 0
    since_ms: int = 0  # when what raised it happened
    latched: bool = False  # tampered with: it ends only after a person was at the door


class Unsettled(Struct, frozen=True):
    """The contact chatters: what it says is counted and not believed until it has settled."""

    since_ms: int
    edge_ms: int  # the latest
    settles_ms: int
    edges: int = 0


class Door(Struct, frozen=True):
    """All that the rules know of one door."""

    door_id: str
    seal_id: str | None = None
    contact: Contact = Contact.UNKNOWN
    edges: int | None = None  # the seal's edge counter as last heard; None before the first
    heard_ms: int | None = None
    known_ms: int | None = None  # up to when its edges are known; what waits in the seal is newer
    battery_mv: int | None = None
    cover: bool = False  # as last reported, so that one tamper is one page
    magnet: bool = False
    opening: Opening | None = None
    ended: Opening | None = None  # the one before, which a late report may show to go on
    opened_ms: tuple[int, ...] = ()  # latest openings, at most Rules.chatter_openings
    unsettled: Unsettled | None = None
    case: Case | None = None
    orders: tuple[Order, ...] = ()
    permits: tuple[Permit, ...] = ()
    refused_ms: tuple[int, ...] = ()  # latest refused messages, at most Rules.burst_count
    burst_ms: int | None = None  # when a burst of them was last told
