"""How long a battery lasts, by its latest weeks. Pure.

A straight line through each day's mean, so a cold night or one bad reading moves it little. Lithium
cells are flat for years and fall at the end: the line says nothing while they are flat, and is true
when it matters.
"""

from collections.abc import Sequence
from typing import Final

EMPTY_MV: Final = 2_400  # two lithium AA cells, under load
DAYS_MIN: Final = 5  # of readings, or nothing is said
FLAT_MV_A_DAY: Final = 0.5  # a fall that is slower is none
DAYS_MAX: Final = 3_650.0


def days_left(means: Sequence[tuple[int, float]]) -> float | None:
    """Days until EMPTY_MV; None where there are too few days, or it does not fall.

    Args:
        means: a day's number, and the mean of its readings in mV; in the order of days.
    """
    count = len(means)
    if count < DAYS_MIN:
        return None
    mid_day = sum(day for day, _ in means) / count
    mid_mv = sum(mv for _, mv in means) / count
    spread = sum((day - mid_day) ** 2 for day, _ in means)
    slope = sum((day - mid_day) * (mv - mid_mv) for day, mv in means) / spread
    if slope > -FLAT_MV_A_DAY:
        return None
    now_mv = mid_mv + slope * (means[-1][0] - mid_day)
    return min(max(0.0, (now_mv - EMPTY_MV) / -slope), DAYS_MAX)
