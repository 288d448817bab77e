"""From the switchboard to the outbox, for one draft: what it says is to go out, as entries.

The draft's switchboard is its own until its commit is on the disk. Who left the house since the
staff was last journaled has no address any more, and gets nothing.
"""

from collections.abc import Iterable
from typing import Protocol

import msgspec

from gateway.core import switchboard
from gateway.core.effects import Effect, PageDue
from gateway.core.events import PersonDue, PersonReached, StaffSet
from gateway.core.model import SITE
from gateway.core.people import Call, DailyTest, Person, Tell, TellGroup
from gateway.core.reason import Reason
from gateway.core.rules import Rules
from gateway.core.switchboard import Goes, Ring, SitePage, Switchboard
from gateway.store.commit import Entry, Group
from gateway.store.registry import Registry

_encode = msgspec.json.Encoder().encode


class Addressing(Protocol):
    """notify.addressing.Addresses, seen from here."""

    def know(self, registry: Registry) -> None: ...
    def site_entries(self, page: PageDue, door_id: str, now_ms: int) -> list[Entry]: ...
    def entries(self, warden_id: str, call: Call, now_ms: int, about: str = "") -> list[Entry]: ...


class Lines:
    """What one draft tells people, on top of a switchboard."""

    def __init__(self, board: Switchboard, addressing: Addressing, rules: Rules) -> None:
        self._before, self._addressing, self._rules = board, addressing, rules
        self.board = board

    def follow(self, effect: Effect, door_id: str, grid_id: str, now_ms: int) -> Iterable[Entry]:
        """The entries that follow from an effect of a door, or of an outage."""
        self.board, goes = switchboard.follow(
            self.board, effect, door_id, grid_id, now_ms, self._rules
        )
        return self._entries(goes, now_ms) if goes else ()

    def step(self, event: StaffSet | PersonDue | PersonReached, now_ms: int) -> Iterable[Entry]:
        """The entries that follow from an event of the switchboard's own."""
        self.board, goes = switchboard.step(self.board, event, now_ms, self._rules)
        return self._entries(goes, now_ms)

    def changed(self) -> list[Person]:
        """Everybody who is not as they were, to be stored."""
        before, now = self._before.people, self.board.people
        if now is before:
            return []
        return [person for who, person in now.items() if person is not before.get(who)]

    def _entries(self, goes: Iterable[Goes], now_ms: int) -> list[Entry]:
        found: list[Entry] = []
        for one in goes:
            if isinstance(one, SitePage):
                found += self._addressing.site_entries(one.page, one.door_id, now_ms)
            else:
                call, about = _call(one, now_ms)
                found += self._addressing.entries(one.warden_id, call, now_ms, about)
        return found


def _call(ring: Ring, now_ms: int) -> tuple[Call, str]:
    """The page as it stands in the outbox, and what it is about if it stands for many."""
    match ring.said:
        case Tell(call=call):
            return call, ""
        case DailyTest(page_id=page_id):
            return Call(page_id, "", SITE, Reason.TEST, now_ms), ""
        case TellGroup() as group:
            return _grouped(group, now_ms)


def _grouped(group: TellGroup, now_ms: int) -> tuple[Call, str]:
    """The page that stands for many. It leads to the worst of them."""
    about = Group(group.cases, group.breaches, tuple(call.case_id for call in group.calls))
    worst = group.calls[0] if group.calls else None
    case_id, door_id = (worst.case_id, worst.door_id) if worst else ("", SITE)
    since_ms = min((call.since_ms for call in group.calls), default=now_ms)
    call = Call(group.page_id, case_id, door_id, Reason.GROUPED, since_ms)
    return call, _encode(about).decode()
