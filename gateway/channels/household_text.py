"""A text message to a household, through whatever sends texts for the site (`household.sms_url`).

Signed as our webhooks are, with the secret that signs what comes in. In the outbox stands a door
and never a number: that is looked up when it is sent, so nothing of it is left to destroy. What is
said passes a provider: it names nobody, no door, and no order.
"""

import re
from collections.abc import Callable
from typing import Final

import msgspec

from gateway.channels.channel import DeliveryError
from gateway.channels.http_client import HttpClient, Request, UnreachableError
from gateway.channels.signature import Signer
from gateway.channels.threads import in_thread
from gateway.channels.verdict import judged
from gateway.core.evidence import Evidence
from gateway.language.catalogue import N_, say
from gateway.settings import Settings
from gateway.settings.signing_secret import signing_key
from gateway.settings.web_address import web_address
from gateway.store.outbox import HOUSEHOLD, Entry

NAME: Final = HOUSEHOLD
DIGITS_MIN: Final = 7  # of a number without its area
REMINDER: Final = N_(
    "Please say today how you all are: write “well” or “not well”. That nobody said so yet is "
    "nobody's fault."
)
NumberAt = Callable[[str], str | None]  # the telephone of whose door this is; for a thread


class HouseholdTexts:
    """Hands texts to the site's gateway of texts.

    Args:
        url: where to.
        signer: with the secret of the settings.
        number_at: whom a text about a door goes to.
    """

    def __init__(self, url: str, signer: Signer, number_at: NumberAt) -> None:
        self._target, self._signer, self._number_at = web_address(url), signer, number_at
        self._client = HttpClient()

    async def send(self, entry: Entry) -> Evidence:
        """Hand one over. DeliveryError where nobody takes it, or no number is known any more."""
        number = await in_thread(lambda: self._number_at(entry.door_id), "telephone")
        if number is None or len(re.sub(r"\D", "", number)) < DIGITS_MIN:
            raise DeliveryError("no telephone is known there", permanent=True)
        body = msgspec.json.encode({"to": number, "text": say(REMINDER, entry.language)})
        headers = {"Content-Type": "application/json", "Idempotency-Key": entry.sent_id}
        headers |= self._signer.headers(entry.sent_id, body)
        host = self._target.host
        try:
            answer = await self._client.post(Request(self._target, body, headers))
        except UnreachableError as error:
            raise DeliveryError(f"{host} cannot be reached ({error})") from error
        return judged(answer, host)

    async def close(self) -> None:
        """Close the kept connections."""
        await self._client.close()


def opened(settings: Settings, number_at: NumberAt) -> HouseholdTexts | None:
    """The channel; None at a site that sends no texts."""
    url, secret = settings.household.sms_url, settings.household.sms_secret
    if not url or secret is None:
        return None
    return HouseholdTexts(url, Signer([signing_key(secret)]), number_at)
