"""Challenges: what a passkey signs, once, within five minutes.

They are held in the console's memory, so many at most, and so many of one session or of one
stranger's address, so that nobody pushes out another's. One that is looked up is spent, whatever
comes of it.
"""

import secrets
from collections import OrderedDict
from enum import Enum, auto
from typing import Final, NamedTuple

from gateway.core.duration import MINUTE_MS

BYTES: Final = 32
LASTS_MS: Final = 5 * MINUTE_MS
HELD_MAX: Final = 1_024
OF_PLACE_MAX: Final = 16


class Purpose(Enum):
    """For what one may be used."""

    ADD = auto()
    SIGN_IN = auto()
    PROVE = auto()


class _Challenge(NamedTuple):
    purpose: Purpose
    session_id: str  # empty where nobody is signed in
    place: str  # the session, or a stranger's address
    ends_ms: int


class Challenges:
    """What was given out and is not spent."""

    def __init__(self) -> None:
        self._of_strangers: OrderedDict[bytes, _Challenge] = OrderedDict()
        self._of_sessions: OrderedDict[bytes, _Challenge] = OrderedDict()

    def __len__(self) -> int:
        """How many are held; HELD_MAX of strangers and as many of sessions at most."""
        return len(self._of_strangers) + len(self._of_sessions)

    def new(self, purpose: Purpose, session_id: str, source: str, now_ms: int) -> bytes:
        """A fresh one, for this purpose, session and address. Strangers push out none of a session,
        be it at the same address."""
        held, place = self._of_strangers, source
        if session_id:
            held, place = self._of_sessions, session_id
        same = [challenge for challenge, one in held.items() if one.place == place]
        for challenge in same[: max(0, len(same) - OF_PLACE_MAX + 1)]:
            del held[challenge]
        if len(held) >= HELD_MAX:
            held.popitem(last=False)
        challenge = secrets.token_bytes(BYTES)
        held[challenge] = _Challenge(purpose, session_id, place, now_ms + LASTS_MS)
        return challenge

    def spend(self, challenge: bytes, purpose: Purpose, session_id: str, now_ms: int) -> bool:
        """Whether it was given for this and is not over. Afterwards it is, for everybody."""
        of_session = self._of_sessions.pop(challenge, None)
        held = of_session or self._of_strangers.pop(challenge, None)
        is_for_this = held is not None and held[:2] == (purpose, session_id)
        return is_for_this and held is not None and now_ms < held.ends_ms
