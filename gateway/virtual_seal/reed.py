"""How a reed switch really changes: not once, but several times within one to five milliseconds.

When a magnet comes, the two tongues meet, spring apart and meet again, a few times, ever faster;
when it leaves, they part with less ado. The last level is always the one that was meant.
"""

from random import Random

BOUNCE_MS_MIN, BOUNCE_MS_MAX = 1.0, 5.0
_PAIRS_OPENING = (1, 1, 2)  # extra changes come in pairs: away and back
_PAIRS_CLOSING = (1, 2, 2, 3)


def bounce(level: int, chance: Random) -> list[tuple[float, int]]:
    """The changes of a switch that goes to `level`: (ms after the first, level), in order."""
    pairs = chance.choice(_PAIRS_OPENING if level else _PAIRS_CLOSING)
    lasting_ms = chance.uniform(BOUNCE_MS_MIN, BOUNCE_MS_MAX)
    moments = sorted(lasting_ms * chance.random() ** 1.5 for _ in range(2 * pairs - 1))
    changes = [(0.0, level)]
    for number, at_ms in enumerate([*moments, lasting_ms]):
        changes.append((at_ms, level if number % 2 else 1 - level))
    return changes
