"""The courier against the real InfluxDB: nothing lost, nothing doubled, nobody disturbed."""

import asyncio
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

import msgspec
import pytest
from sqlalchemy import insert, update
from starlette.requests import Request

from gateway.core.model import Contact
from gateway.core.reason import Reason
from gateway.health import Pulse
from gateway.store import tables
from influx.building import NAMES, SITE_ID, Building
from influx.conftest import QUICK, Running
from influx.database import Database
from influx.front import Front, Weather, answering, fine, hanging
from neighbours import ROOT, Influx

Until = Callable[[Callable[[], bool]], Awaitable[None]]
HOUR_MS = 3_600_000


@pytest.fixture
def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def caught_up(building: Building, until: Until) -> Callable[[], Awaitable[None]]:
    """Wait until the cursor stands at the journal's end."""

    async def wait() -> None:
        await until(lambda: building.cursor() == building.newest())

    return wait


CaughtUp = Callable[[], Awaitable[None]]


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
    for kind, words in (("CaseClosed", "by"), ("PermitAnnounced", "who"), ("ReportCame", "why")):
        body = msgspec.json.encode({"type": "CaseClosed", words: NAMES[2]})
        row = {"at_ms": now_ms, "kind": kind, "door_id": NAMES[2], "body": body}
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
        building.beat(seal_id, same)
        building.beat(seal_id, same)
    async with running():
        await caught_up()
        before = database.ask('SELECT * FROM "seal_event"', epoch="ns")
        with building.store.writing() as connection:
            connection.execute(update(tables.cursors).values(journal_id=0))
        await asyncio.sleep(0.1)
        await caught_up()
    assert database.events() == len(building.journal())
    assert database.ask('SELECT * FROM "seal_event"', epoch="ns") == before


