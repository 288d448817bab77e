"""A line as a phone has it in a stairwell: so long for each way, so many bytes a second.

A proxy on loopback that knows nothing of what it carries. The browser's own throttling would leave
out its worker, and the turns that a handshake takes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

ONE_WAY_S = 0.2  # thus 400 ms for a turn
BYTES_PER_S = 50_000  # 400 kbit/s, each way, for all connections together
_PART = 1_448  # a packet


class SlowLine:
    """A listening proxy; `port` is where, `down_bytes` what came down so far."""

    def __init__(self, host: str, port: int) -> None:
        self._far = host, port
        self._free_s = {"up": 0.0, "down": 0.0}  # when each way is free again
        self._tasks: set[asyncio.Task[None]] = set()
        self.port, self.down_bytes = 0, 0

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[SlowLine]:
        """Carry, until the end of the block."""
        server = await asyncio.start_server(self._took, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _took(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2 * ONE_WAY_S)  # for the connection itself
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._far)
        except OSError:
            writer.transport.abort()
            return
        for way, source, sink in (("up", reader, far_writer), ("down", far_reader, writer)):
            task = asyncio.ensure_future(self._carry(way, source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(
        self, way: str, source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        """Take what comes at once, and hand it on when its time has come."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def hand_on() -> None:
            while True:
                due_s, part = await queue.get()
                await asyncio.sleep(max(0.0, due_s - loop.time()))
                if not part:
                    sink.close()
                    return
                sink.write(part)

        handing = asyncio.ensure_future(hand_on())
        try:
            while part := await source.read(_PART):
                began_s = max(loop.time(), self._free_s[way])
                self._free_s[way] = began_s + len(part) / BYTES_PER_S
                self.down_bytes += len(part) * (way == "down")
                queue.put_nowait((self._free_s[way] + ONE_WAY_S, part))
            queue.put_nowait((loop.time() + ONE_WAY_S, b""))
            await handing
        except OSError:
            sink.transport.abort()
        finally:
            handing.cancel()
