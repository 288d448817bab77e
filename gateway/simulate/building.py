"""A building: stairs of doors that share power, an access point, a courier and a box of seals, in
one calendar.

What explains their silence is looked for as the gateway does it (gateway/draft.py): the seals' own
silence goes into one step for all of them, and what that finds goes back to the doors.
"""

from random import Random

from gateway.core import outages
from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.core.effects import (
    Effect,
    OutageFound,
    OutageGrew,
    OutageOver,
    PageDue,
    SilenceBegan,
    SilenceEnded,
)
from gateway.core.events import DeadlineCame, Event, OutageBegan, OutageEnded, SealHeard, SealLost
from gateway.core.model import Outages, Permit
from gateway.simulate.calendar import Calendar
from gateway.simulate.causes import Cause, Found
from gateway.simulate.door import RULES, DoorRun
from gateway.simulate.habits import Habits
from gateway.simulate.life import START_MS, Shared, spans

ROUND_MS = HOUR_MS  # how long a courier is in a stair


class BuildingRun:
    """All doors of one building. `doors`: of the fleet, whose last building may be smaller."""

    def __init__(
        self, number: int, habits: Habits, seed: int, days: int, doors: int, compressed: bool
    ) -> None:
        self.calendar = Calendar(START_MS)
        self.end_ms = START_MS + days * DAY_MS
        self.outages, self.rules = Outages(), RULES
        self.found: dict[str, Found] = {}  # by the outage's id
        self.installer_pages: list[int] = []  # of outages: when
        self._due_ms: int | None = None
        self._sizes: dict[str, int] = {}
        first = number * doors_of(habits)
        shared = Neighbours(number, habits, seed, days)
        self.doors: list[DoorRun] = []
        self._areas: dict[str, tuple[str, ...]] = {}
        for k in range(first, min(first + doors_of(habits), doors)):
            stair = (k - first) // habits.building.doors
            point = stair // habits.building.point_stairs
            areas: tuple[str, ...] = ("site:", f"stair:{number}/{stair}", f"point:{number}-{point}")
            its = shared.of_door(k, stair, point)
            if its.in_box:
                areas += (f"batch:{number}",)
            self._areas[str(k)] = areas
            for area in areas:
                self._sizes[area] = self._sizes.get(area, 0) + 1
            run = DoorRun(k, habits, seed, days, self.calendar, its, self._to_site, compressed)
            self.doors.append(run)
        self._by_id = {run.door.door_id: run for run in self.doors}

    def run(self) -> "BuildingRun":
        """Live all days; returns itself."""
        for door in self.doors:
            door.begin()
        self.calendar.live(self.end_ms)
        for door in self.doors:
            door.end()
        return self

    def causes(self) -> list[Cause]:
        """What silenced doors, small and short causes as well."""
        doors: dict[tuple[str, int, int], set[str]] = {}
        for run in self.doors:
            door_id, shared = run.door.door_id, run.shared
            _, stair, point, *_ = self._areas[door_id]
            of_door = [(point, *span) for span in shared.dark]
            of_door += [(stair, *span) for span in shared.stair_cuts if run.life.on_mains]
            of_door += [("batch:", *span) for span in shared.dead]
            for cause in of_door:
                doors.setdefault(cause, set()).add(door_id)
        return [
            Cause(area, from_ms, to_ms, frozenset(silenced))
            for (area, from_ms, to_ms), silenced in doors.items()
        ]

    def _to_site(self, run: DoorRun, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, SilenceBegan):
                areas = tuple((a, self._sizes[a]) for a in self._areas[run.door.door_id])
                self._step(SealLost(run.door.door_id, effect.since_ms, areas))
            elif isinstance(effect, SilenceEnded):
                self._step(SealHeard(run.door.door_id))

    def _step(self, event: Event) -> None:
        now_ms = self.calendar.now_ms
        self.outages, effects = outages.step(self.outages, event, now_ms, self.rules)
        for effect in effects:
            self._effect(effect)
        due_ms = outages.next_deadline(self.outages)
        if due_ms is not None and due_ms != self._due_ms:
            self.calendar.at(max(due_ms, now_ms), self._deadline, due_ms)
        self._due_ms = due_ms

    def _deadline(self, due_ms: int) -> None:
        if self._due_ms == due_ms:
            self._due_ms = None
            self._step(DeadlineCame())

    def _effect(self, effect: Effect) -> None:
        match effect:
            case OutageFound(outage_id=outage_id, doors=doors):
                self.found[outage_id] = Found(self.calendar.now_ms, doors)
                for door_id in doors:
                    self._by_id[door_id].tell(OutageBegan(outage_id))
            case OutageGrew(outage_id=outage_id, doors=doors, door_id=door_id):
                self.found[outage_id].doors = doors
                self._by_id[door_id].tell(OutageBegan(outage_id))
            case OutageOver(outage_id=outage_id, doors=doors):
                for door_id in doors:
                    self._by_id[door_id].tell(OutageEnded(outage_id))
            case PageDue(rung=0, round=0):
                self.installer_pages.append(self.calendar.now_ms)


class Neighbours:
    """What the doors of a building share, made before anybody looks."""

    def __init__(self, number: int, habits: Habits, seed: int, days: int) -> None:
        self._chance = Random(f"{seed}/building/{number}")  # noqa: S311 - a simulation
        its, chance = habits.building, self._chance
        count = its.stairs
        off_min, out_min = its.stair_off_min, its.point_off_min
        self._cuts = [
            spans(chance, days, its.stair_cuts_per_day, off_min, MINUTE_MS) for _ in range(count)
        ]
        self._dark = [
            spans(chance, days, its.point_fails_per_day, out_min, MINUTE_MS) for _ in range(count)
        ]
        self._rounds = [self._courier(its.rounds_per_day, habits, days) for _ in range(count)]
        box = Random(f"{seed}/box of building/{number}")  # noqa: S311 - a simulation
        self._dead = spans(box, days, its.box_dies_per_day, its.box_dead_h, HOUR_MS)
        self._seed, self._box_share = seed, its.box_share

    def of_door(self, k: int, stair: int, point: int) -> Shared:
        """What this door in this stair shares."""
        lot = Random(f"{self._seed}/box/{k}")  # noqa: S311 - a simulation
        in_box = lot.random() < self._box_share
        dead = self._dead if in_box else []
        return Shared(self._dark[point], self._cuts[stair], self._rounds[stair], in_box, dead)

    def _courier(self, per_day: float, habits: Habits, days: int) -> list[tuple[int, Permit]]:
        """His rounds: one permit for every door of the stair, said an hour before."""
        chance, found = self._chance, []
        longest_ms = int(habits.household.courier.longest_min * MINUTE_MS)
        for day in range(days):
            if chance.random() < per_day:
                from_ms = START_MS + day * DAY_MS + int(chance.uniform(9, 20) * HOUR_MS)
                name = f"round-{day}"
                span = from_ms, from_ms + ROUND_MS
                permit = Permit(name, *span, 1, longest_ms, "courier", "parcels")
                found.append((from_ms - HOUR_MS, permit))
        return found


def doors_of(habits: Habits) -> int:
    """How many doors a building has."""
    return habits.building.stairs * habits.building.doors
