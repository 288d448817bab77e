"""Hops: somebody is at the provider and comes back. What must be the same then is in a cookie of
the browser's, signed, for the way back alone; each is good once and for ten minutes.
"""

import base64
import binascii
import hashlib
import hmac
from collections import OrderedDict
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from gateway.accounts.provider import Leave
from gateway.core.duration import MINUTE_MS
from gateway.core.no_json import NO_JSON

PATH: Final = "/sign-in/oidc"
BACK: Final = f"{PATH}/callback"
LASTS_MS: Final = 10 * MINUTE_MS
COOKIE_MAX: Final = 3_000  # characters that are looked at
SPENT_MAX: Final = 4_096  # remembered; a provider takes none of its codes twice either


class Purpose(StrEnum):
    """Why somebody is at the provider."""

    SIGN_IN = "sign_in"
    LINK = "link"
    PROVE = "prove"


class Hop(Struct, frozen=True):
    """What must be the same when somebody comes back."""

    purpose: Purpose
    state: str
    nonce: str
    verifier: str
    back: str
    begun_ms: int
    session_id: str  # whose it is; empty to sign in
    act: str
    after: str


class Hops:
    """Signs them, and remembers which are spent.

    Args:
        key: of this site.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._spent: OrderedDict[str, None] = OrderedDict()

    def written(self, hop: Hop) -> str:
        """A hop as a cookie has it."""
        text = base64.urlsafe_b64encode(msgspec.json.encode(hop)).decode()
        return f"{text}.{self._signature(text)}"

    def spend(self, cookie: str, state: str, now_ms: int) -> Hop | None:
        """The hop that comes back with this state, once; None if there is no such one any more."""
        text, _, signature = cookie[:COOKIE_MAX].partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(text).encode()):
            return None
        try:
            hop = msgspec.json.decode(base64.urlsafe_b64decode(text), type=Hop)
        except (*NO_JSON, binascii.Error, ValueError):
            return None
        is_it = hmac.compare_digest(hop.state.encode(), state.encode())
        is_now = 0 <= now_ms - hop.begun_ms < LASTS_MS
        if not is_it or not is_now or hop.state in self._spent:
            return None
        self._spent[hop.state] = None
        if len(self._spent) > SPENT_MAX:
            self._spent.popitem(last=False)
        return hop

    def _signature(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def hop_of(leave: Leave, purpose: Purpose, back: str, now_ms: int, **more: str) -> Hop:
    """What somebody takes along who leaves now. `more`: session_id, act, after."""
    return Hop(
        purpose,
        leave.state,
        leave.nonce,
        leave.verifier,
        back,
        now_ms,
        more.get("session_id", ""),
        more.get("act", ""),
        more.get("after", ""),
    )
