"""A console that speaks HTTPS, with a site's own authority, and the far end of a handshake."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.provisioning.certificates import (
    CA_CRT,
    CONSOLE_CRT,
    CONSOLE_KEY,
    ensure_certificates,
    make_console_certificate,
)
from gateway.settings import Settings
from gateway.web import server
from tests.web.web_site import Console

NAME = "menshen.test"


def certified(folder: Path, names: Sequence[str] = (NAME,), now: datetime | None = None) -> Path:
    """Make or renew a console's certificate, under one authority for each folder; the authority's
    own file."""
    now = now or datetime.now(UTC)
    ensure_certificates(folder, [NAME], 1, now)
    make_console_certificate(folder, folder, names, now)
    return folder / CA_CRT


def sections(folder: Path, **more: Any) -> dict[str, Any]:
    """The settings of a console with that certificate."""
    pair = {"certificate": str(folder / CONSOLE_CRT), "key": str(folder / CONSOLE_KEY)}
    return {"site": {"language": "en"}, "console": pair | more}


@contextlib.asynccontextmanager
async def served_by(site: Console, settings: dict[str, Any]) -> AsyncIterator[tuple[str, int]]:
    """The console as its own process serves it, here; its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    stopped = asyncio.Event()
    serving = asyncio.ensure_future(
        server.serve(Settings(**settings), site.store, site.engine, listener, stopped)
    )
    try:
        yield address
    finally:
        stopped.set()
        await asyncio.wait_for(serving, 10)


def trusting(ca: Path) -> ssl.SSLContext:
    """What a phone has that trusts the site's authority, and nothing else."""
    return ssl.create_default_context(cafile=str(ca))


async def shown_at(address: tuple[str, int], context: ssl.SSLContext) -> ssl.SSLObject:
    """The far end of a handshake that was made, under the site's name."""
    _, writer = await asyncio.open_connection(*address, ssl=context, server_hostname=NAME)
    shown: ssl.SSLObject = writer.get_extra_info("ssl_object")
    writer.transport.abort()
    return shown


async def said_to(address: tuple[str, int], head: bytes) -> bytes:
    """What plain HTTP is answered."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(head)
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    return answer
