"""InfluxDB is down for a day, hangs, or answers nonsense: every report is there afterwards, once.

The real InfluxDB; in front of it a server that makes the weather (`tests/feeds/front.py`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench import stage
from bench.faults.trial import NotRunHereError, Trial
from gateway.engine.clock import MachineClock
from gateway.engine.health import Metrics
from gateway.feeds.influx_history import History, Pace
from gateway.settings.sections import Influx as InfluxSettings
from tests import neighbours, waiting
from tests.conftest import INFLUX_CONF
from tests.feeds.building import SITE_ID, Building
from tests.feeds.database import Database
from tests.feeds.front import TOKEN, Front, Weather, answering, fine, hanging

SEALS = 12
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
PACE = Pace(batch=500, poll_s=0.02, figures_s=0.05, timeout_s=0.5, retry_s=0.02, retry_s_max=0.2)
WAIT_S = 60.0
ASKED = 3  # tries in vain, at least
WEATHERS: dict[str, Weather | None] = {
    "down for a day": None,
    "hangs": hanging,
    "503": answering(503, "busy", Retry_After="0"),
    "429": answering(429, "slowly", Retry_After="1"),
    "500": answering(500),
    "401": answering(401, '{"code":"unauthorized"}'),
    "400 of a proxy": answering(400, "<html>a proxy's page</html>"),
    "302": answering(302, "", Location="/login"),
    "200 and a portal's page": answering(200, "<html>Please sign in</html>"),
    "200 and an error inside": answering(200, '{"code":"internal error","message":"no"}'),
}


async def weather_at_influx(trial: Trial) -> None:
    """Each weather in turn, over one history that grows."""
    server = _influxd(trial.folder / "influxd")
    with stage.running(server):
        database = Database(server.url, "seals")
        database.create()
        front = Front(server.url, neighbours.unused_port())
        front.start()
        building = Building(trial.folder / "menshen.db", SEALS)
        began_ms = time.time_ns() // 1_000_000 - (trial.n + 1) * DAY_MS
        try:
            async with _writing(building, front):
                for number in range(trial.n):
                    what = list(WEATHERS)[number % len(WEATHERS)]
                    from_ms = began_ms + number * DAY_MS
                    lasts_ms = DAY_MS if WEATHERS[what] is None else HOUR_MS
                    await _one(trial, what, building, front, server, (from_ms, lasts_ms))
                    _compare(trial, what, building, database)
        finally:
            front.stop()
            building.close()


async def _one(
    trial: Trial,
    what: str,
    building: Building,
    front: Front,
    server: neighbours.Influx,
    when: tuple[int, int],
) -> None:
    weather, asked = WEATHERS[what], front.asked
    if weather is None:
        await asyncio.to_thread(server.kill)
    else:
        front.weather = weather
    trial.injections += 1
    building.day(trial.chance.randrange(10**6), when[0], when[0] + when[1])
    await waiting.until(lambda: front.asked >= asked + ASKED, WAIT_S)
    front.weather = fine
    if weather is None:
        await asyncio.to_thread(server.start)
    began_s = time.monotonic()
    await waiting.until(lambda: building.cursor() == building.newest(), WAIT_S)
    trial.times_s.append(time.monotonic() - began_s)


def _compare(trial: Trial, what: str, building: Building, database: Database) -> None:
    there, wanted = database.events(), len(building.journal())
    if there < wanted:
        trial.lost.append(f"{what}: {wanted - there} of {wanted} reports are not in InfluxDB")
    if there > wanted:
        trial.doubled.append(f"{what}: {there - wanted} reports too many in InfluxDB")
    trial.expect(building.unwritten() == [], f"{what}: something was given up")


def _influxd(folder: Path) -> neighbours.Influx:
    program = neighbours.find("influxd")
    if program is None:
        raise NotRunHereError("influxd is missing; `make neighbours` installs it on Debian")
    folder.mkdir()
    port, backup_port = neighbours.unused_port(), neighbours.unused_port()
    text = INFLUX_CONF.format(port=port, backup_port=backup_port, folder=folder)
    (folder / "influxd.conf").write_text(text)
    return neighbours.Influx([program, "run", "-config", "influxd.conf"], folder, port)


@asynccontextmanager
async def _writing(building: Building, front: Front) -> AsyncIterator[History]:
    settings = InfluxSettings(url=front.url, org="menshen", bucket="seals", token=TOKEN)
    metrics = Metrics(MachineClock(0).now_ms)
    history = History(settings, building.store, lambda: metrics.health(0), SITE_ID, PACE)
    async with asyncio.TaskGroup() as tasks:  # if the writer dies, so does the experiment
        task = tasks.create_task(history.run())
        yield history
        task.cancel()
