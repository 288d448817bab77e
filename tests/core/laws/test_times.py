"""Times in any life of a site: who looks when nothing is due changes nothing; what is due at the
very time of an event is done before it, whoever steps it; and what was told of the times of an
opening stays told, but for a copy that shows its report to have been held back.

MENSHEN_SEED and MENSHEN_LIVES as in test_laws.
"""

from collections.abc import Iterable
from random import Random

from msgspec.structs import replace

from gateway.core.effects import OpeningBegan, OpeningEnded, OpeningRedated
from gateway.core.events import ClockCorrected, DeadlineCame, Event, ReportHeld
from gateway.core.rules import Rulebook
from gateway.core.site import Step
from gateway.core.subject import SITE, Subject, of_door
from tests.core.laws.relived import Outside, Relived, outside
from tests.core.laws.test_laws import law, same


class Restless(Relived):
    """Somebody looks at a door or at the site though nothing is due there."""

    looks = 0

    def __init__(self, rulebook: Rulebook) -> None:
        super().__init__(rulebook)
        self.chance = Random(1)  # noqa: S311 - where somebody looks

    def apply(self, at_ms: int, subject: Subject, event: Event) -> list[Step]:
        before_ms = self.now_ms
        steps = super().apply(at_ms, subject, event)
        doors = sorted(self.turn.doors)
        for whose in (SITE, of_door(self.chance.choice(doors))) if doors else ():
            due_ms = self.turn.due_ms(whose)
            look_ms = at_ms if due_ms is None or due_ms > at_ms else None
            if look_ms is not None and at_ms >= before_ms:
                (look,) = self.turn.apply(look_ms, whose, DeadlineCame())
                assert not look.changed or _but_for_doubt(look), look
                assert not look.routed, look
                self.looks += 1
        return steps


def _but_for_doubt(look: Step) -> bool:
    """Whether it notes nothing but how far its clock is in doubt now."""
    return bool(replace(look.after, doubt=look.before.doubt) == look.before)


@law
def test_who_looks_when_nothing_is_due_changes_nothing(seed: int) -> None:
    print(f"MENSHEN_SEED={seed}")
    rulebook, events = outside(seed)
    looked = Restless(rulebook)
    looked.live(events)
    assert looked.looks > 100
    same(Relived(rulebook).live(events).told(), looked.told(), seed)


class Late(Relived):
    """What is due at the very time of an event comes with it, or after it."""

    def live(self, events: Iterable[Outside]) -> "Late":
        for at_ms, subject, event in events:
            self.until(at_ms - 1)
            self.apply(at_ms, subject, event)
        return self


@law
def test_what_is_due_at_the_time_of_an_event_is_done_before_it(seed: int) -> None:
    rulebook, events = outside(seed)
    once, late = Relived(rulebook).live(events), Late(rulebook).live(events)
    late.until(late.now_ms)
    assert once.turn.doors == late.turn.doors, f"MENSHEN_SEED={seed}"
    assert once.turn.households == late.turn.households, f"MENSHEN_SEED={seed}"


@law
def test_what_was_told_of_an_openings_times_stays(seed: int) -> None:
    rulebook, events = outside(seed)
    life = Relived(rulebook).live(
        [it for it in events if not isinstance(it[2], ReportHeld | ClockCorrected)]
    )
    opened: dict[str, tuple[int, int]] = {}
    for _, step in life.steps:
        for effect in step.effects:
            what = f"MENSHEN_SEED={seed}: {effect}"
            if isinstance(effect, OpeningBegan):
                assert effect.opening_id not in opened, what
                opened[effect.opening_id] = effect.opened_ms, effect.latest_ms
            if isinstance(effect, OpeningRedated):
                assert opened[effect.opening_id] == (effect.opened_ms, effect.latest_ms), what
            if isinstance(effect, OpeningEnded):
                assert effect.opening_id in opened, what
                assert effect.shut_from_ms <= effect.shut_ms, what
    assert opened
