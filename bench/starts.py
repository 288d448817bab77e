"""How long a start takes: on a long journal, and after a large enrolment.

The long journal is made once, by SQL, for it takes a minute or two: rows as a fortnight of 1,000
doors leaves them, pages that went out long ago, and cases that are closed. A start ends when the
gateway says that it is up. The enrolment is that of a town, from its tables; that start ends when
every door of it is taken in. Doors are guarded meanwhile, as tests show.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.stage import SEED, CannotMeasure, mosquitto, running, until
from gateway.registry.import_files import Wish, enrol_files
from gateway.store.database import Store
from tests.end_to_end import site as sites

ROWS, ENTRIES, CASES = 12_000_000, 300_000, 10_000
DOORS, TOWN = 1_000, 50_000
START_S, TOWN_S = 60.0, 600.0
_UP = b"is up"
_BODY = b'{"type":"report","seal_id":"00112233445566aa","seq":0,"contact":"shut","edges":12}'

_FILL = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
INSERT INTO {table} ({columns}) SELECT {values} FROM n
"""


async def measure(folder: Path, _seconds: float) -> dict[str, float]:
    """start_s_at_12m_rows and first_start_s_50k."""
    return {
        "start_s_at_12m_rows": await _start_on(folder.parent / "long-journal", folder),
        "first_start_s_50k": await _first_start(folder / "town"),
    }


async def _start_on(kept: Path, folder: Path) -> float:
    """From the start of the program until it says that it is up."""
    with running(mosquitto(folder / "broker")) as broker:
        if not kept.exists():
            site = _found(kept, broker.port)
            gateway = sites.gateway(site)
            with running(gateway):
                await until(site.is_enrolled, "the gateway takes no enrolment", START_S)
            _fill(kept / "menshen.db")
        site = sites.Site(kept, "", [])
        settings = site.settings.read_text().splitlines()
        ports = [f"port = {broker.port}" if line.startswith("port") else line for line in settings]
        site.settings.write_text("\n".join([*ports[:4], *settings[4:]]) + "\n")
        gateway = sites.gateway(site)
        gateway.log.unlink(missing_ok=True)
        began = time.monotonic()
        with running(gateway):
            await until(lambda: _UP in gateway.log.read_bytes(), "the gateway is not up", START_S)
            return time.monotonic() - began


def _found(folder: Path, broker_port: int) -> sites.Site:
    chance = random.Random(SEED)  # noqa: S311 - not a secret
    return sites.found(
        folder, chance, doors=DOORS, ordered=DOORS, broker_port=broker_port, webhook=""
    )


def _fill(path: Path) -> None:
    """A journal of ROWS rows, and what belongs to it, all of the past."""
    now_ms = time.time_ns() // 1_000_000
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=OFF")
    ids = "SELECT coalesce(max(journal_id), 0) FROM journal"
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'journal' AND sql"
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    door = f"printf('door-%04d', i % {DOORS})"
    for table, count, columns, values in (
        (
            "journal",
            ROWS,
            "journal_id, at_ms, kind, subject_kind, subject_id, seal_id, body",
            f"({ids}) + i, {now_ms} - {ROWS} + i, 'report', 'door', {door}, 'ab', x'{_BODY.hex()}'",
        ),
        (
            "outbox",
            ENTRIES,
            "page_id, case_id, door_id, channel, reason, since_ms, made_ms, next_ms, done_ms",
            f"'p' || i, 'c' || i, {door}, 'webhook', 'no_permit', i, i, i, i",
        ),
        (
            "cases",
            CASES,
            "case_id, subject_kind, subject_id, door_id, grid_id, state, reason, raised_ms,"
            " since_ms, openings, moved_ms",
            f"'c' || i, 'door', {door}, {door}, 'grid-00', 'closed', 'no_permit', i, i, 1, i",
        ),
    ):
        connection.execute(_FILL.format(table=table, columns=columns, values=values, count=count))
    for _, sql in indexes:
        connection.execute(sql)
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


async def _first_start(folder: Path) -> float:
    """From the start of the program until every door of a town is taken in."""
    with running(mosquitto(folder / "broker")) as broker:
        site = sites.found(
            folder / "site",
            random.Random(SEED),  # noqa: S311 - not a secret
            doors=0,
            ordered=0,
            broker_port=broker.port,
            webhook="",
        )
        await asyncio.to_thread(_enrol_town, folder, site.folder / "menshen.db")
        gateway = sites.gateway(site)
        began = time.monotonic()
        with running(gateway):
            await until(site.is_enrolled, "the gateway takes no enrolment", TOWN_S)
            return time.monotonic() - began


def _enrol_town(folder: Path, database: Path) -> None:
    now = datetime.now(UTC)
    order = f"{now:%Y-%m-%d},{now + timedelta(days=14):%Y-%m-%d}"
    grids = range(TOWN // sites.DOORS_IN_A_GRID)
    tables = {
        "grids": ("grid_id,name", (f"g{n},G{n}" for n in grids)),
        "wardens": ("warden_id,name,grid_id,channels", (f"w{n},W{n},g{n},inbox" for n in grids)),
        "doors": (
            "door_id,label,grid_id",
            (f"d{n},L{n},g{n // sites.DOORS_IN_A_GRID}" for n in range(TOWN)),
        ),
        "seals": (
            "seal_id,key,door_id",
            (f"{secrets.token_hex(8)},{secrets.token_hex(32)},d{n}" for n in range(TOWN)),
        ),
        "orders": ("door_id,from,to", (f"d{n},{order}" for n in range(TOWN))),
    }
    paths = []
    for name, (header, rows) in tables.items():
        paths.append(folder / f"{name}.csv")
        paths[-1].write_text("\n".join([header, *rows]) + "\n")
    store = Store.open(database)
    result = enrol_files(store, paths, Wish(time.time_ns() // 1_000_000, UTC))
    store.close()
    if not result.written:
        raise CannotMeasure(f"the town is not enrolled: {result.mistakes[:3]}")
