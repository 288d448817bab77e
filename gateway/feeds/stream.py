"""What the history is made of: streams, each with a durable place of its own."""

from typing import NamedTuple, Protocol

from gateway.feeds.cursor import Unwritten


class Line(NamedTuple):
    """A line, the number of what it was made from among those of its stream, and when that was."""

    number: int
    at_ms: int
    text: str


class Batch(NamedTuple):
    """Some lines, in their order; and those things of which none can be made.

    `place`: where the stream is once they are written. `is_more`: there is more to write at once.
    """

    lines: list[Line]
    unreadable: list[Unwritten]
    place: int
    is_more: bool


class Stream(Protocol):
    """A part of the history. Its methods block on the disk: they are called in one thread."""

    reader: str  # its name in the table of cursors

    def take(self, size: int, now_ms: int) -> Batch:
        """The next lines, `size` of them or so; the same once more, until they are settled.

        Args:
            size: how many rows to read, so about as many lines.
            now_ms: the gateway's time, in milliseconds of UTC.

        Raises:
            StoreError: the database cannot be read now.
        """

    def settle(self, batch: Batch, never: list[Unwritten]) -> None:
        """They are written, all but those that are given up.

        Raises:
            StoreError: that cannot be stored now; they will be taken, and written, once more.
        """
