"""Pages through Apprise: WeCom, DingTalk, Feishu, SMS gateways, ntfy, mail and a hundred more.

The address is one of Apprise's own; it often holds a secret, so it is never logged. The text holds
nothing identifying: who opens it on a phone learns the case's number, and the rest after sign-in.
"""

import asyncio
import logging

from gateway.channels.channel import ChannelKind, DeliveryError
from gateway.channels.message import message_text
from gateway.language.catalogue import N_
from gateway.store.outbox import Entry

TIMEOUT_S = 20.0


class AppriseChannel:
    """Sends pages to Apprise addresses."""

    async def send(self, entry: Entry) -> None:
        """Send once, in a thread, for Apprise waits for its neighbours."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await asyncio.to_thread(_notify, entry)
        except TimeoutError:
            raise DeliveryError(f"no answer within {TIMEOUT_S:.0f} s") from None

    async def close(self) -> None:
        """Nothing is kept open."""


def _notify(entry: Entry) -> None:
    import apprise  # half a second to import, and most sites start without it

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines can hold addresses
    messenger = apprise.Apprise()
    title, text = message_text(entry)
    try:
        known = messenger.add(entry.address)
        taken = known and messenger.notify(body=text, title=title)
    except Exception as error:  # noqa: BLE001 - a hundred plugins of others: their weather, not ours
        raise DeliveryError(f"Apprise failed with {type(error).__name__}") from None
    if not known:
        raise DeliveryError("this is no address that Apprise knows", permanent=True)
    if not taken:
        raise DeliveryError("the service did not take it")


APPRISE = ChannelKind(
    "apprise",
    "apprise:<address>",
    N_("message"),
    lambda address: "://" in address,
    lambda _: AppriseChannel(),
)
