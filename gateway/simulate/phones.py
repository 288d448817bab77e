"""What reaches people's phones: a grid's switchboard, fed with all that its doors raised.

Every grid has a warden, a deputy, a captain, a centre and an installer, each with two channels that
work. What is counted: a *phone page* is a page that goes out to one person (by another of their
channels it is the same page); a *grouped* one had to wait for a place among their ten in ten
minutes, and went out with others as one. The cases of outages are not in it: their installer is
the whole site's.
"""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from gateway.core import staff, switchboard
from gateway.core.effects import CaseMoved, Effect, PageDue
from gateway.core.events import PersonDue, PersonReached, StaffSet
from gateway.core.people import DailyTest, Tell, TellGroup
from gateway.core.reason import BREACHES
from gateway.core.rota import Role
from gateway.core.rules import Rules
from gateway.core.staff import Member
from gateway.core.switchboard import Goes, Ring
from gateway.simulate.life import START_MS

GRID = "grid"
TEAM = staff.of({str(role): Member(GRID, role, (1, 2)) for role in Role}, [], [])
PEOPLE_DUE_MAX = 100_000  # in a grid's whole time: some tests a day

Raised = tuple[int, str, Effect]  # when, at which door, what


def concerns(effect: Effect) -> bool:
    """Whether the switchboard hears of it."""
    return isinstance(effect, PageDue) or (
        isinstance(effect, CaseMoved) and effect.case.ladder is None
    )


@dataclass(slots=True)
class Phones:
    """What reached the phones of a fleet."""

    pages: int = 0
    grouped: int = 0
    most: int = 0  # pages to one person in one window
    waits_ms: list[int] = field(default_factory=list)  # of breaches that were grouped

    def add(self, raised: list[Raised], rules: Rules) -> None:
        """A grid more: what its doors raised, in any order."""
        grid = _Grid(rules)
        for at_ms, door_id, effect in sorted(raised, key=lambda its: its[0]):
            grid.follows(at_ms, door_id, effect)
        grid.live(None)
        self.pages += grid.pages.total()
        self.grouped += grid.grouped
        self.most = max(self.most, grid.most)
        self.waits_ms += grid.waits_ms

    def figures(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "phone_pages": self.pages,
            "phone_pages_grouped": self.grouped,
            "phone_most_pages_in_10_min": self.most,
            "phone_breach_waited_ms_max": max(self.waits_ms, default=0),
        }


class _Grid:
    """One switchboard at work."""

    def __init__(self, rules: Rules) -> None:
        self._rules, empty = rules, switchboard.of(staff.Staff())
        self._board, _ = switchboard.step(empty, StaffSet(TEAM), START_MS, rules)
        self._due_ms: dict[str, int] = {}  # page_id -> when it was raised
        self._window: dict[str, deque[int]] = {who: deque() for who in TEAM.members}
        self.pages: Counter[str] = Counter()
        self._told: set[tuple[str, str]] = set()
        self.grouped = self.most = 0
        self.waits_ms: list[int] = []

    def follows(self, at_ms: int, door_id: str, effect: Effect) -> None:
        """An effect of a door. What was due for people before it comes first."""
        self.live(at_ms)
        if isinstance(effect, PageDue):
            self._due_ms.setdefault(effect.page_id, at_ms)
        self._board, goes = switchboard.follow(
            self._board, effect, door_id, GRID, at_ms, self._rules
        )
        self._count(at_ms, goes)

    def live(self, until_ms: int | None) -> None:
        """Step those whose time comes until then; None: until nothing is held any more."""
        for _ in range(PEOPLE_DUE_MAX):
            times = {who: switchboard.next_deadline(self._board, who) for who in self._window}
            due = [(at_ms, who) for who, at_ms in times.items() if at_ms is not None]
            if not due or (until_ms is None and not self._board.holding):
                return
            at_ms, who = min(due)
            if until_ms is not None and at_ms > until_ms:
                return
            self._board, goes = switchboard.step(self._board, PersonDue(who), at_ms, self._rules)
            self._count(at_ms, goes)
        raise AssertionError("people's times never end")

    def _count(self, at_ms: int, goes: tuple[Goes, ...]) -> None:
        for ring in goes:
            match ring:
                case Ring(who, Tell(call=call)):
                    self._page(at_ms, who, call.page_id)
                case Ring(who, TellGroup() as group):
                    self._page(at_ms, who, group.page_id)
                    self.grouped += group.cases
                    self.waits_ms += [
                        at_ms - self._due_ms[call.page_id]
                        for call in group.calls
                        if call.reason in BREACHES
                    ]
                case Ring(who, DailyTest()):
                    self._board, _ = switchboard.step(
                        self._board, PersonReached(who), at_ms, self._rules
                    )

    def _page(self, at_ms: int, who: str, page_id: str) -> None:
        if (who, page_id) in self._told:
            return  # by their other channel
        self._told.add((who, page_id))
        self.pages[who] += 1
        window = self._window[who]
        while window and window[0] <= at_ms - self._rules.pages_window_ms:
            window.popleft()
        window.append(at_ms)
        self.most = max(self.most, len(window))
