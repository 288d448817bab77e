"""The clock of a whole process made to lie: compiled, preloaded, and set from outside."""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
from pathlib import Path

DAY_NS = 86_400 * 10**9
SOURCE = Path(__file__).with_name("false_clock.c")


class NoCompilerError(Exception):
    """There is no gcc here: the clock of a whole process cannot be made to lie."""


class FalseClock:
    """What the gateway's machine takes for the time."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("gcc")
        if compiler is None:
            raise NoCompilerError
        self.library, self.file = folder / "false_clock.so", folder / "clock"
        build = [compiler, "-O2", "-shared", "-fPIC", "-o", str(self.library), str(SOURCE)]
        subprocess.run(build, check=True)
        self.file.write_bytes(bytes(16))
        with self.file.open("r+b") as file:
            self._lie = mmap.mmap(file.fileno(), 16)

    def says(self, ahead_ns: int, is_vouched: bool = False) -> None:
        """From now on it is so far ahead of the truth."""
        self._lie[:] = struct.pack("<qq", ahead_ns, is_vouched)

    def environment(self) -> dict[str, str]:
        """For the process that believes it."""
        return {"LD_PRELOAD": str(self.library), "FALSE_CLOCK": str(self.file)}
