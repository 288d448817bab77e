"""Every query of the dashboard, asked of the real InfluxDB, says what the journal says."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.core.model import Contact
from gateway.core.reasons import Reason
from gateway.engine.clock import MachineClock
from gateway.engine.health import Metrics
from gateway.feeds.influx_history import History
from gateway.feeds.influx_schema import COUNTED
from gateway.settings.sections import Influx as InfluxSettings
from sealwire import report as wire
from tests.engine.small_site import HandSeal, beating, enrol, new_store
from tests.feeds import grafana
from tests.feeds.building import SITE_ID, Building
from tests.feeds.conftest import QUICK, Running, Until
from tests.feeds.database import Database, Series
from tests.feeds.front import TOKEN, Front
from tests.feeds.grafana import View

HOUR_MS = 3_600_000
FIVE_MIN_MS = 300_000
TWO_HEARTBEATS_MS = 200_000


class Told:
    """A building whose day has been carried to InfluxDB, and the dashboard's answers."""

    def __init__(self, building: Building, database: Database, now_ms: int) -> None:
        self.building, self.now_ms = building, now_ms
        self.from_ms = now_ms - HOUR_MS
        self.silent, self.quiet = building.seals[0], building.seals[1]
        self._database = database

    def view(self, seals: list[str] | None = None) -> View:
        chosen = {
            "site": [SITE_ID],
            "seal": seals or self.building.seals,
            "two_heartbeats": ["200s"],
        }
        return View(self.from_ms, self.now_ms + HOUR_MS, chosen, interval="50ms")

    def ask(self, query: str, seals: list[str] | None = None) -> list[Series]:
        return self._database.ask(grafana.filled(query, self.view(seals)))

    def panel(self, title: str, seals: list[str] | None = None) -> list[Series]:
        return self.ask(grafana.panels()[title][0], seals)

    def number(self, title: str) -> Any:
        ((_, _, (row,)),) = self.panel(title)
        (value,) = (value for name, value in row.items() if name != "time")
        return value


@pytest.fixture
def building(tmp_path: Path) -> Iterator[Building]:
    """More doors than the battery table has rows."""
    made = Building(tmp_path / "menshen.db", 30)
    yield made
    made.close()


@pytest.fixture
async def told(
    building: Building, database: Database, metrics: Metrics, running: Running, until: Until
) -> Told:
    """An hour of a building: one seal falls silent while open, one door stays open in silence."""
    now_ms = time.time_ns() // 1_000_000
    found = Told(building, database, now_ms)
    building.turn(found.silent, found.from_ms + 1)
    building.turn(found.quiet, found.from_ms + 2)
    building.day(7, found.from_ms + 1_000, now_ms, but=(found.silent, found.quiet))
    for at_ms in range(found.from_ms + 50_000, now_ms, 100_000):
        building.heartbeat(found.quiet, at_ms, battery_mv=3_000)
    building.bag(now_ms)
    metrics.outbox = {"webhook": (2, now_ms - 301_000)}
    metrics.committed(1.5, reports=5, refused=0)
    metrics.committed(40.0, reports=5, refused=0)
    reports = len(building.journal())
    async with running(msgspec.structs.replace(QUICK, batch=1_000)):
        await until(lambda: database.events() == reports)
        figures = 'SELECT count("commits") FROM "gateway_stats"'
        await until(lambda: (database.one(figures) or 0) > 2)
    return found


async def test_every_query_of_the_dashboard_finds_rows_and_the_tags_of_its_alias(
    told: Told,
) -> None:
    for title, (query, alias) in grafana.panels().items():
        answer = told.ask(query)
        assert answer, title
        assert all(series.rows for series in answer), title
        wanted = {part.removeprefix("tag_") for part in alias.split("$") if part.startswith("tag_")}
        assert all(wanted <= series.tags.keys() for series in answer), title


async def test_the_variables_offer_this_site_and_its_seals(told: Told) -> None:
    offered = {
        name: {row["value"] for series in told.ask(query) for row in series.rows}
        for name, query in grafana.variables().items()
    }
    assert offered["site"] == {SITE_ID}
    assert offered["seal"] == {*told.building.seals, told.building.in_the_bag}


async def test_doors_open_now_are_those_of_the_model_that_were_heard(told: Told) -> None:
    doors = told.building.doors
    heard_since_ms = told.now_ms - TWO_HEARTBEATS_MS
    model = {
        seal_id
        for seal_id, door in doors.items()
        if door.contact is Contact.OPEN and (door.heard_ms or 0) > heard_since_ms
    }
    assert told.quiet in model, "open for an hour without an edge, and still seen"
    assert doors[told.silent].contact is Contact.OPEN
    assert told.silent not in model, "not heard: neither open nor shut"
    assert 2 <= len(model) < len(doors)
    assert told.number("Doors open now") == len(model)


async def test_seals_heard_are_all_that_are_not_silent(told: Told) -> None:
    all_but_one = len(told.building.seals) - 1
    assert told.number("Seals heard in two heartbeats") == all_but_one + 1, "and the one in the bag"


