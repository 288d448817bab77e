"""Text messages to households: one POST to the site's own gateway of texts, which sends them on.

The same secret as of what comes in (`web.resident.sms`) signs what goes out (`signature`). The body
holds a number and words that name nobody, no door and no order. The number stands in no entry of
the outbox: it is read, and unsealed, when the message goes out, and where it is not known (any
more) nothing does.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from gateway.channels.channel import DeliveryError, NobodyError
from gateway.channels.http_client import HttpClient, Request, UnreachableError
from gateway.channels.signature import Signer
from gateway.channels.verdict import judged
from gateway.core import local_time
from gateway.core.duration import DAY_MS
from gateway.core.evidence import Evidence
from gateway.core.local_time import Zone
from gateway.core.reasons import QUESTIONS, Reason
from gateway.language.catalogue import N_, say
from gateway.language.times import day_name
from gateway.settings import Settings
from gateway.settings.signing_secret import signing_key
from gateway.settings.web_address import WebAddress, web_address
from gateway.store.outbox import HOUSEHOLD, Entry

NAME: Final = HOUSEHOLD
_OVER: Final = N_(
    "Your order is over. What your door does is recorded no more. What is stored of it is "
    "destroyed by {date}, unless somebody named keeps it longer and tells you why."
)
_REMINDER: Final = N_(
    "Please say today how you all are: write “well” or “not well”. That nobody said so yet is "
    "nobody's fault."
)
_QUESTION: Final = N_(
    "Your seal has not been heard for a while; nothing is held against you. Is it in its place? "
    "Write “in place” or “came off”."
)
_encode = msgspec.json.Encoder().encode
NumberOf = Callable[[str], str | None]  # a door's id -> the household's number


class HouseholdTexts:
    """Posts text messages.

    Args:
        target: the site's gateway of texts.
        signer: signs what is posted.
        number_of: reads a number, on a thread; StoreError where it cannot now.
        zone: where the site's clocks stand.
        destroy_days: after an order, until all of it is gone.
    """

    def __init__(
        self,
        target: WebAddress,
        signer: Signer,
        number_of: NumberOf,
        zone: Zone,
        destroy_days: int,
    ) -> None:
        self._target, self._signer, self._number_of = target, signer, number_of
        self._zone, self._destroy_ms = zone, destroy_days * DAY_MS
        self._client = HttpClient()

    @classmethod
    def of(cls, settings: Settings, number_of: NumberOf) -> "HouseholdTexts | None":
        """As a site's settings want it; None where it sends none."""
        its = settings.household
        if not its.sms_url or its.sms_secret is None:
            return None
        signer = Signer([signing_key(its.sms_secret)])
        zone = settings.rulebook.rules.zone
        return cls(web_address(its.sms_url), signer, number_of, zone, its.destroy_days)

    async def send(self, entry: Entry) -> Evidence:
        """Post once. DeliveryError names the host only; NobodyError where no number is known."""
        number = await asyncio.to_thread(self._number_of, entry.door_id)
        if not number or not any(sign.isdigit() for sign in number):
            raise NobodyError  # a failure would rest the way to all others
        content = _encode({"to": number, "text": self.text(entry)})
        headers = {"Content-Type": "application/json", "Idempotency-Key": entry.sent_id}
        headers |= self._signer.headers(entry.sent_id, content)
        try:
            answer = await self._client.post(Request(self._target, content, headers))
        except UnreachableError as error:
            host = self._target.host
            raise DeliveryError(f"{host} cannot be reached ({error})") from None
        return judged(answer, self._target.host)

    async def close(self) -> None:
        """Close the kept connections."""
        await self._client.close()

    def text(self, entry: Entry) -> str:
        """What it says."""
        if entry.reason in QUESTIONS:
            return say(_QUESTION, entry.language)
        if entry.reason != Reason.ORDER_ENDED:
            return say(_REMINDER, entry.language)
        until = local_time.day(self._zone, entry.since_ms + self._destroy_ms)
        return say(_OVER, entry.language).format(date=day_name(until, entry.language))
