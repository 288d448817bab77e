"""The button: the gateway is killed, a door opens, the gateway comes back.

Nothing about it is staged but the order: a real SIGKILL, a real seal that finds nobody, a real
start from the database as the kill left it.
"""

import asyncio

import aiohttp

from gateway.core.model import Contact
from gateway.demo import words
from gateway.demo.building_client import BuildingClient
from gateway.demo.gateway_process import GatewayProcess, Phase
from gateway.demo.house import ANNOUNCED, NO_ORDER
from gateway.demo.story import Story, Turn
from gateway.demo.view_model import ViewModel

OPENS_AFTER_S = 1.0
BACK_AFTER_S = 1.0  # after the door opened


class PowerCut:
    """One at a time."""

    def __init__(
        self,
        view_model: ViewModel,
        gateway_process: GatewayProcess,
        building: BuildingClient,
        http: aiohttp.ClientSession,
    ) -> None:
        self._view_model, self._gateway_process, self._building, self._http = (
            view_model,
            gateway_process,
            building,
            http,
        )
        self._wanted = asyncio.Event()
        self._last_door = ""

    def begin(self) -> None:
        """Ask for one. While the gateway is away this does nothing."""
        if self._gateway_process.phase is Phase.UP:
            self._wanted.set()

    async def run(self) -> None:
        """Wait for the button, until cancelled. ChildError if the gateway does not come back."""
        while True:
            await self._wanted.wait()
            await self._once()
            self._wanted.clear()

    async def _once(self) -> None:
        door_id = self._choose()
        story = self._view_model.story = Story(door_id or "", self._gateway_process.pid)
        if door_id is None:
            story.failed = words.ALL_OPEN
            self._view_model.touch()
            return
        await self._gateway_process.kill()
        story.note(Turn.KILLED)
        self._view_model.touch()
        await asyncio.sleep(OPENS_AFTER_S)
        self._building.move(door_id, True)
        await asyncio.sleep(BACK_AFTER_S)
        await self._gateway_process.start(self._http)
        story.new_pid = self._gateway_process.pid
        story.note(Turn.BACK, self._gateway_process.back_ms)
        self._view_model.touch()

    def _choose(self) -> str | None:
        """A door that will call the warden: under an order, unannounced, shut for good."""
        quiet = {
            row.door_id
            for row in self._view_model.seen.doors
            if row.state.opening is None and row.state.contact is Contact.SHUT
        }
        fit = [
            door_id
            for door_id, is_open in self._view_model.leaves.items()
            if not is_open and door_id in quiet and door_id not in {*ANNOUNCED, NO_ORDER}
        ]
        later = [door_id for door_id in fit if door_id > self._last_door]
        chosen = next(iter(later or fit), None)
        self._last_door = chosen or ""
        return chosen