async def test_openings_per_interval_are_those_of_the_journal(told: Told) -> None:
    journal = Counter(
        at_ms - at_ms % FIVE_MIN_MS
        for _, at_ms, report in told.building.journal()
        if report.edge and report.contact is Contact.OPEN
        if report.seal_id != told.building.in_the_bag
    )
    ((_, _, rows),) = told.panel("Openings in 5 minutes")
    assert {row["time"]: row["sum"] for row in rows if row["sum"]} == journal
    assert len(rows) > 12, "an interval without an opening is a zero and not a gap"


async def test_the_state_of_each_chosen_seal_is_the_journals_and_no_other_seals(
    told: Told,
) -> None:
    chosen = told.building.seals[1:4]
    journal: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for _, at_ms, report in told.building.journal():
        journal[report.seal_id].append((at_ms, int(report.contact is Contact.OPEN)))
    answer = told.panel("Doors, by seal", chosen)
    assert {series.tags["seal"] for series in answer} == set(chosen)
    for series in answer:
        rows = [(row["time"], row["state"]) for row in series.rows]
        assert rows == journal[series.tags["seal"]]
        (one,) = told.panel("Doors, by seal", [series.tags["seal"]])
        assert one.rows == series.rows


async def test_the_lowest_batteries_are_the_journals(told: Told) -> None:
    latest = {r.seal_id: r.battery_mv for _, _, r in told.building.journal() if r.battery_mv}
    lowest = sorted((battery_mv, seal_id) for seal_id, battery_mv in latest.items())[:20]
    ((_, _, rows),) = told.panel("Lowest 20 batteries")
    assert sorted((row["battery"], row["seal"]) for row in rows) == lowest
    assert len(latest) > 20


async def test_refusals_by_reason_add_up_to_what_was_counted_meanwhile(
    told: Told, building: Building, running: Running, database: Database, until: Until
) -> None:
    reasons = {Reason.WRONG_KEY: 7, Reason.REPLAYED: 2, Reason.MALFORMED: 1}
    for reason, count in reasons.items():
        for _ in range(count):
            building.refuse(building.seals[5], reason, told.now_ms)
    last = 'SELECT last("refused_wrong_key") FROM "gateway_stats"'
    async with running():
        await until(lambda: database.one(last) == 7)
    ((_, _, rows),) = told.panel("Refused, by reason")
    sums = {reason: sum(row[reason] or 0 for row in rows) for reason in COUNTED}
    assert sums == {**dict.fromkeys(COUNTED, 0), **reasons}


async def test_the_gateways_own_figures_are_its_health(told: Told, metrics: Metrics) -> None:
    health = metrics.health(0)
    ((_, _, rows),) = told.panel("Commit")
    assert {(row["median"], row["worst"]) for row in rows} == {
        (health.commit_ms_p50, health.commit_ms_max)
    }
    ((_, _, rows),) = told.panel("Journal rows missing here")
    lags = [row["not yet here"] for row in rows]
    assert max(lags) <= told.building.newest()
    assert {row["never"] for row in rows} == {0}
    ((_, _, rows),) = told.panel("Oldest page in the outbox")
    assert all(row["max"] >= 301_000 for row in rows)


async def test_the_alert_asks_what_fires_it_and_no_template_stands_in_it(
    told: Told, database: Database
) -> None:
    (query,) = grafana.alert_queries()
    assert "$" not in query, "the alert is evaluated where there are no variables"
    ((_, tags, (row,)),) = database.ask(query)
    assert tags == {"site": SITE_ID}
    (rule,) = grafana.provisioned("alerting")["groups"][0]["rules"]
    (condition,) = (step for step in rule["data"] if step["refId"] == rule["condition"])
    (evaluator,) = (one["evaluator"] for one in condition["model"]["conditions"])
    assert evaluator["type"] == "gt"
    assert row["max"] > evaluator["params"][0] == FIVE_MIN_MS


async def test_an_edge_that_comes_hours_late_takes_its_place_and_is_no_news(
    told: Told, building: Building, running: Running, database: Database, until: Until
) -> None:
    before = told.number("Doors open now")
    late = building.report(
        told.quiet, contact=Contact.SHUT, edge=True, edges=0, seq=999, age_ms=HOUR_MS // 2
    )
    building.say(late, told.now_ms)
    async with running():
        await until(lambda: database.events() == len(building.journal()))
    assert told.number("Doors open now") == before
    (series,) = told.panel("Doors, by seal", [told.quiet])
    assert [row["time"] for row in series.rows if not row["state"]] == [told.now_ms - HOUR_MS // 2]
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
    view = View(
        now_ms - HOUR_MS, now_ms, {"site": [SITE_ID], "seal": ["x"], "two_heartbeats": ["200s"]}
    )
    query = grafana.filled(grafana.panels()["Doors open now"][0], view)
    assert database.one(query) == 2
    assert database.one('SELECT last("refused_truncated") FROM "gateway_stats"') == 1
