"""A page as one HTTP POST. Any 2xx answer means that the other end has it.

The body holds random ids and words from our own tables, never an address or a name. The header
`Idempotency-Key` carries the page id, the same on every try.
"""

import json
from urllib.parse import urlsplit

from gateway.channels.channel import ChannelKind, DeliveryError
from gateway.channels.message import OF_PEOPLE, group_of, message_text
from gateway.core.reasons import Reason
from gateway.language.catalogue import N_
from gateway.language.reasons import why_line
from gateway.settings import Settings
from gateway.store.outbox import Entry

TIMEOUT_S = 10.0
CONNECTIONS_MAX = 16
HELPS_LATER = frozenset({408, 409, 425, 429})  # of the 4xx, those that time may mend


class Webhook:
    """Posts pages to the address of each entry. `token` goes to the site's own address only."""

    def __init__(self, site_url: str, token: str | None) -> None:
        # A quarter of a second to import: not where this list is only read, nor at the first page.
        import aiohttp

        self._http = aiohttp
        self._site_url, self._token = site_url, token
        self._session: aiohttp.ClientSession | None = None

    async def send(self, entry: Entry) -> None:
        """Post once. DeliveryError names the host only, for the path may hold a secret."""
        if self._session is None:
            self._session = self._http.ClientSession(
                timeout=self._http.ClientTimeout(total=TIMEOUT_S),
                connector=self._http.TCPConnector(limit_per_host=CONNECTIONS_MAX),
            )
        headers = {"Content-Type": "application/json", "Idempotency-Key": entry.page_id}
        if self._token and entry.address == self._site_url:
            headers["Authorization"] = f"Bearer {self._token}"
        host = urlsplit(entry.address).hostname
        try:
            async with self._session.post(
                entry.address, data=body(entry), headers=headers, allow_redirects=False
            ) as answer:
                status = answer.status
        except (self._http.ClientError, TimeoutError, OSError, ValueError) as error:
            raise DeliveryError(f"{host} cannot be reached ({type(error).__name__})") from error
        if not 200 <= status < 300:
            permanent = 300 <= status < 500 and status not in HELPS_LATER
            raise DeliveryError(f"{host} answered {status}", permanent)

    async def close(self) -> None:
        """Close the kept connections."""
        if self._session is not None:
            await self._session.close()


def body(entry: Entry) -> bytes:
    """The JSON that is posted, UTF-8."""
    reason = Reason(entry.reason)
    title, text = message_text(entry)
    return json.dumps(
        {
            "page_id": entry.page_id,
            "case_id": entry.case_id,
            "reason": entry.reason,
            "why": text if reason in OF_PEOPLE else why_line(reason, entry.language),
            "title": title,
            "text": text,
            "since_ms": entry.since_ms,
            "made_ms": entry.made_ms,
            **group_of(entry),
            "try": entry.tries,
        },
        ensure_ascii=False,
    ).encode()


def _open(settings: Settings) -> Webhook:
    return Webhook(settings.webhook.url, settings.webhook.token)


WEBHOOK = ChannelKind(
    "webhook",
    "webhook:https://…",
    N_("webhook"),
    lambda address: address.startswith(("http://", "https://")),
    _open,
)
