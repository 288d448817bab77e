"""The whole gateway under load, with a clock that lies and a process that is stopped: every opening
is told, and dated as it was."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.core.evidence import Ended
from gateway.store import tables
from tests import neighbours, waiting
from tests.end_to_end import site as sites
from tests.end_to_end.false_clock import DAY_NS, FalseClock, NoCompilerError
from tests.end_to_end.fleet import Fleet
from tests.end_to_end.receiver import Receiver
from tests.end_to_end.site import Site

DOORS, REPORTS_PER_S = 200, 50
SETTLE_S = 60.0  # a quiet machine needs three


@pytest.fixture
def clock(tmp_path: Path) -> FalseClock:
    """One that tells the truth so far."""
    try:
        return FalseClock(tmp_path)
    except NoCompilerError:
        pytest.skip("no gcc here: the clock of a whole process cannot be made to lie")


@asynccontextmanager
async def under_load(
    folder: Path,
    port: int,
    keep: Callable[[neighbours.Neighbour], None],
    environment: dict[str, str],
) -> AsyncIterator[tuple[Site, neighbours.Neighbour, Fleet, Receiver]]:
    """A site whose doors open and shut as long as the block runs; then all is settled."""
    chance, receiver = random.Random(9), Receiver()  # noqa: S311 - a story
    await receiver.start()
    site = sites.found(
        folder / "site",
        chance,
        doors=DOORS,
        ordered=DOORS,
        broker_port=port,
        webhook=receiver.url,
    )
    gateway = sites.gateway(site, **environment)
    fleet = Fleet(site.seals, port, chance)
    keep(gateway)
    try:
        await waiting.until(site.is_enrolled, SETTLE_S)
        await fleet.start()
        end = asyncio.Event()
        living = asyncio.create_task(fleet.live(REPORTS_PER_S, end))
        await waiting.until(lambda: fleet.receipts > 20, SETTLE_S)
        try:
            yield site, gateway, fleet, receiver
        finally:
            end.set()
            await living
        await waiting.until(lambda: not fleet.waiting(), SETTLE_S)
    finally:
        await fleet.stop()
        await receiver.stop()


def told(receiver: Receiver, site: Site) -> set[str]:
    """The pages that came, by the ids that the house has for them; and those for which a newer page
    of the same door came, for it opened again before they went out."""
    known, c = site.page_ids(), tables.outbox.c
    came = {known.get(str(page["page_id"]), "") for _, page in receiver.pages()}
    store = site.store()
    with store.reading() as connection:
        over = connection.execute(select(c.page_id).where(c.ended == Ended.OVERTAKEN)).scalars()
        came |= set(over)
    store.close()
    return came


async def test_b1_thirty_days_ahead_for_two_seconds_and_every_opening_is_told(
    tmp_path: Path,
    clock: FalseClock,
    mosquitto: Callable[[], neighbours.Broker],
    keep: Callable[[neighbours.Neighbour], None],
) -> None:
    """The clock of the machine jumps, and jumps back; the gateway dies, and starts again."""
    broker = mosquitto()
    async with under_load(tmp_path, broker.port, keep, clock.environment()) as (
        site,
        gateway,
        fleet,
        receiver,
    ):
        for begins in (lambda: None, gateway.kill):
            begins()
            clock.says(30 * DAY_NS)
            if not gateway.alive:
                await asyncio.to_thread(gateway.start)
            before = fleet.receipts
            await waiting.until(lambda: fleet.receipts > before + 2 * REPORTS_PER_S, SETTLE_S)  # noqa: B023
            clock.says(0)
            before = fleet.receipts
            await waiting.until(lambda: fleet.receipts > before + 2 * REPORTS_PER_S, SETTLE_S)  # noqa: B023
        openings = {edge.opening_id for edge in fleet.told} - {None}
        await waiting.until(lambda: openings <= told(receiver, site), SETTLE_S)


async def test_i3_a_gateway_that_is_stopped_for_a_while_dates_no_opening_wrongly(
    tmp_path: Path,
    mosquitto: Callable[[], neighbours.Broker],
    keep: Callable[[neighbours.Neighbour], None],
) -> None:
    """SIGSTOP, while doors open: each opening lies in the interval that is stored for it."""
    broker = mosquitto()
    async with under_load(tmp_path, broker.port, keep, {}) as (site, gateway, fleet, _):
        os.kill(gateway.pid, signal.SIGSTOP)
        stopped = time.monotonic()
        await waiting.until(lambda: time.monotonic() - stopped > 4.0, SETTLE_S)
        os.kill(gateway.pid, signal.SIGCONT)
        before = fleet.receipts
        await waiting.until(lambda: fleet.receipts > before + 4 * REPORTS_PER_S, SETTLE_S)
    true_ms = {
        edge.opening_id: (edge.edge_s - time.monotonic() + time.time()) * 1000
        for edge in fleet.told
        if edge.opening_id
    }
    store, c = site.store(), tables.openings.c
    with store.reading() as connection:
        rows = connection.execute(select(c.opening_id, c.opened_ms, c.latest_ms)).all()
    store.close()
    wrong = [
        (opening_id, opened_ms - true_ms[opening_id], latest_ms - true_ms[opening_id])
        for opening_id, opened_ms, latest_ms in rows
        if not opened_ms - 1_000 <= true_ms[opening_id] <= latest_ms + 1_000
    ]
    narrow = sum(latest_ms - opened_ms < 1_000 for _, opened_ms, latest_ms in rows)
    print(f"{len(rows)} openings, {len(wrong)} dated wrongly, {narrow} to the second")
    assert not wrong, wrong[:5]
    assert narrow > 10, "and not because all are wide"
