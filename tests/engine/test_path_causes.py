"""An access point fails: one trouble that names the place, and not a fault of each seal."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import update

from gateway.core.actor import actor_of
from gateway.core.commissioning import CheckMark, CheckName
from gateway.core.commissioning_events import WalkTestBegan
from gateway.core.doors import walk_test
from gateway.core.events import SealBound
from gateway.core.model import Door, Path
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from gateway.core.subject import of_door
from gateway.engine.path_watch import SIGNALS_KEPT
from gateway.store import tables
from gateway.store.database import Store
from tests.engine.small_site import HandSeal, enrol, rows
from tests.engine.test_two_paths import BEAT_MS, House
from tests.engine.test_two_paths import house as one_house
from tests.manual_clock import ManualClock

SEALS = 8
BEHIND = 5  # seals behind the access point that fails
POINT = "point:ap-7"


class Street:
    """Seals that speak both ways; the first of them behind one access point."""

    def __init__(self, house: House, seals: list[HandSeal]) -> None:
        self.house, self.seals = house, seals
        self.without: set[int] = set()  # network

    async def passes(self, beats: int) -> None:
        for _ in range(beats):
            for number, seal in enumerate(self.seals):
                assert self.house.air(seal.advertised(seal.heartbeat()))
                if number not in self.without:
                    self.house.engine.receive(seal.topic, seal.sealed(seal.heartbeat()), 1)
            await self.house.passes(BEAT_MS)

    def door(self, number: int) -> Door:
        return self.house.engine.state.doors[f"door-{number}"]

    def troubles(self) -> list[tuple[Reason, str]]:
        found = self.house.engine.state.troubles.troubles
        return [(one.reason, one.about) for one in found if not one.is_over]

    def faults(self) -> list[int]:
        """Whose silent network is told as a fault of their own."""
        doors = map(self.door, range(len(self.seals)))
        return [n for n, door in enumerate(doors) if any(not p.is_ours for p in door.silent_paths)]

    def cases(self) -> list[Reason]:
        doors = map(self.door, range(len(self.seals)))
        return [door.case.reason for door in doors if door.case is not None]


@pytest.fixture
def seals(store: Store) -> list[HandSeal]:
    seals = [HandSeal() for _ in range(SEALS)]
    enrol(store, seals)
    d = tables.doors.c
    with store.writing() as connection:
        connection.execute(update(tables.seals).values(heartbeat_ms=BEAT_MS))
        for number in range(SEALS):
            place = {"building": "1", "point": "ap-7" if number < BEHIND else "ap-8"}
            door = update(tables.doors).where(d.door_id == f"door-{number}")
            connection.execute(door.values(place))
    return seals


@asynccontextmanager
async def street(store: Store, seals: list[HandSeal]) -> AsyncIterator[Street]:
    async with one_house(store, seals[0], ManualClock()) as house:
        for number, seal in enumerate(seals):
            house.engine.note(of_door(f"door-{number}"), SealBound(seal.seal_id, BEAT_MS))
        made = Street(house, seals)
        await made.passes(2)
        assert made.troubles() == []
        yield made


async def test_an_access_point_that_fails_is_one_trouble_with_its_place(
    store: Store, seals: list[HandSeal]
) -> None:
    async with street(store, seals) as site:
        site.without = set(range(BEHIND))
        await site.passes(4)
        assert site.troubles() == [(Reason.NETWORK_AWAY, POINT)]
        await site.passes(Rules().silence_ms // BEAT_MS + 2)
        assert (site.faults(), site.cases()) == ([], [])
        assert all(site.door(n).silence is None for n in range(SEALS))
        site.without = set()
        await site.passes(2)
        assert site.troubles() == []
        assert all(site.door(n).silent_paths == () for n in range(SEALS))


async def test_who_stays_away_when_the_place_is_well_again_is_told_for_itself(
    store: Store, seals: list[HandSeal]
) -> None:
    async with street(store, seals) as site:
        site.without = set(range(BEHIND))
        await site.passes(4)
        site.without = {0}
        await site.passes(3)
        assert (site.troubles(), site.faults()) == ([], [0])
        await site.passes(Rules().silence_ms // BEAT_MS + 2)
        assert site.cases() == [Reason.PATH_SILENT]


async def test_few_are_faults_of_their_own_until_a_cause_is_found(
    store: Store, seals: list[HandSeal]
) -> None:
    async with street(store, seals) as site:
        site.without = {0}
        await site.passes(4)
        assert (site.troubles(), site.faults()) == ([], [0])
        await site.passes(Rules().silence_ms // BEAT_MS + 2)
        assert site.cases() == [Reason.PATH_SILENT]
        site.without = set(range(BEHIND))
        await site.passes(4)
        assert site.troubles() == [(Reason.NETWORK_AWAY, POINT)]
        assert (site.faults(), site.cases()) == ([], [])


async def test_a_whole_site_is_named_and_not_its_access_points(
    store: Store, seals: list[HandSeal]
) -> None:
    async with street(store, seals) as site:
        site.without = set(range(SEALS))
        await site.passes(4)
        ((reason, place),) = site.troubles()
        assert (reason, place) == (Reason.NETWORK_AWAY, "site")


async def test_a_walk_test_hears_on_which_ways_its_seal_came(
    store: Store, seals: list[HandSeal]
) -> None:
    async with street(store, seals) as site:
        engine = site.house.engine
        began = WalkTestBegan("t1", seals[0].seal_id, actor_of("zhou"), 1 << 50)
        site.without = {0}
        engine.note(of_door("door-0"), began)
        await site.passes(1)
        assert paths_of(site) == (Path.AIR,)
        assert marks(site)[CheckName.PATHS] is CheckMark.WAITS
        site.without = set()
        await site.passes(1)
        assert set(paths_of(site) or ()) == set(Path)
        assert marks(site)[CheckName.PATHS] is CheckMark.GOOD


async def test_a_walk_test_goes_by_the_weakest_of_the_last_signals_by_air(
    store: Store, seals: list[HandSeal]
) -> None:
    """So a seal that is moved is judged anew by three openings, and a copy that counted already
    tells its strength as well as one that came first."""
    seal = seals[0]
    async with street(store, seals) as site:
        one = site.house
        one.engine.note(
            of_door("door-0"), WalkTestBegan("t1", seal.seal_id, actor_of("zhou"), 1 << 50)
        )

        async def says(signal_dbm: int | None, edges: int = 1) -> int | None:
            for _ in range(edges):
                said = seal.edge()
                one.network(seal.sealed(said))
                service = seal.advertised(said)
                await one.idle()
                assert one.air(service, signal_dbm)
                await one.passes(5_000)
            test = site.door(0).walk_test
            assert test is not None
            return test.air_dbm

        assert await says(None) is None
        assert await says(-61) == -61
        assert await says(-85) == -85
        assert marks(site)[CheckName.PATHS] is CheckMark.BAD
        assert await says(-60, SIGNALS_KEPT - 1) == -85
        assert await says(-60) == -60
        assert marks(site)[CheckName.PATHS] is CheckMark.GOOD
        told = [row for row in rows(store, tables.journal) if "paths_tested" in str(row["body"])]
        assert len(told) <= 6  # one when it changes, not one a report


def paths_of(site: Street) -> tuple[str, ...] | None:
    test = site.door(0).walk_test
    assert test is not None
    return test.paths


def marks(site: Street) -> dict[CheckName, CheckMark]:
    door = site.door(0)
    assert door.walk_test is not None
    found = walk_test.checks(door, door.walk_test, site.house.engine.clock.now_ms())
    return {check.name: check.mark for check in found}
