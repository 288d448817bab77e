"""A page as one HTTP POST. A 2xx answer without an error inside means that the other end has it.

The body holds ids that were drawn for this page alone, the case's number (which tells of no door)
and words from our own tables, never an address or a name. The header `Idempotency-Key` carries the
page's id, the same on every try. To the site's own address a page goes with its token, and signed
(`signature`).
"""

import asyncio
from functools import lru_cache
from typing import Any, Final

import msgspec

from gateway.channels.channel import ChannelKind, DeliveryError
from gateway.channels.http_answer import Answer
from gateway.channels.http_client import HttpClient, Request
from gateway.channels.message import OF_PEOPLE, Wording
from gateway.channels.signature import Signer
from gateway.channels.verdict import judged
from gateway.core.evidence import Evidence
from gateway.core.reasons import Reason
from gateway.language.catalogue import N_
from gateway.language.reasons import why_line
from gateway.settings import Settings
from gateway.settings.web_address import WebAddress, web_address
from gateway.store.outbox import Entry

ADDRESSES_KEPT: Final = 4_096  # taken apart, ready for the next page

_encode = msgspec.json.Encoder().encode
_target = lru_cache(ADDRESSES_KEPT)(web_address)


class Webhook:
    """Posts pages to the address of each entry. `token` and the signature go to the site's own
    address only."""

    def __init__(
        self, site_url: str, token: str | None, wording: Wording, signer: Signer | None = None
    ) -> None:
        self._site_url, self._token, self._wording = site_url, token, wording
        self._signer = signer or Signer(())
        self._client = HttpClient()

    def send(self, entry: Entry) -> "asyncio.Future[Evidence]":
        """Post once, at once where a connection is free. DeliveryError names the host only, for the
        path may hold a secret."""
        taken: asyncio.Future[Evidence] = asyncio.get_running_loop().create_future()
        try:
            target = _target(entry.address)
        except ValueError as error:
            taken.set_exception(DeliveryError(f"its address is none: {error}", permanent=True))
            return taken
        headers = {"Content-Type": "application/json", "Idempotency-Key": entry.sent_id}
        content = body(entry, self._wording)
        if entry.address == self._site_url:
            headers |= self._signer.headers(entry.sent_id, content)
            if self._token:
                headers["Authorization"] = f"Bearer {self._token}"
        answer = self._client.post(Request(target, content, headers))
        answer.add_done_callback(lambda came: _settle(taken, came, target))
        taken.add_done_callback(lambda _: answer.cancel())
        return taken

    async def close(self) -> None:
        """Close the kept connections."""
        await self._client.close()


def _settle(
    taken: "asyncio.Future[Evidence]", came: "asyncio.Future[Answer]", target: WebAddress
) -> None:
    """Say what the answer proves."""
    if taken.done() or came.cancelled():
        return
    error = came.exception()
    if error is not None:
        taken.set_exception(DeliveryError(f"{target.host} cannot be reached ({error})"))
        return
    try:
        taken.set_result(judged(came.result(), target.host))
    except DeliveryError as refused:
        taken.set_exception(refused)


def body(entry: Entry, wording: Wording) -> bytes:
    """The JSON that is posted, UTF-8."""
    reason = Reason(entry.reason)
    title, text = wording.text(entry)
    said: dict[str, Any] = {
        "page_id": entry.sent_id,
        "reason": entry.reason,
        "severity": wording.severity(entry),
        "why": text if reason in OF_PEOPLE else why_line(reason, entry.language),
        "title": title,
        "text": text,
        "since_ms": entry.since_ms,
        "made_ms": entry.made_ms,
        **wording.group(entry),
        "try": entry.tries,
    }
    if link := wording.link(entry):
        said["link"] = link
    return _encode(said)


def _open(settings: Settings) -> Webhook:
    webhook = settings.webhook
    return Webhook(webhook.url, webhook.token, Wording.of(settings), Signer.of(webhook))


WEBHOOK = ChannelKind("webhook", "webhook:https://…", N_("webhook"), web_address, _open)
