"""Who may come in: HTTP Basic with the site's password, and patience against guessing.

Ten different wrong passwords from one address for one account make it *slow*: for a while its
tries are looked at one every three seconds, in the order in which they came. The right one still
passes when its turn comes, so a guesser behind a shared address locks nobody out; and a browser
that was in before carries a token (`TOKEN`), by which its tries are looked at at once. A wrong
password that is repeated, as a forgotten tab does it, counts once. What is remembered is bounded.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections import OrderedDict
from enum import Enum, auto
from typing import Final

import msgspec

USER: Final = "menshen"
TOKEN: Final = "menshen_known"  # noqa: S105 - a cookie's name
TOKEN_S: Final = 30 * 24 * 3_600
TRIES_MAX: Final = 10
SLOW_S: Final = 3.0  # between two looks at a slow address's tries
WAIT_MAX_S: Final = 12.0  # who would wait longer is told to come again
LOCKED_S: Final = 300  # without a new wrong try, an address is as any other again
SOURCES_MAX: Final = 1_024
HEADER_MAX: Final = 1_024


class Answer(Enum):
    """What the gate says."""

    IN = auto()
    ASK = auto()  # no credentials came: ask for them
    WRONG = auto()
    LOCKED = auto()  # too many wait already; these were not looked at


class _Tries(msgspec.Struct):
    """What came from one source for one account: the wrong ones by digest, the latest of them, and
    when the next may be looked at."""

    wrong: dict[bytes, None]
    latest_s: float = 0.0
    next_s: float = 0.0


class PasswordGate:
    """Remembers wrong tries by source and account."""

    def __init__(self, password: str) -> None:
        self._expected = _digest(f"{USER}:{password}".encode())
        self._key = secrets.token_bytes(32)  # signs the tokens of this run
        self._tries: OrderedDict[tuple[str, bytes], _Tries] = OrderedDict()

    @property
    def remembered(self) -> int:
        """How many sources it remembers; SOURCES_MAX at most."""
        return len(self._tries)

    def wait_s(
        self, authorization: str | None, token: str | None, source: str, now_s: float
    ) -> float | None:
        """How long these credentials wait for their turn, in seconds; None if they get none.

        Who is told so has taken the turn, and asks for the `answer` after that time.

        Args:
            authorization: the header, as it came.
            token: what an earlier `new_token` gave, if the browser says one.
            source: whose tries are counted together.
            now_s: it only ever goes forward.
        """
        if authorization is None:
            return 0.0
        credentials = _credentials(authorization)
        place = self._place(credentials, token, source)
        tries = self._tries.get(place)
        if tries is None or now_s - tries.latest_s > LOCKED_S or len(tries.wrong) < TRIES_MAX:
            return 0.0
        if _digest(credentials) in tries.wrong:
            return 0.0  # known to be wrong: nothing is learned from it
        wait_s = max(0.0, tries.next_s - now_s)
        if wait_s > WAIT_MAX_S:
            return None
        tries.next_s = now_s + wait_s + SLOW_S
        return wait_s

    def answer(
        self, authorization: str | None, token: str | None, source: str, now_s: float
    ) -> Answer:
        """Whether this request may pass, now that its turn has come. As `wait_s`."""
        if authorization is None:
            return Answer.ASK
        credentials = _credentials(authorization)
        digest = _digest(credentials)
        place = self._place(credentials, token, source)
        if hmac.compare_digest(digest, self._expected):
            return Answer.IN
        tries = self._tries.setdefault(place, _Tries({}))
        if now_s - tries.latest_s > LOCKED_S:
            tries.wrong.clear()
        if digest not in tries.wrong:
            tries.latest_s = now_s
            tries.wrong[digest] = None
            if len(tries.wrong) > TRIES_MAX:
                del tries.wrong[next(iter(tries.wrong))]
        self._tries.move_to_end(place)
        if len(self._tries) > SOURCES_MAX:
            self._tries.popitem(last=False)
        return Answer.WRONG

    def new_token(self) -> str:
        """For a browser that came in: it will not wait for a guesser behind its address."""
        number = secrets.token_hex(8)
        return f"{number}.{self._signature(number)}"

    def knows(self, token: str | None) -> bool:
        """Whether this run gave that token."""
        number, _, signature = (token or "").partition(".")
        return hmac.compare_digest(signature.encode(), self._signature(number).encode())

    def _place(self, credentials: bytes, token: str | None, source: str) -> tuple[str, bytes]:
        """Whose tries they are: a known browser's own, or its address's."""
        account = _digest(credentials.partition(b":")[0])
        return (f"token {token}" if self.knows(token) else source), account

    def _signature(self, number: str) -> str:
        return hmac.new(self._key, number.encode(), hashlib.sha256).hexdigest()


def _credentials(authorization: str) -> bytes:
    scheme, _, value = authorization[:HEADER_MAX].partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _digest(text: bytes) -> bytes:
    """Of one length whatever came, so that the comparison tells nothing by its time."""
    return hashlib.sha256(text).digest()
