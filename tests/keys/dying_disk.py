"""The disk of a process that is killed, or loses its power, at one of its calls to the disk.

It stands where `key_file` finds `os`. From that call on nothing more is done, as nothing is by who
is dead. What was written and not synced is then cut in the middle, as a power cut may leave it.
"""

import os
from pathlib import Path
from typing import Any, Final

CALLS: Final = ("open", "write", "fsync", "rename", "unlink")


class Killed(BaseException):
    """The process is no more."""


class DyingDisk:
    """The module `os`, until the call of this number. `calls` counts them."""

    def __init__(self, dies_at: int | None) -> None:
        self._dies_at, self.calls = dies_at, 0
        self._unsynced: dict[int, Path] = {}

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in CALLS:
            return real

        def call(*arguments: Any) -> Any:
            if self._dies_at is not None and self.calls >= self._dies_at:
                self._die()
            self.calls += 1
            answer = real(*arguments)
            if name == "open" and arguments[1] & os.O_WRONLY:
                self._unsynced[answer] = Path(arguments[0])
            elif name == "fsync":
                self._unsynced.pop(arguments[0], None)
            return answer

        return call

    def _die(self) -> None:
        for path in self._unsynced.values():
            if path.exists():
                os.truncate(path, path.stat().st_size // 2)
        self._unsynced.clear()
        raise Killed
