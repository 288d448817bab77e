"""The writer in bad weather: servers that are away, refuse, hang or die; and its own death."""

import asyncio
import logging
import os
import re
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from starlette.requests import Request
from starlette.responses import Response

from gateway.engine.clock import MachineClock
from gateway.engine.health import Metrics
from gateway.feeds.influx_history import History
from gateway.provisioning.certificates import CONSOLE_CRT, CONSOLE_KEY
from gateway.settings.sections import Influx as InfluxSettings
from tests.feeds.building import SITE_ID, Building
from tests.feeds.conftest import QUICK, CaughtUp, Running, Until
from tests.feeds.database import Database
from tests.feeds.front import Front, Weather, answering, fine, hanging
from tests.neighbours import ROOT, Influx
from tests.web.site_certificate import certified

HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("weather", "words"),
    [
        (answering(503, "busy", Retry_After="0"), "answers 503: busy"),
        (answering(429, "slowly", Retry_After="1"), "answers 429: slowly"),
        (answering(500), "answers 500"),
        (answering(401, '{"code":"unauthorized"}'), "check MENSHEN_INFLUX_TOKEN"),
        (answering(404, '{"code":"not found"}'), "check influx.url"),
        (answering(400, "<html>a proxy's page</html>"), "answers 400: <html>"),
        (answering(400, '{"code":"invalid","message":"schema"}'), "refuses every line"),
        (answering(302, "", Location="/login"), "answers 302"),
        (answering(200, "<html>sign in</html>"), "answers 200, which is not how"),
        (hanging, "does not answer in time"),
    ],
    ids=[
        "503",
        "429",
        "500",
        "401",
        "404",
        "400-of-a-proxy",
        "d1-400-of-everything",
        "302",
        "200-of-a-portal",
        "hangs",
    ],
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
    timeout_s = 0.2 if weather is hanging else 10.0
    async with running(msgspec.structs.replace(QUICK, timeout_s=timeout_s)):
        # One try may ask several times (which line is it?): it must have been told as well.
        await until(lambda: front.asked >= 3 and bool(caplog.messages))
        assert building.cursor() == 0
        assert building.unwritten() == []
        front.weather = fine
        await caught_up()
        await until(lambda: len(caplog.messages) >= 2)
    assert database.events() == len(building.journal())
    assert words in caplog.messages[0]
    assert [m.rpartition(" takes ")[2] for m in caplog.messages[1:]] == ["lines again"]


async def test_d2_a_server_without_the_write_path_is_named_with_its_version(
    building: Building,
    server: Influx,
    database: Database,
    caplog: pytest.LogCaptureFixture,
    until: Until,
    now_ms: int,
) -> None:
    building.heartbeat(building.seals[0], now_ms)
    settings = InfluxSettings(url=server.url, org="o", bucket="seals", token="t")
    metrics = Metrics(MachineClock(0).now_ms)
    history = History(settings, building.store, lambda: metrics.health(0), SITE_ID, QUICK)
    task = asyncio.create_task(history.run())
    await until(lambda: bool(caplog.messages))
    task.cancel()
    assert "is InfluxDB 1.6." in caplog.messages[0]
    assert "which is older than 1.8; take 1.8 or newer, or 2" in caplog.messages[0]
    assert building.unwritten() == []


