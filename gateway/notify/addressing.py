"""Who is told of a page, by which channels: from a rung of the ladder to people on duty now.

A rung on which nobody is, or whom no channel reaches, falls to the next higher one at once, and
beyond the last to everybody of the grid, so that somebody is always told. The console's inbox is a
channel too: its entry is delivered when it is committed, for the inbox is a view of the outbox. A
site-wide webhook, if set, gets every page once a round.
"""

from collections.abc import Callable, Iterable

from gateway.core import ladder, rota
from gateway.core.effects import PageDue
from gateway.core.ladder import Ways
from gateway.core.people import Call
from gateway.core.reason import Reason
from gateway.core.rota import Role
from gateway.core.rules import Rules
from gateway.store.commit import Entry
from gateway.store.registry import Registry, Warden

INBOX, WEBHOOK, APPRISE = "inbox", "webhook", "apprise"
CHANNELS = (INBOX, WEBHOOK, APPRISE)
EVERYBODY_MAX = 50  # told at once where nobody has duty

Chosen = list[tuple[Warden, Ways]]
Works = Callable[[str], bool]  # whether a person can be reached, by their id


class Addresses:
    """The registry, asked in one way."""

    def __init__(self, registry: Registry, site_webhook: str, language: str) -> None:
        self._site_webhook, self._language = site_webhook, language
        self.know(registry)

    def know(self, registry: Registry) -> None:
        """Take over a newer registry."""
        self._registry = registry
        self._wardens = {
            warden.warden_id: warden for there in registry.wardens.values() for warden in there
        }

    def warden(self, warden_id: str) -> Warden | None:
        """The person of this id, if there is one."""
        return self._wardens.get(warden_id)

    def wardens(self) -> Iterable[Warden]:
        """Everybody."""
        return self._wardens.values()

    def told(self, page: PageDue, grid_id: str, now_ms: int, rules: Rules, works: Works) -> Chosen:
        """Who is told of this rung, and which of their channels."""
        steps = ladder.rungs(page.reason)
        if page.reason is Reason.CANARY:  # it asks whether they can be reached: nobody else is
            return self._people(grid_id, (Role.WARDEN,), Ways.ALL)
        for step in steps[min(page.rung, len(steps) - 1) :]:
            on_duty = rota.on_duty(self._registry.rota, grid_id, step.role, now_ms, rules.zone)
            found = [self._wardens[who] for who in on_duty if who in self._wardens and works(who)]
            if found:
                return [(warden, step.ways) for warden in found]
        return self._people(grid_id, tuple(Role), Ways.ALL) or self._anybody()

    def site_entries(self, page: PageDue, door_id: str, now_ms: int) -> list[Entry]:
        """For the site's own webhook: each page, once a round."""
        if not self._site_webhook or page.rung:
            return []
        call = Call(page.page_id, page.case_id, door_id, page.reason, page.since_ms)
        return [_entry(call, now_ms, None, WEBHOOK, self._site_webhook, self._language)]

    def entries(self, warden: Warden, call: Call, now_ms: int, about: str = "") -> list[Entry]:
        """An outbox entry for each of the channels called; ids are given by the draft."""
        return [
            _entry(call, now_ms, warden.warden_id, channel, address, warden.language, about)
            for channel, address in channels(warden, call.ways)
        ]

    def _people(self, grid_id: str, roles: tuple[Role, ...], ways: Ways) -> Chosen:
        there = self._registry.wardens.get(grid_id, ())
        return [(who, ways) for who in there if who.role in roles and who.channels][:EVERYBODY_MAX]

    def _anybody(self) -> Chosen:
        """A grid of nobody: the site's captains and centre, else whoever there is."""
        able = [who for who in self._wardens.values() if who.channels]
        heads = [who for who in able if who.role in (Role.CAPTAIN, Role.CENTRE)]
        return [(who, Ways.ALL) for who in (heads or able)[:EVERYBODY_MAX]]


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
