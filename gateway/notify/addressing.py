"""Who is told of a page: every warden of the door's grid, by each of their channels.

The console's own inbox is a channel too: its entry is delivered when it is committed, for the inbox
is a view of the outbox. A site-wide webhook, if set, gets every page once.
"""

from gateway.core.effects import PageDue
from gateway.store.commit import Entry
from gateway.store.registry import Registry

INBOX, WEBHOOK, APPRISE = "inbox", "webhook", "apprise"
CHANNELS = (INBOX, WEBHOOK, APPRISE)


class Addresses:
    """The registry, asked in one way."""

    def __init__(self, registry: Registry, site_webhook: str, language: str) -> None:
        self._registry = registry
        self._site_webhook, self._language = site_webhook, language

    def know(self, registry: Registry) -> None:
        """Take over a newer registry."""
        self._registry = registry

    def entries(self, page: PageDue, door_id: str, now_ms: int) -> list[Entry]:
        """An outbox entry for each channel; ids are given by the draft."""
        found = []
        if self._site_webhook:
            found.append(
                _entry(page, door_id, now_ms, None, WEBHOOK, self._site_webhook, self._language)
            )
        grid_id = self._registry.grid_of[door_id]
        for warden in self._registry.wardens.get(grid_id, ()):
            for channel, address in warden.channels:
                found.append(
                    _entry(
                        page, door_id, now_ms, warden.warden_id, channel, address, warden.language
                    )
                )
        return found


def _entry(
    page: PageDue,
    door_id: str,
    now_ms: int,
    warden_id: str | None,
    channel: str,
    address: str,
    language: str,
) -> Entry:
    return Entry(
        entry_id=0,
        page_id=page.page_id,
        case_id=page.case_id,
        door_id=door_id,
        warden_id=warden_id,
        channel=channel,
        address=address,
        language=language,
        reason=page.reason,
        since_ms=page.since_ms,
        made_ms=now_ms,
        next_ms=now_ms,
        done_ms=now_ms if channel == INBOX else None,
    )
