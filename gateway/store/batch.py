"""One commit in the making: rows gathered by the loop, table by table, and written at once.

Group commit is where the speed comes from: a full sync costs the same for one row and for two
hundred. Ids of the journal and the outbox are given by the loop, for the gateway is their only
writer; so a commit whose outcome is in doubt (an error after the disk had it) is read again, not
doubled.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Connection

from gateway.core.actor import ActorKind
from gateway.core.cases.milestones import Milestone
from gateway.core.cases.refusal import Refusal
from gateway.core.duration import HOUR_MS
from gateway.core.effects import (
    CaseMoved,
    Effect,
    OutageFound,
    OutageGrew,
    OutageOver,
    PermitRefused,
)
from gateway.core.events import (
    CaseAction,
    Event,
    OrderPlaced,
    PageReceived,
    PageTestAnswered,
    PermitAnnounced,
    PhotoKept,
    PhotosDestroyed,
    ReportCame,
)
from gateway.core.heartbeat_spans import HeartbeatSpan
from gateway.core.households.effects import HouseholdEffect
from gateway.core.households.events import RecordCorrected
from gateway.core.households.model import Household
from gateway.core.local_time import Zone
from gateway.core.model import ActionResult, Door, Path
from gateway.core.paging.person import Person
from gateway.core.reasons import Reason
from gateway.core.replay_window import ReplayWindow
from gateway.core.subject import Subject, SubjectKind
from gateway.store import (
    case_log,
    case_writes,
    door_writes,
    heartbeat_spans,
    household_writes,
    journal,
    outbox,
    photos,
    seal_paths,
    states,
    tables,
)
from gateway.store import statements as sql
from gateway.store.certificates import CertificateRow
from gateway.store.outbox import Entry
from gateway.store.poisoned import KEPT_MAX, Poisoned
from gateway.store.seal_commands import OPEN, SealCommand
from gateway.store.seal_tables import seal_readings
from gateway.store.statements import Row, Statement

READ = seal_readings.columns.keys()


class WriteBatch:
    """The rows of one commit. What is said of one thing several times is written once, as it is at
    the end. No method raises but `is_written`.

    Args:
        journal_id: The id of the first event that is journaled here.
    """

    def __init__(self, journal_id: int) -> None:
        self.next_id = journal_id  # of the journal
        self.entries: list[Entry] = []
        self.pending_events: list[int] = []  # ids of those that are taken
        self.people: dict[str, Person] = {}
        self._events: list[Row] = []
        self._doors: dict[str, Door] = {}
        self._households: dict[str, Household] = {}
        self._windows: dict[str, ReplayWindow] = {}
        self._raised: dict[str, ReplayWindow] = {}  # of seals that are not proved yet
        self._heard: dict[tuple[str, str], Row] = {}
        self._readings: dict[str, Row] = {}
        self._commands: dict[int, Row] = {}
        self._states: dict[str, Struct] = {}
        self._refusals: dict[tuple[int, str], Row] = {}
        self._permits: dict[str, Row] = {}
        self._cases: dict[str, Row] = {}
        self._poisoned: dict[tuple[str, str], Row] = {}
        self._rows: defaultdict[Statement, list[Row]] = defaultdict(list)  # of the other tables

    def event(
        self,
        at_ms: int,
        subject: Subject | None,
        event: Event,
        reason: Reason | Refusal | None,
        cause_id: int | None = None,
        household_id: str = "",
    ) -> None:
        """Journal an event, and store the order, permit or receipt that it brings.

        Args:
            at_ms: When it was stepped, in milliseconds of UTC.
            subject: Whose it is; None of a seal that hangs nowhere.
            reason: Why it was refused, or what it was.
            cause_id: The row from whose event it followed; None for what came from outside.
            household_id: Whose contact the door is, for what is the household's; by default the
                subject's own id.
        """
        row = journal.row_of(self.next_id, at_ms, subject, event, reason, cause_id)
        self._events.append(row)
        self.next_id += 1
        if isinstance(event, ReportCame):  # nearly all of them
            return
        if isinstance(event, OrderPlaced) and subject:
            row = door_writes.of_order(household_id or subject.id, event.order)
            self._rows[sql.UPSERT_ORDER].append(row)
        elif isinstance(event, PermitAnnounced) and subject:
            permit = event.permit
            self._permits[permit.permit_id] = door_writes.of_permit(
                household_id or subject.id, permit
            )
        elif isinstance(event, RecordCorrected) and subject:
            corrected = household_writes.of_correction(event, subject.id, at_ms)
            self._rows[sql.UPSERT_CORRECTION].append(corrected)
        elif isinstance(event, PhotoKept):
            self._rows[sql.INSERT_PHOTO].append(photos.of_kept(event, at_ms))
        elif isinstance(event, PhotosDestroyed):
            self._rows[sql.DESTROY_PHOTO] += photos.of_destroyed(event, at_ms)
        else:
            self._told(at_ms, event)

    def _told(self, at_ms: int, event: Event) -> None:
        """What an event says of the pages that somebody was sent."""
        if isinstance(event, PageReceived):
            receipt = {"b_page_id": event.page_id, "b_warden_id": event.by, "received_ms": at_ms}
            self._rows[sql.RECEIVE_ENTRY].append(receipt)
        elif isinstance(event, PageTestAnswered):
            self._rows[sql.ANSWER_TEST].append(outbox.answered_by(event, at_ms))
        elif isinstance(event, CaseAction) and event.actor.kind is ActorKind.WARDEN:
            self._rows[sql.SEE_ENTRIES].append(outbox.seen_by(event, at_ms))

    def refusal(self, at_ms: int, reason: Reason, count: int = 1) -> None:
        """Count messages that were refused, or that told nothing, in their hour of UTC."""
        if not count:
            return
        hour_ms = at_ms - at_ms % HOUR_MS
        row = self._refusals.setdefault(
            (hour_ms, reason), {"hour_ms": hour_ms, "reason": reason, "count": 0}
        )
        row["count"] += count
        row["latest_ms"] = at_ms

    def window(self, seal_id: str, window: ReplayWindow) -> None:
        """Store how far a seal's transmissions have been accepted."""
        self._windows[seal_id] = window

    def heard_on(self, at_ms: int, seal_id: str, path: Path, signal_dbm: int | None) -> None:
        """Store when a seal was last heard on one of its ways, and how strongly."""
        self._heard[seal_id, path] = seal_paths.row_of(seal_id, path, at_ms, signal_dbm)

    def raised_mark(self, seal_id: str, window: ReplayWindow) -> None:
        """Store a mark that rose although nothing is believed of the seal yet."""
        self._raised[seal_id] = window

    def reading(self, seal_id: str, heard_ms: int, said: Mapping[str, Any]) -> None:
        """Store what a seal said of itself, by column of `seal_readings`; None where it did not."""
        row = self._readings.setdefault(seal_id, dict.fromkeys(READ) | {"seal_id": seal_id})
        row["heard_ms"] = heard_ms
        row |= {name: value for name, value in said.items() if value is not None}

    def command(self, command: SealCommand) -> None:
        """Store how far a command is; what it asked for is gone once it has ended."""
        plain = command.plain if command.state in OPEN else None
        times = {"sent_ms": command.sent_ms, "moved_ms": command.moved_ms}
        self._commands[command.command_id] = {
            "b_id": command.command_id,
            "state": command.state.value,
            "plain": plain,
            **times,
        }

    def seal(self, at_ms: int, seal_id: str, row: Row) -> None:
        """Store what became of a seal by a command, by column; other programs look anew."""
        self._rows[sql.UPDATE_SEAL].append({"b_seal_id": seal_id, **row})
        self._rows[sql.INSERT_ENROLMENT] = [{"at_ms": at_ms}]

    def renamed(self, was: str, seal_id: str) -> None:
        """A seal goes by another id from now on, in the roll-outs too."""
        self._rows[sql.RENAME_UPDATES].append({"b_seal_id": was, "seal_id": seal_id})

    def door(self, door: Door) -> None:
        """Store a door's state."""
        self._doors[door.door_id] = door

    def household(self, household: Household) -> None:
        """Store a household's state."""
        self._households[household.household_id] = household

    def household_effect(
        self, effect: HouseholdEffect, place: household_writes.Place, zone: Zone
    ) -> None:
        """Write what a household's step led to."""
        for statement, row in household_writes.of_effect(effect, place, zone):
            self._rows[statement].append(row)

    def heartbeat_span(self, span: HeartbeatSpan) -> None:
        """Store a run of heartbeats as it is now; its beginning may be stored already."""
        self._rows[sql.UPSERT_SPAN].append(heartbeat_spans.row_of(span))

    def effect(self, at_ms: int, door_id: str, effect: Effect) -> None:
        """Write what a step led to. Cases, outages and pages have ways of their own."""
        if isinstance(effect, PermitRefused):
            self._permits.pop(effect.permit_id, None)
            refused = {"b_id": effect.permit_id}  # enrolment may have written it
            self._rows[sql.DELETE_PERMIT].append(refused)
            return
        written = door_writes.of_effect(at_ms, door_id, effect)
        if written is not None:
            statement, row = written
            self._rows[statement].append(row)

    def case(self, kind: SubjectKind, door_id: str, grid_id: str, moved: CaseMoved) -> None:
        """Write a case as it is now; of an outage (`kind` is the site's) with the door that stands
        for it."""
        case_id = moved.case.case_id
        row = self._cases.get(case_id)
        if row is None:
            row = self._cases[case_id] = case_writes.new_case(case_id)
        case_writes.move_case(row, kind, door_id, grid_id, moved)
        if moved.detour is not None:
            self._rows[sql.INSERT_DETOUR].append(case_log.of_detour(moved, moved.detour))

    def milestones(self, journal_id: int, found: Iterable[tuple[Milestone, str, str]]) -> None:
        """Write what befell cases through the event of this id, each with the grid of its door and
        the role of who did it."""
        self._rows[sql.INSERT_MILESTONE] += [
            case_writes.of_milestone(journal_id, part, *befallen)
            for part, befallen in enumerate(found)
        ]

    def certificate(self, row: CertificateRow) -> None:
        """Keep the certificate of a seal."""
        self._rows[sql.INSERT_CERTIFICATE].append(asdict(row))

    def late_refusal(self, event: CaseAction, result: ActionResult) -> None:
        """Write what somebody did that came too late to count, or that the seal contradicts."""
        self._rows[sql.INSERT_LATE_REFUSAL].append(case_log.of_late_refusal(event, result))

    def outage(self, at_ms: int, effect: OutageFound | OutageGrew | OutageOver) -> None:
        """Write an outage, with every door that was ever silent from it."""
        statement, row = case_writes.of_outage(at_ms, effect)
        self._rows[statement].append(row)

    def state(self, name: str, state: Struct) -> None:
        """Store what is known of the site as a whole, under one of the names of `states`."""
        self._states[name] = state

    def person(self, person: Person) -> None:
        """Store what one person was told, and what waits for them."""
        self.people[person.warden_id] = person

    def clock_set(self, by_ms: int) -> None:
        """The clock was set by so much: what waits in the outbox waits as long as before, each seal
        was heard as long ago, by whatever way, and what it is asked is of use for as long."""
        for statement in (sql.SHIFT_OUTBOX, *sql.SHIFT_SEALS):
            self._rows[statement].append({"b_by_ms": by_ms})
        dated = (
            (self._readings, ("heard_ms", "booted_ms")),
            (self._commands, ("sent_ms", "moved_ms")),
        )
        for rows, names in dated:
            for row, name in product(rows.values(), names):
                if row[name] is not None:
                    row[name] += by_ms
        for row in self._heard.values():
            row["heard_ms"] += by_ms

    def attempt(self, entry: Entry) -> None:
        """Store how an attempt to deliver an entry went."""
        self._rows[sql.UPDATE_ENTRY].append(outbox.attempt_of(entry))

    def poisoned(self, at_ms: int, found: Poisoned) -> None:
        """Keep what cannot be used. A pending event is struck off; any other row stays as it is."""
        row = {**asdict(found), "at_ms": at_ms}
        self._poisoned[found.source, found.row_key] = row
        row_id = found.row_key.partition(".")[0]
        if found.source == tables.pending_events.name and row_id.isdecimal():
            self.pending_events.append(int(row_id))

    @property
    def windows(self) -> Mapping[str, ReplayWindow]:
        """How far the seals have come whose transmissions it accepts."""
        return self._raised | self._windows if self._raised else self._windows

    @property
    def newest_ms(self) -> int | None:
        """When the last of its events was stepped; None if it has none."""
        return self._events[-1]["at_ms"] if self._events else None

    def log_rows(self) -> int:
        """How many rows of the journal and the outbox it writes: by so much the log grows."""
        return len(self._events) + len(self._rows[sql.UPDATE_ENTRY])

    def write(self, connection: Connection) -> None:
        """Write every row, in an order that foreign keys allow. The caller's transaction.

        Raises:
            sqlite3.Error: Or what else the driver raises; nothing of the batch may then be kept.
        """
        rows = {**self._rows, **self._encoded()}
        sql.write_all(connection, ((one, rows.get(one, ())) for one in sql.IN_ORDER))

    def _encoded(self) -> dict[Statement, list[Row]]:
        """The events, and the rows of those things of which only the latest is written."""
        return {
            sql.INSERT_EVENT: self._events,
            sql.RAISE_MARK: [
                {"b_seal_id": seal_id, "epoch": window.epoch, "counter": window.counter}
                for seal_id, window in self._raised.items()
            ],
            sql.UPDATE_WINDOW: [door_writes.of_window(*item) for item in self._windows.items()],
            sql.UPSERT_PATH: list(self._heard.values()),
            sql.UPSERT_READING: list(self._readings.values()),
            sql.UPDATE_COMMAND: list(self._commands.values()),
            sql.UPDATE_DOOR: [door_writes.of_state(door) for door in self._doors.values()],
            sql.UPDATE_HOUSEHOLD: [
                household_writes.of_state(its) for its in self._households.values()
            ],
            sql.UPSERT_REFUSAL: list(self._refusals.values()),
            sql.UPSERT_PERMIT: list(self._permits.values()),
            sql.UPSERT_CASE: list(self._cases.values()),
            sql.UPSERT_STATE: [
                {"name": name, "state": states.encode(state)}
                for name, state in self._states.items()
            ],
            sql.UPSERT_PERSON: [
                {"warden_id": warden_id, "state": states.encode(person)}
                for warden_id, person in self.people.items()
            ],
            sql.INSERT_ENTRY: [asdict(entry) for entry in self.entries],
            sql.UPSERT_POISONED: list(self._poisoned.values()),
            sql.FORGET_POISONED: [{"b_kept": KEPT_MAX}] if self._poisoned else [],
            sql.DELETE_PENDING: [{"b_id": pending_id} for pending_id in self.pending_events],
        }

    def is_written(self, connection: Connection) -> bool:
        """Whether a commit that seemed to fail had reached the disk after all.

        Raises:
            AssertionError: Somebody else wrote the journal.
        """
        if not self._events:
            return False  # what it sets besides may be set twice
        newest_id, _ = journal.newest(connection)
        if newest_id >= self.next_id:
            raise AssertionError("somebody else wrote the journal")
        return newest_id == self.next_id - 1
