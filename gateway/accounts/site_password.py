"""Who may come in where a site has no accounts: HTTP Basic with the site's password.

Guessing is met with patience (`patience.py`): tries are counted by address and account, and a
browser that was in before carries a token (`TOKEN`), by which its tries are its own.
"""

import base64
import binascii
import hmac
from enum import Enum, auto
from typing import Final

from gateway.accounts.patience import KnownBrowsers, Patience, digest

USER: Final = "menshen"
TOKEN: Final = "menshen_known"  # noqa: S105 - a cookie's name
TOKEN_S: Final = 30 * 24 * 3_600
HEADER_MAX: Final = 1_024


class Answer(Enum):
    """What the gate says."""

    IN = auto()
    ASK = auto()  # no credentials came: ask for them
    WRONG = auto()


class PasswordGate:
    """Remembers wrong tries by source and account."""

    def __init__(self, password: str) -> None:
        self._expected = digest(f"{USER}:{password}".encode())
        self._browsers = KnownBrowsers()
        self._patience = Patience()

    @property
    def remembered(self) -> int:
        """How many sources it remembers."""
        return len(self._patience)

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
        return self._patience.wait_s(place, digest(credentials), now_s)

    def answer(
        self, authorization: str | None, token: str | None, source: str, now_s: float
    ) -> Answer:
        """Whether this request may pass, now that its turn has come. As `wait_s`."""
        if authorization is None:
            return Answer.ASK
        credentials = _credentials(authorization)
        tried = digest(credentials)
        if hmac.compare_digest(tried, self._expected):
            return Answer.IN
        self._patience.wrong(self._place(credentials, token, source), tried, now_s)
        return Answer.WRONG

    def new_token(self) -> str:
        """For a browser that came in: it will not wait for a guesser behind its address."""
        return self._browsers.new_token()

    def knows(self, token: str | None) -> bool:
        """Whether this run gave that token."""
        return self._browsers.knows(token)

    def _place(self, credentials: bytes, token: str | None, source: str) -> tuple[str, bytes]:
        """Whose tries they are: a known browser's own, or its address's."""
        account = digest(credentials.partition(b":")[0])
        return (f"token {token}" if self.knows(token) else source), account


def _credentials(authorization: str) -> bytes:
    scheme, _, value = authorization[:HEADER_MAX].partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""
