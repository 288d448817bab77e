"""The service that calls people when it hears nothing: told only while all truly is well."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from gateway.cli import check_machine
from gateway.cli.check_result import CheckResult, Mark
from gateway.core.events import TroubleBegan, TroubleEnded
from gateway.core.reasons import Reason
from gateway.core.subject import SITE
from gateway.engine.self_watch import BROKER_AWAY_MS
from gateway.feeds.ping import Pinger, wrongs
from gateway.settings.looked_after import Ping
from tests.notify.loopback_service import OK, LoopbackService, Say
from tests.waiting import until
from tests.web.web_site import Console, console, new_store

PATH = "/4f2a"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Console]:
    store = new_store(tmp_path)
    async with console(store) as made:
        made.engine.metrics.broker(connected=True)
        yield made
    store.close()


@contextlib.asynccontextmanager
async def pinging(site: Console, port: int) -> AsyncIterator[None]:
    ping = Ping(url=f"http://127.0.0.1:{port}{PATH}", every_s=3_600)
    task = asyncio.create_task(Pinger(ping, site.engine, look_s=0.01, works_s=0.2).run())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def felt(site: Console) -> CheckResult:
    """What a running gateway tells `menshen check`."""
    return CheckResult("gateway", Mark.OK, "runs", msgspec.to_builtins(site.engine.health()))


async def test_what_is_not_well_is_said_at_once_and_that_it_is_over(
    site: Console, free_port: Callable[[], int]
) -> None:
    port, service = free_port(), LoopbackService(lambda _: OK)
    async with service.open(port), pinging(site, port):
        await until(lambda: len(service.told) == 1)
        site.engine.metrics.broker(connected=False)
        await until(lambda: len(service.told) == 2)
        site.engine.metrics.broker(connected=True)
        await site.engine.submit(SITE, TroubleBegan(Reason.DISK_LOW))
        await until(lambda: len(service.told) == 3)
        await site.engine.submit(SITE, TroubleEnded(Reason.DISK_LOW))
        await until(lambda: len(service.told) == 4)
    said = [(told.path, told.body.decode()) for told in service.told]
    well, ill = (PATH, ""), "/4f2a/fail"
    assert said == [well, (ill, "broker_away"), (ill, "disk_low"), well]


async def test_a_start_that_has_no_broker_yet_rings_nobody_and_one_that_finds_none_does(
    site: Console, free_port: Callable[[], int]
) -> None:
    metrics = site.engine.metrics
    metrics.broker(connected=False)
    port, service = free_port(), LoopbackService(lambda _: OK)
    async with service.open(port):
        async with pinging(site, port):
            await site.engine.idle()
            await site.engine.idle()
            metrics.broker(connected=True)
            await until(lambda: len(service.told) == 1)
        metrics.broker(connected=False)
        metrics.started_ms -= BROKER_AWAY_MS
        async with pinging(site, port):
            await until(lambda: len(service.told) == 2)
    assert [(told.path, told.body) for told in service.told] == [
        (PATH, b""),
        ("/4f2a/fail", b"broker_away"),
    ]


async def test_a_ping_that_was_not_heard_comes_again_and_nobody_else_waits(
    site: Console, free_port: Callable[[], int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "menshen.ping")
    portal = Say(body="<html>Please sign in to this network</html>", content_type="text/html")
    inside = [Say(body=f"OK ({words})") for words in ("not found", "rate limited")]
    port, says = free_port(), [Say(status=500), Say(status=302), portal, *inside, OK]
    service = LoopbackService(lambda _: says.pop(0) if says else OK)
    async with pinging(site, port):
        await until(lambda: "cannot be reached" in caplog.text)
        unheard = check_machine.ping(felt(site))
        assert (unheard.mark, "cannot be reached" in unheard.text) == (Mark.FAIL, True)
        async with service.open(port):
            await until(lambda: "hears us again" in caplog.text)
    assert len(service.told) == 6
    assert check_machine.ping(felt(site)).mark is Mark.OK
    assert check_machine.ping(CheckResult("gateway", Mark.WARN, "none answers")).mark is Mark.WARN
    assert caplog.text.count("is tried again") == 1


async def test_an_engine_that_takes_nothing_over_any_more_is_not_well(site: Console) -> None:
    assert await wrongs(site.engine) == []
    site.engine.metrics.store_error = "disk full"
    site.engine.metrics.outbox = {"push": (1, site.clock.now_ms() - 301_000)}
    assert await wrongs(site.engine) == ["store_failing", "pages_wait"]
    site.engine.metrics.store_error, site.engine.metrics.outbox = None, {}

    async def never() -> None:
        await asyncio.Event().wait()

    site.engine.idle = never  # type: ignore[method-assign]
    assert await wrongs(site.engine, works_s=0.01) == ["engine_stands"]
