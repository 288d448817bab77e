"""An installer's day: from bare boards in a bag to doors that count as sealed, and on from there.

Every step types what an installer types, at a real gateway and a real mosquitto; the boards are
virtual (`tests/virtual_board`): the real esptool, mpremote, MicroPython and our compiled firmware,
on mains, with a network of air and hands that follow a script. No radio and no chip takes part, so
its times say how long the programs take and not how long an air does.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from gateway.cli.output import counted
from gateway.provisioning.board_link import BoardLink
from gateway.store import tables
from gateway.store.database import Store
from gateway.updates import kept
from gateway.updates.kept import Rollout
from gateway.updates.rollout import SealState
from tests.day.doors import Sealed, commissioned, heard_ms
from tests.day.typed import Installer
from tests.provisioning.flash_site import PASSWORD, WIFI, FlashSite, new_flash_site
from tests.virtual_board.rom import Rom
from tests.virtual_board.virtual_board import VirtualBoard
from tests.waiting import block_until

CHIPS = ("esp32c6", "esp32s3", "esp32c3")
NEW_WIFI, NEW_PASSWORD = "grid 5 new", "another secret of it"
HEARTBEAT_S = 10  # the shortest that a seal takes: commands ride on the answers to its beats
TURNS_MAX = 3  # with the boards of a batch that are no seals yet
UPDATE_S_MAX = 300.0
BEATS_S_MAX = 4.0 * HEARTBEAT_S
RELEASE = "seals.release"
SPARE_DOORS = 6  # under no order: for what goes wrong


@dataclass(frozen=True)
class Size:
    """How large a day: boards of each batch, installers with a bag each, bytes of MicroPython."""

    batches: tuple[int, ...]
    installers: int
    image_bytes: int
    updates: bool = True

    @property
    def boards(self) -> int:
        """Of all batches."""
        return sum(self.batches)


@dataclass(frozen=True)
class Step:
    """A line of the table. `each_s`: of every single one, where they were timed."""

    name: str
    n: int
    took_s: float
    each_s: tuple[float, ...] = ()


@dataclass
class Day:
    """One day at one site. `steps` grows; what goes wrong is an AssertionError with the words."""

    site: FlashSite
    micropython: str
    size: Size
    installer: Installer
    chance: random.Random
    steps: list[Step] = field(default_factory=list)
    seals: list[Sealed] = field(default_factory=list)
    boards: list[VirtualBoard] = field(default_factory=list)
    again: int = 0  # boards that were flashed once more
    told: Callable[[Step], None] = lambda _: None

    @property
    def database(self) -> Path:
        """The site's."""
        return self.site.folder / "menshen.db"

    def lives(self) -> None:
        """From the first command to the last."""
        self.founds()
        for n in range(len(self.size.batches)):
            self.step(f"flashed and heard, batch {n + 1}", partial(self.flash, n))
        self.step("check: no door counts as sealed yet", self._unsealed)
        self.step("commissioned: walk test and certificate", self.commission)
        self.step("one swapped", self._swap)
        self.step("one retired, its board wiped", self._retire)
        self.step("one moved to another door", self._move)
        if self.size.updates:
            self.step("one updated, its power cut in the middle", self._update)
        self.step("Wi-Fi of the site changed", self.change_wifi)
        self.step("all is well, and nobody was paged", self._end)

    def founds(self) -> None:
        """A site with doors, and its gateway at work."""
        self.step("tables enrolled, one of them with mistakes first", self._enrol)
        self.step("release key made", self._key)

    def ends(self) -> None:
        """Everything is unplugged."""
        for board in self.boards:
            board.pull()

    def step(self, name: str, does: Callable[[], int | Sequence[float]]) -> None:
        """A line of the table: `does` gives how many it was, or the seconds of each."""
        began_s = time.monotonic()
        came = does()
        n, each = (came, ()) if isinstance(came, int) else (len(came), tuple(came))
        self.steps.append(Step(name, n, time.monotonic() - began_s, each))
        self.told(self.steps[-1])

    # Before the boards.

    def _enrol(self) -> int:
        folder, count = self.site.folder, self.size.boards + 1 + SPARE_DOORS
        doors = [self.door(n) for n in range(count)]
        head = "door_id,label,grid_id,building,stair\n"
        rows = "".join(f"{door},3栋{n + 201},g1,3,1\n" for n, door in enumerate(doors))
        (folder / "doors.csv").write_text(head + rows + f"{doors[0]},3栋1,g1,3,1\nd 1,,g7,3,1\n")
        said = self.installer.types("enrol", "doors.csv", code=1)
        assert "Nothing was enrolled: 3 mistakes" in said, said
        (folder / "doors.csv").write_text(head + rows)
        self.installer.types("enrol", "doors.csv")
        if self.size.boards:
            self._order("orders.csv", doors[: self.size.boards])
        self.site.gateway.start()
        return len(doors)

    def _order(self, name: str, doors: Sequence[str]) -> None:
        today = datetime.now(UTC).date()
        begins, ends = today - timedelta(days=1), today + timedelta(days=13)
        rows = "".join(f"{door},{begins},{ends},o-{door}\n" for door in doors)
        (self.site.folder / name).write_text("door_id,from,to,order_id\n" + rows)
        self.installer.types("enrol", name)

    def _key(self) -> int:
        self.installer.types("release", "key")
        return 1

    # From bare boards to doors that count.

    def flash(self, batch: int) -> int:
        """A batch of bare boards made seals, and an announced visit for them."""
        first, count = sum(self.size.batches[:batch]), self.size.batches[batch]
        chip = CHIPS[batch % len(CHIPS)]
        boards = [self.board(f"board-{first + n}", chip) for n in range(count)]
        doors = [self.door(first + n) for n in range(count)]
        pairs, labels, said = list(zip(doors, boards, strict=True)), ("--labels", "labels"), ""
        for turn in range(TURNS_MAX):
            words = [word for door, board in pairs for word in _pair(door, board)]
            said = self._flashes(chip if turn == 0 else None, *labels, *words, code=None)
            heard = said.count(": HEARD. ")
            pairs = [pair for pair in pairs if pair[0] not in self.site.seals().values()]
            if not pairs:
                break
            self.again += len(pairs)  # as it says: unplug them, plug them in, type just these
            for _, board in pairs:
                board.pull()
                board.plug()
        assert not pairs, said
        assert heard == said.count(": FLASHED. "), said
        for board in boards:
            board.pull()
        on = {door: seal for seal, door in self.site.seals().items()}
        self.seals += [Sealed(b, on[d], d) for b, d in zip(boards, doors, strict=True)]
        until = (datetime.now(UTC) + timedelta(hours=4)).strftime("%Y-%m-%dT%H:%M+00:00")
        self.installer.types("visit", *doors, "--who", "赵师傅", "--for", "inspect", "--to", until)
        return count

    def _flashes(self, chip: str | None, *words: object, code: int | None = 0) -> str:
        stated = () if chip is None else self.site.image(chip, self.size.image_bytes)
        usual = ("--broker", "localhost", "--broker-port", self.site.port, "--wifi", WIFI)
        mains = ("--mains", "--heartbeat", HEARTBEAT_S)
        return self.installer.types("flash", *usual, *mains, *stated, *words, code=code)

    def _unsealed(self) -> int:
        said = self.installer.types("check", code=1)
        assert "commission" in said, said
        return self.size.boards

    def commission(self) -> list[float]:
        """Every seal tested at its door, by as many installers as there are."""
        bags = [self.seals[n :: self.size.installers] for n in range(self.size.installers)]
        with ThreadPoolExecutor(self.size.installers) as pool:
            times = pool.map(lambda bag: self.tested(bag), bags)
            return [took_s for bag in times for took_s in bag]

    def tested(self, seals: Sequence[Sealed]) -> list[float]:
        """These are tested by one installer; seconds for each door."""
        return commissioned(self.installer, seals, self.database, self.chance)

    # Later that day.

    def _swap(self) -> int:
        dead = self.seals[0]
        dead.board.pull()
        board = self.board("spare", CHIPS[0])
        before = set(self.site.seals())
        self._flashes(CHIPS[0], "--port", board.port)
        board.pull()
        (fresh,) = set(self.site.seals()) - before
        self.installer.types("swap", dead.door_id, fresh)
        self.seals[0] = Sealed(board, fresh, dead.door_id)
        self.tested([self.seals[0]])
        return 1

    def _retire(self) -> int:
        gone = self.seals.pop(1)
        self.installer.types("end", "order", "--door", gone.door_id)
        gone.board.pull()
        gone.board.plug()
        said = self.installer.types("retire", "--port", gone.board.port)
        assert "The board is empty" in said, said
        left = BoardLink(gone.board.port).ask("import os\nanswer(os.listdir('/'))")
        assert "seal.json" not in left
        gone.board.pull()
        return 1

    def _move(self) -> int:
        moved, to = self.seals[1], self.door(self.size.boards)
        self.installer.types("end", "order", "--door", moved.door_id)
        self._order("moved.csv", [to])
        moved.board.pull()
        self.installer.types("move", moved.seal_id, to)
        moved.door_id = to
        self.tested([moved])
        return 1

    def _update(self) -> int:
        canary, folder = self.seals[0], self.site.folder
        self.installer.types("release", "build", RELEASE, "--version", "1.4.0", "--counter", 7)
        self.installer.types("release", "sign", RELEASE)
        self.installer.types("update", "add", RELEASE)
        self.installer.types("update", "start", 7, "--canary", canary.seal_id, "--share", 0)
        size = (folder / RELEASE).stat().st_size
        canary.board.pull()
        canary.board.plug()  # who starts anew asks at once
        assert block_until(lambda: self._has(canary) > size // 3, UPDATE_S_MAX), self._rollout()
        canary.board.pull()
        assert self._has(canary) < size, "the power was cut too late"
        canary.board.plug()
        assert block_until(lambda: self._state(canary) is SealState.GOOD, UPDATE_S_MAX), (
            self._rollout(),
            canary.board.console.decode(errors="replace")[-2000:],
        )
        self.installer.types("update")
        self.installer.types("update", "end")
        return 1

    def change_wifi(self) -> int:
        """All seals onto another Wi-Fi, over the air; the old one goes."""
        air = {
            WIFI: {"password": PASSWORD, "signal": -61},
            NEW_WIFI: {"password": NEW_PASSWORD, "signal": -58},
        }
        for board in self.boards:
            board.set_air(air)
        self.installer.wifi_password = NEW_PASSWORD
        said = self.installer.types("wifi", "change", NEW_WIFI)
        assert f"{len(self.seals)} of {counted(len(self.seals), 'seal')} on {NEW_WIFI}" in said, (
            said
        )
        for board in self.boards:
            board.set_air({NEW_WIFI: air[NEW_WIFI]})
        since_ms = time.time_ns() // 1_000_000
        for one in self.seals:
            assert block_until(
                lambda one=one: heard_ms(self.database, one.door_id) > since_ms,  # type: ignore[misc]
                BEATS_S_MAX,
            ), f"{one.door_id} was lost with the old Wi-Fi"
        self.installer.types("wifi")
        return len(self.seals)

    def _end(self) -> int:
        doors = {row["door_id"]: row for row in json.loads(self.installer.types("doors", "--json"))}
        seals = json.loads(self.installer.types("seals", "--json"))
        live = {row["door_id"] for row in seals if row["state"] == "live"}
        assert live == {one.door_id for one in self.seals}, (seals, doors)
        self.installer.types("seals")
        self.installer.types("doors")
        parts = {part["part"]: part for part in json.loads(self.installer.types("check", "--json"))}
        assert not [part for part in parts.values() if part["mark"] == "fail"], parts
        with self._reading() as connection:
            pages = connection.execute(tables.outbox.select()).all()
        assert pages == []
        return len(seals)

    # What it stands on.

    def door(self, number: int) -> str:
        """The id of a door of the table."""
        return f"d{number + 1:04d}"

    def board(self, name: str, chip: str | None) -> VirtualBoard:
        """A fresh board on the cable: bare, or without a chip's loader one with MicroPython."""
        room = self.site.folder.parent / name
        room.mkdir()
        air = {WIFI: {"password": PASSWORD, "signal": -61}}
        board = VirtualBoard(
            self.micropython, room, rom=None if chip is None else Rom(chip), air=air
        )
        self.boards.append(board)
        board.plug()
        return board

    def _rollout(self) -> Rollout:
        with self._reading() as connection:
            newest = kept.newest(connection)
            assert newest is not None
            return kept.load(connection, newest[0])

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        opened = closing(Store.open(self.database, create=False))
        with opened as store, store.reading() as connection:
            yield connection

    def _has(self, one: Sealed) -> int:
        return self._rollout().seals[one.seal_id].have_bytes

    def _state(self, one: Sealed) -> SealState:
        return self._rollout().seals[one.seal_id].state


def begun(mosquitto: str, micropython: str, folder: Path, size: Size, chance: random.Random) -> Day:
    """A site whose broker runs, and a bag of bare boards."""
    site = new_flash_site(mosquitto, folder, doors=0)
    site.broker.start()
    site.note_pid()
    return Day(site, micropython, size, Installer(folder, PASSWORD), chance)


def _pair(door: str, board: VirtualBoard) -> tuple[str, ...]:
    return "--door", door, "--port", board.port
