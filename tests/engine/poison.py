"""A small site that has lived, and one stored thing of it, or one setting, at a time replaced by
garbage.

`python -m tests.engine.poison --tries 2000` is the long run; its seed is printed and can be given.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import shutil
import sqlite3
import tempfile
import time
import traceback
from collections.abc import AsyncIterator, Callable
from datetime import UTC
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import insert, select

from gateway.channels.channel import DeliveryError
from gateway.cli import check_site
from gateway.cli.check_result import CheckResult, Mark
from gateway.core.duration import DAY_MS, MINUTE_MS
from gateway.core.events import DoorClassed
from gateway.core.households.events import (
    DisputeRaised,
    RequestAsked,
)
from gateway.core.households.model import RecordKind, RequestKind
from gateway.core.paging.staff import Staff
from gateway.core.rules import Rulebook
from gateway.core.schedule_of_ends import Limits as EndLimits
from gateway.core.site_model import Outages, Troubles
from gateway.core.subject import of_door, of_household
from gateway.ending import holds
from gateway.ending.household_ending import Forget, HouseholdEnding
from gateway.engine.engine import Engine
from gateway.engine.pending import PendingReader
from gateway.engine.state import CommittedSite
from gateway.feeds.cursor import Cursor
from gateway.ingest.authenticate import Authenticator
from gateway.notify.addressing import Addresses
from gateway.notify.delivery import DeliveryWorker
from gateway.registry import load as registry
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import NewDoor, NewOrder, NewPermit
from gateway.settings import Settings
from gateway.store import pending, schedule_tables, tables
from gateway.store.database import Store, StoreError
from gateway.store.outbox import Entry, Group
from sealwire import report
from tests.engine import poison_settings
from tests.engine.poison_cells import BESIDE, CELLS, says
from tests.engine.poison_settings import Spoilt
from tests.engine.small_site import HandSeal, Post, beating, enrol, rows
from tests.manual_clock import NOON_MS, ManualClock
from tests.waiting import until

DOORS = 5
SETTINGS_SHARE = 0.2  # of the tries; the others are cells of the database
DEFAULTS = Settings()
LATER_MS = 3_600_000  # after the site's life, for the garbage's test
OVER, OVER_MS = 3, 20 * DAY_MS  # households that are to be destroyed, and since when

_STATES = {"outages": Outages, "staff": Staff, "rules": Rulebook, "troubles": Troubles}
_OF_DOOR = {"doors": "door_id", "seals": "door_id", "pending_events": "subject_id"}


class Poison(NamedTuple):
    """What was put where. `door_id`: the door whose own data it is; None where it is no door's."""

    table: str
    column: str
    rowid: Any
    value: Any
    door_id: str | None
    is_seen: bool  # whether anybody can tell that it is garbage

    def __str__(self) -> str:
        return f"{self.table}.{self.column} of row {self.rowid} = {self.value!r:.80}"


class Life(NamedTuple):
    """A site that has lived: its database, and its seals by door."""

    path: Path
    seals: list[HandSeal]


