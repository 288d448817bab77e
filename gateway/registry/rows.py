"""What can be enrolled, as plain rows: each already makes sense by itself.

Whether it fits to what the database holds is decided in `enrolment.py`.
"""

from datetime import datetime, tzinfo
from enum import StrEnum

from msgspec import Struct

from gateway.core.makes import Make
from gateway.core.paging.schedule import Role

ORDER_DAYS_MAX = 366


class NewGrid(Struct, frozen=True):
    """A part of the town with its own wardens."""

    grid_id: str
    name: str


class NewWarden(Struct, frozen=True):
    """Who is told of what happens in a grid, in which language, by which channels."""

    warden_id: str
    name: str
    grid_id: str
    language: str
    channels: tuple[str, ...] = ("inbox",)
    role: Role = Role.WARDEN


class NewDoor(Struct, frozen=True):
    """A door, what people call it, whose settings hold, where it lies, how its household is rung.

    What is not said (None) of a door that is known stays as it was; empty takes it back.
    """

    door_id: str  # empty: the one that is called so, or a new one of a random id
    label: str
    grid_id: str
    door_class: str | None = None
    building: str | None = None
    stair: str | None = None
    point: str | None = None
    telephone: str | None = None  # the household's
    household_id: str | None = None  # whose contact it is; empty: a household of its own


class NewSeal(Struct, frozen=True):
    """A seal's id (16 hex), its key (32 bytes), where it hangs, its password at the broker."""

    seal_id: str
    key: bytes
    door_id: str | None = None
    broker_password: str | None = None
    batch: str | None = None
    heartbeat_ms: int | None = None  # how often it promised a heartbeat; 0 takes it back

    def __repr__(self) -> str:
        """Its id and its door; the key and the password stay unsaid."""
        return f"NewSeal({self.seal_id!r}, door_id={self.door_id!r})"


class NewContact(Struct, frozen=True):
    """A contact of another maker (core.makes): whose, how it is addressed there, where it hangs.

    What is not said (None) of one that is known stays as it was; empty takes it back.
    """

    make: Make
    address: str
    door_id: str | None = None
    heartbeat_ms: int | None = None  # its longest silence; None: what is usual for its make
    bind_key: bytes | None = None  # under which it encrypts, where it does
    contact_id: str | None = None  # of one that is known; a new one is given its own

    def __repr__(self) -> str:
        """Whose it is, its address and its door; a key stays unsaid."""
        return f"NewContact({self.make!r}, {self.address!r}, door_id={self.door_id!r})"


class SealMove(Struct, frozen=True):
    """A seal that is enrolled hangs on this door from now on, or on none (None)."""

    seal_id: str
    door_id: str | None


class NewOrder(Struct, frozen=True):
    """A quarantine order on a household, from (included) to (excluded). It names a door of it
    (empty: none), or the household, or both. An order without an id is given one."""

    door_id: str
    from_ms: int
    to_ms: int
    order_id: str | None = None
    openings_a_day: int = 0  # what it allows without a permit
    longest_ms: int | None = None
    quiet: tuple[tuple[int, int], ...] = ()  # minutes of the day without pages, but for breaches
    household_id: str = ""
    health_daily: bool = False  # the household says each day how they are


class NewPermit(Struct, frozen=True):
    """An announced opening of a household, which names it as an order does. A permit without an id
    is given one.

    With `daily` it recurs on `days`: `openings` in each of those windows of the day.
    """

    door_id: str
    from_ms: int
    to_ms: int
    openings: int
    longest_ms: int
    who: str
    why: str
    permit_id: str | None = None
    daily: tuple[tuple[int, int], ...] = ()
    days: int = 0b1111111  # Monday is bit 0
    household_id: str = ""


class NewShift(Struct, frozen=True):
    """A weekly duty, by the clock on the wall."""

    grid_id: str
    role: Role
    warden_id: str
    days: int  # on which it begins; Monday is bit 0
    from_min: int
    to_min: int


class NewOverride(Struct, frozen=True):
    """A person is away; another has their duties, or nobody."""

    warden_id: str
    from_ms: int
    to_ms: int
    by: str | None = None


class Ending(Struct, frozen=True):
    """What ends now: a row of a table by its id; an order or a permit also by its household or a
    door of it, and by its beginning where that has several."""

    table: str
    id: str
    door_id: str = ""
    from_ms: int | None = None
    household_id: str = ""


NewRow = (
    NewGrid
    | NewWarden
    | NewDoor
    | NewSeal
    | NewContact
    | NewOrder
    | NewPermit
    | NewShift
    | NewOverride
)
Row = NewRow | Ending | SealMove

# The tables that people's files fill, in an order in which what a row names stands before it.
ROWS: dict[str, type[NewRow]] = {
    "grids": NewGrid,
    "wardens": NewWarden,
    "doors": NewDoor,
    "seals": NewSeal,
    "contacts": NewContact,
    "orders": NewOrder,
    "permits": NewPermit,
    "shifts": NewShift,
    "overrides": NewOverride,
}
_KINDS: dict[type[NewRow], str] = {row: kind for kind, row in ROWS.items()}


def id_of(kind: str) -> str:
    """The column that holds the id of a table's rows: "door_id" of "doors"."""
    return kind.removesuffix("s") + "_id"


def kind_of(row: Row) -> str:
    """The table that a row goes to: "grids", "seals" …"""
    if isinstance(row, SealMove):
        return "seals"
    return row.table if isinstance(row, Ending) else _KINDS[type(row)]


def local(at_ms: int, zone: tzinfo) -> str:
    """A time as the site's people write it, to the minute, with its offset."""
    return datetime.fromtimestamp(at_ms / 1000, zone).isoformat(" ", "minutes")


class EnrolError(Exception):
    """A row that does not fit. `column` and `value` say where, `sentence` says why."""

    def __init__(self, column: str, value: str, sentence: str) -> None:
        super().__init__(f"{column} {value}: {sentence}")
        self.column, self.value, self.sentence = column, value, sentence


class PastError(EnrolError):
    """A row that is over: it makes no sense to enrol it, and does no harm to pass over it."""


def need_future(row: NewOrder | NewOverride, at_ms: int, zone: tzinfo) -> None:
    """EnrolError if it is over, or ends before it begins."""
    if row.to_ms <= at_ms:
        raise PastError("to", local(row.to_ms, zone), "lies in the past; is the year right?")
    if row.to_ms <= row.from_ms:
        raise EnrolError("to", local(row.to_ms, zone), "is not after its beginning")


class RowResult(StrEnum):
    """What became of a row."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    ENDED = "ended"
    SKIPPED = "skipped"
