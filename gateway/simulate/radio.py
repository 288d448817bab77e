"""The air between a seal and its gateway: what is lost, what is late, what comes twice.

Whether a heartbeat arrives hangs on its number alone, so that heartbeats which nobody needs can be
left out without anything else changing."""

from bisect import bisect_right
from random import Random

from gateway.simulate.scenario import Radio

HEARTBEAT_DELAY_MS = 40  # less than any report takes, so that no heartbeat is overtaken
_MASK = (1 << 64) - 1


class Air:
    """One door's radio. Times of fades are from (included) to (excluded)."""

    def __init__(
        self,
        scenario: Radio,
        fades: list[tuple[int, int]],
        chance: Random,
        dark: list[tuple[int, int]] | None = None,
    ) -> None:
        """`dark`: times in which nothing gets through, for the access point is out."""
        self._scenario, self._chance = scenario, chance
        self._times, self._losses = _timeline(scenario, fades, dark or [])
        self._salt = chance.getrandbits(64)

    def crossings(self, at_ms: int) -> list[int]:
        """How long a transmission takes: nothing if it is lost, twice if it is repeated."""
        chance, scenario = self._chance, self._scenario
        if chance.random() < self._loss(at_ms):
            return []
        slow = chance.random() < scenario.late
        takes = [chance.randint(*(scenario.late_ms if slow else scenario.delay_ms))]
        if chance.random() < scenario.repeated:
            takes.append(takes[0] + chance.randint(1, 2_000))
        return takes

    def carries_heartbeat(self, number: int, at_ms: int) -> bool:
        """Whether the heartbeat of this number, sent then, arrives."""
        mixed = (number * 0x9E3779B97F4A7C15 + self._salt) & _MASK
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return (mixed ^ (mixed >> 31)) / (_MASK + 1) >= self._loss(at_ms)

    def is_bad(self, at_ms: int) -> bool:
        """Whether hardly anything, or nothing, gets through then."""
        return self._loss(at_ms) >= self._scenario.fade_loss

    def _loss(self, at_ms: int) -> float:
        return self._losses[bisect_right(self._times, at_ms)]


def _timeline(
    scenario: Radio, fades: list[tuple[int, int]], dark: list[tuple[int, int]]
) -> tuple[list[int], list[float]]:
    """When the loss changes, and what it is before the first time and from each of them on."""
    times = sorted({at_ms for span in (*fades, *dark) for at_ms in span})

    def loss(at_ms: int) -> float:
        if any(from_ms <= at_ms < to_ms for from_ms, to_ms in dark):
            return 1.0
        fading = any(from_ms <= at_ms < to_ms for from_ms, to_ms in fades)
        return scenario.fade_loss if fading else scenario.loss

    return times, [scenario.loss, *map(loss, times)]