class Recorder:
    """A channel that takes everything but odd addresses, as a real one would raise at them."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, entry: Entry) -> None:
        """Take a page."""
        if not entry.address.startswith("http"):
            raise DeliveryError("this is no address", permanent=True)
        self.sent.append(entry.door_id)

    async def close(self) -> None:
        """Nothing is open."""


async def lived(folder: Path) -> Life:
    """A site of DOORS doors, each opened once; pages wait, and one pending event."""
    path = folder / "menshen.db"
    store, seals = Store.open(path), [HandSeal() for _ in range(DOORS)]
    enrol(store, seals, "http://127.0.0.1:9/x")
    with store.writing() as connection:
        everybody = ["inbox", "webhook:http://127.0.0.1:9/y"]
        for warden_id, role in (("li", "deputy"), ("zhao", "captain"), ("qian", "warden")):
            row = {"warden_id": warden_id, "name": warden_id, "grid_id": "g", "role": role}
            row["channels"] = msgspec.json.encode(everybody).decode()
            connection.execute(insert(tables.wardens), row)
        shift = {"grid_id": "g", "role": "warden", "days": 127, "from_min": 0, "to_min": 1_440}
        for warden_id in ("wang", "qian"):
            connection.execute(insert(schedule_tables.shifts), {**shift, "warden_id": warden_id})
        away = {"warden_id": "li", "from_ms": 0, "to_ms": 1, "by": "zhao"}
        connection.execute(insert(schedule_tables.overrides), away)
        connection.execute(insert(tables.enrolments), {"at_ms": 1})
    async with beating(store) as (engine, _):
        for seal in seals[:3]:
            engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
            await engine.idle()
            engine.receive(seal.topic, seal.sealed(seal.edge(report.SHUT)), 1)
            await engine.idle()
    Cursor(store, "influx").advance(3, [])
    with store.writing() as connection:
        pending.leave(connection, [(of_door("door-1"), DoorClassed("ward"))])
        grouped = {"reason": "grouped", "about": msgspec.json.encode(Group(1, 1, ("c",))).decode()}
        one = tables.outbox.c.entry_id == 2
        connection.execute(tables.outbox.update().where(one).values(grouped))
    await _ended(store)
    store.settle()
    store.close()
    return Life(path, seals)


async def _ended(store: Store) -> None:
    """Households whose end is begun, cut off where InfluxDB was asked; one that is held; and
    matters of one that lives."""
    with store.writing() as connection:
        enrolment = Enrolment(connection, NOON_MS - 30 * DAY_MS, UTC)
        for n in range(OVER):
            enrolment.take(NewDoor(f"old-{n}", "canary", "g", telephone="13812345678"))
            times = NOON_MS - 30 * DAY_MS, NOON_MS - OVER_MS
            enrolment.take(NewOrder(f"old-{n}", *times, f"old-order-{n}"))
            said = "who", "why", f"old-permit-{n}"
            enrolment.take(NewPermit(f"old-{n}", *times, 1, MINUTE_MS, *said))
        enrolment.write()
        until_ms = NOON_MS + 90 * DAY_MS
        holds.hold(connection, "order-4", "Li", "a lawsuit", until_ms, NOON_MS)
    async with beating(store) as (engine, _):
        asked = RequestAsked(action_id="r", request_id="r", kind=RequestKind.FOOD, words="rice")
        await engine.submit(of_household("door-1"), asked)
        disputed = DisputeRaised(
            action_id="d",
            dispute_id="d",
            record=RecordKind.OPENING,
            record_id="x",
            door_id="door-1",
            words="no",
        )
        await engine.submit(of_household("door-1"), disputed)
        await says(engine)
        with contextlib.suppress(StoreError):
            await _ending(store, engine, _away).look()
    with store.writing() as connection:
        for table, row in BESIDE:
            connection.execute(insert(table), row)


def _away(_seal_id: str, _from_ms: int, _before_ms: int | None) -> int:
    raise StoreError("InfluxDB does not answer")


def _ending(store: Store, engine: Engine, forget: Forget | None = None) -> HouseholdEnding:
    return HouseholdEnding(store, EndLimits(), engine.submit, engine.clock.now_ms, forget)


def _not_ended(store: Store) -> set[str]:
    """The orders that should be destroyed, and are there."""
    with store.reading() as connection:
        o = tables.orders.c
        known = connection.execute(select(o.order_id).where(o.to_ms <= NOON_MS - OVER_MS)).scalars()
        return {str(order_id) for order_id in known}


def spoil(path: Path, chance: random.Random) -> Poison:
    """Replace one cell."""
    connection = sqlite3.connect(path)
    connection.text_factory = bytes
    while True:
        table, column, kind = chance.choice(CELLS)
        key = _key(table)
        if column in key:
            continue  # it would name another row
        waits = " WHERE done_ms IS NULL" if table == "outbox" else ""
        query = f"SELECT {key}, {column} FROM {table}{waits}"  # noqa: S608
        found = connection.execute(query).fetchall()
        if not found:
            continue
        rowid, before = chance.choice(found)
        rowid = rowid.decode() if isinstance(rowid, bytes) else rowid
        value, as_text = _garbage(chance, before)
        door_id = None
        if table in _OF_DOOR:
            of = f"SELECT {_OF_DOOR[table]} FROM {table} WHERE {key} = ?"  # noqa: S608
            door_id = connection.execute(of, (rowid,)).fetchone()[0].decode()
        put = "CAST(? AS TEXT)" if as_text else "?"
        try:
            update = f"UPDATE {table} SET {column} = {put} WHERE {key} = ?"  # noqa: S608
            connection.execute(update, (value, rowid))
        except sqlite3.IntegrityError:
            continue
        if table == "states":
            name = connection.execute("SELECT name FROM states WHERE rowid = ?", (rowid,))
            kind = _STATES.get(name.fetchone()[0].decode())
        after = connection.execute(
            f"SELECT {column}, typeof({column}), (SELECT typeof(?)) FROM {table} WHERE {key} = ?",  # noqa: S608
            (before, rowid),
        ).fetchone()
        connection.commit()
        connection.close()
        is_seen = _is_seen(kind, table, column, *after[:2])
        return Poison(table, column, rowid, value, door_id, is_seen)


def _key(table: str) -> str:
    """What names a row in SQL; not every table has a rowid."""
    known = tables.metadata.tables[table]
    if known.dialect_options["sqlite"]["with_rowid"]:
        return "rowid"
    return " || '/' || ".join(column.name for column in known.primary_key.columns)


def _garbage(chance: random.Random, before: Any) -> tuple[Any, bool]:
    """Something for a cell, and whether it is to stand there as a text, though it is none."""
    stood = before if isinstance(before, bytes) else str(before).encode()
    at = chance.randrange(max(1, len(stood)))
    made: list[Callable[[], Any]] = [
        lambda: chance.randbytes(chance.randrange(1, 40)),
        lambda: "garbage",
        lambda: "",
        lambda: "[" * 20_000,
        lambda: b"null",
        lambda: b'{"',
        lambda: -1,
        lambda: 2**62,
        lambda: 1.5,
        lambda: stood[:at],
        lambda: stood[:at] + chance.randbytes(1) + stood[at + 1 :],
        lambda: stood + b"}",
    ]
    value = chance.choice(made)()
    return value, isinstance(value, bytes) and chance.random() < 0.3


def _is_seen(kind: Any, table: str, column: str, value: Any, stands_as: bytes) -> bool:
    """Whether a cell shows by itself that it is garbage."""
    is_bytes = isinstance(value, bytes)
    if kind is not None:
        try:
            msgspec.json.decode(value if is_bytes else str(value).encode(), type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return bool(value)  # an empty one is as if there were none
        return False
    column_type = tables.metadata.tables[table].c[column].type.__class__.__name__
    wanted = {"String": "text", "Text": "text", "Bytes": "blob"}.get(column_type, "integer")
    return stands_as.decode() != wanted


@contextlib.asynccontextmanager
async def house(store: Store, settings: Settings) -> AsyncIterator[tuple[Engine, Post, Recorder]]:
    """The gateway's parts on a store, as `menshen run` wires them."""
    clock = ManualClock(NOON_MS + LATER_MS)
    with store.reading() as connection:
        known = registry.load(connection)
    addresses = Addresses(known, settings.webhook.url, settings.site.language)
    post, channel, site = Post(), Recorder(), CommittedSite(known, settings.rulebook)
    engine = Engine(store, site, Authenticator(), addresses, clock)
    worker = DeliveryWorker(
        "webhook", channel, store, engine.attempted, engine.metrics, clock, engine.ended
    )
    engine.connect(post, [worker.offer])
    reader = PendingReader(store, engine)
    while await reader.take():
        pass
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part) for part in (engine.run(), reader.run(), worker.run())]
        await engine.idle()
        yield engine, post, channel
        for task in tasks:
            task.cancel()


