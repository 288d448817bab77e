"""From what the core says is to go out, to entries of the outbox.

Who left the house since the staff was last journaled has no address any more, and gets nothing.
"""

from collections.abc import Iterable
from typing import Protocol

import msgspec

from gateway.core.effects import PageDue
from gateway.core.paging.person import (
    AskedTest,
    DailyTest,
    GroupedPage,
    PersonalPage,
    SinglePage,
)
from gateway.core.paging.routing import Notification, Routed, SitePage
from gateway.core.paging.schedule import Role
from gateway.core.reasons import Reason
from gateway.registry.load import Registry
from gateway.store.outbox import Entry, Group, decode_group

_encode = msgspec.json.Encoder().encode


class Addressing(Protocol):
    """Says by which channel, and at which address, somebody is told. `notify.addressing` is one."""

    def know(self, registry: Registry) -> None:
        """Take over who is to be told, and at which addresses."""

    def site_entries(self, page: PageDue, door_id: str, now_ms: int) -> list[Entry]:
        """The page as it goes to the site's own address.

        Args:
            page: what is due.
            door_id: the door that it is about; empty where it is about none.
            now_ms: when it was made, in milliseconds of UTC.

        Returns:
            Entries without a number; none where the site has no address, or this page is not the
            first of its round.
        """

    def household_entries(
        self,
        page_id: str,
        reason: Reason,
        since_ms: int,
        door_id: str,
        now_ms: int,
        from_ms: int = 0,
    ) -> list[Entry]:
        """What goes to a household itself, as a text message.

        Args:
            page_id: what others of its kind have too; "" where nobody else is told.
            reason: of what it is told.
            since_ms: when that was.
            door_id: the first of its doors; its number is looked up when the message goes out.
            now_ms: when it was made, in milliseconds of UTC.
            from_ms: when it may go out, if later.

        Returns:
            One entry without a number; none where the site sends no text messages.
        """

    def entries(
        self,
        warden_id: str,
        personal_page: PersonalPage,
        now_ms: int,
        about: str = "",
        is_quiet: bool = False,
    ) -> list[Entry]:
        """The page as it goes to a person.

        Args:
            warden_id: who is told.
            personal_page: of what.
            now_ms: when it was made, in milliseconds of UTC.
            about: of a page that stands for many, a `Group` as JSON.
            is_quiet: by nothing that the person would read or hear.

        Returns:
            Entries without a number, one for each channel whose turn it is; none for somebody who
            has left.
        """


def entries_of(routed: Iterable[Routed], addressing: Addressing, now_ms: int) -> list[Entry]:
    """What is to be written into the outbox.

    Args:
        routed: what the core says is to go out, in its order.
        addressing: knows the addresses.
        now_ms: when, in milliseconds of UTC.

    Returns:
        An entry for each address at which somebody is told, still without a number.
    """
    entries: list[Entry] = []
    for notification in routed:
        if isinstance(notification, SitePage):
            page, door_id = notification.page, notification.door_id
            made = addressing.site_entries(page, door_id, now_ms)
            _place(made, page.step_index, page.round)
        else:
            personal_page, about = _personal_page(notification, now_ms)
            content = notification.content
            is_quiet = isinstance(content, DailyTest) and not content.texts
            made = addressing.entries(
                notification.warden_id, personal_page, now_ms, about, is_quiet
            )
            _place(made, notification.step_index, notification.round, notification.role)
        entries += made
    return entries


def _place(
    made: list[Entry], step_index: int | None, round_number: int, role: Role | None = None
) -> None:
    """Say on which step of the escalation these entries are told."""
    for entry in made:
        entry.step_index, entry.round, entry.role = step_index, round_number, role or ""


def _personal_page(notification: Notification, now_ms: int) -> tuple[PersonalPage, str]:
    """The page as it stands in the outbox, and what it is about if it stands for many."""
    match notification.content:
        case SinglePage(page=personal_page):
            return personal_page, ""
        case DailyTest(page_id=page_id):
            return PersonalPage(page_id, "", "", Reason.TEST, now_ms), ""
        case AskedTest(page_id=page_id):
            return PersonalPage(page_id, "", "", Reason.TEST_PAGE, now_ms), ""
        case GroupedPage() as group:
            return _grouped(group, now_ms)


def _grouped(group: GroupedPage, now_ms: int) -> tuple[PersonalPage, str]:
    """The page that stands for many. It leads to the worst of them."""
    case_ids = tuple(personal_page.case_id for personal_page in group.pages)
    counts, rings = (group.cases, group.breaches), group.rings
    about = Group(*counts, case_ids, rings, group.conversation, group.matters)
    worst = group.pages[0] if group.pages else None
    case_id, door_id = (worst.case_id, worst.door_id) if worst else ("", "")
    since_ms = min((personal_page.since_ms for personal_page in group.pages), default=now_ms)
    personal_page = PersonalPage(group.page_id, case_id, door_id, Reason.GROUPED, since_ms)
    return personal_page, _encode(about).decode()


def without_renewed(entries: Iterable[Entry], newer: Entry) -> list[Entry]:
    """The entries but those for many that a newer one for many stands for: a page that was renewed
    before it was stored need not go out, for what one batch brings comes as one."""
    group = decode_group(newer.about)
    return [
        entry
        for entry in entries
        if entry.reason != Reason.GROUPED
        or _address(entry) != _address(newer)
        or not _stands_for(group, decode_group(entry.about))
    ]


def _address(entry: Entry) -> tuple[str | None, str, str]:
    return entry.warden_id, entry.channel, entry.address


def _stands_for(newer: Group, older: Group) -> bool:
    is_same = newer.conversation == older.conversation
    return is_same and set(newer.case_ids) >= set(older.case_ids)
