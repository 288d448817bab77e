"""Who may come in: HTTP Basic with the site's password, and patience against guessing.

Ten wrong tries from one address shut it out for a while, right password or not. Addresses of IPv6
count by their /64, for one machine owns that many. What is remembered is bounded.
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
from collections import OrderedDict
from enum import Enum, auto
from typing import Final

USER: Final = "menshen"
TRIES_MAX: Final = 10
LOCKED_S: Final = 300
ADDRESSES_MAX: Final = 1_024
HEADER_MAX: Final = 1_024


class Answer(Enum):
    """What the gate says."""

    IN = auto()
    ASK = auto()  # no credentials came: ask for them
    WRONG = auto()
    LOCKED = auto()


class PasswordGate:
    """Remembers wrong tries by address."""

    def __init__(self, password: str) -> None:
        self._expected = _digest(f"{USER}:{password}".encode())
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()  # tries, latest

    @property
    def remembered(self) -> int:
        """How many addresses it remembers; ADDRESSES_MAX at most."""
        return len(self._wrong)

    def answer(self, authorization: str | None, address: str, now_s: float) -> Answer:
        """Whether this request may pass. `now_s` only ever goes forward."""
        source = _source(address)
        tries, latest_s = self._wrong.get(source, (0, 0.0))
        if now_s - latest_s > LOCKED_S:
            tries = 0
        if tries >= TRIES_MAX:
            return Answer.LOCKED
        if authorization is None:
            return Answer.ASK
        if hmac.compare_digest(_digest(_credentials(authorization)), self._expected):
            self._wrong.pop(source, None)
            return Answer.IN
        self._wrong[source] = tries + 1, now_s
        self._wrong.move_to_end(source)
        if len(self._wrong) > ADDRESSES_MAX:
            self._wrong.popitem(last=False)
        return Answer.WRONG


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


def _source(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
