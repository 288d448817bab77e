"""The writer against the real InfluxDB: nothing lost, nothing doubled, nobody disturbed."""

import msgspec
import pytest
from sqlalchemy import insert, update
from starlette.requests import Request

from gateway.core.model import Contact
from gateway.core.reasons import Reason
from gateway.engine.health import Metrics
from gateway.store import tables
from tests.feeds.building import NAMES, SITE_ID, Building
from tests.feeds.conftest import QUICK, CaughtUp, Running, Until
from tests.feeds.database import Database
from tests.feeds.front import Front, answering, fine

HOUR_MS = 3_600_000


async def test_every_report_of_the_journal_is_there_once(
    building: Building, database: Database, running: Running, caught_up: CaughtUp, now_ms: int
) -> None:
    building.day(1, now_ms - HOUR_MS, now_ms)
    building.refuse(building.seals[0], Reason.WRONG_KEY, now_ms)  # a row that is no report
    async with running():
        await caught_up()
    rows = database.ask('SELECT * FROM "seal_event"', epoch="ns")[0].rows
    assert len(rows) == len(building.journal()) > 400
    by_number = {row["time"] % 10**6: row for row in rows}
    for number, at_ms, report in building.journal():
        row = by_number[number]
        assert row["time"] == at_ms * 10**6 + number
        assert (row["seal"], row["site"], row["gateway"]) == (report.seal_id, SITE_ID, SITE_ID)
        assert (row["seq"], row["edges"], row["battery_mv"]) == (
            report.seq,
            report.edges,
            report.battery_mv,
        )
        assert row["state"] == (report.contact is Contact.OPEN)
        assert row["opened"] == (report.edge and report.contact is Contact.OPEN)


async def test_no_name_ever_leaves_the_gateway(
    building: Building, front: Front, running: Running, caught_up: CaughtUp, now_ms: int
) -> None:
    heard: list[str] = []

    async def listening(request: Request) -> None:
        heard.append((await request.body()).decode())

    front.weather = listening
    building.turn(building.seals[0], now_ms)
    for kind, words in (("reported", "by"), ("PermitAnnounced", "who"), ("report", "why")):
        body = msgspec.json.encode({"type": "reported", words: NAMES[2]})
        row = {"at_ms": now_ms, "kind": kind, "subject_id": NAMES[2], "body": body}
        with building.store.writing() as connection:
            connection.execute(insert(tables.journal), [row])
    async with running():
        await caught_up()
    said = "\n".join(heard)
    assert building.seals[0] in said
    assert not [name for name in (*NAMES, "door-") if name in said]
    events = [line for line in said.split("\n") if line.startswith("seal_event")]
    assert not [line for line in events if "order" in line or "permit" in line]
    assert [NAMES[2] in "".join(row[1:]) for row in building.unwritten()] == [False]


async def test_a_cursor_set_back_writes_the_same_points_onto_themselves(
    building: Building, database: Database, running: Running, caught_up: CaughtUp, now_ms: int
) -> None:
    building.day(2, now_ms - HOUR_MS, now_ms)
    same = now_ms - 5_000
    for seal_id in building.seals[:3]:  # two reports of one seal in one millisecond
        building.heartbeat(seal_id, same)
        building.heartbeat(seal_id, same)
    async with running():
        await caught_up()
        before = database.ask('SELECT * FROM "seal_event"', epoch="ns")
        with building.store.writing() as connection:
            connection.execute(update(tables.cursors).values(journal_id=0))
        await caught_up()
    assert database.events() == len(building.journal())
    assert database.ask('SELECT * FROM "seal_event"', epoch="ns") == before


async def test_a_line_that_is_refused_for_good_is_kept_aside_with_the_servers_words(
    building: Building, database: Database, running: Running, caught_up: CaughtUp, now_ms: int
) -> None:
    building.day(6, now_ms - HOUR_MS // 2, now_ms)
    building.heartbeat(building.seals[3], 9_300_000_000_000)  # no 64-bit nanoseconds reach so far
    poison = building.newest()
    building.heartbeat(building.seals[4], now_ms)
    async with running():
        await caught_up()
    (refused,) = [row for row in building.unwritten() if row[1].startswith("seal_event")]
    assert refused[0] == poison
    assert "9300000000000" in refused[2]
    assert database.events() == len(building.journal()) - 1


async def test_a_field_of_another_type_refuses_the_lines_and_not_the_courier(
    building: Building,
    database: Database,
    running: Running,
    caught_up: CaughtUp,
    caplog: pytest.LogCaptureFixture,
    now_ms: int,
) -> None:
    database.write(f"seal_event,site=x,gateway=x,seal=x battery_mv=1.5 {now_ms * 10**6}")
    for number in range(250):
        seal_id = building.seals[number % 12]
        battery_mv = 2_900 if number % 5 == 0 else None
        building.heartbeat(seal_id, now_ms - number, battery_mv=battery_mv)
    async with running():
        await caught_up()
    assert len(building.unwritten()) == 50
    assert all("conflict" in error for _, _, error in building.unwritten())
    assert database.events() == 200
    told = [m for m in caplog.messages if "will never be written" in m]
    assert len(told) == 1, "told when it begins, not for each batch"


async def test_a_row_that_cannot_be_read_is_kept_aside_too(
    building: Building, running: Running, caught_up: CaughtUp, now_ms: int
) -> None:
    row = {"at_ms": now_ms, "kind": "report", "body": b"\xff rubbish"}
    with building.store.writing() as connection:
        connection.execute(insert(tables.journal), [row])
    building.heartbeat(building.seals[0], now_ms)
    async with running():
        await caught_up()
    assert [(number, line) for number, line, _ in building.unwritten()] == [(1, "")]


async def test_the_gateways_figures_are_taken_while_the_server_is_away_and_the_oldest_go_first(
    building: Building,
    front: Front,
    database: Database,
    metrics: Metrics,
    running: Running,
    until: Until,
    now_ms: int,
) -> None:
    front.weather = answering(503)
    metrics.outbox = {"webhook": (3, now_ms - 400_000)}
    metrics.committed(1.5, reports=7, refused=2)
    for reason, count in ((Reason.WRONG_KEY, 4), (Reason.REPLAYED, 1)):
        for _ in range(count):
            building.refuse("f" * 16, reason, now_ms)
    async with running(msgspec.structs.replace(QUICK, figures_kept=3)) as history:
        await until(lambda: len(history.unwritten_figures) == 3)
        first = history.unwritten_figures[0]
        await until(lambda: history.unwritten_figures[0] != first)
        front.weather = fine
        await until(lambda: database.ask('SELECT * FROM "gateway_stats"') != [])
    (series,) = database.ask('SELECT * FROM "gateway_stats"')
    assert first.split()[-1] not in {str(row["time"] * 10**6) for row in series.rows}
    row = series.rows[0]
    assert (row["outbox_due"], row["reports"], row["commits"], row["refused"]) == (3, 7, 1, 2)
    assert row["outbox_oldest_ms"] >= 400_000
    assert (row["refused_wrong_key"], row["refused_replayed"]) == (4, 1)
    assert row["disk_free"] > 0
    assert [name for name in row if "seal" in name.removesuffix("unknown_seal")] == ["doors_sealed"]
