"""Patience against who guesses codes, by address and for the whole site.

Ten different wrong codes from one address make it slow (`accounts.patience`): its tries are looked
at one every three seconds, in their order, so that the right one still opens when its turn comes. A
thousand from all addresses together, and one wrong code is enough for that: whoever guesses from
everywhere gets a look each, and a household that never typed a wrong code notices nothing. A
browser that came in before has a token, by which its tries are its own.

What has a slip in it (its check digit is wrong) was no guess: it is not looked up, and not counted.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from gateway.accounts.patience import LOCKED_S, KnownBrowsers, Patience, digest

SITE_TRIES_MAX: Final = 1_000  # wrong codes from everywhere within LOCKED_S
_OF_CODES: Final = b"resident"


class Try(NamedTuple):
    """One code that was typed: its digest, and by what its tries are counted together."""

    tried: bytes
    place: tuple[str, bytes]


class CodeTries:
    """Counts them.

    Args:
        steady_s: A clock that only ever goes forward.
    """

    def __init__(self, steady_s: Callable[[], float] = time.monotonic) -> None:
        self._steady_s = steady_s
        self._patience, self._besieged = Patience(), Patience(1)
        self._browsers = KnownBrowsers()
        self._wrong: deque[float] = deque(maxlen=SITE_TRIES_MAX)  # when

    def made(self, code: str, known: str | None, source: str) -> Try:
        """One try. `known`: what the browser is known by, believed if we gave it."""
        place = f"known {known}" if self._browsers.knows(known) else source
        return Try(digest(code.encode()), (place, _OF_CODES))

    def new_known(self) -> str:
        """For a browser that came in; it names no household."""
        return self._browsers.new_token()

    async def turn(self, one: Try) -> bool:
        """Wait for the turn of this try; whether it gets one."""
        now_s = self._steady_s()
        wait_s = self.of_now().wait_s(one.place, one.tried, now_s)
        if wait_s is None:
            return False
        await asyncio.sleep(wait_s)
        return True

    def wrong(self, one: Try) -> None:
        """That one was wrong."""
        now_s = self._steady_s()
        self._wrong.append(now_s)
        for patience in (self._patience, self._besieged):
            patience.wrong(one.place, one.tried, now_s)

    def is_besieged(self) -> bool:
        """Whether somebody guesses from everywhere."""
        is_many = len(self._wrong) == SITE_TRIES_MAX
        return is_many and self._steady_s() - self._wrong[0] <= LOCKED_S

    def of_now(self) -> Patience:
        """By which patience tries are looked at now."""
        return self._besieged if self.is_besieged() else self._patience
