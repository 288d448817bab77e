"""An empty flash for a test: a littlefs on a RAM disk on MicroPython, a folder on CPython."""

import sys

BLOCK_BYTES = 4096
BLOCKS = 16


class PowerCut(Exception):
    """The RAM disk has no power any more."""


class RamDisk:
    """A block device as an ESP32's flash is one: erased whole, written in small pieces.

    `power` is how many more writes and erasures reach the disk; the one after them raises PowerCut,
    and so does every later one. None is a power that never fails. With `half`, the last write
    that power sufficed for reaches the disk only in its first half.
    """

    def __init__(self, blocks=BLOCKS):
        self.data = bytearray(blocks * BLOCK_BYTES)
        self.blocks = blocks
        self.power = None
        self.half = False
        self.changes = 0
        self.wipe()

    def wipe(self):
        """As it comes from the factory."""
        for number in range(self.blocks):
            self._put(number * BLOCK_BYTES, b"\xff" * BLOCK_BYTES)

    def readblocks(self, number, buffer, offset=0):
        self._get(number * BLOCK_BYTES + offset, buffer)

    def writeblocks(self, number, buffer, offset=None):
        if offset is None:
            self._erase(number)
            offset = 0
        size = self._spend(len(buffer))
        self._put(number * BLOCK_BYTES + offset, bytes(buffer)[:size])

    def ioctl(self, what, number):
        if what == 4:
            return self.blocks
        if what == 5:
            return BLOCK_BYTES
        if what == 6:
            self._erase(number)
        return 0

    def _erase(self, number):
        self._put(number * BLOCK_BYTES, b"\xff" * self._spend(BLOCK_BYTES))

    def _get(self, start, buffer):
        buffer[:] = self.data[start : start + len(buffer)]

    def _put(self, start, data):
        self.data[start : start + len(data)] = data

    def _spend(self, size):
        """How many bytes of a change of `size` still reach the disk."""
        if self.power is not None:
            if self.power <= 0:
                raise PowerCut()
            self.power -= 1
            if self.power == 0 and self.half:
                size //= 2
        self.changes += 1
        return size


class FileDisk(RamDisk):
    """The same in a file, for a heap that has no room for a disk, or to outlive the program."""

    def __init__(self, path, blocks=BLOCKS):
        try:
            self._file = open(path, "r+b")  # noqa: SIM115 - open as long as the disk is
        except OSError:
            self._file = open(path, "w+b")  # noqa: SIM115
        super().__init__(0)
        self.blocks = blocks
        self._file.seek(0, 2)
        for number in range(self._file.tell() // BLOCK_BYTES, blocks):
            self._put(number * BLOCK_BYTES, b"\xff" * BLOCK_BYTES)

    def _get(self, start, buffer):
        self._file.seek(start)
        self._file.readinto(buffer)

    def _put(self, start, data):
        self._file.seek(start)
        self._file.write(data)
        self._file.flush()


def mount(disk, at="/flash"):
    """Put the disk where MicroPython finds it, in place of any other; makes littlefs if fresh."""
    import vfs

    try:
        vfs.umount(at)
    except OSError:
        pass
    # Flash is written in pieces of 32 bytes, as the ESP32 port does it.
    head = bytearray(16)
    disk.readblocks(0, head)
    if head == b"\xff" * len(head):
        vfs.VfsLfs2.mkfs(disk, progsize=32, readsize=32, lookahead=32)
    vfs.mount(vfs.VfsLfs2(disk, progsize=32, readsize=32, lookahead=32, mtime=False), at)
    return at + "/"


_disk = []  # one for all tests: a small heap has no place for two


def empty_folder():
    """The path of an empty folder with a slash behind."""
    if sys.implementation.name == "micropython":
        if not _disk:
            _disk.append(RamDisk())
        _disk[0].wipe()
        return mount(_disk[0])
    import tempfile

    return tempfile.mkdtemp(prefix="menshen-") + "/"
