"""The kinds of channels, listed here and nowhere else.

The column `channels`, the delivery workers, `menshen check`, the words on a case's page and the
table in docs/operator.md follow. A kind that is taken away leaves its pages in the outbox.
"""

from collections.abc import Iterator
from typing import Final

from gateway.channels.apprise import APPRISE
from gateway.channels.channel import Channel, ChannelKind
from gateway.channels.inbox import INBOX
from gateway.channels.push import PUSH
from gateway.channels.webhook import WEBHOOK
from gateway.settings import Settings

KINDS: Final[list[ChannelKind]] = [
    INBOX,
    PUSH,
    WEBHOOK,
    APPRISE,
]


def kind_of(name: str) -> ChannelKind | None:
    """The kind of a name, or None if there is no such kind (any more)."""
    return next((kind for kind in KINDS if kind.name == name), None)


def problem_of(text: str) -> str | None:
    """Why nobody could be told by a channel, as a clause; None if it can be used.

    It is looked at by what will send to it, and its address is not repeated, for it may be secret.

    Args:
        text: a channel with its address, as in `webhook:https://example.org/hook`.
    """
    name, colon, address = text.partition(":")
    kind = kind_of(name)
    if kind is None or bool(colon) != bool(address):
        return f"allowed are {samples()}"
    try:
        if kind.check(address) is not False:
            return None
    except ValueError as error:
        return f"the address after {name}: cannot be used: {error}"
    except Exception as error:  # noqa: BLE001 - whatever it is, nobody could be told by it
        return f"the address after {name}: cannot be used ({type(error).__name__})"
    return f"allowed are {samples()}"


def is_channel(text: str) -> bool:
    """Whether it is a channel with its address, and can be used."""
    return problem_of(text) is None


def samples() -> str:
    """How channels are written, all kinds, for a sentence: "inbox, webhook:https://… and …"."""
    *others, last = (kind.sample for kind in KINDS)
    return f"{', '.join(others)} and {last}" if others else last


def opened(settings: Settings) -> Iterator[tuple[str, Channel]]:
    """Every channel that sends, by its kind's name, for a delivery worker each."""
    for kind in KINDS:
        if kind.open is not None:
            yield kind.name, kind.open(settings)
