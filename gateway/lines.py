"""From what the core says is to go out, to entries of the outbox.

Who left the house since the staff was last journaled has no address any more, and gets nothing.
"""

from collections.abc import Iterable
from typing import Protocol

import msgspec

from gateway.core.effects import PageDue
from gateway.core.people import Call, DailyTest, Tell, TellGroup
from gateway.core.reason import Reason
from gateway.core.switchboard import Goes, Ring, SitePage
from gateway.store.commit import Entry, Group
from gateway.store.registry import Registry

_encode = msgspec.json.Encoder().encode


class Addressing(Protocol):
    """notify.addressing.Addresses, seen from here."""

    def know(self, registry: Registry) -> None: ...
    def site_entries(self, page: PageDue, door_id: str, now_ms: int) -> list[Entry]: ...
    def entries(self, warden_id: str, call: Call, now_ms: int, about: str = "") -> list[Entry]: ...


def entries_of(goes: Iterable[Goes], addressing: Addressing, now_ms: int) -> list[Entry]:
    """An entry for each address at which somebody is told."""
    found: list[Entry] = []
    for one in goes:
        if isinstance(one, SitePage):
            found += addressing.site_entries(one.page, one.door_id, now_ms)
        else:
            call, about = _call(one, now_ms)
            found += addressing.entries(one.warden_id, call, now_ms, about)
    return found


def _call(ring: Ring, now_ms: int) -> tuple[Call, str]:
    """The page as it stands in the outbox, and what it is about if it stands for many."""
    match ring.said:
        case Tell(call=call):
            return call, ""
        case DailyTest(page_id=page_id):
            return Call(page_id, "", "", Reason.TEST, now_ms), ""
        case TellGroup() as group:
            return _grouped(group, now_ms)


def _grouped(group: TellGroup, now_ms: int) -> tuple[Call, str]:
    """The page that stands for many. It leads to the worst of them."""
    about = Group(group.cases, group.breaches, tuple(call.case_id for call in group.calls))
    worst = group.calls[0] if group.calls else None
    case_id, door_id = (worst.case_id, worst.door_id) if worst else ("", "")
    since_ms = min((call.since_ms for call in group.calls), default=now_ms)
    call = Call(group.page_id, case_id, door_id, Reason.GROUPED, since_ms)
    return call, _encode(about).decode()
