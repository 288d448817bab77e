"""A second gateway under the same id: somebody copied the card, and both copies run.

A broker gives one session to one of them at a time, so each connection of one throws the other out,
and reports go now here, now there. The echo that a gateway sends itself is retained by the broker
under the name of the gateway's life: whoever connects again, and finds another life's echo and then
a later one of it, has a twin. One alone proves nothing: a broker that died gives back what it had
saved long ago. The younger life gives way: it stays away, and only looks now and then, without
taking any report, whether the older one still echoes. If it does not, the younger one takes over.
"""

import logging
from collections.abc import Callable, Iterable

import msgspec

from gateway.core.no_json import NO_JSON

log = logging.getLogger("menshen.broker")

LOOK_S = (20.0, 60.0, 120.0, 300.0)  # until a gateway that gave way looks; then the last
ECHOES_MISSED = 4  # so many echoes long the other must have said nothing to be gone
OVER_S = 1_200.0  # so long nobody else took the session: the twin is gone
NAME_DIGITS = 8  # of a life, by which people tell one from the other


class Name(msgspec.Struct, frozen=True, order=True, array_like=True):
    """A life as its twin sees it. Whose sorts first is the older one, and stays."""

    began_ms: int
    life: str

    def __str__(self) -> str:
        """Short, for people."""
        return self.life[:NAME_DIGITS]


class Echo(msgspec.Struct, frozen=True, array_like=True):
    """What a gateway sends itself: `number` is never the same twice in a life."""

    name: Name
    number: int


_decode = msgspec.json.Decoder(Echo).decode
_encode = msgspec.json.Encoder().encode


class TwinWatch:
    """What one life of a gateway knows of a twin.

    Args:
        name: This life's.
        tell: Is told whether there is a twin, and its short name.
        known: The short names of those that earlier lives told of, and of whose end none did.
    """

    def __init__(
        self,
        name: Name,
        tell: Callable[[bool, str], None] = lambda _is, _who: None,
        known: Iterable[str] = (),
    ):
        self._name, self._tell = name, tell
        self._known, self._looks_s = set(known), float("inf")  # since when this life looks for them
        self._has_echoed = self._echoed_before = False  # ever; before this connection
        self._other: Echo | None = None  # the latest echo of another life that was found retained
        self._is_told = False
        self._seen_s = 0.0  # when another took the session last
        self._looks = 0  # since we gave way; 0: we did not
        self._verdict: bool | None = None  # of this connection: whether the other is there

    @property
    def gives_way(self) -> bool:
        """Whether the other one is to have the session."""
        return self._looks > 0

    @property
    def is_there(self) -> bool:
        """Whether this connection has shown that the other one is at work."""
        return self._verdict is True

    @property
    def is_gone(self) -> bool:
        """Whether this connection has shown that the other one said nothing since the last."""
        return self._verdict is False

    def echo(self, number: int) -> bytes:
        """What to send and to let the broker retain."""
        self._has_echoed = True
        return _encode(Echo(self._name, number))

    def connecting(self) -> None:
        """A connection begins: it has shown nothing yet."""
        self._verdict, self._echoed_before = None, self._has_echoed

    def found(self, payload: bytes, now_s: float) -> None:
        """The broker has this retained from before the connection."""
        try:
            echo = _decode(payload)
        except NO_JSON:
            return
        if not self._echoed_before or echo.name == self._name:
            return  # an earlier life's, perhaps our own; or ours
        before, self._other, self._seen_s = self._other, echo, now_s
        if self._is_told and before is not None and before.name != echo.name:
            self._known.add(str(before.name))  # another came in its place, or it began anew
            self._is_told, self._looks_s = False, now_s
        if not self.gives_way and (before is None or before.name != echo.name):
            return  # remembered: it is at work if it echoes again
        is_at_work = before is None or before.name != echo.name or echo.number > before.number
        self._verdict = is_at_work
        if is_at_work:
            self._is_found(echo.name)

    def takes_over(self) -> None:
        """The one we gave way to is gone."""
        log.warning("the twin %s is gone; this gateway takes over", self._other_name())
        self._looks = 0

    def wait_s(self, echo_s: float) -> float:
        """How long to stay away, having given way, until the next look."""
        wait_s = LOOK_S[min(self._looks, len(LOOK_S)) - 1]
        return max(wait_s, ECHOES_MISSED * echo_s)

    def look(self, now_s: float) -> None:
        """To be called now and then while connected: a twin that is not seen any more is over."""
        self._looks_s = min(self._looks_s, now_s)
        if self._known and not self.gives_way and now_s - self._looks_s >= OVER_S:
            for name in self._known - {self._other_name()}:
                self._tell(False, name)
            self._known &= {self._other_name()}
        if self._other is not None and not self.gives_way and now_s - self._seen_s >= OVER_S:
            if self._is_told:
                self._tell(False, self._other_name())
            self._other, self._is_told = None, False

    def _is_found(self, other: Name) -> None:
        self._tell(True, str(other))
        self._is_told = True
        self._known.discard(str(other))  # from here on by what this life sees
        if self._name < other:
            log.error("a second gateway runs under our id, begun later (%s): stop it", other)
            return
        if not self.gives_way:
            log.error("a gateway runs under our id already (%s): this one gives way", other)
        self._looks += 1

    def _other_name(self) -> str:
        return str(self._other.name) if self._other is not None else ""
