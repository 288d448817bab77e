"""A board on a bench: mpremote on one side of a serial line, the real MicroPython on the other.

    mpremote ~~ outer pseudo-terminal ~~ this relay ~~ inner pseudo-terminal ~~ shim.py

The inner one turns ctrl-C into a signal, as a board's serial driver does, and is made anew for each
run of the interpreter, because the end of a session hangs its terminal up. The flash is a file.

A bare board begins as a chip in its loader, with which the real esptool speaks (`rom.py`); once an
image is on it, the same line leads to MicroPython.
"""

import contextlib
import json
import os
import pty
import select
import subprocess
import termios
import threading
import time
import tty
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.virtual_board.rom import Rom

SHIM = Path(__file__).with_name("shim.py")
BLOCK_BYTES = 4096
_HARD, _SOFT, _SOFT_RAW, _ASLEEP = 10, 11, 12, 42  # as in shim.py
_UP = b"\x00"  # the first byte that shim.py says
_POWER_ON, _RESET, _WOKEN = 1, 2, 4  # reset causes, as on an ESP32
_BOOTLOADER = b"rst:0x7 (TG0WDT_SYS_RST),boot:0xc\r\ninvalid header: 0xffffffff\r\n"


class VirtualBoard:
    """One board. `port` is the path that mpremote opens; it is gone once the cable is pulled."""

    def __init__(
        self,
        micropython: str,
        folder: Path,
        *,
        flash_bytes: int = 2 << 20,
        version: str = "-",
        rom: Rom | None = None,
        air: dict[str, Any] | None = None,
        romfs_bytes: int = 0,
    ) -> None:
        """A fresh, erased board. `version` makes it claim another MicroPython than it has; `rom`,
        that it has none yet; `air`, which networks there are, makes it a seal that really runs;
        `romfs_bytes`, that its MicroPython has a ROMFS partition."""
        self.port = str(folder / "ttyBOARD")  # no /dev/pts: mpremote treats those specially
        self.rom = rom
        self.taken = 0  # bytes that the host has sent
        self.runs = 0
        self.console = bytearray()  # all that the board ever said
        self._folder, self._version = folder, version
        self._chip = rom.chip if rom is not None else ""
        self._air: Path | str = "-"
        self._hands = folder / "hands"
        if air is not None:
            self.set_air(air)
        self._micropython, self._blocks = micropython, flash_bytes // BLOCK_BYTES
        self._image = folder / "flash.img"
        self._image.write_bytes(b"\xff" * (self._blocks * BLOCK_BYTES))
        self._romfs: Path | str = "-"
        if romfs_bytes:
            self._romfs = folder / "romfs.img"
            self._romfs.write_bytes(b"\xff" * romfs_bytes)
        self._pull_after: int | None = None
        self._thread: threading.Thread | None = None

    def set_air(self, air: dict[str, Any]) -> None:
        """Which networks there are from now on; the first time, from the next start on."""
        self._air = self._folder / "air.json"
        self._air.write_text(json.dumps(air))
        self._hands.touch()

    def move(self, switch: int, changes: Sequence[tuple[float, int]]) -> None:
        """A hand moves a switch: (ms from now, level) of each change, in order."""
        at_ms, lines = 0, []
        began_ms = time.time_ns() // 1_000_000
        for ms, level in changes:  # never two in one ms, whose order nobody could tell
            at_ms = max(round(began_ms + ms), at_ms + 1)
            lines.append(f"{at_ms} {switch} {level}\n")
        with self._hands.open("a") as file:
            file.write("".join(lines))

    def plug(self) -> None:
        """Give it power and connect it."""
        self._pulled, self._wake = os.pipe()
        self._outer, slave = pty.openpty()
        tty.setraw(slave)
        self._keep_open = slave  # else the line hangs up whenever mpremote closes it
        Path(self.port).symlink_to(os.ttyname(slave))
        self._cause, self._mode = _POWER_ON, "boot"
        if self.rom is not None:
            self.rom.power_on()
        self._thread = threading.Thread(target=self._relay, name="virtual board")
        self._thread.start()

    def pull(self) -> None:
        """Pull the cable: power and line are gone at once."""
        if self._thread is not None:
            os.write(self._wake, b"!")
            self._thread.join()
            self._thread = None
            os.close(self._wake)
            os.close(self._pulled)

    def pull_after(self, count: int) -> None:
        """Pull the cable by itself once the host has sent `count` more bytes."""
        self._pull_after = count

    def _relay(self) -> None:
        try:
            while self._run_once():
                pass
        finally:
            os.unlink(self.port)
            os.close(self._outer)
            os.close(self._keep_open)

    def _run_once(self) -> bool:
        """Run the interpreter to its end; whether to run it again."""
        if self.rom is not None and not self.rom.is_written:
            return self._load(self.rom)
        inner, slave = pty.openpty()
        _like_a_board(slave)
        arguments = [self._image, self._blocks, self._mode, self._cause, self._version, self._air]
        arguments.append(self._romfs)
        process = subprocess.Popen(
            ["setsid", "-c", self._micropython, str(SHIM), *map(str, arguments)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=os.environ | {"CHIP": self._chip},
        )
        os.close(slave)
        self.runs += 1
        try:
            if not self._carry(inner):
                return False
            self._after(process.wait())
            return True
        finally:
            process.kill()
            process.wait()
            os.close(inner)

    def _load(self, rom: Rom) -> bool:
        """Be a chip in its loader until an image is on it; False if the cable was pulled."""
        while not rom.is_written:
            ready, _, _ = select.select([self._outer, self._pulled], [], [])
            if self._pulled in ready:
                return False
            heard = os.read(self._outer, 65_536)
            os.write(self._outer, rom.hear(heard))
            if self._counts_out(len(heard)):
                return False
        return True

    def _carry(self, inner: int) -> bool:
        """Carry bytes both ways until the interpreter ends; False if the cable was pulled.

        Nothing is carried in before the interpreter is up: a ctrl-C that comes too early would end
        it, where a chip's own driver only notes it.
        """
        up = False
        while True:
            sources = [inner, self._pulled] + [self._outer] * up
            ready, _, _ = select.select(sources, [], [])
            if self._pulled in ready:
                return False
            if inner in ready:
                try:
                    said = os.read(inner, 4096)
                except OSError:  # the interpreter's terminal has ended
                    return True
                if not up:
                    up, said = True, said.removeprefix(_UP)
                self.console += said
                os.write(self._outer, said)
            if self._outer in ready and not self._carry_in(inner):
                return False

    def _carry_in(self, inner: int) -> bool:
        """One piece from the host; False if it was the last before the cable is pulled."""
        heard = os.read(self._outer, 256)
        os.write(inner, heard)
        return not self._counts_out(len(heard))

    def _counts_out(self, count: int) -> bool:
        """Whether these bytes were the last before the cable is pulled."""
        self.taken += count
        if self._pull_after is None:
            return False
        self._pull_after -= count
        if self._pull_after >= 0:
            return False
        self._pull_after = None
        return True

    def _after(self, status: int) -> None:
        self._mode = "raw" if status == _SOFT_RAW else "boot"
        self._cause = {_ASLEEP: _WOKEN, _HARD: _RESET}.get(status, self._cause)


class BareBoard:
    """A board without MicroPython: its boot loader finds nothing, says so, and hears nothing."""

    def __init__(self, folder: Path) -> None:
        """Connected at once; `unplug` when done."""
        self.port = str(folder / "ttyBARE")
        self._outer, self._slave = pty.openpty()
        tty.setraw(self._slave)
        Path(self.port).symlink_to(os.ttyname(self._slave))
        os.write(self._outer, _BOOTLOADER * 4)

    def unplug(self) -> None:
        """Take it away."""
        os.unlink(self.port)
        os.close(self._outer)
        os.close(self._slave)


@contextlib.contextmanager
def plugged(board: VirtualBoard) -> Iterator[VirtualBoard]:
    """The board with power, for as long as the block lasts."""
    board.plug()
    try:
        yield board
    finally:
        board.pull()


def _like_a_board(slave: int) -> None:
    """Bytes as they are, but for ctrl-C, which interrupts, and line ends, which gain a CR."""
    tty.setraw(slave)
    mode = termios.tcgetattr(slave)
    mode[1] |= termios.OPOST | termios.ONLCR
    mode[3] |= termios.ISIG
    control = mode[6]
    for name in (termios.VQUIT, termios.VSUSP):
        control[name] = b"\x00"
    termios.tcsetattr(slave, termios.TCSANOW, mode)
