"""What a live page shows, in fragments: a stream sends a fragment only when what it shows has
changed.

A page and its stream use the same view. The page carries the view's digest; a stream that begins
with the same digest has nothing to send, and one that begins after a break sends what was missed.
"""

import hashlib
from typing import Any

import msgspec
from sqlalchemy import Connection

from gateway.engine.ports import Committed

_encode = msgspec.json.Encoder().encode


class Fragment(msgspec.Struct, frozen=True):
    """An element of the page: its id, and its template with what it shows under a name."""

    dom_id: str
    template: str
    name: str
    shows: Any
    within: str = ""  # the fragment that contains it, and is sent instead where both are new
    key: Any = None  # what is compared, where that is less than what it shows


class LiveView:
    """What one kind of page shows, and what of it has been sent already."""

    def __init__(self) -> None:
        self._sent: dict[str, bytes] = {}

    def affected_by(self, news: Committed) -> bool:
        """Whether a commit may have changed what is shown. A cheap check, on the loop.

        Args:
            news: the ids of doors, cases and pages that the commit touched; `all` is everything.
        """
        return bool(news.all or news.doors or news.cases or news.pages)

    def fragments(
        self, connection: Connection, news: Committed | None, now_ms: int
    ) -> list[Fragment]:
        """What the page shows.

        Args:
            connection: one snapshot of the store, on the reading thread.
            news: what was committed since the last time; None for everything.
            now_ms: the gateway's time, in milliseconds of UTC.

        Returns:
            Fragments, a container before those within it. With news, those that it may have changed
            are enough; none at all if what the page is about does not exist.

        Raises:
            StoreError: the store cannot be read.
        """
        raise NotImplementedError

    def changed(
        self, connection: Connection, news: Committed | None, now_ms: int
    ) -> list[Fragment]:
        """Fragments that are otherwise than when last sent, for a page or its stream to draw.

        Args:
            connection, news, now_ms: as of `fragments`. Without news all are compared, and those
                that are gone are forgotten.

        Returns:
            What to send, in order; a fragment within one that is sent too is left out.

        Raises:
            StoreError: the store cannot be read.
        """
        fragments = self.fragments(connection, news, now_ms)
        if news is None:
            self._sent = {p.dom_id: self._sent.get(p.dom_id, b"") for p in fragments}
        fresh = [fragment for fragment in fragments if self._remember(fragment)]
        whole = {fragment.dom_id for fragment in fresh}
        return [fragment for fragment in fresh if fragment.within not in whole]

    def digest(self) -> str:
        """A name for everything that has been sent: 16 hex digits, the same for the same."""
        total = hashlib.blake2b(digest_size=8)
        for name, seen in sorted(self._sent.items()):
            total.update(name.encode() + b"\0" + seen)
        return total.hexdigest()

    def _remember(self, fragment: Fragment) -> bool:
        compared = fragment.shows if fragment.key is None else fragment.key
        seen = hashlib.blake2b(_encode(compared), digest_size=8).digest()
        is_new = self._sent.get(fragment.dom_id) != seen
        self._sent[fragment.dom_id] = seen
        return is_new
