"""The installer's round before the doors open: every seal of the building passes its walk test.

It is the real one: the gateway begins it at each door, the covers are lifted, the doors are opened
and shut three times, and what the seals tell is what certifies them. Nobody is paged meanwhile.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable
from typing import Final

from gateway.core.actor import of_account
from gateway.core.commissioning_events import WalkTestBegan
from gateway.core.doors.certificates import SEALED, Standing, standing
from gateway.core.doors.walk_test import LASTS_MOST_MS, OPENINGS_WANTED
from gateway.core.model import Door
from gateway.core.subject import of_door
from gateway.demo.building_client import BuildingClient
from gateway.demo.house import Household
from gateway.demo.view_model import ViewModel
from gateway.store import pending
from gateway.store.database import Store

HAND_S: Final = 0.45  # how long a hand holds a door, or a cover
WAIT_S: Final = 20.0  # for the gateway; a house that is not tested by then says so, and goes on
_INSTALLER: Final = of_account("installer")


async def commission(
    store: Store, living: list[Household], building: BuildingClient, view_model: ViewModel
) -> None:
    """Test all of them at once."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(WAIT_S):
            await asyncio.to_thread(_begin, store, living)
            await _until(view_model, lambda door: door.walk_test is not None)
            for is_off in (True, False):
                for home in living:
                    building.lift(home.door_id, is_off)
                await asyncio.sleep(HAND_S)
            for is_open in (True, False) * OPENINGS_WANTED:
                for home in living:
                    building.move(home.door_id, is_open)
                await asyncio.sleep(HAND_S)
            await _until(view_model, _is_sealed)


def _begin(store: Store, living: list[Household]) -> None:
    ends_ms = time.time_ns() // 1_000_000 + LASTS_MOST_MS
    with store.writing() as connection:
        for home in living:
            test_id = f"{home.seal_id}-{secrets.token_hex(6)}"
            began = WalkTestBegan(test_id, home.seal_id, _INSTALLER, ends_ms)
            pending.leave(connection, [(of_door(home.door_id), began)])


async def _until(view_model: ViewModel, is_so: Callable[[Door], bool]) -> None:
    while not all(is_so(row.state) for row in view_model.seen.doors):
        await view_model.changed(view_model.turn)


def _is_sealed(door: Door) -> bool:
    found = standing(door, time.time_ns() // 1_000_000)
    return found in SEALED and found is not Standing.OLDER
