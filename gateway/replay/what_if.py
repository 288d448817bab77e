"""What-if: the journal again, with other rules from a day on, beside the rules that hold now.

Until then there is one life of the site, under the rules that hold. Then a second begins where the
first stands, under the changed rules, as if somebody had changed the settings in that moment. Both
live through what came from outside, to the same end; what follows from it is each life's own.
Nothing is written.

- A deadline comes in the journal when the gateway stepped it. As soon as a door (or what the site
  knows of all of them) differs between the two lives, the second one's deadlines are its own: they
  come when they are due, as if the gateway had always been at work, and it takes none from the
  journal.
- What people did stands in the journal and names a case. Where that case was never raised in the
  second life, or has another name there, the action meets no case and changes nothing; those are
  counted. Nobody knows what people would have done about a page that they never had.
- Who would have been told is not asked: pages are compared as the rules raise them.
- Messages that were refused beyond the limit of the journal are not in it, and raise nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from gateway.core.deadline_index import DeadlineIndex
from gateway.core.effects import ActionRefused, PageDue
from gateway.core.events import (
    CaseAction,
    DeadlineCame,
    PageReceived,
    PageWentOut,
    PersonDue,
    RulesSet,
    kind_of,
)
from gateway.core.reasons import NOTICES, Reason
from gateway.core.rules import Rulebook
from gateway.core.site import SiteState, SiteTurn, Step
from gateway.core.subject import Subject, SubjectKind
from gateway.replay.replay import Journaled, Replay

Acted = CaseAction | PageReceived | PageWentOut
DEADLINES_MAX = 1_000_000  # of the second life in all; rules that set more are a mistake


class Page(msgspec.Struct, frozen=True):
    """A page as one life raised it: told at `at_ms`, of what happened at `since_ms`."""

    door_id: str
    at_ms: int
    since_ms: int
    reason: Reason
    page_id: str
    case_id: str


class Unmet(msgspec.Struct, frozen=True):
    """An action that ended in a case under the rules that hold, and meets none under the others."""

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


def what_if(
    events: Iterable[Journaled], held: Replay, changed: Rulebook, from_ms: int, to_ms: int
) -> Comparison:
    """Live through the events up to `to_ms`, with changed rules from `from_ms` on.

    `held` is the replay under the rules that hold, at its beginning; it stands at `to_ms` then.
    """
    other: _Other | None = None
    result = Comparison()
    was: list[Page] = []
    would: list[Page] = []
    for row in events:
        if row.at_ms >= to_ms:
            result.to_the_end = False
            break
        result.events += 1
        if row.at_ms < from_ms:
            held.step(row)
            continue
        if other is None:
            other = _Other(held.turn, changed)
        would += other.due(row.at_ms)
        lived = held.step(row)
        was += _pages(row.at_ms, [lived])
        then = other.step(row)
        would += _pages(row.at_ms, then)
        if isinstance(row.event, Acted) and _did([lived]) and not _did(then):
            result.unmet.append(_unmet(row, row.event))
    if other is not None:
        would += other.due(to_ms)
    _sort(result, was, would)
    return result


def _did(steps: Iterable[Step]) -> bool:
    """Whether anything but a refusal followed."""
    return any(not isinstance(effect, ActionRefused) for one in steps for effect in one.effects)


def _unmet(row: Journaled, action: CaseAction | PageReceived | PageWentOut) -> Unmet:
    match action:
        case CaseAction(actor=actor):
            by = actor.actor_id
        case PageReceived(by=by):
            pass
        case _:
            by = ""
    return Unmet(row.subject.id, row.at_ms, kind_of(row.event), action.case_id, by)


class _Other:
    """The second life: a turn of its own on top of the first, which it leaves as it is."""

    def __init__(self, held: SiteTurn, rulebook: Rulebook) -> None:
        self._held = held
        self._turn = SiteTurn(
            SiteState(
                rulebook,
                held.doors,
                held.outages,
                held.router,
                held.troubles,
                held.doubt,
                held.households,
            )
        )
        self._deadlines = DeadlineIndex[Subject]()

    def due(self, until_ms: int) -> Iterator[Page]:
        """What its own deadlines raise before a time, once it differs from the first life."""
        for _ in range(DEADLINES_MAX):
            due_ms = self._deadlines.next_ms()
            if due_ms is None or due_ms >= until_ms:
                return
            subject = self._deadlines.take(due_ms)
            if subject is None or not self._is_apart(subject):
                continue
            its_ms = self._turn.due_ms(subject)
            if its_ms is not None and its_ms <= due_ms:
                yield from _pages(due_ms, self._apply(due_ms, subject, DeadlineCame()))
            else:
                self._deadlines.note(subject, its_ms)
        raise AssertionError("the second life's deadlines never end")

    def step(self, row: Journaled) -> list[Step]:
        """An event of the journal, which the first life has had."""
        taken: list[Step] = []
        if row.cause_id is None and not self._is_skipped(row):
            taken = self._apply(row.at_ms, row.subject, row.event)
        self._note(row.subject)
        return taken

    def _is_skipped(self, row: Journaled) -> bool:
        """Whether it is not for this life: rules, people's times, deadlines of its own."""
        if isinstance(row.event, RulesSet | PersonDue):
            return True
        return isinstance(row.event, DeadlineCame) and self._is_apart(row.subject)

    def _apply(self, at_ms: int, subject: Subject, event: Any) -> list[Step]:
        steps = self._turn.apply(at_ms, subject, event)
        for one in steps:
            self._note(one.subject)
        return steps

    def _note(self, subject: Subject) -> None:
        if self._is_apart(subject):
            self._deadlines.note(subject, self._turn.due_ms(subject))

    def _is_apart(self, subject: Subject) -> bool:
        if subject.kind is SubjectKind.SITE:
            its, other = self._turn, self._held
            return (its.outages, its.troubles) != (other.outages, other.troubles)
        if subject.kind is SubjectKind.HOUSEHOLD:
            return self._turn.household(subject.id) != self._held.household(subject.id)
        return self._turn.door(subject.id) != self._held.door(subject.id)


def _pages(at_ms: int, steps: Iterable[Step]) -> Iterator[Page]:
    for one in steps:
        for page in one.effects:
            if not isinstance(page, PageDue) or page.reason in NOTICES:
                continue  # a notice is knowledge, whatever the rules are
            if not page.step_index and not page.round:
                door_id = page.door_id or one.subject.id
                yield Page(door_id, at_ms, page.since_ms, page.reason, page.page_id, page.case_id)


def _sort(result: Comparison, was: list[Page], would: list[Page]) -> None:
    """Sort pages into those of both lives and those of one.

    They are the same page if door, reason and time of what happened are: the names of some hold
    the time at which a rule judged it, which the rules themselves move.
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
