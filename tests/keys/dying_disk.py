"""The disk of a process that is killed, or loses its power, at one of its calls to the disk.

It stands where `key_file` finds `os`. From that call on nothing more is done, as nothing is by who
is dead. What was written and not synced is then cut in the middle, as a power cut may leave it.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from gateway.keys.whole_disk import syncfs

CALLS: Final = ("open", "write", "fsync", "rename", "unlink")


class Killed(BaseException):
    """The process is no more."""


class DyingDisk:
    """The module `os`, until the call of this number. `calls` counts them."""

    def __init__(self, dies_at: int | None) -> None:
        self._dies_at, self.calls, self.syncs = dies_at, 0, 0
        self._unsynced: dict[int, Path] = {}

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in CALLS:
            return real

        def call(*arguments: Any) -> Any:
            self._count()
            answer = real(*arguments)
            if name == "open" and arguments[1] & os.O_WRONLY:
                self._unsynced[answer] = Path(arguments[0])
            elif name == "fsync":
                self.syncs += 1
                self._unsynced.pop(arguments[0], None)
            return answer

        return call

    def syncfs(self) -> Callable[[int], None] | None:
        """In the place of `whole_disk.syncfs`: one more call, after which all is on the disk."""
        real = syncfs()

        def sync(handle: int) -> None:
            self._count()
            assert real is not None
            real(handle)
            self.syncs += 1
            self._unsynced.clear()

        return None if real is None else sync

    def _count(self) -> None:
        if self._dies_at is not None and self.calls >= self._dies_at:
            self._die()
        self.calls += 1

    def _die(self) -> None:
        for path in self._unsynced.values():
            if path.exists():
                os.truncate(path, path.stat().st_size // 2)
        self._unsynced.clear()
        raise Killed
