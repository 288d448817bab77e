"""One commit in the making: rows for every table, gathered by the loop, written at once.

Group commit is where the speed comes from: a full sync costs the same for one row and for two
hundred. Ids of the journal and the outbox are given here, for the gateway is their only writer; so
a commit whose outcome is in doubt (an error after the disk had it) is looked up, not doubled.
"""

from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, select, update

from gateway.core.effects import (
    CaseMoved,
    Effect,
    OpeningAnnounced,
    OpeningBegan,
    OpeningEnded,
    OpeningResumed,
    PageDue,
    PermitSpent,
)
from gateway.core.events import Event, OrderPlaced, PermitAnnounced, ReportCame
from gateway.core.model import CaseState, Door
from gateway.core.reason import Reason
from gateway.store import tables
from gateway.store.statement import Row, Statement, insert_for, upsert

HOUR_MS = 3_600_000
_encode = msgspec.json.Encoder().encode


class Mark(msgspec.Struct, frozen=True):
    """What the receiver has accepted from one seal: transmissions up to a mark, and numbers."""

    epoch: int = 0
    counter: int = 0
    seq_top: int = 0
    seq_seen: int = 0  # a bit for each of the SEEN_BITS numbers below the top


class Entry(msgspec.Struct):
    """One page to one channel, as it stands in the outbox."""

    entry_id: int
    page_id: str
    case_id: str
    door_id: str
    warden_id: str | None
    channel: str
    address: str
    language: str
    reason: str
    since_ms: int
    made_ms: int
    next_ms: int
    tries: int = 0
    done_ms: int | None = None
    gave_up: bool = False
    error: str | None = None


class Commit:
    """The rows of one commit. Empty lists cost nothing."""

    def __init__(self, journal_id: int) -> None:
        self.first_id = self.next_id = journal_id
        self.journal: list[Row] = []
        self.marks: dict[str, Row] = {}
        self.doors: dict[str, Row] = {}
        self.refusals: dict[tuple[int, str], Row] = {}
        self.orders: list[Row] = []
        self.permits: list[Row] = []
        self.spent: list[Row] = []
        self.openings: list[Row] = []
        self.ended: list[Row] = []
        self.announced: list[Row] = []
        self.cases: dict[str, Row] = {}
        self.entries: list[Entry] = []
        self.tried: list[Row] = []
        self.letters: list[int] = []

    def event(self, at_ms: int, door_id: str | None, event: Event, reason: Reason | None) -> None:
        """Journal an event. `reason` is why it was refused, or what it was."""
        self.journal.append(
            {
                "journal_id": self.next_id,
                "at_ms": at_ms,
                "kind": type(event).__name__,
                "door_id": door_id,
                "seal_id": getattr(event, "seal_id", None),
                "seq": event.seq or None if isinstance(event, ReportCame) else None,
                "reason": reason,
                "body": _encode(event),
            }
        )
        self.next_id += 1
        if isinstance(event, OrderPlaced):
            self.orders.append({"door_id": door_id, **msgspec.structs.asdict(event.order)})
        elif isinstance(event, PermitAnnounced):
            self.permits.append({"door_id": door_id, **msgspec.structs.asdict(event.permit)})

    def refusal(self, at_ms: int, reason: Reason) -> None:
        """Count a message that was refused, or that told nothing."""
        hour_ms = at_ms - at_ms % HOUR_MS
        row = self.refusals.setdefault(
            (hour_ms, reason), {"hour_ms": hour_ms, "reason": reason, "count": 0}
        )
        row["count"] += 1
        row["latest_ms"] = at_ms

    def mark(self, seal_id: str, mark: Mark) -> None:
        """Store how far a seal's transmissions have been accepted."""
        self.marks[seal_id] = {"b_seal_id": seal_id, **msgspec.structs.asdict(mark)}

    def door(self, door: Door) -> None:
        """Store a door's state."""
        self.doors[door.door_id] = {"b_door_id": door.door_id, "state": _encode(door)}

    def effect(self, at_ms: int, door_id: str, grid_id: str, effect: Effect) -> None:
        """Write what a step led to, for reading. Pages go to the outbox through `entries`."""
        match effect:
            case OpeningBegan():
                row = {"door_id": door_id, "heard_ms": at_ms, **msgspec.structs.asdict(effect)}
                self.openings.append(row)
            case OpeningEnded(opening_id=opening_id, shut_ms=shut_ms, joined=joined):
                self.ended.append({"b_id": opening_id, "shut_ms": shut_ms, "joined": joined})
            case OpeningResumed(opening_id=opening_id, joined=joined):
                self.ended.append({"b_id": opening_id, "shut_ms": None, "joined": joined})
            case OpeningAnnounced(opening_id=opening_id, permit_id=permit_id):
                row = {"b_id": opening_id, "reason": Reason.PERMIT, "permit_id": permit_id}
                self.announced.append(row)
            case CaseMoved():
                self._case(door_id, grid_id, effect)
            case PermitSpent(permit_id=permit_id, openings_left=left):
                self.spent.append({"b_id": permit_id, "openings": left})
            case PageDue():
                pass

    def _case(self, door_id: str, grid_id: str, moved: CaseMoved) -> None:
        row = self.cases.setdefault(moved.case_id, {"case_id": moved.case_id, **_NOBODY})
        row |= {
            "door_id": door_id,
            "grid_id": grid_id,
            "state": moved.state,
            "reason": moved.reason,
            "raised_ms": moved.raised_ms,
            "openings": moved.openings,
            "moved_ms": moved.at_ms,
            "latched": moved.latched,
        }
        if moved.state is CaseState.ACKNOWLEDGED:
            row |= {"acknowledged_by": moved.by, "acknowledged_ms": moved.at_ms}
        elif moved.state is CaseState.ON_SITE:
            row |= {"on_site_by": moved.by, "on_site_ms": moved.at_ms}
        elif moved.state is CaseState.CLOSED:
            row |= {"closed_by": moved.by, "closed_ms": moved.at_ms, "outcome": moved.outcome}

    def tried_entry(self, entry: Entry) -> None:
        """Store how a try to deliver an entry went."""
        self.tried.append(
            {
                "b_id": entry.entry_id,
                "tries": entry.tries,
                "next_ms": entry.next_ms,
                "done_ms": entry.done_ms,
                "gave_up": entry.gave_up,
                "error": entry.error,
            }
        )

    def write(self, connection: Connection) -> None:
        """Write every row, in an order that foreign keys allow. The caller's transaction."""
        for statement, rows in (
            (_INSERT_JOURNAL, self.journal),
            (_UPDATE_MARK, list(self.marks.values())),
            (_UPDATE_DOOR, list(self.doors.values())),
            (_UPSERT_REFUSAL, list(self.refusals.values())),
            (_UPSERT_ORDER, self.orders),
            (_UPSERT_PERMIT, self.permits),
            (_SPEND_PERMIT, self.spent),
            (_INSERT_OPENING, self.openings),
            (_END_OPENING, self.ended),
            (_ANNOUNCE_OPENING, self.announced),
            (_UPSERT_CASE, list(self.cases.values())),
            (_INSERT_ENTRY, [msgspec.structs.asdict(entry) for entry in self.entries]),
            (_UPDATE_ENTRY, self.tried),
            (_DELETE_LETTER, [{"b_id": letter_id} for letter_id in self.letters]),
        ):
            statement.write(connection, rows)

    def is_written(self, connection: Connection) -> bool:
        """Whether a commit that seemed to fail had reached the disk after all."""
        if not self.journal:
            return False  # what it sets besides may be set twice
        newest = connection.execute(_NEWEST).scalar() or 0
        if newest >= self.next_id:
            raise AssertionError("somebody else wrote the journal")
        return bool(newest == self.next_id - 1)


