"""The kinds of channels, listed here and nowhere else.

The column `channels`, the delivery workers, `menshen check`, the words on a case's page and the
table in docs/operator.md follow. A kind that is taken away leaves its pages in the outbox.
"""

from collections.abc import Iterator
from typing import Final

from gateway.channels.apprise import APPRISE
from gateway.channels.channel import Channel, ChannelKind
from gateway.channels.inbox import INBOX
from gateway.channels.webhook import WEBHOOK
from gateway.settings import Settings

KINDS: Final[list[ChannelKind]] = [
    INBOX,
    WEBHOOK,
    APPRISE,
]


def kind_of(name: str) -> ChannelKind | None:
    """The kind of a name, or None if there is no such kind (any more)."""
    return next((kind for kind in KINDS if kind.name == name), None)


def is_channel(text: str) -> bool:
    """Whether it is a channel with its address, as in `webhook:https://example.org/hook`."""
    name, colon, address = text.partition(":")
    kind = kind_of(name)
    return kind is not None and bool(colon) == bool(address) and kind.accepts(address)


def samples() -> str:
    """How channels are written, all kinds, for a sentence: "inbox, webhook:https://… and …"."""
    *others, last = (kind.sample for kind in KINDS)
    return f"{', '.join(others)} and {last}" if others else last


def opened(settings: Settings) -> Iterator[tuple[str, Channel]]:
    """Every channel that sends, by its kind's name, for a delivery worker each."""
    for kind in KINDS:
        if kind.open is not None:
            yield kind.name, kind.open(settings)
