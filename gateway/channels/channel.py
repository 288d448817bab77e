"""What a channel is: a kind that is listed in kinds.py, and one method that sends a page."""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from gateway.settings import Settings
from gateway.store.outbox import Entry


class DeliveryError(Exception):
    """A page did not go out. `permanent`: only a person can mend it, so try seldom.

    Its text stands in the database and the log, and names no secret: a host, never a path.
    """

    def __init__(self, text: str, permanent: bool = False) -> None:
        super().__init__(text)
        self.permanent = permanent


class Channel(Protocol):
    """A way to reach somebody, open for as long as the gateway runs."""

    async def send(self, entry: Entry) -> None:
        """Hand one page to the other end, once. It may come again under the same page id.

        Args:
            entry: the page, its address and its language; `tries` counts from 1.

        Returns:
            When the other end has taken it; from then on nobody tries again.

        Raises:
            DeliveryError: it has not. The delivery worker tries again, later and later.
        """

    async def close(self) -> None:
        """Let go of connections. Nothing is sent afterwards."""


class ChannelKind(Struct, frozen=True):
    """A kind of channel, as the column `channels` of wardens.csv names it."""

    name: str  # before the colon; at most 16 characters, for it stands in the outbox
    sample: str  # how an address is written, for sentences about a wrong one
    word: str  # for people, on a case's page; in both catalogues
    accepts: Callable[[str], bool]  # whether it is such an address (what is after the colon)
    # Opens the channel. None: a page is delivered by being stored, for somebody comes to read it.
    open: Callable[[Settings], Channel] | None = None
