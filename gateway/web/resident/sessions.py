"""Who reads a household's page now: short sessions, in the console's memory alone.

Nothing on the disk says who looked at what from where; a console that was started again asks for
the code again. A session is of one household and of one of its codes, and is over with that code:
whoever has the session's cookie is asked for nothing else, so `Sessions.of` compares with what
stands in the database on every request.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gateway.core.duration import HOUR_MS, MINUTE_MS
from gateway.registry.resident_codes import Holder

IDLE_MS: Final = 30 * MINUTE_MS  # unseen so long, and the code is asked for again
LASTS_MS: Final = 4 * HOUR_MS  # at the most
SESSIONS_MAX: Final = 4_096  # the one longest unseen ends
OF_HOUSEHOLD_MAX: Final = 8  # likewise: phones that one household reads its page on at once
TOKEN_BYTES: Final = 32
TOKEN_MAX: Final = 64  # characters that are looked at


class ResidentSession(Struct, frozen=True):
    """One phone or screen on which a household's page is open."""

    household_id: str
    code_id: str
    form_key: str  # stands in each of its forms: another site's page does not know it
    made_ms: int
    seen_ms: int

    def is_live(self, now_ms: int) -> bool:
        """Whether it is not over for its age; a clock that was set back ends it too."""
        return 0 <= now_ms - self.seen_ms < IDLE_MS and 0 <= now_ms - self.made_ms < LASTS_MS

    def is_sent(self, form_key: str) -> bool:
        """Whether a form that came says the key of this session."""
        return hmac.compare_digest(form_key.encode(), self.form_key.encode())


class Sessions:
    """All of them, by the digest of their token."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[bytes, ResidentSession] = OrderedDict()  # by when last seen

    def __len__(self) -> int:
        """How many there are; SESSIONS_MAX at most."""
        return len(self._sessions)

    def begin(self, holder: Holder, now_ms: int) -> str:
        """A new session of whoever has said this code; its token."""
        self._make_room(holder.household_id, now_ms)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        key = secrets.token_urlsafe(TOKEN_BYTES // 2)
        made = ResidentSession(holder.household_id, holder.code_id, key, now_ms, now_ms)
        self._sessions[_digest(token)] = made
        return token

    def of(self, token: str, now_ms: int) -> ResidentSession | None:
        """The session with this token, seen now; None if it is over. Its code may be dead all the
        same: that stands in the database."""
        if not 0 < len(token) <= TOKEN_MAX:
            return None
        digest = _digest(token)
        found = self._sessions.get(digest)
        if found is None or not found.is_live(now_ms):
            self._sessions.pop(digest, None)
            return None
        seen = self._sessions[digest] = replace(found, seen_ms=now_ms)
        self._sessions.move_to_end(digest)
        return seen

    def whose(self, token: str) -> str | None:
        """The household of a session, without a look at whether it is over; None for none. It says
        who is counted, and never who may."""
        found = self._sessions.get(_digest(token)) if 0 < len(token) <= TOKEN_MAX else None
        return None if found is None else found.household_id

    def end(self, token: str) -> None:
        """It is over; one that is none is over already."""
        self._sessions.pop(_digest(token[:TOKEN_MAX]), None)

    def _make_room(self, household_id: str, now_ms: int) -> None:
        for digest, one in list(self._sessions.items()):
            if not one.is_live(now_ms):
                del self._sessions[digest]
        own = [key for key, one in self._sessions.items() if one.household_id == household_id]
        for digest in own[: max(0, len(own) + 1 - OF_HOUSEHOLD_MAX)]:
            del self._sessions[digest]
        while len(self._sessions) >= SESSIONS_MAX:
            self._sessions.popitem(last=False)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
