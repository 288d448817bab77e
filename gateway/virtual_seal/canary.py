"""The canary: a seal that opens every ten minutes, and the robot phone that must hear of it.

Both run here, far from the gateway's own process: the seal is the real firmware on a board of air
and goes through the broker like every other; the phone reads the console's inbox as a handheld
does, and signs for what it finds. A gateway that sees no signature tells people by another way.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from urllib.parse import quote

import aiohttp

from gateway.virtual_seal.firmware_path import find_sealnode

log = logging.getLogger("menshen.canary")

OPEN_FOR_S = 5.0
POLL_S_MAX = 0.2  # the seal is asked at least so often
POLL_EVERY_S = 2.0
ANSWER_S = 10.0

Say = Callable[[str], None]


class CanarySeal:
    """The real seal's code, from the settings file that `menshen enrol --seal` wrote."""

    def __init__(self, settings_file: Path, flash: Path) -> None:
        """OSError if the file cannot be read, ValueError with a sentence if it is not right."""
        find_sealnode()
        from gateway.virtual_seal.board import AirBoard
        from sealnode.seal import Seal
        from sealnode.settings import Settings, SettingsError

        fields = json.loads(settings_file.read_text()) | {"mains": True, "wifi": None}
        try:
            settings = Settings(fields, f"{settings_file.parent}/")
        except SettingsError as error:
            raise ValueError(str(error)) from error
        settings.ca_der()  # the seal reads it late; who starts it hears now that it is missing
        flash.mkdir(parents=True, exist_ok=True)  # not before: a wrong file leaves nothing behind
        self._board = AirBoard(f"{flash}/", Random())  # noqa: S311 - how a reed bounces
        self.seal_id = settings.seal_id
        self.seal = Seal(self._board, settings)

    async def live(self, every_s: float, say: Say) -> None:
        """Open for a moment every so often, until cancelled. The seal is asked all the time."""
        turns = self._turns(every_s, say)
        try:
            next_at, is_open = next(turns)
            while True:
                now = time.monotonic()
                if now >= next_at:
                    self._board.move(int(is_open))
                    next_at, is_open = next(turns)
                wait_ms = self.seal.poll(self._board.now_ms())
                await asyncio.sleep(min(wait_ms / 1000, POLL_S_MAX, max(0.0, next_at - now)))
        finally:
            self.seal.close()

    def _turns(self, every_s: float, say: Say):  # type: ignore[no-untyped-def]
        """(when, open or shut) for ever."""
        at = time.monotonic() + min(every_s, OPEN_FOR_S)
        while True:
            yield at, True
            waiting = self.seal.waiting
            say("opens" + (f"; {waiting} reports wait for the gateway" if waiting else ""))
            yield at + OPEN_FOR_S, False
            at += every_s


class RobotPhone:
    """Reads a warden's inbox over the network and signs for each page, as a handheld does."""

    def __init__(
        self, console: str, warden_id: str, password: str | None, token: str | None = None
    ) -> None:
        self._console, self._warden_id = console.rstrip("/"), warden_id
        # A token is for a site with accounts, which knows no password for all.
        self._auth = aiohttp.BasicAuth("menshen", password) if password and not token else None
        self._shown = {"Authorization": f"Bearer {token}"} if token else {}
        self._is_cut = False

    async def live(self, say: Say) -> None:
        """Read and sign until cancelled; a gateway that is away is told once."""
        timeout = aiohttp.ClientTimeout(total=ANSWER_S)
        async with aiohttp.ClientSession(
            auth=self._auth, headers=self._shown, timeout=timeout
        ) as session:
            while True:
                try:
                    for page in await self._unsigned(session):
                        await self._sign(session, page, say)
                    self._is_cut = False
                except (aiohttp.ClientError, TimeoutError) as error:
                    if not self._is_cut:
                        say(f"hears nothing from {self._console} ({error or type(error).__name__})")
                    self._is_cut = True
                await asyncio.sleep(POLL_EVERY_S)

    async def _unsigned(self, session: aiohttp.ClientSession) -> list[dict[str, object]]:
        url = f"{self._console}/api/v1/wardens/{self._warden_id}/unsigned"
        async with session.get(url) as answer:
            answer.raise_for_status()
            pages: list[dict[str, object]] = (await answer.json())["pages"]
            return pages

    async def _sign(
        self, session: aiohttp.ClientSession, page: dict[str, object], say: Say
    ) -> None:
        url = f"{self._console}/api/v1/pages/{page['page_id']}/received"
        headers = {"Menshen-Actor": quote(self._warden_id)}
        async with session.post(url, headers=headers) as answer:
            answer.raise_for_status()
        since_ms = page["since_ms"]
        assert isinstance(since_ms, int)  # noqa: S101 - our own API
        say(f"heard of it after {time.time() - since_ms / 1000:.1f} s, and signed")


async def run_canary(seal: CanarySeal, phone: RobotPhone, every_s: float, say: Say) -> None:
    """Both of them, until cancelled."""
    with contextlib.suppress(asyncio.CancelledError):
        async with asyncio.TaskGroup() as group:
            group.create_task(seal.live(every_s, lambda words: say(f"the canary {words}")))
            group.create_task(phone.live(lambda words: say(f"the phone {words}")))
