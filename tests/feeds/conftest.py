"""A real InfluxDB behind its front, a building, and the history writer between them."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from gateway.engine.clock import MachineClock
from gateway.engine.health import Metrics
from gateway.feeds.influx_history import History, Pace
from gateway.settings.sections import Influx as InfluxSettings
from tests import waiting
from tests.feeds.building import SITE_ID, Building
from tests.feeds.database import Database
from tests.feeds.front import TOKEN, Front
from tests.neighbours import Influx

QUICK = Pace(batch=100, poll_s=0.02, figures_s=0.05, timeout_s=1.0, retry_s=0.02, retry_s_max=0.2)
WAIT_S = 20.0

Running = Callable[..., AbstractAsyncContextManager[History]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
CaughtUp = Callable[[], Awaitable[None]]


@pytest.fixture
def server(influxd: Callable[[], Influx]) -> Influx:
    """The real server; kill() and start() work on it."""
    return influxd()


@pytest.fixture
def database(server: Influx) -> Database:
    """An empty database there, and what it answers."""
    made = Database(server.url, "seals")
    made.create()
    return made


@pytest.fixture
def front(server: Influx, database: Database, free_port: Callable[[], int]) -> Iterator[Front]:
    """What the gateway takes for InfluxDB."""
    made = Front(server.url, free_port())
    made.start()
    yield made
    made.stop()


@pytest.fixture
def building(tmp_path: Path) -> Iterator[Building]:
    """Twelve sealed doors and an empty journal."""
    made = Building(tmp_path / "menshen.db", 12)
    yield made
    made.close()


@pytest.fixture
def metrics() -> Metrics:
    """The counters behind the gateway's health, for a test to set."""
    return Metrics(MachineClock(0).now_ms)


@pytest.fixture
def running(building: Building, front: Front, metrics: Metrics) -> Running:
    """`async with running(): ...` has the writer at work; `pace=` and `token=` change it."""

    @asynccontextmanager
    async def run(pace: Pace = QUICK, token: str = TOKEN) -> AsyncIterator[History]:
        settings = InfluxSettings(url=front.url, org="menshen", bucket="seals", token=token)
        history = History(settings, building.store, lambda: metrics.health(0), SITE_ID, pace)
        async with asyncio.TaskGroup() as tasks:  # if the writer dies, so does the test
            task = tasks.create_task(history.run())
            yield history
            task.cancel()

    return run


@pytest.fixture
def until() -> Until:
    """Wait, with a generous deadline, until something is so."""

    async def wait(so: Callable[[], bool]) -> None:
        await waiting.until(so, WAIT_S)

    return wait


@pytest.fixture
def now_ms() -> int:
    """When the test began."""
    return time.time_ns() // 1_000_000


@pytest.fixture
def caught_up(building: Building, until: Until) -> CaughtUp:
    """Wait until the cursor stands at the journal's end."""

    async def wait() -> None:
        await until(lambda: building.cursor() == building.newest())

    return wait
