"""The warden's own phone, rung by its browser's push service (Web Push).

It rings for what stands in the inbox, so both are one way to a person (`notify.addressing`). What
crosses the push service is sealed and says nothing: the page's drawn id and how urgent it is; the
phone fetches the rest from us by its session. "It was taken" is the service's word; that the phone
rang is proved by its receipt alone. A phone that the service knows no more (404, 410) is forgotten;
where that was the last one, it is a trouble that people are told of.
"""

import asyncio
import time
from typing import Final

import msgspec

from gateway.accounts import subscriptions
from gateway.accounts.file import AccountsFile, key
from gateway.accounts.subscriptions import Subscription
from gateway.channels.channel import ChannelKind, DeliveryError
from gateway.channels.http_client import HttpClient, Request, UnreachableError
from gateway.channels.threads import in_thread
from gateway.channels.verdict import judged
from gateway.channels.web_push import KEY_NAME, SiteKey, sealed
from gateway.core.evidence import Evidence
from gateway.core.reasons import TESTS, URGENT, Reason
from gateway.language.catalogue import N_
from gateway.settings import Settings
from gateway.settings.push_services import is_allowed
from gateway.settings.web_address import WebAddress, web_address
from gateway.store.database import StoreError
from gateway.store.outbox import Entry, decode_group

PAGE_TTL_S: Final = 24 * 3_600  # a phone that was off is told for as long as we would try
TEST_TTL_S: Final = 3_600  # a test that comes later has failed
PLACES: Final = 4
GONE: Final = frozenset({404, 410})

_NO_PHONE = (
    "no phone of this person rings: nobody pressed “Let this phone ring” on one, or its session or "
    "its browser's subscription is over"
)
_encode = msgspec.json.Encoder().encode


class _GoneError(Exception):
    """The push service knows this subscription no more."""


class PushChannel:
    """Rings the phones of whom an entry is for."""

    def __init__(self, accounts: AccountsFile, contact: str, services: list[str]) -> None:
        self._accounts, self._contact, self._services = accounts, contact, services
        self._site: SiteKey | None = None
        self._client = HttpClient()

    async def send(self, entry: Entry) -> Evidence:
        """Ring every phone of the person; one that was taken is enough. DeliveryError if none."""
        if not self._contact:
            raise DeliveryError("push.contact is not set, so no phone can ring", permanent=True)
        try:
            site, phones = await in_thread(lambda: self._phones(entry), "push")
        except StoreError as error:
            raise DeliveryError(str(error)) from None
        tried = await asyncio.gather(
            *(self._ring(site, phone, entry) for phone in phones), return_exceptions=True
        )
        gone = [phone for phone, came in zip(phones, tried, strict=True) if _is_gone(came)]
        if gone:
            await in_thread(lambda: self._end(gone, entry.next_ms), "push")
        return _best([came for came in tried if not _is_gone(came)])

    async def close(self) -> None:
        """Let go of connections, and of the accounts."""
        await self._client.close()
        self._accounts.close()

    def _phones(self, entry: Entry) -> tuple[SiteKey, list[Subscription]]:
        """Our key, and the phones that ring at the time at which the entry was due."""
        if not self._accounts.is_used():
            raise DeliveryError("a phone rings for who signed in on it", permanent=True)
        store = self._accounts.store()
        if self._site is None:
            self._site = SiteKey(key(store, KEY_NAME), self._contact)
        at_ms = max(entry.made_ms, entry.next_ms)
        with store.reading() as connection:
            return self._site, subscriptions.of_person(connection, entry.warden_id or "", at_ms)

    def _end(self, gone: list[Subscription], at_ms: int) -> None:
        with self._accounts.store().writing() as connection:
            for phone in gone:
                subscriptions.end(connection, phone.endpoint, at_ms)

    async def _ring(self, site: SiteKey, phone: Subscription, entry: Entry) -> Evidence:
        target = web_address(phone.endpoint)
        if not is_allowed(target, self._services):
            raise DeliveryError(f"{target.host} is not among push.services", permanent=True)
        request = await in_thread(lambda: request_of(site, phone, target, entry), "push")
        try:
            answer = await self._client.post(request)
        except UnreachableError as error:
            raise DeliveryError(f"{target.host} cannot be reached ({error})") from None
        if answer.status in GONE:
            raise _GoneError
        return judged(answer, target.host)


def request_of(site: SiteKey, phone: Subscription, target: WebAddress, entry: Entry) -> Request:
    """An entry as its push service is given it."""
    said = urgency(entry)
    about = entry.case_id or entry.reason
    message = _encode({"page": entry.sent_id, "urgency": said})
    headers = {
        "Authorization": site.authorization(target),
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(TEST_TTL_S if entry.reason in TESTS else PAGE_TTL_S),
        # A phone that dozes has "normal" minutes later; what shall not disturb can wait for that.
        "Urgency": "normal" if said == "low" and entry.reason != Reason.TEST else "high",
        "Topic": site.topic(f"{entry.warden_id} {about}"),
    }
    return Request(target, sealed(message, phone.point, phone.secret), headers)


def urgency(entry: Entry) -> str:
    """How a phone rings for it: high, normal, or low for what makes no sound."""
    reason = Reason(entry.reason)
    if reason is Reason.GROUPED:
        group = decode_group(entry.about)
        if not group.rings:
            return "low"
        return "high" if group.breaches else "normal"
    if reason is Reason.TEST:
        return "low"
    return "high" if reason in URGENT or reason is Reason.TEST_PAGE else "normal"


def _is_gone(came: Evidence | BaseException) -> bool:
    return isinstance(came, _GoneError)


def _best(tried: list[Evidence | BaseException]) -> Evidence:
    """What the phones that are still there prove together. DeliveryError if none was rung."""
    taken = [came for came in tried if isinstance(came, Evidence)]
    if Evidence.ACCEPTED in taken:
        return Evidence.ACCEPTED
    for came in (*taken, *tried):
        if isinstance(came, Evidence):
            return came
        raise came
    raise DeliveryError(_NO_PHONE, permanent=True)


def _open(settings: Settings) -> PushChannel:
    path, folder = settings.store.place
    accounts = AccountsFile(path, folder, time.monotonic)
    return PushChannel(accounts, settings.push.contact, settings.push.services)


PUSH = ChannelKind(
    "push",
    "push",
    N_("ringing phone"),
    lambda address: not address,
    _open,
    PLACES,
    is_of_person=True,
)
