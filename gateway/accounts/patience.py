"""Patience against guessing: who tries many different secrets is slowed down, and nobody else.

Ten different wrong ones from one place make that place *slow*: for a while its tries are looked at
one every three seconds, in the order in which they came. The right one still passes when its turn
comes, so a guesser behind a shared address locks nobody out. One that is repeated, as a forgotten
tab does it, counts once. What is remembered is bounded.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from typing import Final

import msgspec

TRIES_MAX: Final = 10
SLOW_S: Final = 3.0  # between two looks at a slow place's tries
WAIT_MAX_S: Final = 12.0  # who would wait longer is told to come again
LOCKED_S: Final = 300  # without a new wrong try, a place is as any other again
PLACES_MAX: Final = 1_024


class _Tries(msgspec.Struct):
    """What came from one place: the wrong ones by digest, the latest of them, and when the next may
    be looked at."""

    wrong: dict[bytes, None]
    latest_s: float = 0.0
    next_s: float = 0.0


class Patience:
    """Remembers wrong tries by place: whatever the caller counts together.

    Args:
        tries_max: so many different wrong ones make a place slow.
        slow_s: then so long lies between two looks; SLOW_S if it is not said.
    """

    def __init__(self, tries_max: int = TRIES_MAX, slow_s: float | None = None) -> None:
        self._tries_max = tries_max
        self._slow_s = SLOW_S if slow_s is None else slow_s
        self._tries: OrderedDict[tuple[str, bytes], _Tries] = OrderedDict()

    def __len__(self) -> int:
        """How many places it remembers; PLACES_MAX at most."""
        return len(self._tries)

    def wait_s(self, place: tuple[str, bytes], secret: bytes, now_s: float) -> float | None:
        """How long this try waits for its turn, in seconds; None if it gets none.

        Who is told so has taken the turn. `secret` is the digest of what is tried; `now_s` only
        ever goes forward.
        """
        tries = self._tries.get(place)
        if tries is None or self._is_over(tries, now_s) or len(tries.wrong) < self._tries_max:
            return 0.0
        if secret in tries.wrong:
            return 0.0  # known to be wrong: nothing is learned from it
        wait_s = max(0.0, tries.next_s - now_s)
        if wait_s > WAIT_MAX_S:
            return None
        tries.next_s = now_s + wait_s + self._slow_s
        return wait_s

    def wrong(self, place: tuple[str, bytes], secret: bytes, now_s: float) -> None:
        """That one was wrong."""
        tries = self._tries.setdefault(place, _Tries({}))
        if self._is_over(tries, now_s):
            tries.wrong.clear()
        if secret not in tries.wrong:
            tries.latest_s = now_s
            tries.wrong[secret] = None
            if len(tries.wrong) > self._tries_max:
                del tries.wrong[next(iter(tries.wrong))]
        self._tries.move_to_end(place)
        if len(self._tries) > PLACES_MAX:
            self._tries.popitem(last=False)

    def _is_over(self, tries: _Tries, now_s: float) -> bool:
        return now_s - tries.latest_s > LOCKED_S


class KnownBrowsers:
    """Tokens for browsers that came in: each has tries of its own, whoever guesses beside it.

    Args:
        key: signs the tokens. A fresh one makes all older tokens unknown.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)

    def new_token(self, account: str = "") -> str:
        """For a browser that came in, by which account."""
        number = secrets.token_hex(8)
        return f"{number}.{self._signature(number, account)}"

    def knows(self, token: str | None, account: str = "") -> bool:
        """Whether that token was given, for this account."""
        number, _, signature = (token or "").partition(".")
        return hmac.compare_digest(signature.encode(), self._signature(number, account).encode())

    def _signature(self, number: str, account: str) -> str:
        text = f"{number}.{account}" if account else number
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def digest(text: bytes) -> bytes:
    """Of one length whatever came, so that a comparison tells nothing by its time."""
    return hashlib.sha256(text).digest()
