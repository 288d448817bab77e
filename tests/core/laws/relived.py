"""A life of a site, and that life once more: what came from outside is told again to another site,
which comes back for its own deadlines. So a life may be changed before it is lived again, and what
followed may be compared.
"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from msgspec import json

from gateway.core.events import ClockEvent, DeadlineCame, Event, PersonDue, RulesSet
from gateway.core.rules import Rulebook
from gateway.core.site import SiteState, SiteTurn, Step
from gateway.core.subject import SITE, Subject
from tests.core.lives import of_registry, of_the_site
from tests.core.lives.life import Life
from tests.core.lives.lives import HAPPENINGS, HEARTBEATS_MS, PLACED_FIRST

HAPPENED = 100  # in a life
DUE_MAX = 20_000  # deadlines between two events
Outside = tuple[int, Subject, Event]  # when, to whom, what
Whose = Subject | str  # a subject, or a person by their id
encoded = json.Encoder(order="deterministic").encode


class Told(NamedTuple):
    """What followed from one event: nothing here hangs on the order within a step."""

    at_ms: int
    where: str  # the id of a subject; of the site's, whom it is about
    event: str
    effects: tuple[str, ...]
    routed: tuple[str, ...]


@cache
def outside(seed: int) -> tuple[Rulebook, tuple[Outside, ...]]:
    """The rules of a life at its beginning, and what came from outside in it."""
    rules = of_the_site.SETTINGS[seed % len(of_the_site.SETTINGS)]
    life = Life(seed, rules, HEARTBEATS_MS[seed % len(HEARTBEATS_MS)])
    for _ in range(PLACED_FIRST):
        of_registry.order(life)
    for _ in range(HAPPENED):
        life.dice.weighed(HAPPENINGS)(life)
        life.pauses()
    own = DeadlineCame, PersonDue
    return life.rulebook, tuple(root for root in life.roots if not isinstance(root[2], own))


class Relived:
    """`steps`: all that was done, each with its time."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.site = SiteState(rulebook)
        self.turn = SiteTurn(self.site)
        self.steps: list[tuple[int, Step]] = []
        self.now_ms = 0
        self._due: dict[Whose, int | None] = {}  # in the order in which they were first heard of

    def live(self, events: Iterable[Outside]) -> "Relived":
        for at_ms, subject, event in events:
            self.until(at_ms)
            self.apply(at_ms, subject, event)
        return self

    def until(self, at_ms: int) -> "Relived":
        """All that is due by then, each at its time."""
        for _ in range(DUE_MAX):
            times = [(ms, whose) for whose, ms in self._due.items() if ms is not None]
            due_ms, whose = min(times, key=lambda due: due[0], default=(at_ms + 1, SITE))
            if due_ms > at_ms:
                return self
            when_ms = max(due_ms, self.now_ms)
            if isinstance(whose, Subject):
                self.apply(when_ms, whose, DeadlineCame())
            else:
                self.apply(when_ms, SITE, PersonDue(whose))
        raise AssertionError("deadlines without end")

    def apply(self, at_ms: int, subject: Subject, event: Event) -> list[Step]:
        self.now_ms = at_ms
        steps = self.turn.apply(at_ms, subject, event)
        self.steps += [(at_ms, step) for step in steps]
        again = [step.subject for step in steps]
        if isinstance(event, ClockEvent | RulesSet):
            again += [whose for whose in self._due if isinstance(whose, Subject)]
        for whose in dict.fromkeys(again):
            self._due.setdefault(whose, None)
            self._due[whose] = self.turn.due_ms(whose)
        for warden_id in self.turn.router.people:
            self._due[warden_id] = self.turn.person_due_ms(warden_id)
        return steps

    def told(self) -> list[Told]:
        """What followed from what; steps of which nothing did are left out."""
        rows = (told(at_ms, step) for at_ms, step in self.steps)
        return [row for row in rows if row.effects or row.routed]


def told(at_ms: int, step: Step) -> Told:
    event = step.event
    about = getattr(event, "warden_id", "") or getattr(event, "by", "")
    where = step.subject.id or (about if isinstance(about, str) else "")
    effects = tuple(sorted(_said(effect) for effect in step.effects))
    routed = tuple(sorted(_said(out) for out in step.routed))
    return Told(at_ms, where, type(event).__name__, effects, routed)


def _said(thing: object) -> str:
    return f"{type(thing).__name__} {encoded(thing).decode()}"
