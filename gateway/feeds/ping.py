"""Tells a service that calls people when it hears nothing that all is well, while all truly is.

A dead gateway says nothing, so that somebody who is told of silence is told of its death. What is
not well is said as soon as it is seen, at the same address with `/fail` behind it, with the names
of what is wrong and nothing else. That the engine works is proved anew each time, by its own work.
A gateway that has just begun has no broker yet: of that alone nothing is said for a while.

Source: the pinging API of Healthchecks, which services like it share: a POST to the check's address
is a success, to `/fail` behind it a failure; 200 means that it was heard, but for "OK (not found)"
and "OK (rate limited)". A page for a browser is somebody's who stands in between.
"""

import asyncio
import logging
from typing import Final

from gateway.channels.channel import DeliveryError
from gateway.channels.http_answer import Answer
from gateway.channels.http_client import HttpClient, Request, UnreachableError
from gateway.channels.verdict import WORDS_MAX, need_no_page
from gateway.core.duration import MINUTE_MS
from gateway.engine.clock_states import ClockState
from gateway.engine.engine import Engine
from gateway.engine.self_watch import BROKER_AWAY_MS
from gateway.settings.looked_after import Ping
from gateway.settings.web_address import WebAddress, web_address

log = logging.getLogger("menshen.ping")

LOOK_EVERY_S: Final = 5.0  # something that is not well is said so soon
WORKS_S: Final = 20.0  # so long the engine may take over what it has in hand
OUTBOX_LATE_MS: Final = 5 * MINUTE_MS
HEARD: Final = 200
NOT_HEARD: Final = (b"not found", b"rate limited")  # inside an answer of 200
FAIL: Final = "/fail"
BROKER_AWAY: Final = "broker_away"


async def wrongs(engine: Engine, works_s: float = WORKS_S) -> list[str]:
    """What is not well, by name; nothing where all is.

    Args:
        engine: the gateway's.
        works_s: how long it may take until everything is done that it has in hand.
    """
    found = []
    commits = engine.health().commits
    try:
        async with asyncio.timeout(works_s):
            await engine.idle()
    except TimeoutError:
        if engine.health().commits == commits:
            found.append("engine_stands")
    health = engine.health()
    oldest_ms = health.outbox_oldest_ms
    for name, is_so in (
        ("store_failing", not health.store_ok),
        (BROKER_AWAY, not health.broker_connected),
        ("clock_doubted", health.clock is not ClockState.SURE or health.clock_told),
        ("pages_wait", oldest_ms is not None and health.at_ms - oldest_ms > OUTBOX_LATE_MS),
    ):
        if is_so:
            found.append(name)
    troubles = engine.state.troubles.troubles
    found += sorted({trouble.reason for trouble in troubles if not trouble.is_over} - {*found})
    return found


class Pinger:
    """Pings until cancelled.

    Args:
        ping: where, and how often. Its url is not empty.
        engine: the gateway's.
        look_s: how often it is looked whether all is well.
        works_s: as of `wrongs`.
    """

    def __init__(
        self,
        ping: Ping,
        engine: Engine,
        look_s: float = LOOK_EVERY_S,
        works_s: float = WORKS_S,
    ) -> None:
        self._every_s, self._look_s, self._works_s = float(ping.every_s), look_s, works_s
        well = web_address(ping.url)
        path, mark, query = well.path.partition("?")
        self._well = well
        self._ill = well._replace(path=path.rstrip("/") + FAIL + mark + query)
        self._engine, self._client = engine, HttpClient()
        self._is_deaf = False

    async def run(self) -> None:
        """Look, and say it; until cancelled."""
        clock, told, told_s = asyncio.get_running_loop().time, None, float("-inf")
        try:
            while True:
                found = await wrongs(self._engine, self._works_s)
                if told_s < 0 and found == [BROKER_AWAY] and self._has_just_begun():
                    await asyncio.sleep(self._look_s)
                    continue
                if found != told or clock() - told_s >= self._every_s:
                    is_heard = await self._say(found)
                    told, told_s = (found if is_heard else None), clock()
                await asyncio.sleep(self._look_s)
        finally:
            await self._client.close()

    def _has_just_begun(self) -> bool:
        health = self._engine.health()
        return health.at_ms - health.started_ms < BROKER_AWAY_MS

    async def _say(self, found: list[str]) -> bool:
        """Whether it was heard."""
        target: WebAddress = self._ill if found else self._well
        body = " ".join(found).encode()
        try:
            answer = await self._client.post(Request(target, body, {"Content-Type": "text/plain"}))
            wrong = _unheard(answer, target.host)
        except UnreachableError as error:
            wrong = f"cannot be reached ({error})"
        if wrong and not self._is_deaf:
            log.warning("ping: %s %s; it is tried again", target.host, wrong)
        elif not wrong and self._is_deaf:
            log.info("ping: %s hears us again", target.host)
        self._is_deaf = bool(wrong)
        self._engine.metrics.ping_unheard = f"{target.host} {wrong}" if wrong else ""
        return not wrong


def _unheard(answer: Answer, host: str) -> str:
    """Why nobody has heard it, for the log; empty if it was heard."""
    if answer.status != HEARD:
        return f"answers {answer.status}"
    said = answer.body[:WORDS_MAX].lower()
    if inside := next((one for one in NOT_HEARD if one in said), None):
        return f"answers {HEARD}, and inside it: {inside.decode()}"
    try:
        need_no_page(answer, host)
    except DeliveryError as page:
        return str(page).removeprefix(f"{host} ")
    return ""
