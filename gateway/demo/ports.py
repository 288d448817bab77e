"""Ports on loopback: free ones, and waiting until somebody listens."""

import asyncio
import socket
from collections.abc import Callable

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """So many ports that nobody listens on, all different."""
    probes = [socket.create_server((LOOPBACK, 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def listen(port: int) -> socket.socket:
    """A listening socket at this port, 0 for any. OSError if it is taken."""
    listener = socket.create_server((LOOPBACK, port))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as gateway/cli/listening.py
    return listener


async def answers(port: int, is_alive: Callable[[], bool], within_s: float) -> bool:
    """Wait until somebody listens at the port; False if nobody does in time or it died."""
    try:
        async with asyncio.timeout(within_s):
            while is_alive():
                try:
                    _, writer = await asyncio.open_connection(LOOPBACK, port)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    return True
    except TimeoutError:
        pass
    return False
