"""One commit in the making: rows for every table, gathered by the loop, written at once.

Group commit is where the speed comes from: a full sync costs the same for one row and for two
hundred. Ids of the journal and the outbox are given here, for the gateway is their only writer; so
a commit whose outcome is in doubt (an error after the disk had it) is read again, not doubled.
"""

import msgspec
from sqlalchemy import Connection

from gateway.core.cases.actions import ACTION_OF
from gateway.core.cases.refusal import Refusal
from gateway.core.duration import HOUR_MS
from gateway.core.effects import (
    CaseMoved,
    Effect,
    OpeningAnnounced,
    OpeningBegan,
    OpeningEnded,
    OpeningResumed,
    OutageFound,
    OutageGrew,
    OutageOver,
    PermitRefused,
    PermitSpent,
)
from gateway.core.events import (
    CaseAction,
    Event,
    OrderPlaced,
    PageReceived,
    PermitAnnounced,
    ReportCame,
    kind_of,
)
from gateway.core.model import ActionResult, CaseState, Door
from gateway.core.paging.person import Person
from gateway.core.reasons import Reason
from gateway.core.replay_window import ReplayWindow
from gateway.core.subject import SITE, Subject, SubjectKind
from gateway.store import statements as sql
from gateway.store import tables
from gateway.store.statement import Row

_encode = msgspec.json.Encoder().encode


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
    received_ms: int | None = None
    about: str = ""  # of a grouped page: a Group as JSON


class Group(msgspec.Struct, frozen=True):
    """What a grouped page is about: how many cases, how many of them breaches, and their ids."""

    cases: int
    breaches: int
    case_ids: tuple[str, ...]


