"""The building: twelve seals in one process, each the real firmware on a board of air.

    python -m gateway.demo.building FOLDER BROKER_PORT

A line in is an action, `{"door_id": "1-101", "open": true}`; a line out is an `Edge` or a `Sign` as
JSON. It leaves when its standard input ends.
"""

import os
import select
import sys
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from gateway.demo.house import Household
from gateway.demo.ports import LOOPBACK
from gateway.virtual_seal.firmware_path import find_sealnode

if TYPE_CHECKING:
    pass

HEARTBEAT_S = 100
HOUSEHOLDS = "households.json"
_WAIT_MS_MAX = 1_000


class DoorMove(Struct, frozen=True):
    """Move a door's leaf; or, if `cover`, lift its seal off its plate and put it back."""

    door_id: str
    open: bool
    cover: bool = False


class Edge(Struct, frozen=True, tag=True):
    """The contact moved, and the seal has it in its flash as report `seq`.

    `at_ms` is the first change, by this machine's clock, to the microsecond; `spooled_ms` is when
    the report was in the flash and handed to the network.
    """

    door_id: str
    open: bool
    at_ms: float
    spooled_ms: float
    changes: int
    page_id: str  # the name that the gateway will give to this opening, and to its page


class Sign(Struct, frozen=True, tag=True):
    """How a seal is: whether the broker has let it in, how many reports wait for a receipt."""

    door_id: str
    at_ms: float
    online: bool
    waiting: int


class Flat:
    """A door with its seal."""

    def __init__(self, home: Household, folder: Path, broker_port: int) -> None:
        from gateway.virtual_seal.board import AirBoard
        from sealnode.seal import Seal
        from sealnode.settings import Settings

        flash = folder / home.seal_id
        flash.mkdir(parents=True, exist_ok=True)
        self.door_id, self.seal_id = home.door_id, home.seal_id
        self.is_open = False
        self.board: AirBoard = AirBoard(f"{flash}/", Random())  # noqa: S311 - bounces, jitter
        settings = {
            "id": home.seal_id,
            "key": home.key.hex(),
            "broker": LOOPBACK,
            "port": broker_port,
            "ca": None,
            "server_name": LOOPBACK,
            "user": home.seal_id,
            "password": home.password,
            "wifi": None,
            "heartbeat_s": HEARTBEAT_S,
            "mains": True,
        }
        self.seal: Seal = Seal(self.board, Settings(settings))
        self._told = (False, -1)

    def poll(self) -> int:
        """Let the seal do what it can; in how many ms it wants to be asked again."""
        return self.seal.poll(self.board.now_ms())

    def move(self, is_open: bool) -> Edge | None:
        """Move the leaf. None if it stands so already."""
        if self.is_open == is_open:
            return None
        self.is_open = is_open
        seq = self.seal.spool.next_seq
        at_ms = _wall_ms()
        changes = self.board.move(int(is_open))
        self.poll()
        return Edge(self.door_id, is_open, at_ms, _wall_ms(), changes, f"{self.seal_id}-{seq}")

    def lift(self, is_off: bool) -> None:
        """Take the seal off its plate, or put it back."""
        from sealnode.hardware import COVER

        self.board.touch(COVER, int(is_off))
        self.poll()

    def sign(self) -> Sign | None:
        """How the seal is, if that is news."""
        now = (self.seal.online, self.seal.waiting)
        if now == self._told:
            return None
        self._told = now
        return Sign(self.door_id, _wall_ms(), *now)


class InputLines:
    """Actions from standard input, without waiting for them longer than asked."""

    def __init__(self, file: int) -> None:
        self._file, self._rest = file, b""
        self.ended = False

    def wait(self, ms: int) -> list[DoorMove]:
        """What comes within `ms`; at once if something is there."""
        readable, _, _ = select.select([self._file], [], [], ms / 1000)
        if not readable:
            return []
        data = os.read(self._file, 65_536)
        self.ended = not data
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [msgspec.json.decode(line, type=DoorMove) for line in lines]


def run(folder: Path, broker_port: int) -> None:
    """Live until standard input ends."""
    homes = msgspec.json.decode((folder / HOUSEHOLDS).read_bytes(), type=list[Household])
    flats = {home.door_id: Flat(home, folder / "flash", broker_port) for home in homes}
    lines = InputLines(sys.stdin.fileno())
    while not lines.ended:
        wait_ms = min(flat.poll() for flat in flats.values())
        for flat in flats.values():
            _tell(flat.sign())
        for action in lines.wait(min(wait_ms, _WAIT_MS_MAX)):
            flat = flats[action.door_id]
            if action.cover:
                flat.lift(action.open)
            else:
                _tell(flat.move(action.open))
    for flat in flats.values():
        flat.seal.close()


def _tell(news: Edge | Sign | None) -> None:
    if news is not None:
        sys.stdout.buffer.write(msgspec.json.encode(news) + b"\n")
        sys.stdout.buffer.flush()


def _wall_ms() -> float:
    return time.time_ns() / 1_000_000


if __name__ == "__main__":
    find_sealnode()
    run(Path(sys.argv[1]), int(sys.argv[2]))