_NOBODY = {
    "acknowledged_by": None,
    "acknowledged_ms": None,
    "on_site_by": None,
    "on_site_ms": None,
    "closed_by": None,
    "closed_ms": None,
    "outcome": None,
}


def _of(table: Any, clause: Any) -> Statement:
    """A statement whose rows name every column."""
    return Statement(clause, table.columns.keys())


def _upsert(table: Any) -> Statement:
    """Insert, or set every other column."""
    return _of(table, lambda dialect: upsert(dialect, table))


def _upsert_case(dialect: str) -> Any:
    """As above, but who acknowledged and closed is never forgotten by a later move."""
    insert = insert_for(dialect, tables.cases)
    changed: dict[str, Any] = {}
    for column in tables.cases.columns:
        new = insert.excluded[column.name]
        changed[column.name] = func.coalesce(new, column) if column.name in _NOBODY else new
    del changed["case_id"]
    return insert.on_conflict_do_update(index_elements=["case_id"], set_=changed)


def _upsert_refusal(dialect: str) -> Any:
    insert = insert_for(dialect, tables.refusals)
    changed = {
        "count": tables.refusals.c.count + insert.excluded["count"],
        "latest_ms": insert.excluded["latest_ms"],
    }
    return insert.on_conflict_do_update(index_elements=["hour_ms", "reason"], set_=changed)


def _insert_opening(dialect: str) -> Any:
    return insert_for(dialect, tables.openings).on_conflict_do_nothing()


def _insert_entry(dialect: str) -> Any:
    """A page of an id that was told already is told: no bytes from outside stop the loop."""
    return insert_for(dialect, tables.outbox).on_conflict_do_nothing()


def _set(table: Any, key: str, parameter: str, *columns: str) -> Statement:
    clause = update(table).where(table.c[key] == bindparam(parameter))
    return Statement(clause, columns)


_NEWEST = select(func.max(tables.journal.c.journal_id))
_INSERT_JOURNAL = _of(tables.journal, tables.journal.insert())
_UPDATE_MARK = _set(tables.seals, "seal_id", "b_seal_id", "epoch", "counter", "seq_top", "seq_seen")
_UPDATE_DOOR = _set(tables.doors, "door_id", "b_door_id", "state")
_UPSERT_REFUSAL = _of(tables.refusals, _upsert_refusal)
_UPSERT_ORDER = _upsert(tables.orders)
_UPSERT_PERMIT = _upsert(tables.permits)
_SPEND_PERMIT = _set(tables.permits, "permit_id", "b_id", "openings")
_INSERT_OPENING = Statement(
    _insert_opening,
    [*OpeningBegan.__struct_fields__, "door_id", "heard_ms"],
)
_END_OPENING = _set(tables.openings, "opening_id", "b_id", "shut_ms", "joined")
_ANNOUNCE_OPENING = _set(tables.openings, "opening_id", "b_id", "reason", "permit_id")
_UPSERT_CASE = _of(tables.cases, _upsert_case)
_INSERT_ENTRY = _of(tables.outbox, _insert_entry)
_UPDATE_ENTRY = _set(
    tables.outbox, "entry_id", "b_id", "tries", "next_ms", "done_ms", "gave_up", "error"
)
_DELETE_LETTER = Statement(
    delete(tables.letters).where(tables.letters.c.letter_id == bindparam("b_id")), []
)
