"""Rewind: the journal again, with other rules from a day on, beside the rules that hold now.

Until then there is one life of each door, under the rules that hold. Then a second begins where the
first stands, under the changed rules, as if somebody had changed the settings in that moment. Both
live through the same events to the same end. Nothing is written.

- A deadline comes in the journal when the gateway stepped it. As soon as a door's two lives differ,
  the second one's deadlines are its own: they come when they are due, as if the gateway had always
  been at work, and it takes none from the journal.
- What people did stands in the journal and names a case. Where that case was never raised in the
  second life, or has another name there, the act meets no case and changes nothing; those are
  counted. Nobody knows what people would have done about a page that they never had.
- What the site found out about all doors together (outages) has one life, the first.
- Messages that were refused beyond the limit of the journal are not in it, and raise nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from gateway.core.effects import ActionRefused, Effect, PageDue
from gateway.core.events import CaseAction, DeadlineCame, PageReceived, PageWentOut
from gateway.core.model import SITE, Door
from gateway.core.reason import Reason
from gateway.core.rules import Rulebook
from gateway.core.step import next_deadline, step
from gateway.store.replay import Journaled, Replay

DEADLINES_MAX = 64  # of one door between two of its events; a rule that sets more is a mistake


class Page(msgspec.Struct, frozen=True):
    """A page as one life of the door raised it: told at `at_ms`, of what happened at `since_ms`."""

    door_id: str
    at_ms: int
    since_ms: int
    reason: Reason
    page_id: str
    case_id: str


class Unmet(msgspec.Struct, frozen=True):
    """An act that ended in a case under the rules that hold, and meets none under the others."""

    door_id: str
    at_ms: int
    kind: str
    case_id: str
    by: str


class Comparison(msgspec.Struct):
    """What the changed rules would have made of the time between."""

    both: list[Page] = []
    not_raised: list[Page] = []  # raised under the rules that hold, and not under the others
    also_raised: list[Page] = []  # would have been raised, and was not
    unmet: list[Unmet] = []
    events: int = 0  # of the journal, from its beginning
    to_the_end: bool = True  # no event lies behind: the first life stands where the doors stand


def rewind(
    events: Iterable[Journaled], held: Replay, changed: Rulebook, from_ms: int, to_ms: int
) -> Comparison:
    """Live through the events up to `to_ms`, with changed rules from `from_ms` on.

    `held` is the replay under the rules that hold, at its beginning; it stands at `to_ms` then.
    """
    other = _Other(held, changed)
    result = Comparison()
    was: list[Page] = []
    would: list[Page] = []
    for its in events:
        if its.at_ms >= to_ms:
            result.to_the_end = False
            break
        result.events += 1
        if its.at_ms < from_ms:
            held.step(its)
            continue
        if its.door_id == SITE:
            held.step(its)
            continue
        would += other.due(its.door_id, its.at_ms)
        effects, lived = other.step(its), held.step(its)
        was += _pages(its.door_id, its.at_ms, lived.effects)
        would += _pages(its.door_id, its.at_ms, effects)
        if _did(lived.effects) and not _did(effects):
            result.unmet += _unmet(its)
    for door_id in list(other.doors):
        would += other.due(door_id, to_ms)
    _beside(result, was, would)
    return result


class _Other:
    """The second life of the doors. One that has not lived yet is as the first."""

    def __init__(self, held: Replay, rulebook: Rulebook) -> None:
        self._held, self._rulebook = held, rulebook
        self.doors: dict[str, Door] = {}

    def _door(self, door_id: str) -> Door:
        return self.doors.get(door_id) or self._held.doors.get(door_id) or Door(door_id)

    def _is_apart(self, door_id: str) -> bool:
        return self._door(door_id) != (self._held.doors.get(door_id) or Door(door_id))

    def due(self, door_id: str, until_ms: int) -> Iterator[Page]:
        """Its own deadlines before a time, once it differs from the first life."""
        for _ in range(DEADLINES_MAX if self._is_apart(door_id) else 0):
            door = self._door(door_id)
            rules = self._rulebook.of(door.door_class)
            due_ms = next_deadline(door, rules)
            if due_ms is None or due_ms >= until_ms:
                return
            self.doors[door_id], effects = step(door, DeadlineCame(), due_ms, rules)
            yield from _pages(door_id, due_ms, effects)

    def step(self, its: Journaled) -> tuple[Effect, ...]:
        """An event of the journal. To be called before the first life has had it."""
        if isinstance(its.event, DeadlineCame) and self._is_apart(its.door_id):
            return ()
        door = self._door(its.door_id)
        rules = self._rulebook.of(door.door_class)
        self.doors[its.door_id], effects = step(door, its.event, its.at_ms, rules)
        return effects


def _did(effects: Iterable[Effect]) -> bool:
    """Whether anything but a refusal followed."""
    return any(not isinstance(effect, ActionRefused) for effect in effects)


def _unmet(its: Journaled) -> Iterator[Unmet]:
    match its.event:
        case CaseAction(case_id=case_id, actor=actor):
            by = actor.actor_id
        case PageReceived(case_id=case_id, by=by):
            pass
        case PageWentOut(case_id=case_id):
            by = ""
        case _:
            return
    yield Unmet(its.door_id, its.at_ms, type(its.event).__name__, case_id, by)


def _pages(door_id: str, at_ms: int, effects: Iterable[Effect]) -> Iterator[Page]:
    for effect in effects:
        if isinstance(effect, PageDue) and not effect.rung and not effect.round:
            its = effect
            yield Page(door_id, at_ms, its.since_ms, its.reason, its.page_id, its.case_id)


def _beside(result: Comparison, was: list[Page], would: list[Page]) -> None:
    """Sort pages into those of both lives and those of one.

    They are the same page if door, reason and time of what happened are: the names of some hold
    the time at which a rule looked, which the rules themselves move.
    """
    left = Counter(_key(page) for page in would)
    for page in was:
        found = left[_key(page)] > 0
        left[_key(page)] -= found
        (result.both if found else result.not_raised).append(page)
    left = Counter(_key(page) for page in was)
    for page in would:
        found = left[_key(page)] > 0
        left[_key(page)] -= found
        if not found:
            result.also_raised.append(page)


def _key(page: Page) -> tuple[str, Reason, int]:
    return page.door_id, page.reason, page.since_ms


def by_reason(pages: Iterable[Page]) -> dict[str, int]:
    """How many for each reason, the most frequent first."""
    return dict(Counter(str(page.reason) for page in pages).most_common())