async def survives(
    life: Life, path: Path, poison: Poison | Spoilt, settings: Settings = DEFAULTS
) -> str:
    """What is wrong with how the gateway took it; empty if nothing is."""
    store = Store.open(path)
    door_id, is_seen = (
        (poison.door_id, poison.is_seen) if isinstance(poison, Poison) else (None, False)
    )
    sound = [n for n in range(DOORS) if f"door-{n}" != door_id]
    before = _fails(store)
    try:
        async with house(store, settings) as (engine, post, _):
            for number in sound:
                seal = life.seals[number]
                engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
            await engine.idle()
            try:
                await until(lambda: len(post.receipts()) >= len(sound), 5)
            except TimeoutError:
                return f"only {len(post.receipts())} of {len(sound)} openings have a receipt"
            await _ending(store, engine).look()
        left = _not_ended(store)
        if len(left) > 1:  # its own data may be spoilt
            return f"not destroyed: {sorted(left)}"
        opened = {f"{life.seals[n].seal_id}-{life.seals[n].seq}" for n in sound}
        missing = opened - {row["opening_id"] for row in rows(store, tables.openings)}
        if missing:
            return f"not recorded: {sorted(missing)}"
        told = {entry["door_id"] for entry in rows(store, tables.outbox)}
        untold = {f"door-{n}" for n in sound if n >= 3} - told
        if untold and settings is DEFAULTS:  # other rules may tell later
            return f"nobody is told of {sorted(untold)}"
        if is_seen and not before:
            return "`check` finds nothing wrong before the start"
        if is_seen and not _fails(store):
            return "`check` finds nothing wrong after it"
    finally:
        store.close()
    return ""


