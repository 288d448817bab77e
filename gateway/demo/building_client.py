"""The supervisor's line to the building: actions go in, what doors and seals do comes out."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from gateway.demo.building import HOUSEHOLDS, DoorMove, Edge, Sign
from gateway.demo.child import Child, ChildError
from gateway.demo.house import Household

STOP_S = 3.0
_decode = msgspec.json.Decoder(Edge | Sign).decode
_encode = msgspec.json.Encoder().encode


class BuildingClient:
    """Starts the building's process; `notify` is called with everything that it says."""

    def __init__(
        self,
        folder: Path,
        living: list[Household],
        broker_port: int,
        notify: Callable[[Edge | Sign], None],
    ) -> None:
        folder.mkdir()
        (folder / HOUSEHOLDS).write_bytes(_encode(living))
        argv = [sys.executable, "-m", "gateway.demo.building", str(folder), str(broker_port)]
        self._child = Child("building", argv, folder, talks=True)
        self._notify = notify

    async def start(self) -> None:
        """Let the twelve seals boot."""
        await self._child.start()

    def move(self, door_id: str, is_open: bool) -> None:
        """Open or shut a door's leaf; one that stands so already stays."""
        self._write(DoorMove(door_id, is_open))

    def lift(self, door_id: str, is_off: bool) -> None:
        """Take a door's seal off its plate, or put it back."""
        self._write(DoorMove(door_id, is_off, cover=True))

    def _write(self, action: DoorMove) -> None:
        pipe = self._child.process.stdin
        if pipe is not None and not pipe.is_closing():
            pipe.write(_encode(action) + b"\n")

    async def listen(self) -> None:
        """Pass on what the building says. ChildError if it ends by itself."""
        pipe = self._child.process.stdout
        while pipe is not None and (line := await pipe.readline()):
            self._notify(_decode(line))
        await asyncio.sleep(0.1)  # its last words are on their way to the log
        raise ChildError(f"the building fell silent:\n{self._child.last_words()}")

    async def stop(self) -> None:
        """Let the seals say goodbye."""
        await self._child.stop(STOP_S)
