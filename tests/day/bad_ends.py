"""What goes wrong on such a day: Ctrl-C, a killed command, two installers, a broker that goes away,
a full disk, a gateway that dies while a door is tested. Afterwards nothing is half enrolled, a
sentence has said what there is to do, and the same command goes on."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.provisioning import label
from tests.day.doors import ENDS, Sealed, hang, walk
from tests.day.story import Day
from tests.provisioning.flash_site import ADDRESS, PASSWORD, WIFI
from tests.virtual_board.virtual_board import VirtualBoard
from tests.waiting import block_until

COPYING_BYTES = 20_000  # of some 70,000 that the files take
PATIENCE_S = 120.0
AIR = {WIFI: {"password": PASSWORD, "signal": -61}}


class BadEnds:
    """On a day's site, with doors that the day has left over."""

    def __init__(self, day: Day) -> None:
        self.day, self.site, self.installer = day, day.site, day.installer
        self._doors = [day.door(day.size.boards + 1 + n) for n in range(6)]
        self._rooms = 0
        self._killed_at: VirtualBoard

    def live(self) -> None:
        """All of them, one after the other."""
        step, self.installer.wifi_password = self.day.step, PASSWORD
        step("bad end: Ctrl-C among several boards", self._ctrl_c)
        step("bad end: killed midway, and typed again", self._killed)
        step("bad end: two installers at once, a third at their door", self._two_installers)
        step("bad end: the broker goes away midway", self._broker_gone)
        step("bad end: the disk is full", self._full_disk)
        step("bad end: the gateway dies while a door is tested", self._gateway_gone)

    def _words(self, door: str, board: VirtualBoard) -> tuple[object, ...]:
        usual = ("flash", "--broker", "localhost", "--broker-port", self.site.port, "--wifi", WIFI)
        return (*usual, "--mains", "--wait", 0, "--door", door, "--port", board.port)

    def _new(self) -> VirtualBoard:
        self._rooms += 1
        return self.day.board(f"bad-{self._rooms}", None)

    def _ctrl_c(self) -> int:
        doors, boards = self._doors[:2], [self._new(), self._new()]
        words = self._words(doors[0], boards[0])
        words = (*words, "--door", doors[1], "--port", boards[1].port)
        began_s, process = time.monotonic(), self.installer.begins(*words)
        for board in boards:
            _copying(board)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to all that belongs to it
        said = self.installer.ends(process, words, began_s, code=1)
        assert said.count("broken off: the board is nobody") == 2, said
        on = "To go on with them: --door {} --door {}".format(*doors)
        assert "2 of 2 doors have no seal yet: " in said, said
        assert f". {on}" in said, said
        assert not set(doors) & set(self.site.seals().values())
        self.installer.types(*self._words(doors[0], boards[0]))
        self._need_whole(doors[:1])
        return 2

    def _killed(self) -> int:
        door, board = self._doors[1], self._new()
        words, self._killed_at = self._words(door, board), board
        began_s, process = time.monotonic(), self.installer.begins(*words)
        _copying(board)
        process.kill()
        self.installer.ends(process, words, began_s, code=-signal.SIGKILL)
        assert door not in self.site.seals().values()
        self.installer.types(*words)
        self._need_whole([door])
        return 1

    def _two_installers(self) -> int:
        door, other = self._doors[2:4]
        spares = self.site.folder / "broker/spare-logins.json"
        spares.unlink()  # each of them finds that there are none
        boards = [self._new() for _ in range(3)]
        typed = [
            self._words(wanted, board)
            for wanted, board in zip((door, other, door), boards, strict=True)
        ]
        began_s = time.monotonic()
        at_work = [self.installer.begins(*words) for words in typed]
        _copying(boards[0])
        said = self.installer.types(*self._words(self._doors[4], boards[0]), code=1)
        assert "another menshen" in said, said
        texts = [process.communicate(timeout=PATIENCE_S)[0] for process in at_work]
        codes = [process.returncode for process in at_work]
        assert (codes[1], sorted(codes)) == (0, [0, 0, 1]), texts
        assert f"door_id {door}: carries seal" in "".join(texts), texts
        assert time.monotonic() - began_s < PATIENCE_S
        self._need_whole([door, other])
        return 4

    def _broker_gone(self) -> int:
        door, board = self._doors[4], self._new()
        words = self._words(door, board)
        began_s, process = time.monotonic(), self.installer.begins(*words)
        _copying(board)
        self.site.broker.kill()
        try:
            said = self.installer.ends(process, words, began_s, code=1)
        finally:
            self.site.broker.start()
            self.site.note_pid()
        assert "The broker lets no seal in any more (" in said, said
        assert door not in self.site.seals().values()
        assert block_until(self.site.gateway_hears, PATIENCE_S)
        self.installer.types(*words)
        self._need_whole([door])
        return 1

    def _full_disk(self) -> int:
        if not os.path.ismount(self.site.folder):
            return 0  # only root can give a site a disk of its own
        door, board = self._doors[5], self._new()
        words = self._words(door, board)
        with _filled(self.site.folder):
            said = self.installer.types(*words, code=1)
        assert "make room there" in said or "is full" in said, said
        assert "Traceback" not in said, said
        assert door not in self.site.seals().values()
        assert block_until(self.site.gateway_hears, PATIENCE_S)
        self.installer.types(*words)
        self._need_whole([door])
        return 1

    def _gateway_gone(self) -> int:
        door = self._doors[1]
        (seal_id,) = (seal for seal, on in self.site.seals().items() if on == door)
        board = self._killed_at
        board.pull()
        one = Sealed(board, seal_id, door)
        hang(one, self.day.database)
        words = ("commission", label.content(seal_id, ADDRESS), "--wait", 90)
        began_s, process = time.monotonic(), self.installer.begins(*words)
        assert process.stdout is not None
        heard, has_died = "", False
        for line in process.stdout:
            heard += line
            if "· " in line and not has_died:
                has_died = True
                self.site.gateway.kill()
            if "does not run any more" in line:
                self.site.gateway.start()
                self.installer.types("clock", "--trust")  # no time service vouches for this one
                walk(board, self.day.chance)
            if any(words in line for words in ENDS):
                break
        self.installer.ends(process, words, began_s, before=heard)
        assert "does not run any more" in heard
        assert "✓ Sealed" in heard, heard
        return 1

    def _need_whole(self, doors: list[str]) -> None:
        """These have their seal, and no login lies about that a board might have."""
        on = list(self.site.seals().values())
        assert all(on.count(door) == 1 for door in doors), on
        spares = json.loads((self.site.folder / "broker/spare-logins.json").read_bytes())
        assert not [spare for spare in spares if "taken_ms" in spare]


def _copying(board: VirtualBoard) -> None:
    """Wait until files go over to this board."""
    assert block_until(lambda: board.taken > COPYING_BYTES, PATIENCE_S)


@contextmanager
def _filled(folder: Path) -> Iterator[None]:
    """No byte is left on the disk of this folder."""
    filler = folder / "filler"
    piece = 1 << 20
    with filler.open("wb", buffering=0) as file:
        while piece:
            try:
                file.write(bytes(piece))
            except OSError:
                piece //= 2
    try:
        yield
    finally:
        filler.unlink()
