"""One beat of the loop before it is true: steps taken on a copy, rows gathered, answers prepared.

Door states and marks are overlaid here and adopted by the loop only after the commit. If the
commit fails the draft is kept and tried again, and nobody outside has heard of it.
"""

from typing import Protocol

from gateway.core.effects import Effect, OpeningBegan, PageDue
from gateway.core.events import Event, MessageRefused, ReportCame
from gateway.core.model import Door, Rules
from gateway.core.orders import why_not_under_order
from gateway.core.reason import Reason
from gateway.core.step import step
from gateway.store.commit import Commit, Entry, Mark
from gateway.store.registry import Registry

REFUSALS_JOURNALED_A_MINUTE = 60  # of each reason; beyond that they are counted only
MINUTE_MS = 60_000


class Addressing(Protocol):
    """Who is told of a page, by which channels."""

    def entries(self, page: PageDue, door_id: str, now_ms: int) -> list[Entry]:
        """An outbox entry for each channel; their ids are given by the draft."""

    def know(self, registry: Registry) -> None:
        """Take over a newer registry."""


class Site:
    """What is true now: the registry, every door's state, every seal's mark."""

    def __init__(self, registry: Registry, rules: Rules) -> None:
        self.rules = rules
        self.registry = registry
        self.doors = dict(registry.doors)
        self.marks = {seal_id: row.mark for seal_id, row in registry.seals.items()}

    def enlarge(self, registry: Registry) -> None:
        """Take over a newer registry. Doors and marks that are known here are newer here."""
        self.registry = registry
        self.doors = {**registry.doors, **self.doors}
        self.marks = {seal_id: row.mark for seal_id, row in registry.seals.items()} | self.marks


class Tally:
    """How many refusals were journaled this minute, by reason."""

    def __init__(self) -> None:
        self._minute = 0
        self._counts: dict[Reason, int] = {}

    def allows(self, at_ms: int, reason: Reason) -> bool:
        """Whether one more may be journaled; counts it if so."""
        minute = at_ms // MINUTE_MS
        if minute != self._minute:
            self._minute, self._counts = minute, {}
        count = self._counts.get(reason, 0)
        self._counts[reason] = count + 1
        return count < REFUSALS_JOURNALED_A_MINUTE


class Draft:
    """Steps on top of a site, and the rows and answers that follow from them."""

    def __init__(self, site: Site, tally: Tally, addressing: Addressing, ids: tuple[int, int]):
        self._site, self._tally, self._addressing = site, tally, addressing
        self.commit = Commit(ids[0])
        self.next_entry_id = ids[1]
        self.doors: dict[str, Door] = {}
        self.marks: dict[str, Mark] = {}
        self.pages: list[str] = []
        self.cases: dict[str, None] = {}  # in the order in which they moved
        self.numbers: set[tuple[str, int]] = set()  # (seal_id, seq) journaled by this draft
        self.reports = self.refused = 0

    def mark(self, seal_id: str, mark: Mark) -> None:
        """A transmission was accepted: nothing at or below it ever is again."""
        self.marks[seal_id] = mark
        self.commit.mark(seal_id, mark)

    def report(self, at_ms: int, door_id: str | None, event: ReportCame) -> None:
        """A genuine, new report."""
        self.reports += 1
        self.numbers.add((event.seal_id, event.seq))
        if door_id is None:
            self.commit.refusal(at_ms, Reason.NO_DOOR)
            self.commit.event(at_ms, None, event, Reason.NO_DOOR)
            return
        self.event(at_ms, door_id, event)

    def refuse(self, at_ms: int, seal_id: str, door_id: str | None, reason: Reason) -> None:
        """A message that was refused: counted always, journaled within a limit.

        A burst of them on a door becomes a case there; without `door_id` it does not.
        """
        self.refused += 1
        event = MessageRefused(seal_id, reason)
        self.commit.refusal(at_ms, reason)
        if not self._tally.allows(at_ms, reason):
            return
        if door_id is None:
            self.commit.event(at_ms, None, event, event.reason)
        else:
            self.event(at_ms, door_id, event)

    def event(self, at_ms: int, door_id: str, event: Event) -> bool:
        """Step the door, write what follows. True if anything followed or the door changed."""
        before = self.doors.get(door_id) or self._site.doors[door_id]
        door, effects = step(before, event, at_ms, self._site.rules)
        if door is not before:
            self.doors[door_id] = door
            self.commit.door(door)
        self.commit.event(at_ms, door_id, event, self._reason(event, door, effects, at_ms))
        grid_id = self._site.registry.grid_of[door_id]
        for effect in effects:
            self._effect(at_ms, door_id, grid_id, effect)
        return bool(effects) or door != before

    def _reason(
        self, event: Event, door: Door, effects: tuple[Effect, ...], at_ms: int
    ) -> Reason | None:
        """What stands beside the event in the journal, and is counted where it told nothing."""
        if isinstance(event, MessageRefused):
            return event.reason
        if not isinstance(event, ReportCame) or not event.edge:
            return None
        began = next((e.reason for e in effects if isinstance(e, OpeningBegan)), None)
        reason = began or why_not_under_order(door, at_ms)
        if reason in (Reason.NO_ORDER, Reason.ORDER_NOT_BEGUN, Reason.ORDER_OVER):
            self.commit.refusal(at_ms, reason)
        return reason

    def _effect(self, at_ms: int, door_id: str, grid_id: str, effect: Effect) -> None:
        self.commit.effect(at_ms, door_id, grid_id, effect)
        if isinstance(effect, PageDue):
            self.pages.append(effect.page_id)
            for entry in self._addressing.entries(effect, door_id, at_ms):
                entry.entry_id = self.next_entry_id
                self.next_entry_id += 1
                self.commit.entries.append(entry)
        case_id = getattr(effect, "case_id", None)
        if case_id is not None:
            self.cases[case_id] = None
