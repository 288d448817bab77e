"""A flash whose acts fail when a test wants it: each open, write, rename and removal, on either
Python. What fails leaves all as it was."""

import builtins
import io
import os
import sys

import flash

SMALL = sys.implementation.name == "micropython"
EIO, ENOSPC = 5, 28
_CALLS = ("remove", "rename", "mkdir", "listdir", "stat", "statvfs")


class FailingFlash:
    """An empty flash at `folder`, as long as it is entered. Of its acts, which it counts, those
    from number `first` on fail, so many as `count` says, with the error `errno`."""

    def __init__(self):
        self.acts, self.first, self.count, self.errno = 0, 0, 0, EIO
        self.free = 0  # bytes that it says are free; 0: as it is
        self.is_looked_at = False  # by a test: that is no act

    def act(self):
        """One more; OSError if it is to fail."""
        if self.is_looked_at:
            return
        self.acts += 1
        if self.first <= self.acts < self.first + self.count:
            raise OSError(self.errno, "as the test wants it")

    def __enter__(self):
        self.folder = flash.empty_folder()
        if SMALL:
            flash.lay_before(lambda real: _Vfs(real, self))
        else:
            self._patch()
        return self

    def __exit__(self, *_):
        if SMALL:
            import vfs

            vfs.umount(self.folder[:-1])
        else:
            builtins.open = self._open
            for name, call in self._known.items():
                setattr(os, name, call)

    def _patch(self):
        self._open = real = builtins.open
        self._known = {name: getattr(os, name) for name in _CALLS}

        def opened(path, *mode, **options):
            if not str(path).startswith(self.folder):
                return real(path, *mode, **options)
            self.act()
            if mode and ("w" in mode[0] or "a" in mode[0]):
                return _Written(self, lambda: real(path, *mode, **options))
            return real(path, *mode, **options)

        builtins.open = opened
        for name, call in self._known.items():
            setattr(os, name, self._counted(call))

    def _counted(self, call):
        def counted(path, *rest):
            if not str(path).startswith(self.folder):
                return call(path, *rest)
            self.act()
            return (
                self.room(call(path, *rest))
                if call is self._known["statvfs"]
                else call(path, *rest)
            )

        return counted

    def room(self, status):
        """What statvfs says."""
        return (1, 1, self.free, self.free) if self.free else status


class _Written(io.IOBase):
    """A file whose writes are acts. As on a littlefs, what was written is there once it is closed
    and none of it failed."""

    def __init__(self, flash, make):
        self._flash, self._make, self._parts = flash, make, []

    def write(self, data):
        try:
            self._flash.act()
        except OSError:
            self._parts = None
            raise
        self._parts.append(data if isinstance(data, str) else bytes(data))
        return len(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._parts is not None:
            with self._make() as file:
                for part in self._parts:
                    file.write(part)


class _Vfs:
    """A file system before MicroPython's own."""

    def __init__(self, real, flash):
        self._real, self._flash = real, flash

    def mount(self, readonly, mkfs):
        return self._real.mount(readonly, mkfs)

    def umount(self):
        return self._real.umount()

    def open(self, path, mode):
        self._flash.act()
        if "w" in mode or "a" in mode:
            return _Written(self._flash, lambda: self._real.open(path, mode))
        return self._real.open(path, mode)

    def remove(self, path):
        self._flash.act()
        self._real.remove(path)

    def rename(self, old, new):
        self._flash.act()
        self._real.rename(old, new)

    def mkdir(self, path):
        self._flash.act()
        self._real.mkdir(path)

    def ilistdir(self, path):
        self._flash.act()
        return self._real.ilistdir(path)

    def stat(self, path):
        self._flash.act()
        return self._real.stat(path)

    def statvfs(self, path):
        self._flash.act()
        return self._flash.room(self._real.statvfs(path))
