"""The gateway's own figures: what only the database knows, and how long batteries last."""

import shutil
from types import SimpleNamespace

import pytest
from msgspec.structs import replace
from sqlalchemy import insert

from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.engine.health import Health, Metrics
from gateway.feeds.battery_trend import EMPTY_MV, days_left
from gateway.feeds.figures import Figures
from gateway.feeds.influx_schema import GATEWAY_STATS, Type
from gateway.store import feed_tables, tables
from gateway.store.growth import ROW_BYTES
from gateway.store.retention import Limits
from gateway.store.span_tables import heartbeat_spans
from tests.feeds.building import SITE_ID, Building

NOW_MS = 1_790_000_000_000
DAILY = 1_440  # rows of the journal that last
DAILY_BYTES = DAILY * ROW_BYTES


def fields(line: str) -> dict[str, str]:
    return dict(field.split("=") for field in line.split(" ")[1].split(","))


def health(**more: object) -> Health:
    plain = Metrics(lambda: NOW_MS - HOUR_MS).health(0)
    return replace(plain, at_ms=NOW_MS, **more)


def span(building: Building, days_ago: int, battery_mv: int) -> dict[str, object]:
    at_ms = NOW_MS - days_ago * DAY_MS
    seal_id = building.seals[0]
    return {
        "door_id": f"door-{seal_id}",
        "from_id": 100 - days_ago,
        "to_id": 100 - days_ago,
        "from_ms": at_ms,
        "len_ms": 0,
        "seal_id": seal_id,
        "contact": "shut",
        "edges": 0,
        "beats": 1,
        "battery_last": battery_mv,
        "gap_max_ms": 0,
        "packed": b"",
    }


def test_what_the_database_and_the_machine_know_stands_in_the_line(building: Building) -> None:
    case = {"subject_kind": "door", "subject_id": "d", "grid_id": "g1", "reason": "silent"}
    times = {"raised_ms": 1, "since_ms": 1, "openings": 0, "moved_ms": 1}
    page = {"case_id": "c", "door_id": "d", "channel": "webhook", "reason": "silent"}
    made = {"since_ms": 1, "made_ms": NOW_MS - DAY_MS, "next_ms": 1, "gave_up": True}
    with building.store.writing() as connection:
        for number, state in enumerate(("paged", "on_site", "closed")):
            row = {"case_id": f"c{number}", "state": state, **case, **times}
            connection.execute(insert(tables.cases), [row])
        pages = [{"page_id": "p1", "ended": None}, {"page_id": "p2", "ended": "taken"}]
        connection.execute(insert(tables.outbox), [page | made | one for one in pages])
        lost = {"reader": "influx", "journal_id": 1, "at_ms": 1, "line": "", "error": ""}
        connection.execute(insert(feed_tables.unwritten), [lost])
        spans = [span(building, ago, 2_500 + 5 * ago) for ago in range(1, 11)]
        connection.execute(insert(heartbeat_spans), spans)
    steady = [0]
    figures = Figures(building.store, SITE_ID, lambda: steady[0])
    said = health(
        certificate_ends_ms=NOW_MS + 12 * DAY_MS,
        broker_since_ms=NOW_MS - MINUTE_MS,
        outbox_oldest_ms=NOW_MS - 5,
        echo_ms=2,
    )
    standing = {"doors": 12, "heard": 11, "open_now": 3}
    found = fields(figures.line(said, standing, (7, NOW_MS - 9_000)))
    assert (found["cases_open"], found["cases_untaken"], found["outbox_dead"]) == ("2i", "1i", "1i")
    assert (found["cursor_lag"], found["history_lag_ms"], found["unwritten"]) == (
        "7i",
        "9000i",
        "1i",
    )
    assert (found["doors_sealed"], found["doors_silent"], found["doors_open"]) == (
        "12i",
        "1i",
        "3i",
    )
    assert (found["certificate_days"], found["broker_away_ms"]) == ("12.0", "60000i")
    assert (found["outbox_oldest_ms"], found["echo_ms"], found["uptime_s"]) == (
        "5i",
        "2.0",
        "3600.0",
    )
    assert float(found["battery_days"]) == pytest.approx(21.0, abs=0.01)
    assert "disk_days" not in found, "nobody knows yet how it grows"
    assert found.keys() | {"disk_days"} == {field.name for field in GATEWAY_STATS.fields}
    for field in GATEWAY_STATS.fields:
        if field.name in found:
            assert found[field.name].endswith("i") == (field.type is Type.INT), field.name
    later = replace(said, at_ms=NOW_MS + 2 * HOUR_MS)
    assert "disk_days" not in fields(figures.line(later, {}, (0, None))), "the clock was set"
    steady[0] += 2 * HOUR_MS
    with building.store.writing() as connection:
        rows = [{"at_ms": 1, "kind": "x", "body": bytes(4_000)} for _ in range(500)]
        connection.execute(insert(tables.journal), rows)
    building.store.settle()
    assert float(fields(figures.line(later, {}, (0, None)))["disk_days"]) > 0


def test_a_life_that_is_shorter_than_an_hour_has_days_on_the_disk_too(
    building: Building, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the rows that its journal has, where a power cut ends each life before it has measured."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10 * DAILY_BYTES))
    with building.store.writing() as connection:
        when = [NOW_MS - DAY_MS + n * MINUTE_MS for n in range(DAILY)]
        rows = [{"at_ms": at_ms, "kind": "x", "body": b""} for at_ms in when]
        connection.execute(insert(tables.journal), rows)
    for _ in range(2):
        figures = Figures(building.store, SITE_ID, lambda: 0, Limits(archive_months=1_000))
        days = float(fields(figures.line(health(), {}, (0, None)))["disk_days"])
        assert days == pytest.approx(10, abs=1)


def test_a_battery_that_falls_has_days_and_one_that_does_not_has_none() -> None:
    falling = [(day, 3_000.0 - 10 * day) for day in range(14)]
    assert days_left(falling) == pytest.approx((3_000 - 130 - EMPTY_MV) / 10)
    assert days_left(falling[:4]) is None
    assert days_left([(day, 2_950.0) for day in range(14)]) is None
    assert days_left([(day, 2_300.0 - day) for day in range(14)]) == 0.0