@pytest.mark.parametrize(
    ("weather", "words"),
    [
        (answering(503, "busy", Retry_After="0"), "answers 503: busy"),
        (answering(429, "slowly", Retry_After="1"), "answers 429: slowly"),
        (answering(500), "answers 500"),
        (answering(401, '{"code":"unauthorized"}'), "check MENSHEN_INFLUX_TOKEN"),
        (answering(404, '{"code":"not found"}'), "check influx.url"),
        (answering(400, "<html>a proxy's page</html>"), "answers 400: <html>"),
        (answering(302, "", Location="/login"), "answers 302"),
        (hanging, "does not answer in time"),
    ],
    ids=["503", "429", "500", "401", "404", "400-of-a-proxy", "302", "hangs"],
)
async def test_bad_weather_is_waited_out_and_told_once(
    building: Building,
    database: Database,
    front: Front,
    running: Running,
    until: Until,
    caught_up: CaughtUp,
    caplog: pytest.LogCaptureFixture,
    weather: Weather,
    words: str,
    now_ms: int,
) -> None:
    caplog.set_level(logging.INFO, "menshen.history")
    building.day(3, now_ms - HOUR_MS // 10, now_ms)
    front.weather = weather
    async with running(msgspec.structs.replace(QUICK, timeout_s=0.2)):
        await until(lambda: front.asked >= 3)
        assert building.cursor() == 0
        assert building.unwritten() == []
        front.weather = fine
        await caught_up()
        await until(lambda: len(caplog.messages) >= 2)
    assert database.events() == len(building.journal())
    assert words in caplog.messages[0]
    assert [m.rpartition(" takes ")[2] for m in caplog.messages[1:]] == ["lines again"]


async def test_a_wrong_token_is_told_and_nothing_is_given_up(
    building: Building,
    front: Front,
    running: Running,
    until: Until,
    caplog: pytest.LogCaptureFixture,
    now_ms: int,
) -> None:
    building.beat(building.seals[0], now_ms)
    async with running(token="another"):
        await until(lambda: front.asked >= 3)
    assert building.cursor() == 0
    assert re.search("answers 401.*check MENSHEN_INFLUX_TOKEN", caplog.text)
    assert "another" not in caplog.text, "a secret is never logged"


async def test_a_server_killed_again_and_again_ends_up_with_every_report(
    building: Building,
    server: Influx,
    database: Database,
    running: Running,
    caught_up: CaughtUp,
    now_ms: int,
) -> None:
    building.day(4, now_ms - 2 * HOUR_MS, now_ms - HOUR_MS)
    async with running(msgspec.structs.replace(QUICK, batch=20)):
        for number in range(4):
            from_ms = now_ms - HOUR_MS + number * HOUR_MS // 4
            building.day(40 + number, from_ms, from_ms + HOUR_MS // 4)
            await asyncio.sleep(0.1)
            await asyncio.to_thread(server.kill)
            building.turn(building.seals[number], now_ms - 1_000 + number)
            await asyncio.sleep(0.1)
            await asyncio.to_thread(server.start)
        await caught_up()
    assert database.events() == len(building.journal())


async def test_a_courier_stopped_at_any_moment_goes_on_where_it_was(
    building: Building,
    front: Front,
    database: Database,
    running: Running,
    until: Until,
    caught_up: CaughtUp,
    now_ms: int,
) -> None:
    building.day(5, now_ms - HOUR_MS, now_ms)
    few = msgspec.structs.replace(QUICK, batch=50)
    for _ in range(5):
        taken = front.taken
        async with running(few):
            await until(lambda taken=taken: front.taken > taken)  # type: ignore[misc]
    assert building.cursor() > 0
    async with running(few):
        await caught_up()
    assert database.events() == len(building.journal())


async def test_a_gateway_killed_in_the_midst_goes_on_where_it_was(
    building: Building,
    front: Front,
    database: Database,
    running: Running,
    until: Until,
    caught_up: CaughtUp,
    now_ms: int,
) -> None:
    building.day(7, now_ms - HOUR_MS, now_ms)
    argv = [sys.executable, "-m", "influx.courier", str(building.store.path), front.url]
    path = os.pathsep.join(str(ROOT / folder) for folder in (".", "firmware", "tests"))
    for _ in range(2):
        taken = front.taken
        process = subprocess.Popen(argv, env={**os.environ, "PYTHONPATH": path})
        try:
            await until(lambda taken=taken: front.taken > taken)  # type: ignore[misc]
        finally:
            process.kill()
            process.wait()
    assert 0 < database.events() < len(building.journal())
    async with running():
        await caught_up()
    assert database.events() == len(building.journal())


async def test_a_line_that_is_refused_for_good_is_kept_aside_with_the_servers_words(
    building: Building, database: Database, running: Running, caught_up: CaughtUp, now_ms: int
) -> None:
    building.day(6, now_ms - HOUR_MS // 2, now_ms)
    building.beat(building.seals[3], 9_300_000_000_000)  # no 64-bit nanoseconds reach so far
    poison = building.newest()
    building.beat(building.seals[4], now_ms)
    async with running():
        await caught_up()
    (refused,) = building.unwritten()
    assert refused[0] == poison
    assert refused[1].startswith("seal_event,")
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
        building.beat(seal_id, now_ms - number, battery_mv=battery_mv)
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
    row = {"at_ms": now_ms, "kind": "ReportCame", "body": b"\xff rubbish"}
    with building.store.writing() as connection:
        connection.execute(insert(tables.journal), [row])
    building.beat(building.seals[0], now_ms)
    async with running():
        await caught_up()
    assert [(number, line) for number, line, _ in building.unwritten()] == [(1, "")]


async def test_the_gateways_figures_are_taken_while_the_server_is_away_and_the_oldest_go_first(
    building: Building,
    front: Front,
    database: Database,
    pulse: Pulse,
    running: Running,
    until: Until,
    now_ms: int,
) -> None:
    front.weather = answering(503)
    pulse.outbox = {"webhook": (3, now_ms - 400_000)}
    pulse.committed(1.5, reports=7, refused=2)
    for reason, count in ((Reason.WRONG_KEY, 4), (Reason.REPLAYED, 1)):
        for _ in range(count):
            building.refuse("f" * 16, reason, now_ms)
    async with running(msgspec.structs.replace(QUICK, figures_kept=3)) as history:
        await until(lambda: len(history._figures) == 3)
        first = history._figures[0]
        await until(lambda: history._figures[0] != first)
        front.weather = fine
        await until(lambda: database.ask('SELECT * FROM "gateway_stats"') != [])
    (series,) = database.ask('SELECT * FROM "gateway_stats"')
    assert first.split()[-1] not in {str(row["time"] * 10**6) for row in series.rows}
    row = series.rows[0]
    assert (row["outbox_due"], row["reports"], row["commits"], row["refused"]) == (3, 7, 1, 2)
    assert row["outbox_oldest_ms"] >= 400_000
    assert (row["refused_wrong_key"], row["refused_replayed"]) == (4, 1)
    assert row["disk_free"] > 0
    assert not [name for name in row if "seal" in name and name != "refused_unknown_seal"]


async def test_the_courier_lets_the_loop_go_on_while_the_server_hangs(
    building: Building, front: Front, running: Running, until: Until, now_ms: int
) -> None:
    front.weather = hanging
    building.beat(building.seals[0], now_ms)
    async with running(msgspec.structs.replace(QUICK, timeout_s=2.0)):
        await until(lambda: front.asked >= 1)
        turns = 0
        while front.asked < 2:
            turns += 1
            await asyncio.sleep(0.01)
            building.beat(building.seals[0], now_ms + turns)  # the store is free as well
        assert turns > 20
