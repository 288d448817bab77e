"""A village whose power goes every few minutes, for days: whatever is told is told as to one whose
power never goes, at the same times.

A breach that nobody takes goes up its ladder, round after round; a seal falls silent; a case is put
aside until the evening; a request waits; an order and a permit end; the daily tests ring. Two sites
hear the same, by the same times; one of them starts anew every ten to forty minutes. The seed is
printed, and MENSHEN_SEED repeats it; MENSHEN_HOURS lives longer.
"""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.core.actor import actor_of
from gateway.core.events import CaseShelved, Event, OrderPlaced, PermitAnnounced, SealBound
from gateway.core.households.events import RequestAsked
from gateway.core.households.model import RequestKind
from gateway.core.model import Order, Permit
from gateway.core.reasons import Reason
from gateway.core.subject import Subject, of_door, of_household
from gateway.store import tables
from gateway.store.database import Store
from tests.engine.random_days import HOUR, MINUTE
from tests.engine.small_site import HandSeal, beating_at, enrol, new_store, rows
from tests.engine.test_cut_lives import COMPARED, plain
from tests.manual_clock import NOON_MS, ManualClock

SEED = os.environ.get("MENSHEN_SEED")
HOURS = int(os.environ.get("MENSHEN_HOURS", "30"))
STEP = 5  # minutes
DOORS = 4
BEAT_MS = 20 * MINUTE
SILENT = 2  # the seal of this door is heard no more after some hours

Said = tuple[str, bytes] | tuple[Subject, Event]


class Village:
    """What happens there, every few minutes, for any site that lives it."""

    def __init__(self) -> None:
        self.seals = [HandSeal() for _ in range(DOORS)]
        self._happens: dict[int, list[Said]] = {}
        for number, seal in enumerate(self.seals):
            self._at(0, of_door(f"door-{number}"), SealBound(seal.seal_id, BEAT_MS))
        self._beats()
        end_ms = NOON_MS + 26 * HOUR
        permit = Permit("p", NOON_MS, NOON_MS + 3 * HOUR, 1, 5 * MINUTE, "Li", "lunch")
        asked = RequestAsked(action_id="r", request_id="r", kind=RequestKind.FOOD, words="rice")
        aside = f"{self.seals[1].seal_id}-1", actor_of("wang"), "aside"
        self._at(30, of_door("door-3"), OrderPlaced(Order("order-3", 0, end_ms)))
        self._at(40, of_door("door-3"), PermitAnnounced(permit))
        self._at(50, of_household("door-3"), asked)
        self._at(95, of_door("door-1"), CaseShelved(*aside, why="x", until_ms=NOON_MS + 5 * HOUR))

    def _at(self, minute: int, subject: Subject, event: Event) -> None:
        self._happens.setdefault(minute, []).append((subject, event))

    def _beats(self) -> None:
        """Each is heard every twenty minutes; of two, the door opens."""
        for minute in range(STEP, HOURS * 60, BEAT_MS // MINUTE):
            for number, seal in enumerate(self.seals):
                if number == SILENT and minute > 3 * 60:
                    continue
                is_edge = number < 2 and 60 < minute <= 60 + BEAT_MS // MINUTE
                said = seal.edge(age_ms=0) if is_edge else seal.heartbeat(seal.edges % 2)
                self._happens.setdefault(minute, []).append((seal.topic, seal.sealed(said)))

    async def live(self, store: Store, cuts: random.Random | None) -> int:
        """All of it; how often its power went."""
        enrol(store, self.seals)
        clock, minute, deaths = ManualClock(NOON_MS), 0, -1
        while minute < HOURS * 60:
            until = HOURS * 60 if cuts is None else minute + cuts.randrange(2, 8) * STEP
            deaths += 1
            async with beating_at(store, clock) as engine:
                while minute < min(until, HOURS * 60):
                    for where, what in self._happens.get(minute, ()):
                        if isinstance(where, Subject):
                            await engine.submit(where, what)  # type: ignore[arg-type]
                        else:
                            engine.receive(where, what, 1)  # type: ignore[arg-type]
                    await engine.idle()
                    clock.advance(STEP * MINUTE)
                    await engine.idle()
                    minute += STEP
        return deaths


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[list[Store]]:
    made = []
    for name in ("through", "cut"):
        (tmp_path / name).mkdir()
        made.append(new_store(tmp_path / name))
    yield made
    for one in made:
        one.close()


async def test_a_village_of_power_cuts_is_told_what_one_without_them_is(
    stores: list[Store],
) -> None:
    seed = int(SEED) if SEED else random.SystemRandom().randrange(1 << 30)
    print(f"MENSHEN_SEED={seed}")
    village = Village()
    through, cut = stores
    assert await village.live(through, None) == 0
    assert await village.live(cut, random.Random(seed)) > HOURS  # noqa: S311 - no secret
    told = {row["reason"] for row in rows(through, tables.outbox)}
    assert told >= {Reason.NO_PERMIT, Reason.SILENT}
    assert max(row["round"] for row in rows(through, tables.outbox)) > 2
    for table, left_out in COMPARED.items():
        assert plain(cut, table, *left_out) == plain(through, table, *left_out), table.name
    shelved = [row for row in rows(through, tables.journal) if row["kind"] == "shelved"]
    assert [row["reason"] for row in shelved] == [None]
