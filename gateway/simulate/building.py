"""A building: stairs of doors that share power, an access point, a postman and a box of seals.

Some buildings make a warden's grid; they live on one site (site_run.py), in one calendar.
"""

from random import Random

from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.core.effects import Effect, OutageFound, OutageGrew, PageDue
from gateway.core.model import Permit
from gateway.simulate.causes import Cause, Found
from gateway.simulate.door import RULES, DoorRun
from gateway.simulate.ground_truth import START_MS, Shared, spans
from gateway.simulate.households import SECOND, has_second_contact
from gateway.simulate.scenario import Scenario
from gateway.simulate.site_run import SiteRun

ROUND_MS = HOUR_MS  # how long a postman is in a stair


class BuildingRun:
    """All doors of one building. `doors`: of the fleet, whose last building may be smaller.

    On a `site` that it shares with others of its grid, or on one of its own.
    """

    def __init__(
        self,
        number: int,
        scenario: Scenario,
        seed: int,
        days: int,
        doors: int,
        compressed: bool,
        site: SiteRun | None = None,
    ) -> None:
        self.site = site or SiteRun(START_MS, RULES)
        self.site.on_found(self._outage)
        self.end_ms, self.rules = START_MS + days * DAY_MS, RULES
        self.found: dict[str, Found] = {}  # by the outage's id
        self.installer_pages: list[int] = []  # of outages: when
        first = number * doors_of(scenario)
        shared = Neighbours(number, scenario, seed, days)
        self.doors: list[DoorRun] = []
        self._areas: dict[str, tuple[str, ...]] = {}
        for k in range(first, min(first + doors_of(scenario), doors)):
            stair = (k - first) // scenario.building.doors
            point = stair // scenario.building.point_stairs
            areas: tuple[str, ...] = (f"building:{number}", f"stair:{number}/{stair}")
            areas += (f"point:{number}-{point}",)
            neighbours = shared.of_door(k, stair, point)
            if neighbours.in_box:
                areas += (f"batch:{number}",)
            self._areas[str(k)] = areas
            lives = scenario, seed, days, self.site, neighbours, areas, compressed
            second: DoorRun | None = None
            if has_second_contact(k, scenario, seed):
                self._areas[str(SECOND + k)] = areas
                second = DoorRun(SECOND + k, *lives, is_second=True)
                self.doors.append(second)
            self.doors.append(DoorRun(k, *lives, beside=second))

    def run(self) -> "BuildingRun":
        """Live all days, with whoever is on the same site; returns itself."""
        live([self])
        return self

    def causes(self) -> list[Cause]:
        """What silenced doors, small and short causes as well."""
        doors: dict[tuple[str, int, int], set[str]] = {}
        for run in self.doors:
            door_id, shared = run.door.door_id, run.shared
            _, stair, point, *_ = self._areas[door_id]
            of_door = [(point, *span) for span in shared.dark]
            of_door += [(stair, *span) for span in shared.stair_cuts if run.truth.on_mains]
            of_door += [("batch:", *span) for span in shared.dead]
            for cause in of_door:
                doors.setdefault(cause, set()).add(door_id)
        return [
            Cause(area, from_ms, to_ms, frozenset(silenced))
            for (area, from_ms, to_ms), silenced in doors.items()
        ]

    def _outage(self, at_ms: int, effect: Effect) -> None:
        """Note what was found of this building: an outage is of whom its first door is of."""
        match effect:
            case OutageFound(outage_id=outage_id, doors=doors) if doors[0] in self._areas:
                self.found[outage_id] = Found(at_ms, doors)
            case OutageGrew(outage_id=outage_id, doors=doors) if outage_id in self.found:
                self.found[outage_id].doors = doors
            case PageDue(step_index=0, round=0, door_id=door_id) if door_id in self._areas:
                self.installer_pages.append(at_ms)


def live(buildings: list[BuildingRun]) -> None:
    """Let buildings of one site live all their days."""
    for building in buildings:
        for door in building.doors:
            door.begin()
    buildings[0].site.calendar.live(buildings[0].end_ms)
    for building in buildings:
        for door in building.doors:
            door.end()


class Neighbours:
    """What the doors of a building share, made before anybody sees it."""

    def __init__(self, number: int, scenario: Scenario, seed: int, days: int) -> None:
        self._chance = Random(f"{seed}/building/{number}")  # noqa: S311 - a simulation
        building, chance = scenario.building, self._chance
        count = building.stairs
        off_min, out_min = building.stair_off_min, building.point_off_min
        self._cuts = [
            spans(chance, days, building.stair_cuts_per_day, off_min, MINUTE_MS)
            for _ in range(count)
        ]
        self._dark = [
            spans(chance, days, building.point_fails_per_day, out_min, MINUTE_MS)
            for _ in range(count)
        ]
        self._rounds = [
            self._postman(building.rounds_per_day, scenario, days) for _ in range(count)
        ]
        box = Random(f"{seed}/box of building/{number}")  # noqa: S311 - a simulation
        self._dead = spans(box, days, building.box_dies_per_day, building.box_dead_h, HOUR_MS)
        self._seed, self._box_share = seed, building.box_share

    def of_door(self, k: int, stair: int, point: int) -> Shared:
        """What this door in this stair shares."""
        lot = Random(f"{self._seed}/box/{k}")  # noqa: S311 - a simulation
        in_box = lot.random() < self._box_share
        dead = self._dead if in_box else []
        return Shared(self._dark[point], self._cuts[stair], self._rounds[stair], in_box, dead)

    def _postman(self, per_day: float, scenario: Scenario, days: int) -> list[tuple[int, Permit]]:
        """His rounds: one permit for every door of the stair, said an hour before."""
        chance, permits = self._chance, []
        longest_ms = int(scenario.household.parcel.longest_min * MINUTE_MS)
        for day in range(days):
            if chance.random() < per_day:
                from_ms = START_MS + day * DAY_MS + int(chance.uniform(9, 20) * HOUR_MS)
                name = f"round-{day}"
                span = from_ms, from_ms + ROUND_MS
                permit = Permit(name, *span, 1, longest_ms, "postman", "parcels")
                permits.append((from_ms - HOUR_MS, permit))
        return permits


def doors_of(scenario: Scenario) -> int:
    """How many doors a building has."""
    return scenario.building.stairs * scenario.building.doors


def buildings_of_grid(scenario: Scenario) -> int:
    """How many whole buildings make a grid of about as many doors as a warden has."""
    return max(1, round(scenario.warden.doors / doors_of(scenario)))