async def test_what_is_older_than_the_bucket_keeps_is_given_up_and_stops_nothing(
    building: Building,
    database: Database,
    running: Running,
    caught_up: CaughtUp,
    caplog: pytest.LogCaptureFixture,
    now_ms: int,
) -> None:
    """Batches of which InfluxDB takes no line, for it was away for longer than it keeps any."""
    database.ask('ALTER RETENTION POLICY "autogen" ON "seals" DURATION 7d')
    month_ms = now_ms - 30 * 24 * HOUR_MS
    building.day(8, month_ms, month_ms + HOUR_MS // 2)
    old = building.newest()
    building.day(9, now_ms - HOUR_MS // 10, now_ms)
    async with running():
        await caught_up()
    given_up = [row for row in building.unwritten() if row[1].startswith("seal_event")]
    assert [number for number, _, _ in given_up] == list(range(1, old + 1))
    assert all("beyond retention" in words for _, _, words in given_up)
    assert database.events() == building.newest() - old
    assert "will never be written" in caplog.text


async def test_a_line_that_was_taken_and_is_too_old_by_now_proves_nothing_against_the_others(
    building: Building,
    database: Database,
    running: Running,
    caught_up: CaughtUp,
    now_ms: int,
) -> None:
    """The retention was shortened while we wrote, and a batch holds old lines and new ones."""
    month_ms = now_ms - 30 * 24 * HOUR_MS
    building.day(11, month_ms, month_ms + HOUR_MS // 10)
    async with running():
        await caught_up()
        database.ask('ALTER RETENTION POLICY "autogen" ON "seals" DURATION 7d')
        building.day(12, month_ms + HOUR_MS, month_ms + HOUR_MS + HOUR_MS // 10)
        building.heartbeat(building.seals[0], now_ms)
        await caught_up()
    since = f"time >= {now_ms}ms"
    assert database.one(f'SELECT count("seq") FROM "seal_event" WHERE {since}') == 1  # noqa: S608


async def test_a_server_whose_clock_is_years_ahead_takes_nothing_and_nothing_is_given_up(
    building: Building,
    front: Front,
    database: Database,
    running: Running,
    until: Until,
    caught_up: CaughtUp,
    caplog: pytest.LogCaptureFixture,
    now_ms: int,
) -> None:
    async def all_too_old(request: Request) -> Response:
        dropped = (await request.body()).count(b"\n") + 1
        words = f"partial write: points beyond retention policy dropped={dropped}"
        return Response(msgspec.json.encode({"error": words}), 400)

    building.day(10, now_ms - HOUR_MS // 10, now_ms)
    front.weather = all_too_old
    async with running():
        await until(lambda: front.asked >= 3 and bool(caplog.messages))
        assert building.cursor() == 0
        assert building.unwritten() == []
        assert "calls lines too old that may not be; its clock says" in caplog.messages[0]
        front.weather = fine
        await caught_up()
    assert database.events() == len(building.journal())


async def test_a_server_that_cannot_be_reached_is_told_with_its_cause(
    building: Building,
    free_port: Callable[[], int],
    until: Until,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    now_ms: int,
) -> None:
    building.heartbeat(building.seals[0], now_ms)
    metrics = Metrics(MachineClock(0).now_ms)
    certified(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / CONSOLE_CRT, tmp_path / CONSOLE_KEY)
    port, nobody = free_port(), free_port()
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", port, ssl=context):
        for url, cause in (
            (f"https://127.0.0.1:{port}", "its certificate is not believed: "),
            (f"http://127.0.0.1:{nobody}", "Connection refused)"),
            ("http://there.is.no.such.invalid", "no name server knows the host)"),
        ):
            caplog.clear()
            settings = InfluxSettings(url=url, org="o", bucket="seals", token="t")
            history = History(settings, building.store, lambda: metrics.health(0), SITE_ID, QUICK)
            task = asyncio.create_task(history.run())
            await until(lambda: bool(caplog.messages))
            task.cancel()
            assert f"cannot be reached ({cause}" in caplog.messages[0], url


async def test_a_wrong_token_is_told_and_nothing_is_given_up(
    building: Building,
    front: Front,
    running: Running,
    until: Until,
    caplog: pytest.LogCaptureFixture,
    now_ms: int,
) -> None:
    building.heartbeat(building.seals[0], now_ms)
    async with running(token="another"):
        await until(lambda: front.asked >= 3)
    assert building.cursor() == 0
    assert re.search("answers 401.*check MENSHEN_INFLUX_TOKEN", caplog.text)
    assert "another" not in caplog.text, "a secret is never logged"


async def test_a_server_killed_again_and_again_ends_up_with_every_report(
    building: Building,
    server: Influx,
    front: Front,
    database: Database,
    running: Running,
    caught_up: CaughtUp,
    until: Until,
    now_ms: int,
) -> None:
    building.day(4, now_ms - 2 * HOUR_MS, now_ms - HOUR_MS)
    async with running(msgspec.structs.replace(QUICK, batch=20)):
        for number in range(4):
            from_ms = now_ms - HOUR_MS + number * HOUR_MS // 4
            taken = front.taken
            building.day(40 + number, from_ms, from_ms + HOUR_MS // 4)
            await until(lambda seen=taken: front.taken > seen)  # in the midst of it
            await asyncio.to_thread(server.kill)
            building.turn(building.seals[number], now_ms - 1_000 + number)
            asked = front.asked
            await until(lambda seen=asked: front.asked > seen)  # in vain
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
    limit = 0

    async def a_few_then_none(request: Request) -> Response | None:
        return None if front.taken < limit else await hanging(request)

    building.day(7, now_ms - HOUR_MS, now_ms)
    front.weather = a_few_then_none
    argv = [
        sys.executable,
        "-m",
        "tests.feeds.history_process",
        str(building.store.path),
        front.url,
    ]
    path = os.pathsep.join(str(ROOT / folder) for folder in (".", "firmware", "tests"))
    for limit in (3, 6):
        process = subprocess.Popen(argv, env={**os.environ, "PYTHONPATH": path})
        try:
            await until(lambda: front.taken >= limit)  # noqa: B023 - asked within the loop
        finally:
            process.kill()
            process.wait()
    front.weather = fine
    assert 0 < database.events() < len(building.journal())
    async with running():
        await caught_up()
    assert database.events() == len(building.journal())


async def test_the_courier_lets_the_loop_go_on_while_the_server_hangs(
    building: Building, front: Front, running: Running, until: Until, now_ms: int
) -> None:
    front.weather = hanging
    building.heartbeat(building.seals[0], now_ms)
    async with running(msgspec.structs.replace(QUICK, timeout_s=2.0)):
        await until(lambda: front.asked >= 1)
        turns = 0

        def asks_again() -> bool:
            nonlocal turns
            turns += 1
            building.heartbeat(building.seals[0], now_ms + turns)  # the store is free as well
            return front.asked >= 2

        await until(asks_again)
        assert turns > 20
