"""The whole of a ring in a real browser, from its own subscription on: Firefox takes a push service
of ours, so nothing between the door and the receipt is handed over by a test."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.accounts import tables as accounts
from gateway.channels.push import PUSH
from gateway.core.evidence import Evidence
from gateway.engine.clock import MachineClock
from gateway.store import tables
from tests.channels.firefox_push_service import FirefoxPushService
from tests.engine.small_site import rows
from tests.waiting import until
from tests.web.firefox import Firefox, firefox
from tests.web.ringing_site import ringing_site
from tests.web.signed_in import Site
from tests.web.test_in_a_browser import served
from tests.web.test_sign_in_browser import invited

WAIT_S = 60.0
RINGS = """(async () => {
  const worker = await navigator.serviceWorker.ready;
  return Boolean(await worker.pushManager.getSubscription());
})()"""
SHOWN = """(async () => {
  const worker = await navigator.serviceWorker.ready;
  return (await worker.getNotifications()).map(({ body }) => body);
})()"""


@pytest.fixture
async def service(free_port: Callable[[], int]) -> AsyncIterator[FirefoxPushService]:
    port = free_port()
    made = FirefoxPushService(f"http://127.0.0.1:{port}")
    async with made.open(port):
        yield made


async def _is_received(site: Site, count: int) -> bool:
    await site.engine.idle()
    rung = [row for row in rows(site.store, tables.outbox) if row["channel"] == PUSH.name]
    return [row["evidence"] for row in rung] == [Evidence.RECEIVED] * count


def known(site: Site) -> set[str]:
    """Where the gateway would ring phones, by the last part of each address."""
    with site.accounts.reading() as connection:
        found = connection.execute(select(accounts.subscriptions.c.endpoint)).scalars()
        return {endpoint.rpartition("/")[2] for endpoint in found}


async def _lets_it_ring(browser: Firefox, site: Site, here: str) -> None:
    """By her invitation, and the app's own button."""
    await browser.goto(f"{here}/invitation/{invited(site, 'wang')}")
    await browser.evaluate("document.querySelector('main form button').click()")

    async def is_in() -> bool:
        return bool(await browser.evaluate("location.pathname === '/handheld/wang'"))

    await until(is_in, wait_s=WAIT_S)
    await browser.evaluate("document.querySelector('#phone').open = true")
    await browser.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await browser.evaluate("document.querySelector('#let-it-ring button').click()")
    await until(lambda: browser.evaluate(RINGS), wait_s=WAIT_S)


async def test_a_page_rings_firefox_and_a_lost_subscription_is_made_anew(
    firefox_program: str,
    free_port: Callable[[], int],
    service: FirefoxPushService,
    tmp_path: Path,
) -> None:
    port, push_port = free_port(), int(service.origin.rpartition(":")[2])
    here = f"http://127.0.0.1:{port}"
    async with (
        ringing_site(tmp_path, service, clock=MachineClock(0)) as site,
        served(site.console, port),
        firefox(firefox_program, tmp_path / "firefox", push_port) as browser,
    ):
        await _lets_it_ring(browser, site, here)
        await site.console.seal(0)
        await site.console.opens(0)
        await until(lambda: _is_received(site, 1), wait_s=WAIT_S)

        async def says_why() -> bool:
            return any("nobody had announced it" in one for one in await browser.evaluate(SHOWN))

        await until(says_why, wait_s=WAIT_S)
        assert service.taken == 1

        await service.forget()

        async def has_another() -> bool:  # and the gateway knows it
            return bool(service.channels) and known(site) == set(service.channels)

        await until(has_another, wait_s=WAIT_S)  # the worker asked again, and nobody pressed
        await site.console.seal(1)
        await site.console.opens(1)
        await until(lambda: _is_received(site, 2), wait_s=WAIT_S)
        assert service.taken == 2