class WriteBatch:
    """The rows of one commit. Empty lists cost nothing."""

    def __init__(self, journal_id: int) -> None:
        self.first_id = self.next_id = journal_id
        self.journal: list[Row] = []
        self.windows: dict[str, Row] = {}
        self.doors: dict[str, Row] = {}
        self.refusals: dict[tuple[int, str], Row] = {}
        self.orders: list[Row] = []
        self.permits: list[Row] = []
        self.spent: list[Row] = []
        self.refused_permits: list[Row] = []
        self.openings: list[Row] = []
        self.ended: list[Row] = []
        self.announced: list[Row] = []
        self.cases: dict[str, Row] = {}
        self.late_refusals: list[Row] = []
        self.outages: list[Row] = []
        self.grown: list[Row] = []
        self.over: list[Row] = []
        self.states: dict[str, msgspec.Struct] = {}  # encoded once, for an outage may be large
        self.people: dict[str, Row] = {}
        self.entries: list[Entry] = []
        self.attempts: list[Row] = []
        self.received: list[Row] = []
        self.pending_events: list[int] = []

    def event(
        self,
        at_ms: int,
        subject: Subject | None,
        event: Event,
        reason: Reason | Refusal | None,
        cause_id: int | None = None,
    ) -> None:
        """Journal an event. `reason` is why it was refused, or what it was; `cause_id` the row from
        whose event it followed."""
        kind, its_id = subject or (None, None)
        self.journal.append(
            {
                "journal_id": self.next_id,
                "at_ms": at_ms,
                "kind": kind_of(event),
                "subject_kind": kind,
                "subject_id": its_id,
                "cause_id": cause_id,
                "seal_id": getattr(event, "seal_id", None),
                "seq": event.seq or None if isinstance(event, ReportCame) else None,
                "reason": reason,
                "body": _encode(event),
            }
        )
        self.next_id += 1
        if isinstance(event, OrderPlaced):
            row = msgspec.structs.asdict(event.order)
            policy = _encode(event.order.policy).decode()
            self.orders.append({"door_id": its_id, **row, "policy": policy})
        elif isinstance(event, PermitAnnounced):
            row = msgspec.structs.asdict(event.permit)
            del row["spent"]
            daily = _encode(event.permit.daily).decode()
            self.permits.append({"door_id": its_id, **row, "daily": daily})
        elif isinstance(event, PageReceived):
            row = {"b_page_id": event.page_id, "b_warden_id": event.by, "received_ms": at_ms}
            self.received.append(row)

    def refusal(self, at_ms: int, reason: Reason) -> None:
        """Count a message that was refused, or that told nothing."""
        hour_ms = at_ms - at_ms % HOUR_MS
        row = self.refusals.setdefault(
            (hour_ms, reason), {"hour_ms": hour_ms, "reason": reason, "count": 0}
        )
        row["count"] += 1
        row["latest_ms"] = at_ms

    def window(self, seal_id: str, window: ReplayWindow) -> None:
        """Store how far a seal's transmissions have been accepted."""
        self.windows[seal_id] = {"b_seal_id": seal_id, **msgspec.structs.asdict(window)}

    def door(self, door: Door) -> None:
        """Store a door's state."""
        self.doors[door.door_id] = {"b_door_id": door.door_id, "state": _encode(door)}

    def effect(self, at_ms: int, door_id: str, effect: Effect) -> None:
        """Write what a step led to. Cases, outages and pages have ways of their own."""
        match effect:
            case OpeningBegan():
                row = {"door_id": door_id, "heard_ms": at_ms, **msgspec.structs.asdict(effect)}
                self.openings.append(row)
            case OpeningEnded():
                self._ended(effect)
            case OpeningResumed(opening_id=opening_id, joined=joined):
                self.ended.append({"b_id": opening_id, "joined": joined, **_NOT_SHUT})
            case OpeningAnnounced(opening_id=opening_id, permit_id=permit_id):
                row = {"b_id": opening_id, "reason": Reason.PERMIT, "permit_id": permit_id}
                self.announced.append(row)
            case PermitSpent(permit_id=permit_id, openings_left=left):
                self.spent.append({"b_id": permit_id, "openings": left})
            case PermitRefused(permit_id=permit_id):
                self.permits = [row for row in self.permits if row["permit_id"] != permit_id]
                self.refused_permits.append({"b_id": permit_id})  # enrolment may have written it

    def _ended(self, ended: OpeningEnded) -> None:
        row = msgspec.structs.asdict(ended)
        self.ended.append({"b_id": row.pop("opening_id"), **row})

    def case(self, kind: SubjectKind, door_id: str, grid_id: str, moved: CaseMoved) -> None:
        """Write a case as it is now; who did what on the way here is kept."""
        case = moved.case
        row = self.cases.setdefault(case.case_id, {"case_id": case.case_id, **_NOBODY})
        row |= {name: getattr(case, name) for name in _OF_CASE}
        row |= {
            "subject_kind": kind,
            "subject_id": door_id if kind is SubjectKind.DOOR else SITE.id,
            "door_id": door_id,
            "grid_id": grid_id,
            "area": moved.area,
            "moved_ms": moved.at_ms,
        }
        shelf = case.shelf
        row["shelved_by"] = shelf and shelf.by.actor_id
        row["shelved_why"] = shelf and shelf.why
        row["shelved_until_ms"] = shelf and shelf.ends_ms
        if case.state is CaseState.CLOSED or (moved.by and not shelf):  # a shelf is no step
            did, by = case.state, moved.by and moved.by.actor_id
            done_ms = moved.at_ms if moved.done_ms is None else moved.done_ms
            row |= {f"{did}_by": by, f"{did}_ms": done_ms, f"{did}_arrived_ms": moved.at_ms}

    def late_refusal(self, event: CaseAction, result: ActionResult) -> None:
        """Write what somebody did that came too late to count."""
        self.late_refusals.append(
            {
                "case_id": event.case_id,
                "action_id": event.action_id,
                "action": ACTION_OF[type(event)],
                "by": event.actor.actor_id,
                "done_ms": result.done_ms,
                "arrived_ms": result.arrived_ms,
                "reason": result.refusal,
            }
        )

    def outage(self, at_ms: int, effect: OutageFound | OutageGrew | OutageOver) -> None:
        """Write an outage, with every door that was ever silent from it."""
        if isinstance(effect, OutageFound):
            doors = _encode(effect.doors).decode()
            self.outages.append(
                {
                    "outage_id": effect.outage_id,
                    "area": effect.area,
                    "since_ms": effect.since_ms,
                    "over_ms": None,
                    "doors": doors,
                }
            )
        elif isinstance(effect, OutageGrew):
            doors = _encode(effect.doors).decode()
            self.grown.append({"b_id": effect.outage_id, "doors": doors})
        else:
            self.over.append({"b_id": effect.outage_id, "over_ms": at_ms})

    def state(self, name: str, state: msgspec.Struct) -> None:
        """Store what is known of the site as a whole."""
        self.states[name] = state

    def person(self, person: Person) -> None:
        """Store what one person was told, and what waits for them."""
        self.people[person.warden_id] = {"warden_id": person.warden_id, "state": _encode(person)}

    def attempt(self, entry: Entry) -> None:
        """Store how a try to deliver an entry went."""
        self.attempts.append(
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
            (sql.INSERT_JOURNAL, self.journal),
            (sql.UPDATE_MARK, list(self.windows.values())),
            (sql.UPDATE_DOOR, list(self.doors.values())),
            (sql.UPSERT_REFUSAL, list(self.refusals.values())),
            (sql.UPSERT_ORDER, self.orders),
            (sql.REFUSE_PERMIT, self.refused_permits),
            (sql.UPSERT_PERMIT, self.permits),
            (sql.SPEND_PERMIT, self.spent),
            (sql.INSERT_OPENING, self.openings),
            (sql.END_OPENING, self.ended),
            (sql.ANNOUNCE_OPENING, self.announced),
            (sql.UPSERT_CASE, list(self.cases.values())),
            (sql.INSERT_LATE_REFUSAL, self.late_refusals),
            (sql.INSERT_OUTAGE, self.outages),
            (sql.GROW_OUTAGE, self.grown),
            (sql.END_OUTAGE, self.over),
            (sql.UPSERT_STATE, [{"name": n, "state": _encode(s)} for n, s in self.states.items()]),
            (sql.UPSERT_PERSON, list(self.people.values())),
            (sql.INSERT_ENTRY, [msgspec.structs.asdict(entry) for entry in self.entries]),
            (sql.UPDATE_ENTRY, self.attempts),
            (sql.RECEIVE_ENTRY, self.received),
            (
                sql.DELETE_PENDING_EVENT,
                [{"b_id": pending_id} for pending_id in self.pending_events],
            ),
        ):
            statement.write(connection, rows)

    def is_written(self, connection: Connection) -> bool:
        """Whether a commit that seemed to fail had reached the disk after all."""
        if not self.journal:
            return False  # what it sets besides may be set twice
        newest = connection.execute(sql.NEWEST).scalar() or 0
        if newest >= self.next_id:
            raise AssertionError("somebody else wrote the journal")
        return bool(newest == self.next_id - 1)


_OF_CASE = (
    "state",
    "reason",
    "raised_ms",
    "since_ms",
    "openings",
    "locked",
    "cleared_ms",
    "refers_to",
    "outcome",
)
_NOT_SHUT = {"shut_from_ms": None, "shut_ms": None, "inferred": False}
_NOBODY = dict.fromkeys(tables.WHO_OF_CASE)
