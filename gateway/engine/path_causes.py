"""Many seals that are heard by air, and no more over the network, from one cause: an access point.

A fault of each of them would be as many cases as it serves. So where most seals of one place that
speak both ways have lost the network, that is one trouble of the site, which names the place; and
the way is then no fault of each seal (`PathSilent.is_ours`). What else is silent stays its own.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

from gateway.core.model import Door
from gateway.core.reasons import Reason
from gateway.engine.engine import Engine

REASON: Final = Reason.NETWORK_AWAY
SITE: Final = "site"
GRID: Final = "grid:"
# Of the seals of a place, so many in a hundred make it the cause; below the other it is over.
BEGINS_PERCENT, ENDS_PERCENT = 50, 25
_NO_PLACE: Final = "batch:"  # seals of one make share no access point


class PathCauses:
    """Looks with the watch. `engine`: is told of each place that begins or ends."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def look(
        self, doors: Mapping[str, Door], silent: Collection[str], unheard: Collection[str]
    ) -> set[str]:
        """The doors whose silent network a place explains.

        Args:
            doors: those whose seals speak both ways and are heard.
            silent: which of them are heard by air alone.
            unheard: these, and those that were, and were not heard over the network since. A start,
                or a broker that is back, knows of no silence yet, which is no word of its end.
        """
        troubles = self._engine.state.troubles.troubles
        known = {one.about for one in troubles if one.reason is REASON and not one.is_over}
        if not silent and not known:
            return set()
        members = Counter(place for door in doors.values() for place in _places(door))
        still = Counter(place for door_id in unheard for place in _places(doors[door_id]))
        causes = {one for one in known if still[one] * 100 >= ENDS_PERCENT * max(1, members[one])}
        for over in known - causes:
            self._engine.trouble(REASON, is_present=False, about=over)
        left = {door_id for door_id in silent if causes.isdisjoint(_places(doors[door_id]))}
        while (place := self._best(doors, left, members)) is not None:
            causes.add(place)
            self._engine.trouble(REASON, is_present=True, about=place)
            left = {door_id for door_id in left if place not in _places(doors[door_id])}
        return set(silent) - left

    def _best(
        self, doors: Mapping[str, Door], left: Collection[str], members: Counter[str]
    ) -> str | None:
        """The place that explains most of these; of equal ones that with the fewest seals."""
        lost = Counter(place for door_id in left for place in _places(doors[door_id]))
        least = self._engine.state.rulebook.rules.outage_doors
        found = [
            (count, -members[place], place)
            for place, count in lost.items()
            if count >= least and count * 100 >= BEGINS_PERCENT * members[place]
        ]
        return max(found)[2] if found else None


def _places(door: Door) -> tuple[str, ...]:
    areas = tuple(area for area in door.areas if not area.startswith(_NO_PLACE))
    return (SITE, f"{GRID}{door.grid_id}", *areas)
