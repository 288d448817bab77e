"""A building with sealed doors whose journal is filled by the gateway's own unit of work and
commit."""

import random
from pathlib import Path

import msgspec
from sqlalchemy import func, insert, select

from gateway.core.events import ClockCorrected, ReportCame
from gateway.core.model import Contact, Door
from gateway.core.reasons import Reason
from gateway.core.rules import Rulebook
from gateway.core.subject import SITE
from gateway.engine.guard import Refusals
from gateway.engine.state import CommittedSite
from gateway.engine.unit_of_work import UnitOfWork
from gateway.notify.addressing import Addresses
from gateway.registry import load as registry
from gateway.store import feed_tables, journal, outbox, tables
from gateway.store.database import Store
from tests.door_rows import insert_doors

HEARTBEAT_MS = 100_000
SITE_ID = "00112233445566ff"
NAMES = ("Frau Holle", "3-201", "leak this and weep")  # they stand in the database, and only there


class Building:
    """Doors with a seal each. Tell it what the seals say; it journals that."""

    def __init__(self, path: Path, seals: int) -> None:
        self.store = Store.open(path)
        self.seals = [f"{number:016x}" for number in range(0xA0, 0xA0 + seals)]
        self.in_the_bag = f"{0xBA6:016x}"
        self._edges = dict.fromkeys(self.seals, 0)
        self._seq = dict.fromkeys(self.seals, 0)
        self._contact = dict.fromkeys(self.seals, Contact.SHUT)
        self._enrol()
        with self.store.reading() as connection:
            self._site = CommittedSite(registry.load(connection), Rulebook())
        self._addresses, self._tally = Addresses(self._site.registry, "", "en"), Refusals()

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()

    @property
    def doors(self) -> dict[str, Door]:
        """The model: what the core makes of it all, by seal."""
        return {door.seal_id or "": door for door in self._site.doors.values()}

    def heartbeat(self, seal_id: str, at_ms: int, **more: object) -> None:
        """The seal says how it is."""
        self.say(self.report(seal_id, edge=False, **more), at_ms)

    def turn(self, seal_id: str, at_ms: int, **more: object) -> None:
        """The door opens, or shuts."""
        was_open = self._contact[seal_id] is Contact.OPEN
        self._contact[seal_id] = Contact.SHUT if was_open else Contact.OPEN
        self._edges[seal_id] += 1
        self._seq[seal_id] += 1
        self.say(self.report(seal_id, edge=True, seq=self._seq[seal_id], **more), at_ms)

    def report(self, seal_id: str, **more: object) -> ReportCame:
        """A report of this seal as it stands, with what is given changed."""
        plain = {"contact": self._contact[seal_id], "edges": self._edges[seal_id], "seq": 0}
        return ReportCame(seal_id=seal_id, **{**plain, **more})  # type: ignore[arg-type]

    def say(self, event: ReportCame, at_ms: int) -> None:
        """Journal one report."""
        with self._unit_of_work() as unit:
            row = self._site.registry.seals.get(event.seal_id)
            unit.report(at_ms, row.door_id if row else None, event)

    def correct(self, by_ms: int, at_ms: int, from_id: int = 1) -> None:
        """Journal that the clock was set by so much, to a time."""
        with self._unit_of_work() as unit:
            to_id = unit.writes.next_id - 1
            unit.event(at_ms, SITE, ClockCorrected(by_ms, from_id, to_id))

    def refuse(self, seal_id: str, reason: Reason, at_ms: int) -> None:
        """Journal a refusal."""
        with self._unit_of_work() as unit:
            unit.refuse(at_ms, seal_id, None, reason)

    def bag(self, at_ms: int) -> None:
        """The seal that hangs on no door speaks, lying open in the installer's bag."""
        self.say(ReportCame(self.in_the_bag, 1, Contact.OPEN, 1, edge=True), at_ms)

    def day(self, seed: int, from_ms: int, to_ms: int, but: tuple[str, ...] = ()) -> None:
        """Heartbeats of all seals and openings of some, between two times, in the order of time."""
        seals = [seal_id for seal_id in self.seals if seal_id not in but]
        chance = random.Random(seed)  # noqa: S311 - repeatable
        happens = [
            (at_ms, seal_id, "heartbeat")
            for number, seal_id in enumerate(seals)
            for at_ms in range(from_ms + number * 997, to_ms, HEARTBEAT_MS)
        ]
        happens += [
            (chance.randrange(from_ms, to_ms), chance.choice(seals), "turn")
            for _ in range(len(seals) * 6)
        ]
        with self._unit_of_work() as unit:
            for at_ms, seal_id, what in sorted(happens):
                battery_mv = 2_000 + self.seals.index(seal_id) * 10
                report = self._said(seal_id, what, battery_mv, chance.randrange(3_000))
                unit.report(at_ms, self._site.registry.seals[seal_id].door_id, report)

    def _said(self, seal_id: str, what: str, battery_mv: int, age_ms: int) -> ReportCame:
        if what == "heartbeat":
            return self.report(seal_id, edge=False, battery_mv=battery_mv)
        was_open = self._contact[seal_id] is Contact.OPEN
        self._contact[seal_id] = Contact.SHUT if was_open else Contact.OPEN
        self._edges[seal_id] += 1
        self._seq[seal_id] += 1
        seq = self._seq[seal_id]
        return self.report(seal_id, edge=True, seq=seq, battery_mv=battery_mv, age_ms=age_ms)

    def journal(self) -> list[tuple[int, int, ReportCame]]:
        """Every journaled report with its number and time."""
        c = tables.journal.c
        query = select(c.journal_id, c.at_ms, c.body).where(c.kind == "report")
        with self.store.reading() as connection:
            rows = connection.execute(query.order_by(c.journal_id)).all()
        return [
            (number, at_ms, msgspec.json.decode(body, type=ReportCame))
            for number, at_ms, body in rows
        ]

    def cursor(self) -> int:
        """Where the history's cursor stands."""
        with self.store.reading() as connection:
            c = tables.cursors.c
            query = select(c.journal_id).where(c.reader == "influx")
            return connection.execute(query).scalar() or 0

    def newest(self) -> int:
        """The newest row of the journal."""
        with self.store.reading() as connection:
            return connection.execute(select(func.max(tables.journal.c.journal_id))).scalar() or 0

    def unwritten(self) -> list[tuple[int, str, str]]:
        """Number, line and words of what InfluxDB refused for good."""
        c = feed_tables.unwritten.c
        with self.store.reading() as connection:
            rows = connection.execute(select(c.journal_id, c.line, c.error).order_by(c.journal_id))
            return [(number, line, error) for number, line, error in rows]

    def _enrol(self) -> None:
        """One door a seal, and one seal in the bag, on no door."""
        grid = {"grid_id": "g1", "name": NAMES[0]}
        doors = [
            {"door_id": f"door-{seal_id}", "label": NAMES[1], "grid_id": "g1"}
            for seal_id in self.seals
        ]
        bag = [(self.in_the_bag, None)]
        seals = [
            {"seal_id": seal_id, "door_id": door_id, "key": bytes(32), "enrolled_ms": 1}
            for seal_id, door_id in [*((s, f"door-{s}") for s in self.seals), *bag]
        ]
        bound = {s: msgspec.json.encode(Door(f"door-{s}", seal_id=s)) for s in self.seals}
        with self.store.writing() as connection:
            connection.execute(insert(tables.grids), [grid])
            insert_doors(connection, doors)
            connection.execute(insert(tables.seals), seals)
            for seal_id, state in bound.items():
                door = tables.doors.c.door_id == f"door-{seal_id}"
                connection.execute(tables.doors.update().where(door).values(state=state))

    def _unit_of_work(self) -> "_Adopted":
        return _Adopted(self.store, self._site, self._tally, self._addresses)


class _Adopted:
    """A unit of work that is committed at the end of the block, as the loop does it."""

    def __init__(
        self, store: Store, site: CommittedSite, tally: Refusals, addresses: Addresses
    ) -> None:
        self._store, self._site, self._tally, self._addresses = store, site, tally, addresses

    def __enter__(self) -> UnitOfWork:
        with self._store.reading() as connection:
            (journal_id, _), entry_id = journal.newest(connection), outbox.newest_id(connection)
        ids = journal_id + 1, entry_id + 1
        self._unit_of_work = UnitOfWork(self._site, self._tally, self._addresses, ids)
        return self._unit_of_work

    def __exit__(self, wrong: type[BaseException] | None, *_: object) -> None:
        if wrong is None:
            with self._store.writing() as connection:
                self._unit_of_work.writes.write(connection)
            self._site.adopt(self._unit_of_work.turn)
            self._site.spans.adopt(self._unit_of_work.spans)
