"""Firefox without a window, driven by WebDriver BiDi, whose push service is one of ours."""

import asyncio
import contextlib
import itertools
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

from tests import neighbours, waiting

START_S = 60.0
ANSWER_S = 60.0
PREFS = {
    "dom.push.testing.allowInsecureServerURL": True,
    "remote.prefs.recommended": False,  # else it switches the line to the push service off
    "permissions.default.desktop-notification": 1,
    "alerts.useSystemBackend": False,  # there is none without a desktop
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "app.update.enabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "intl.accept_languages": "en",
}


class Firefox:
    """One tab of it."""

    def __init__(self, line: aiohttp.ClientWebSocketResponse) -> None:
        self._line, self._numbers, self._tab = line, itertools.count(1), ""

    async def begin(self) -> None:
        """A session, and its first tab."""
        await self._asks("session.new", {"capabilities": {}})
        tree = await self._asks("browsingContext.getTree", {})
        self._tab = tree["contexts"][0]["context"]

    async def goto(self, url: str) -> None:
        """Open an address, and wait until it is loaded."""
        where = {"context": self._tab, "url": url, "wait": "complete"}
        await self._asks("browsingContext.navigate", where)

    async def evaluate(self, script: str) -> Any:
        """What an expression gives, as JSON has it; a promise is waited for."""
        said = await self._asks(
            "script.evaluate",
            {
                "expression": f"Promise.resolve({script}).then((it) => JSON.stringify(it ?? null))",
                "target": {"context": self._tab},
                "awaitPromise": True,
            },
        )
        assert said["type"] == "success", said
        return json.loads(said["result"]["value"])

    async def _asks(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        number = next(self._numbers)
        await self._line.send_json({"id": number, "method": method, "params": params})
        async with asyncio.timeout(ANSWER_S):
            while True:
                said = await self._line.receive_json()
                if said.get("id") == number:
                    assert said["type"] == "success", said
                    result: dict[str, Any] = said["result"]
                    return result


@contextlib.asynccontextmanager
async def firefox(program: str, folder: Path, push_port: int) -> AsyncIterator[Firefox]:
    """A browser with a profile of its own, ended at the end of the block."""
    folder.mkdir()
    prefs = PREFS | {"dom.push.serverURL": f"ws://127.0.0.1:{push_port}/"}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(is_)});" for name, is_ in prefs.items()]
    (folder / "user.js").write_text("\n".join(lines) + "\n")
    port = neighbours.unused_port()
    process = await asyncio.create_subprocess_exec(
        *(program, "--headless", "--no-remote", "--profile", str(folder)),
        *("--remote-debugging-port", str(port), "about:blank"),
        env=os.environ | {"HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with aiohttp.ClientSession() as session, await _line(session, port) as line:
            browser = Firefox(line)
            await browser.begin()
            yield browser
    finally:
        process.terminate()
        await process.wait()


async def _line(session: aiohttp.ClientSession, port: int) -> aiohttp.ClientWebSocketResponse:
    """Its line, as soon as it listens."""
    lines: list[aiohttp.ClientWebSocketResponse] = []

    async def listens() -> bool:
        with contextlib.suppress(aiohttp.ClientError):
            lines.append(await session.ws_connect(f"ws://127.0.0.1:{port}/session"))
        return bool(lines)

    await waiting.until(listens, wait_s=START_S)
    return lines[0]
