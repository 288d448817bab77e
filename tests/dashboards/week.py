"""A simulated week of three sites whose truth is known: `gateway.simulate` lives it.

The simulator's households, seals, radio and people act around the real core. Beside its own truth
(`GroundTruth` of each door) every step of the core is kept, in its order, as the journal has it.
What the simulator leaves out is added here, from the same seed: batteries, signals, who reports
what, and that not only the first person answers.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from msgspec.structs import replace

from gateway.core.actor import Actor, actor_of
from gateway.core.cases.milestones import Milestone, milestones
from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.core.effects import PageDue
from gateway.core.events import CaseAction, CaseReported, Event, ReportCame, StaffSet
from gateway.core.model import Contact, Door
from gateway.core.outcome import Outcome
from gateway.core.reasons import FAULTS, TAMPER, Reason
from gateway.core.rules import Rulebook
from gateway.core.site import SiteState, SiteTurn, Step
from gateway.core.subject import SITE, Subject, SubjectKind
from gateway.simulate.building import BuildingRun, live
from gateway.simulate.door import RULES, DoorRun
from gateway.simulate.ground_truth import START_MS
from gateway.simulate.phones import TEAM
from gateway.simulate.scenario import OURS, Scenario, load
from gateway.simulate.site_run import SiteRun

SEED, DAYS = 3, 8
FROM_MS = START_MS + 12 * HOUR_MS + 15 * MINUTE_MS  # a Monday at noon, when meals come
TO_MS = FROM_MS + 7 * DAY_MS  # what comes after is left out
HEARTBEAT_S = 600
TWO_HEARTBEATS_MS = 2 * HEARTBEAT_S * 1_000
SITES = {"7c1e90aa52d34b06": (0, 2), "b04f3d7781e6429c": (2, 1), "e95a2b1c60f7d843": (3, 1)}
PER_BUILDING = 8
BAD_CELLS = (4,)  # doors, counted over the fleet
RELEASES = ("2026.11.3", "2026.12.0")
LADDER = ("warden", "deputy", "captain")  # who answers: a centre assesses, so it reports nothing


def scenario() -> Scenario:
    """A hard week in a small city: more goes wrong than in most."""
    city = load(OURS)
    kinds = {
        name: replace(kind, announced=0.95, late=0.03)
        for name, kind in city.household.kinds().items()
    }
    return replace(
        city,
        household=replace(city.household, **kinds),
        breach=replace(city.breach, per_order=0.2, order_days=14),
        contact=replace(city.contact, chatters_per_day=0.02, tampers_per_day=0.015),
        power=replace(city.power, batteries_die_per_day=0.01),
        radio=replace(city.radio, heartbeat_s=HEARTBEAT_S),
        building=replace(
            city.building,
            stairs=2,
            doors=PER_BUILDING // 2,
            point_fails_per_day=0.06,
            second_contacts=0.0,  # a door is a household here, so that its truth is counted by door
        ),
        warden=replace(city.warden, acknowledges_s=(10, 900)),
    )


@dataclass(frozen=True)
class Report:
    """A report as the gateway committed it: its place in the journal, when, and by which seal."""

    number: int
    at_ms: int
    door: "Doorway"
    event: ReportCame


@dataclass
class Doorway:
    """One sealed door: where it lies, its seal's cells, and all that the simulator knows of it."""

    run: DoorRun
    grid: str
    building: str
    batch: str
    start_mv: int
    falls_mv: float  # a day
    dbm: int
    release: str
    on_mains: bool
    reports: list[Report] = field(default_factory=list)

    @property
    def seal_id(self) -> str:
        """Its seal's."""
        return self.run.seal.seal_id

    def battery_mv(self, at_ms: int) -> int | None:
        """What its cells have under load at a time."""
        if self.on_mains:
            return None
        days = (at_ms - START_MS) / DAY_MS
        hourly = at_ms // (10 * MINUTE_MS) * 7 % 13 - 6  # the cell is never quite still
        return round(self.start_mv - self.falls_mv * days) + hourly

    def signal_dbm(self, at_ms: int) -> int:
        """How strongly it is heard at a time."""
        return self.dbm + at_ms // (10 * MINUTE_MS) * 5 % 9 - 4


@dataclass
class SiteWeek:
    """A site's week: its doors, and every step of the core in its order."""

    site_id: str
    doors: list[Doorway]
    steps: list[tuple[int, Step]]

    def reports(self) -> list[Report]:
        """All reports, in the order of the journal."""
        known = (one for door in self.doors for one in door.reports if one.at_ms < TO_MS)
        return sorted(known, key=lambda one: one.number)

    @cache  # noqa: B019 - a week lives as long as the tests
    def milestones(self) -> list[tuple[int, Milestone, Step]]:
        """What befell its cases: the journal's number, what, and in which step."""
        return [
            (number, found, step)
            for number, (at_ms, step) in enumerate(self.steps, start=1)
            if at_ms < TO_MS
            for found in milestones(step.before, step.effects, at_ms)
        ]

    def pages(self) -> Iterator[tuple[int, int, PageDue]]:
        """Every page that was due: the journal's number, when, and which."""
        for number, (at_ms, step) in enumerate(self.steps, start=1):
            for effect in step.effects:
                if isinstance(effect, PageDue) and at_ms < TO_MS:
                    yield number, at_ms, effect

    def __hash__(self) -> int:
        return hash(self.site_id)


