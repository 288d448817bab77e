"""By which addresses a person is told, and the site's own webhook.

An entry of a channel that sends nothing, as the inbox, is delivered when it is committed. A
site-wide webhook, if set, gets every page once a round. For the other end each page has an id that
was drawn for it, so that nobody who sees pages pass can tell which are of one home.
"""

import secrets
from hashlib import blake2b

from gateway.channels.inbox import INBOX
from gateway.channels.kinds import kind_of
from gateway.channels.push import PUSH
from gateway.channels.webhook import WEBHOOK
from gateway.core.cases.escalation import Ways
from gateway.core.effects import PageDue
from gateway.core.evidence import QUIET, Evidence
from gateway.core.paging.person import PersonalPage
from gateway.core.reasons import TESTS, Reason
from gateway.registry.load import Registry, Warden
from gateway.store.outbox import HOUSEHOLD, Entry

_INBOX, _PUSH = (INBOX.name, ""), (PUSH.name, "")
SENT_ID_BYTES = 8  # of the ids that leave the house


class Addresses:
    """The registry, asked in one way."""

    def __init__(
        self, registry: Registry, site_webhook: str, language: str, has_texts: bool = False
    ) -> None:
        self._site_webhook, self._language = site_webhook, language
        self._has_texts = has_texts
        self._drawn = secrets.token_bytes(16)  # with it, and only with it, ids can be told apart
        self.know(registry)

    def know(self, registry: Registry) -> None:
        """Take over a newer registry."""
        self._wardens = {
            warden.warden_id: warden for there in registry.wardens.values() for warden in there
        }

    def all(self) -> set[tuple[str, str]]:
        """Wherever anybody is told: the kind of channel, and the address as entries bear it."""
        found = {
            (name, _address_of(name, address, warden))
            for warden in self._wardens.values()
            for name, address in warden.channels
        }
        if self._site_webhook:
            found.add((WEBHOOK.name, self._site_webhook))
        return found | ({(HOUSEHOLD, HOUSEHOLD)} if self._has_texts else set())

    def site_entries(self, page: PageDue, door_id: str, now_ms: int) -> list[Entry]:
        """For the site's own webhook: each page, once a round."""
        if not self._site_webhook or page.step_index or page.to:
            return []
        personal_page = PersonalPage(
            page.page_id, page.case_id, door_id, page.reason, page.since_ms
        )
        return [self._entry(personal_page, now_ms, None, (WEBHOOK.name, self._site_webhook))]

    def household_entries(
        self,
        page_id: str,
        reason: Reason,
        since_ms: int,
        door_id: str,
        now_ms: int,
        from_ms: int = 0,
    ) -> list[Entry]:
        """For a household's own telephone, whose number stands in no entry, from a time on; none
        where the site sends no text messages."""
        if not self._has_texts:
            return []
        told = PersonalPage(page_id or self.drawn_id(), "", door_id, reason, since_ms)
        entry = self._entry(told, now_ms, None, (HOUSEHOLD, HOUSEHOLD))
        entry.next_ms = max(now_ms, from_ms)
        return [entry]

    def drawn_id(self) -> str:
        """A page's id that names no household in a log."""
        return f"text-{secrets.token_hex(SENT_ID_BYTES)}"

    def entries(
        self,
        warden_id: str,
        personal_page: PersonalPage,
        now_ms: int,
        about: str = "",
        is_quiet: bool = False,
    ) -> list[Entry]:
        """An outbox entry for each of the channels called; ids are given by the unit of work.

        None for a person who is no longer there. `is_quiet`: only by what disturbs nobody.
        """
        warden = self._wardens.get(warden_id)
        if warden is None:
            return []
        return [
            self._entry(personal_page, now_ms, warden, channel, about)
            for channel in channels(warden, personal_page.ways)
            if not is_quiet or channel[0] in QUIET
        ]

    def _sent_id(self, personal_page: PersonalPage, channel: tuple[str, str]) -> str:
        """The page's id for the other end: the same by every channel, and of no other page. Of a
        test it is each channel's own, for the answer shall say by which one it came."""
        page_id = personal_page.page_id
        if personal_page.reason in TESTS:
            page_id = "\n".join((page_id, *channel))
        return blake2b(page_id.encode(), digest_size=SENT_ID_BYTES, key=self._drawn).hexdigest()

    def _entry(
        self,
        personal_page: PersonalPage,
        now_ms: int,
        warden: Warden | None,
        channel: tuple[str, str],
        about: str = "",
    ) -> Entry:
        kind = kind_of(channel[0])
        is_delivered = kind is not None and kind.open is None
        return Entry(
            entry_id=0,
            page_id=personal_page.page_id,
            case_id=personal_page.case_id,
            door_id=personal_page.door_id,
            warden_id=None if warden is None else warden.warden_id,
            channel=channel[0],
            address=_address_of(*channel, warden),
            language=self._language if warden is None else warden.language,
            reason=personal_page.reason,
            since_ms=personal_page.since_ms,
            made_ms=now_ms,
            next_ms=now_ms,
            done_ms=now_ms if is_delivered else None,
            about=about,
            sent_id=self._sent_id(personal_page, channel),
            evidence=Evidence.QUEUED if is_delivered else None,
        )


def _address_of(name: str, address: str, warden: Warden | None) -> str:
    """Where a channel's entries go: of some kinds, to the person."""
    kind = kind_of(name)
    is_theirs = kind is not None and kind.is_of_person and warden is not None
    return warden.warden_id if is_theirs and warden else address


def channels(warden: Warden, ways: Ways) -> tuple[tuple[str, str], ...]:
    """The first of a person's channels, the others, or all.

    What rings her phone and what it shows then are one way, whichever stands first.
    """
    own = warden.channels
    if _PUSH in own and _INBOX not in own:
        own = (*own, _INBOX)
    if ways is Ways.ALL:
        return own
    if ways is Ways.READ:
        return tuple(channel for channel in own if _is_read(channel[0]))
    first = {_PUSH, _INBOX} if own[:1] in ((_PUSH,), (_INBOX,)) else set(own[:1])
    return tuple(channel for channel in own if (channel in first) == (ways is Ways.FIRST))


def _is_read(name: str) -> bool:
    """Whether a person comes to a kind of channel and reads, so that nothing rings."""
    kind = kind_of(name)
    return kind is not None and kind.open is None
