"""The guests of a hostile evening, in a process of their own: `python -m bench.attackers FILE`.

FILE says in JSON where broker and console are, whose names they misuse, and for how long. Each goes
on until then, whatever becomes of the others; what they managed is printed as JSON at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bench.load import Sealer, paced
from sealwire import topics
from tests.end_to_end.line import connect, open_line, publish
from tests.end_to_end.site import Enrolled

AT_ONCE = 200  # connections that are made at the same time
SLOW_READERS = 100
JUNK_A_SECOND = 100
REFUSED_A_SECOND = 1_667  # 10^5 a minute
STOLEN_A_SECOND = 500
CHUNK_S = 0.05
SEED = 20200310


class Plan:
    """What the file says."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.broker_port: int = said["broker_port"]
        self.console_port: int = said["console_port"]
        self.seconds: float = said["seconds"]
        self.idle: int = said["idle"]
        self.console_idle: int = said["console_idle"]
        self.seal_ids: list[str] = said["seal_ids"]
        self.stolen = Enrolled(said["stolen_id"], bytes.fromhex(said["stolen_key"]), "")
        self.ends: float = time.monotonic() + self.seconds
        self.counts: Counter[str] = Counter()

    def goes_on(self) -> bool:
        """Whether the evening is not over."""
        return time.monotonic() < self.ends


async def evening(plan: Plan) -> None:
    """All of them at once."""
    guests: list[Callable[[Plan], Awaitable[None]]] = [
        _idle_at_broker,
        _idle_at_console,
        _slow_readers,
        _junk,
        _refused_frames,
        _stolen_login,
    ]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(plan.seconds):
            await asyncio.gather(*(_stubborn(plan, guest) for guest in guests))


async def _stubborn(plan: Plan, guest: Callable[[Plan], Awaitable[None]]) -> None:
    """Begin again when it is thrown out."""
    while plan.goes_on():
        try:
            await guest(plan)
        except (OSError, EOFError, asyncio.IncompleteReadError):
            plan.counts[f"{guest.__name__} thrown out"] += 1
        await asyncio.sleep(0.5)


async def _idle_at_broker(plan: Plan) -> None:
    """Connections that say who they are and then nothing; half of them not even that."""
    await _hold(plan, plan.broker_port, plan.idle, "idle at the broker", connect)


async def _idle_at_console(plan: Plan) -> None:
    """Connections that never ask for anything."""
    await _hold(plan, plan.console_port, plan.console_idle, "idle at the console", None)


async def _hold(
    plan: Plan, port: int, count: int, name: str, hello: Callable[..., bytes] | None
) -> None:
    places = asyncio.Semaphore(AT_ONCE)
    open_ones: list[asyncio.StreamWriter] = []

    async def come(number: int) -> None:
        async with places:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(10):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                if hello is not None and number % 2:
                    writer.write(hello(f"idle-{number}", None))
                open_ones.append(writer)

    try:
        await asyncio.gather(*(come(number) for number in range(count)))
        plan.counts[name] = max(plan.counts[name], len(open_ones))
        while plan.goes_on():
            await asyncio.sleep(1)
    finally:
        for writer in open_ones:
            writer.transport.abort()


async def _slow_readers(plan: Plan) -> None:
    """Live pages that nobody reads, and requests that come a byte at a time."""

    async def one(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", plan.console_port)
        try:
            head = b"GET /stream?view=wallboard HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            if number % 2:
                writer.write(head + b"\r\n")
                while plan.goes_on():
                    await reader.readexactly(1)
                    plan.counts["bytes read slowly"] += 1
                    await asyncio.sleep(1)
            for byte in head * 1_000:
                if not plan.goes_on():
                    break
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(1)
        finally:
            writer.transport.abort()

    async def again(number: int) -> None:
        while plan.goes_on():
            with contextlib.suppress(OSError, EOFError, asyncio.IncompleteReadError):
                await one(number)
            plan.counts["slow readers thrown out"] += 1
            await asyncio.sleep(1)

    await asyncio.gather(*(again(number) for number in range(SLOW_READERS)))


async def _junk(plan: Plan) -> None:
    """Requests without sense, each on a connection of its own."""
    chance = random.Random(SEED)  # noqa: S311 - a story
    paths = (b"/", b"/doors", b"/api/v1/health", b"/phone/x", b"/health", b"/stream?view=wallboard")

    async def one() -> None:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(5):
                reader, writer = await asyncio.open_connection("127.0.0.1", plan.console_port)
                if chance.random() < 0.5:
                    writer.write(chance.randbytes(200) + b"\r\n\r\n")
                else:
                    writer.write(b"GET " + chance.choice(paths) + b" HTTP/1.0\r\n\r\n")
                await reader.read(65_536)
                writer.transport.abort()
                plan.counts["junk requests"] += 1

    waiting: set[asyncio.Task[None]] = set()
    while plan.goes_on():
        if len(waiting) < AT_ONCE:
            task = asyncio.create_task(one())
            waiting.add(task)
            task.add_done_callback(waiting.discard)
        await asyncio.sleep(1 / JUNK_A_SECOND)
    await asyncio.gather(*waiting)


async def _refused_frames(plan: Plan) -> None:
    """Frames under the names of honest seals, sealed with no key of theirs."""
    chance = random.Random(SEED)  # noqa: S311 - a story
    line = await open_line(plan.broker_port, lambda *_: None, client_id="forger")
    seven = b"\x10" + b"\x7f" * 6  # version and direction as they must be, far above every mark
    pool = [
        publish(topics.report(seal_id), seven + chance.randbytes(20), number)
        for number, seal_id in enumerate(plan.seal_ids * 4)
    ]
    try:
        await _pour(plan, line.write, pool, REFUSED_A_SECOND, "refused frames")
    finally:
        line.cut()


async def _stolen_login(plan: Plan) -> None:
    """A seal whose key and login were stolen: genuine heartbeats without end."""
    line = await open_line(plan.broker_port, lambda *_: None, client_id="thief")
    sealer = Sealer(plan.stolen)
    pool = [sealer.heartbeat() for _ in range(int(STOLEN_A_SECOND * plan.seconds) + 1)]
    try:
        await _pour(plan, line.write, pool, STOLEN_A_SECOND, "stolen reports")
    finally:
        line.cut()


async def _pour(
    plan: Plan, write: Callable[[bytes], None], pool: list[bytes], rate: int, name: str
) -> None:
    at_once = int(rate * CHUNK_S)
    sent = 0

    def send(_: int) -> None:
        nonlocal sent
        chosen = [pool[(sent + n) % len(pool)] for n in range(at_once)]
        write(b"".join(chosen))
        sent += at_once
        plan.counts[name] += at_once

    while plan.goes_on():
        await paced(1 / CHUNK_S, int(1 / CHUNK_S), send)


def main() -> None:
    """Read the plan, be a nuisance, and say what came of it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    plan = Plan(json.loads(Path(sys.argv[1]).read_text()))
    asyncio.run(evening(plan))
    print(json.dumps(plan.counts))


if __name__ == "__main__":
    main()
