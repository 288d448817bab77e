"""F9: a provider is down, says 429, hangs, hangs up, takes a page and drops it, answers 200 with an
error inside, or knows the address no more.

Real HTTP on loopback. The person's second channel must have the page within 30 s of the opening,
and the next person within 120 s: by the gateway's clock, which is moved by hand.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator

from sqlalchemy import insert

from bench.faults.trial import Trial
from gateway.store import tables
from gateway.store.database import Store
from tests import neighbours
from tests.engine.small_site import new_store
from tests.manual_clock import ManualClock
from tests.notify.at_work import gateway, opens, site_of
from tests.notify.loopback_service import LoopbackService, Say
from tests.waiting import until

SECOND_S, NEXT_S = 30, 120  # rules.second_ms, rules.deputy_ms
STEP_S = 5
WAIT_S = 20.0
ANSWERS: dict[str, Say] = {
    "429": Say(429, "slowly", headers={"Retry-After": "600"}),
    "down for maintenance": Say(503, "busy"),
    "takes it and drops it": Say(200, "{}"),
    "200 with an error inside": Say(200, json.dumps({"errcode": 45009, "errmsg": "no"})),
    "a portal's page": Say(200, "<!DOCTYPE html><html></html>", "text/html"),
    "revoked": Say(401, json.dumps({"error": "token revoked"})),
    "gone": Say(410, ""),
}
FAULTS = ("no server", "hangs up", "hangs", *ANSWERS)


async def deaf_providers(trial: Trial) -> None:
    """F9."""
    template = new_store(trial.folder)
    template.close()
    for number in range(trial.n):
        what = FAULTS[number % len(FAULTS)]
        path = trial.folder / f"{number}.db"
        shutil.copy(template.path, path)
        store = Store.open(path)
        async with _first(what) as first:
            await _one(trial, store, what, first)
        store.close()
        trial.injections += 1


@contextlib.asynccontextmanager
async def _first(what: str) -> AsyncIterator[str]:
    """The address of the provider that fails so."""
    port = neighbours.unused_port()
    if what == "no server":
        yield f"http://127.0.0.1:{port}/first"
    elif what in ("hangs up", "hangs"):

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while what == "hangs" and await reader.read(65_536):
                    pass  # until the one who asked has gone
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", port):
            yield f"http://127.0.0.1:{port}/first"
    else:
        async with LoopbackService(ANSWERS[what]).open(port) as url:
            yield f"{url}/first"


def _deputy(store: Store, channel: str) -> None:
    """The person who is told next."""
    row = {"warden_id": "li", "name": "Li", "grid_id": "g", "role": "deputy"}
    with store.writing() as connection:
        connection.execute(insert(tables.wardens), row | {"channels": json.dumps([channel])})


async def _one(trial: Trial, store: Store, what: str, first: str) -> None:
    clock, service = ManualClock(), LoopbackService()
    async with service.open(neighbours.unused_port()) as url:
        (seal,) = site_of(store, 1, f"webhook:{first}", f"webhook:{url}/second")
        _deputy(store, f"webhook:{url}/next")
        async with gateway(store, clock=clock) as engine:
            opens(engine, seal)
            await engine.idle()
            began_ms = clock.now_ms()

            async def told(path: str, within_s: int) -> float | None:
                while clock.now_ms() - began_ms < within_s * 1_000 and not _pages(service, path):
                    clock.advance(STEP_S * 1_000)
                    await engine.idle()
                with contextlib.suppress(TimeoutError):
                    await until(lambda: _pages(service, path), WAIT_S)
                    return (clock.now_ms() - began_ms) / 1_000
                return None

            second_s = await told("/second", SECOND_S)
            next_s = await told("/next", NEXT_S)
            _judge(trial, what, service, second_s, next_s)


def _judge(
    trial: Trial,
    what: str,
    service: LoopbackService,
    second_s: float | None,
    next_s: float | None,
) -> None:
    if second_s is None:
        trial.lost.append(f"{what}: the second channel has nothing after {SECOND_S} s")
    if next_s is None:
        trial.lost.append(f"{what}: the next person has nothing after {NEXT_S} s")
    trial.times_s += [one for one in (second_s, next_s) if one is not None]
    for path in ("/second", "/next"):
        pages = _pages(service, path)
        if len(pages) > 1:
            trial.doubled.append(f"{what}: {path} got {len(pages)} pages of one opening")


def _pages(service: LoopbackService, path: str) -> list[str]:
    """The pages about the opening; that a channel fails is told by others."""
    bodies = [json.loads(told.body) for told in service.at(path)]
    return [str(body["page_id"]) for body in bodies if body["reason"] == "no_permit"]