def _fails(store: Store) -> list[CheckResult]:
    """What `menshen check` says of the stored things."""
    now_ms = NOON_MS + LATER_MS
    results = check_site.parts(store, "", now_ms, UTC, Rulebook())
    return [one for one in results if one.mark is Mark.FAIL and one.part == "stored"]


async def run(tries: int, seed: int, folder: Path) -> list[str]:
    """That many tries; what went wrong, each with what was put where."""
    chance = random.Random(seed)  # noqa: S311 - a story
    wrong: list[str] = []
    life = await lived(folder)
    for number in range(tries):
        path, toml = folder / f"try-{number}.db", folder / "menshen.toml"
        shutil.copy(life.path, path)
        is_setting = chance.random() < SETTINGS_SHARE
        poison = poison_settings.spoil(toml, chance) if is_setting else spoil(path, chance)
        spool = [(seal.counter, seal.seq, seal.edges) for seal in life.seals]
        try:
            settings, verdict = poison_settings.read(toml) if is_setting else (DEFAULTS, "")
            if settings is not None and not verdict:
                verdict = await survives(life, path, poison, settings)
        except Exception as error:  # noqa: BLE001 - the house ended
            inner = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
            at = traceback.extract_tb(inner.__traceback__)[-1]
            verdict = f"the house ends: {inner!r} at {at.filename}:{at.lineno}"
        for seal, (counter, seq, edges) in zip(life.seals, spool, strict=True):
            seal.counter, seal.seq, seal.edges = counter, seq, edges
        for left in folder.glob(f"try-{number}.db*"):
            left.unlink()
        if verdict:
            wrong.append(f"try {number}: {poison}: {verdict}")
    return wrong


def main() -> None:
    """The long run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.tries} tries")
    with tempfile.TemporaryDirectory(prefix="menshen-poison-") as folder:
        wrong = asyncio.run(run(options.tries, options.seed, Path(folder)))
    for line in wrong:
        print(line)
    raise SystemExit(f"{len(wrong)} went wrong" if wrong else 0)


if __name__ == "__main__":
    main()