class _Witness(SiteTurn):
    """The core's own turn, whose steps are kept; and people who are less alike than simulated."""

    def __init__(self, doors: dict[str, Doorway]) -> None:
        super().__init__(SiteState(Rulebook(RULES)))
        self.steps: list[tuple[int, Step]] = []
        self._doors = doors
        self._told: dict[str, int] = {}  # case_id -> the furthest step
        self._has: dict[str, Actor] = {}

    def apply(self, at_ms: int, subject: Subject, event: Event) -> Any:
        """Step it, as the core does, and keep the steps."""
        steps = super().apply(at_ms, subject, self._made_real(at_ms, subject, event))
        for step in steps:
            self.steps.append((at_ms, step))
            if isinstance(step.event, ReportCame) and step.subject.kind is SubjectKind.DOOR:
                door = self._doors[step.subject.id]
                door.reports.append(Report(len(self.steps), at_ms, door, step.event))
            for effect in step.effects:
                if isinstance(effect, PageDue):
                    told = self._told.get(effect.case_id, 0)
                    self._told[effect.case_id] = max(told, effect.step_index)
        return steps

    def _made_real(self, at_ms: int, subject: Subject, event: Event) -> Event:
        if isinstance(event, ReportCame):
            door = self._doors[subject.id]
            return replace(
                event,
                battery_mv=door.battery_mv(at_ms),
                signal_dbm=door.signal_dbm(at_ms),
            )
        if isinstance(event, CaseAction) and event.actor.actor_id == LADDER[0]:
            step = min(self._told.get(event.case_id, 0), len(LADDER) - 1)
            by = self._has.setdefault(event.case_id, actor_of(LADDER[step]))
            event = replace(event, actor=by)
        if isinstance(event, CaseReported):
            outcome = self._outcome(subject, event.case_id)
            return replace(event, outcome=outcome, despite_seal=True)
        return event

    def _outcome(self, subject: Subject, case_id: str) -> Outcome:
        """What a person finds who comes to the door of this case."""
        door: Door = self.doors[subject.id]
        reason = door.case.reason if door.case else Reason.NO_PERMIT
        if reason in TAMPER:
            return Outcome.TAMPERED
        if reason in FAULTS:
            return Outcome.REPAIRED
        found = (Outcome.LAWFUL, Outcome.LAWFUL, Outcome.FALSE_CONTACT, Outcome.RETURNED)
        return found[sum(case_id.encode()) % len(found)]


@cache
def week() -> list[SiteWeek]:
    """All sites. It is lived once in a process: some seconds."""
    city = scenario()
    return [_site(site_id, city, *where) for site_id, where in SITES.items()]


def _site(site_id: str, city: Scenario, first: int, count: int) -> SiteWeek:
    run = SiteRun(START_MS, RULES)
    doors: dict[str, Doorway] = {}
    witness = run.turn = _Witness(doors)
    run.apply(SITE, StaffSet(TEAM))
    last = (first + count) * PER_BUILDING
    buildings = [
        BuildingRun(number, city, SEED, DAYS, last, False, run)
        for number in range(first, first + count)
    ]
    for number, building in enumerate(buildings, start=first):
        for one in building.doors:
            doors[one.door.door_id] = _doorway(one, number)
    live(buildings)
    return SiteWeek(site_id, list(doors.values()), witness.steps)


def _doorway(run: DoorRun, building: int) -> Doorway:
    chance = random.Random(f"{SEED}/cells/{run.number}")  # noqa: S311 - repeatable
    falls: float = chance.choice((0.8, 1.5, 2.5, 4.0))
    start_mv = chance.choice((3_050, 2_980, 2_900, 2_820))
    if run.number in BAD_CELLS:
        falls, start_mv = 22.0, 2_790
    return Doorway(
        run,
        grid=f"grid {building // 2}",
        building=f"building {building}",
        batch=f"batch {building % 2}",
        start_mv=start_mv,
        falls_mv=falls,
        dbm=chance.choice((-58, -63, -69, -74, -88)),
        release=RELEASES[run.number % 5 == 0],
        on_mains=run.truth.on_mains,
    )


def is_open(report: Report) -> bool:
    """Whether it says that the door is open."""
    return report.event.contact is Contact.OPEN
