"""What the gateway's own loop and history writer bring to InfluxDB is what the dashboards show.

The figures themselves are held to a whole week in tests/dashboards; here are the way there, what
changes meanwhile, and alerts by InfluxDB's own clock.
"""

import asyncio
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dashboards.alerts import ALERTS
from gateway.charts import boards
from gateway.charts.view import View, filled
from gateway.core.model import Contact
from gateway.core.reasons import Reason
from gateway.engine.clock import MachineClock
from gateway.engine.health import Metrics
from gateway.feeds.influx_history import History
from gateway.feeds.influx_schema import COUNTED
from gateway.settings.sections import Influx as InfluxSettings
from sealwire import report as wire
from tests.engine.small_site import HandSeal, beating, enrol, new_store
from tests.feeds.building import SITE_ID, Building
from tests.feeds.conftest import QUICK, Running, Until
from tests.feeds.database import Database, Series
from tests.feeds.front import TOKEN, Front

HOUR_MS = 3_600_000


def asked(
    database: Database, board: str, title: str, to_ms: int, seals: list[str] | None = None
) -> list[Series]:
    """What a panel of a dashboard is answered about the hour before a time."""
    (panel,) = (one for one in boards.board(board).panels if one.title == title)
    chosen = {"site": [SITE_ID], "seal": seals or ["-"], "two_heartbeats": ["200s"]}
    query = panel.targets[0].query.replace("$__interval", "50ms")
    return database.ask(filled(query, View(to_ms - HOUR_MS, to_ms, chosen)))


def number(database: Database, board: str, title: str, to_ms: int) -> Any:
    """The one value of a panel."""
    ((_, _, (row,)),) = asked(database, board, title, to_ms)
    (value,) = (value for name, value in row.items() if name != "time")
    return value


@pytest.fixture
def building(tmp_path: Path) -> Iterator[Building]:
    """Twelve doors, with the pages and figures of a bad hour."""
    made = Building(tmp_path / "menshen.db", 12)
    yield made
    made.close()


@pytest.fixture
async def now_ms(
    building: Building, database: Database, metrics: Metrics, running: Running, until: Until
) -> int:
    """When an hour ended that has been carried to InfluxDB: a door stays open in silence."""
    now_ms = time.time_ns() // 1_000_000
    quiet = building.seals[1]
    building.turn(quiet, now_ms - HOUR_MS + 2)
    building.day(7, now_ms - HOUR_MS + 1_000, now_ms, but=(quiet,))
    for at_ms in range(now_ms - HOUR_MS + 50_000, now_ms, 100_000):
        building.heartbeat(quiet, at_ms, battery_mv=3_000)
    metrics.outbox = {"webhook": (2, now_ms - 301_000)}
    reports = len(building.journal())
    async with running(msgspec.structs.replace(QUICK, batch=1_000)):
        await until(lambda: database.events() == reports)
        figures = 'SELECT count("commits") FROM "gateway_stats"'
        await until(lambda: (database.one(figures) or 0) > 2)
    return now_ms


async def test_refusals_by_reason_add_up_to_what_was_counted_meanwhile(
    now_ms: int, building: Building, running: Running, database: Database, until: Until
) -> None:
    reasons = {Reason.WRONG_KEY: 7, Reason.REPLAYED: 2, Reason.MALFORMED: 1}
    for reason, count in reasons.items():
        for _ in range(count):
            building.refuse(building.seals[5], reason, now_ms)
    last = 'SELECT last("refused_wrong_key") FROM "gateway_stats"'
    async with running():
        await until(lambda: database.one(last) == 7)
    later_ms = now_ms + HOUR_MS // 2
    ((_, _, rows),) = asked(database, "gateway", "Refused, by reason", later_ms)
    sums = {reason: sum(row[reason] or 0 for row in rows) for reason in COUNTED}
    assert sums == {**dict.fromkeys(COUNTED, 0), **reasons}


async def test_alerts_are_asked_by_influxdbs_own_clock(now_ms: int, database: Database) -> None:
    held = {}
    for alert in ALERTS:
        found = database.ask(alert.query)
        values = [value for one in found for name, value in one.rows[-1].items() if name != "time"]
        held[alert.name] = any(alert.holds(value) for value in values)
        assert all(one.tags["site"] == SITE_ID for one in found)
    assert held["outbox-age"], "a page has waited for five minutes"
    assert held["open-too-long"], "a door has stood open for an hour"
    assert not held["tamper"]
    assert not held["broker-away"]


async def test_an_edge_that_comes_hours_late_takes_its_place_and_is_no_news(
    now_ms: int, building: Building, running: Running, database: Database, until: Until
) -> None:
    quiet = building.seals[1]
    before = number(database, "site", "Doors open now", now_ms)
    late = building.report(
        quiet, contact=Contact.SHUT, edge=True, edges=0, seq=999, age_ms=HOUR_MS // 2
    )
    building.say(late, now_ms)
    async with running():
        await until(lambda: database.events() == len(building.journal()))
    assert number(database, "site", "Doors open now", now_ms) == before
    (series,) = asked(database, "site", "Doors, by seal", now_ms, [quiet])
    assert [row["time"] for row in series.rows if not row["state"]] == [now_ms - HOUR_MS // 2]
    assert all(one["time"] <= two["time"] for one, two in pairwise(series.rows))


async def test_what_the_real_loop_journals_reaches_the_dashboard(
    tmp_path: Path, front: Front, database: Database, until: Until
) -> None:
    store, seals = new_store(tmp_path), [HandSeal() for _ in range(3)]
    enrol(store, seals)
    settings = InfluxSettings(url=front.url, org="menshen", bucket="seals", token=TOKEN)
    async with beating(store, clock=MachineClock(0)) as (engine, _):
        history = History(settings, store, engine.health, SITE_ID, QUICK)
        task = asyncio.create_task(history.run())
        for token, seal in enumerate(seals):
            engine.receive(seal.topic, seal.sealed(seal.edge()), token)
        engine.receive(seals[0].topic, seals[0].sealed(seals[0].edge(wire.SHUT)), 9)
        engine.receive(seals[1].topic, b"", 10)
        await until(lambda: database.events() == 4)
        await until(lambda: database.one('SELECT last("reports") FROM "gateway_stats"') == 4)
        task.cancel()
        await asyncio.wait([task])
    store.close()
    now_ms = time.time_ns() // 1_000_000
    assert number(database, "site", "Doors open now", now_ms) == 2
    assert database.one('SELECT last("refused_truncated") FROM "gateway_stats"') == 1
