"""What a channel is: a kind that is listed in kinds.py, and one method that sends a page."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from msgspec import Struct

from gateway.core.evidence import Ended, Evidence
from gateway.settings import Settings
from gateway.store.outbox import Entry


class DeliveryError(Exception):
    """A page did not go out.

    Its text stands in the database and the log, and names no secret: a host, never a path.

    Args:
        text: what the other end said, or what kept us from it.
        permanent: only a person can mend it, so what failed is tried seldom.
        wait_ms: how long the other end asked to be left alone, or is known to want it.
    """

    def __init__(self, text: str, permanent: bool = False, wait_ms: int | None = None) -> None:
        super().__init__(text)
        self.permanent, self.wait_ms = permanent, wait_ms


class NobodyError(Exception):
    """There is nobody at the end of this address: no fault of the way, and no try would mend it.
    `ended`: as what the page is over by that."""

    ended = Ended.NOBODY


class NoWayError(NobodyError):
    """The site has no such channel (any more), so nobody is told by it."""

    ended = Ended.NO_WAY


class Channel(Protocol):
    """A way to reach somebody, open for as long as the gateway runs."""

    def send(self, entry: Entry) -> Awaitable[Evidence]:
        """Hand one page to the other end, once. It may come again under the same `sent_id`.

        An `async def`; or, where every millisecond counts, a function that has written the page to
        its socket when it returns a future. Nothing that it raises stops anything else: it is that
        try's failure.

        Args:
            entry: the page, its address and its language; `tries` counts from 1.

        Returns:
            How well it is proved that the other end has the page; from then on nobody tries again.

        Raises:
            DeliveryError: it has not. The delivery worker tries again.
            NobodyError: there is nobody to be told, and the page is over by that.
        """

    async def close(self) -> None:
        """Let go of connections. Nothing is sent afterwards."""


class ChannelKind(Struct, frozen=True):
    """A kind of channel, as the column `channels` of wardens.csv names it."""

    name: str  # before the colon; at most 16 characters, for it stands in the outbox
    sample: str  # how an address is written, for sentences about a wrong one
    word: str  # for people, on a case's page; in both catalogues
    # Looks at an address (what is after the colon) as sending will: nothing if it can be sent to,
    # else ValueError, or a plain False.
    check: Callable[[str], object]
    # Opens the channel. None: a page is delivered by being stored, for somebody comes to read it.
    open: Callable[[Settings], Channel] | None = None
    places: int = 16  # tries under way at one address at the same time
    is_of_person: bool = False  # no address is written: it finds the person by who they are
