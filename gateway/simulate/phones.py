"""What reaches people's phones, as the core's own step says it.

Every grid has a warden, a deputy, a captain, a centre and an installer, each with two channels that
work. What is counted: a *phone page* is one for which a person's phone rings (by another of their
channels it is the same page); a *grouped* one had no place among their ten in ten minutes: it was
told with others in one page that did not ring, and rang later, with them.
"""

from collections import deque
from collections.abc import Iterable
from typing import Any

from gateway.core.paging import staff
from gateway.core.paging.person import GroupedPage, SinglePage
from gateway.core.paging.routing import Notification, Routed, SitePage
from gateway.core.paging.schedule import Role
from gateway.core.paging.staff import Member
from gateway.core.reasons import BREACHES
from gateway.core.rules import Rules

GRID = "grid"
TEAM = staff.of({str(role): Member(GRID, role, (1, 2)) for role in Role}, [], [])


class Phones:
    """What reached the phones of one grid's people; `add` makes it that of several grids."""

    def __init__(self, rules: Rules) -> None:
        self._window_ms = rules.pages_window_ms
        self.pages = self.grouped = 0
        self.most = 0  # pages to one person in one window
        self.waits_ms: list[int] = []  # of breaches that were grouped
        self._due_ms: dict[str, int] = {}  # page_id -> when it was raised
        self._window: dict[str, deque[int]] = {warden_id: deque() for warden_id in TEAM.members}
        self._counted: set[tuple[str, str]] = set()
        self._told: set[tuple[str, str, int]] = set()  # who, and of what, in a grouped one

    def add(self, grid: "Phones") -> None:
        """Another grid's people, with phones of their own."""
        self.pages += grid.pages
        self.grouped += grid.grouped
        self.most = max(self.most, grid.most)
        self.waits_ms += grid.waits_ms

    def count(self, at_ms: int, routed: Iterable[Routed]) -> None:
        """What goes out at a time."""
        for item in routed:
            match item:
                case SitePage(page=page):
                    self._due_ms.setdefault(page.page_id, at_ms)
                case Notification(warden_id, SinglePage(page=personal_page)):
                    self._page(at_ms, warden_id, personal_page.page_id)
                case Notification(warden_id, GroupedPage() as group):
                    self._grouped(at_ms, warden_id, group)

    def _grouped(self, at_ms: int, warden_id: str, group: GroupedPage) -> None:
        """A page for many. What is new in it has waited since it was raised; only one that rings
        is a phone page."""
        for personal_page in group.pages:
            told = warden_id, personal_page.case_id, personal_page.since_ms
            if personal_page.reason in BREACHES and told not in self._told:
                self.waits_ms.append(at_ms - self._due_ms[personal_page.page_id])
            self._told.add(told)
        if group.rings:
            self._page(at_ms, warden_id, group.page_id)
            self.grouped += group.cases

    def figures(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "phone_pages": self.pages,
            "phone_pages_grouped": self.grouped,
            "phone_most_pages_in_10_min": self.most,
            "phone_breach_waited_ms_max": max(self.waits_ms, default=0),
        }

    def _page(self, at_ms: int, warden_id: str, page_id: str) -> None:
        if (warden_id, page_id) in self._counted:
            return  # by their other channel
        self._counted.add((warden_id, page_id))
        self.pages += 1
        window = self._window[warden_id]
        while window and window[0] <= at_ms - self._window_ms:
            window.popleft()
        window.append(at_ms)
        self.most = max(self.most, len(window))
