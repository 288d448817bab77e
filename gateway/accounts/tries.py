"""Whose tries they are, whatever is tried: a password, a passkey, a provider's word.

Tries are counted by account and address, and by account alone from all addresses that are not
known: so many guess from everywhere that the account is slowed for strangers. A browser that came
in before has a token of its own, by which its tries are its own; so has a session that is signed
in. Whoever guesses locks no known phone or desk out.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from gateway.accounts.patience import KnownBrowsers, Patience, digest
from gateway.accounts.persons import Account

ANYWHERE: Final = "anywhere"  # the place of all addresses that are not known
ANYWHERE_MAX: Final = 50  # different wrong ones from all of them together


class Try(NamedTuple):
    """One try.

    Args:
        name: of the account, folded; empty where nobody is known.
        tried: the digest of what is tried.
        known: by what the browser is known, if it truly is.
        source: the address whose tries are counted together.
    """

    name: str
    tried: bytes
    known: str | None
    source: str


class Tries:
    """Counts them.

    Args:
        key: signs the tokens of known browsers.
        steady_s: A clock that only ever goes forward.
    """

    def __init__(self, key: bytes, steady_s: Callable[[], float] = time.monotonic) -> None:
        self._steady_s = steady_s
        self._patience, self._anywhere = Patience(), Patience(ANYWHERE_MAX)
        self._browsers = KnownBrowsers(key)

    def made(self, name: str, secret: bytes, known: str | None, source: str) -> Try:
        """One try, whose browser's token is believed only if this account came in by it."""
        is_known = self._browsers.knows(known, name)
        return Try(name, digest(secret), known if is_known else None, source)

    def of_session(self, name: str, secret: bytes, session_id: str) -> Try:
        """One of somebody who is signed in: a session's tries are its own."""
        return Try(name, digest(secret), f"session {session_id}", "")

    def own(self, known: str | None, account: Account) -> bytes:
        """By what a browser that this account came in by is told from others; empty for others."""
        return known.encode() if known and self._browsers.knows(known, account.name) else b""

    def new_known(self, name: str) -> str:
        """A token for a browser that came in by this account."""
        return self._browsers.new_token(name)

    async def turn(self, one: Try) -> bool:
        """Wait for the turn of this try; whether it gets one."""
        now_s = self._steady_s()
        waits = [patience.wait_s(place, one.tried, now_s) for patience, place in self._places(one)]
        given = [wait_s for wait_s in waits if wait_s is not None]
        if len(given) < len(waits):
            return False
        await asyncio.sleep(max(given))
        return True

    def wrong(self, one: Try) -> None:
        """That one was wrong."""
        now_s = self._steady_s()
        for patience, place in self._places(one):
            patience.wrong(place, one.tried, now_s)

    def _places(self, one: Try) -> list[tuple[Patience, tuple[str, bytes]]]:
        account = digest(one.name.encode())
        if one.known is not None:
            return [(self._patience, (f"known {one.known}", account))]
        if not one.name:  # nobody's in particular: strangers elsewhere have nothing to do with it
            return [(self._patience, (one.source, account))]
        return [(self._patience, (one.source, account)), (self._anywhere, (ANYWHERE, account))]
