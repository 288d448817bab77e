"""By which addresses a person is told, and the site's own webhook.

The console's inbox is a channel too: its entry is delivered when it is committed, for the inbox is
a view of the outbox. A site-wide webhook, if set, gets every page once a round.
"""

from gateway.core.effects import PageDue
from gateway.core.ladder import Ways
from gateway.core.people import Call
from gateway.store.commit import Entry
from gateway.store.registry import Registry, Warden

INBOX, WEBHOOK, APPRISE = "inbox", "webhook", "apprise"
CHANNELS = (INBOX, WEBHOOK, APPRISE)


class Addresses:
    """The registry, asked in one way."""

    def __init__(self, registry: Registry, site_webhook: str, language: str) -> None:
        self._site_webhook, self._language = site_webhook, language
        self.know(registry)

    def know(self, registry: Registry) -> None:
        """Take over a newer registry."""
        self._wardens = {
            warden.warden_id: warden for there in registry.wardens.values() for warden in there
        }

    def site_entries(self, page: PageDue, door_id: str, now_ms: int) -> list[Entry]:
        """For the site's own webhook: each page, once a round."""
        if not self._site_webhook or page.rung:
            return []
        call = Call(page.page_id, page.case_id, door_id, page.reason, page.since_ms)
        return [_entry(call, now_ms, None, WEBHOOK, self._site_webhook, self._language)]

    def entries(self, warden_id: str, call: Call, now_ms: int, about: str = "") -> list[Entry]:
        """An outbox entry for each of the channels called; ids are given by the draft.

        None for a person who is no longer there.
        """
        warden = self._wardens.get(warden_id)
        if warden is None:
            return []
        return [
            _entry(call, now_ms, warden_id, channel, address, warden.language, about)
            for channel, address in channels(warden, call.ways)
        ]


def channels(warden: Warden, ways: Ways) -> tuple[tuple[str, str], ...]:
    """The first of a person's channels, the others, or all."""
    if ways is Ways.FIRST:
        return warden.channels[:1]
    return warden.channels[1:] if ways is Ways.OTHER else warden.channels


def _entry(
    call: Call,
    now_ms: int,
    warden_id: str | None,
    channel: str,
    address: str,
    language: str,
    about: str = "",
) -> Entry:
    return Entry(
        entry_id=0,
        page_id=call.page_id,
        case_id=call.case_id,
        door_id=call.door_id,
        warden_id=warden_id,
        channel=channel,
        address=address,
        language=language,
        reason=call.reason,
        since_ms=call.since_ms,
        made_ms=now_ms,
        next_ms=now_ms,
        done_ms=now_ms if channel == INBOX else None,
        about=about,
    )
