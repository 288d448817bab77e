"""An empty flash for a test: a littlefs on a RAM disk on MicroPython, a folder on CPython."""

import sys

BLOCK_BYTES = 4096
BLOCKS = 16
_CLEAR = b"\xff" * 128
_NO_ANSWER = -5  # EIO


class RamDisk:
    """A block device as an ESP32's flash is one: erased whole, written in small pieces.

    `power` is how many more writes and erasures reach the disk; after them it answers to nothing.
    None is a power that never fails. With `half`, the write at which the power fails reaches the
    disk in its first half.
    """

    def __init__(self, blocks=BLOCKS):
        self.data = bytearray(blocks * BLOCK_BYTES)
        self.blocks = blocks
        self.power = None
        self.half = False
        self.wipe()

    def wipe(self):
        """As it comes from the factory."""
        for number in range(self.blocks):
            self._clear(number, BLOCK_BYTES)

    def readblocks(self, number, buffer, offset=0):
        if self.power is not None and self.power <= 0:
            return _NO_ANSWER
        self._get(number * BLOCK_BYTES + offset, buffer)
        return 0

    def writeblocks(self, number, buffer, offset=None):
        if offset is None:
            self._erase(number)
            offset = 0
        size = self._spend(len(buffer))
        if size:
            self._put(number * BLOCK_BYTES + offset, bytes(buffer)[:size])
        return 0 if size == len(buffer) else _NO_ANSWER

    def ioctl(self, what, number):
        if what == 4:
            return self.blocks
        if what == 5:
            return BLOCK_BYTES
        return self._erase(number) if what == 6 else 0

    def _erase(self, number):
        size = self._spend(BLOCK_BYTES)
        if size:
            self._clear(number, size)
        return 0 if size == BLOCK_BYTES else _NO_ANSWER

    def _clear(self, number, size):
        for start in range(0, size, len(_CLEAR)):
            self._put(number * BLOCK_BYTES + start, _CLEAR)

    def _get(self, start, buffer):
        buffer[:] = self.data[start : start + len(buffer)]

    def _put(self, start, data):
        self.data[start : start + len(data)] = data

    def _spend(self, size):
        """How many bytes of a change of `size` still reach the disk."""
        if self.power is None:
            return size
        self.power -= 1
        if self.power > 0:
            return size
        return size // 2 if self.power == 0 and self.half else 0


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


def lay_before(wrap, at="/flash"):
    """On MicroPython: `wrap` of the file system of `empty_folder`, in its place."""
    import vfs

    vfs.umount(at)
    real = vfs.VfsLfs2(_disk[0], progsize=32, readsize=32, lookahead=32, mtime=False)
    vfs.mount(wrap(real), at)


_disk = []  # on the board one for all tests: a small heap has no place for two


def empty_folder():
    """The path of an empty folder with a slash behind."""
    if sys.implementation.name == "micropython":
        if not _disk:
            _disk.append(RamDisk())
        _disk[0].wipe()
        return mount(_disk[0])
    import tempfile

    room = tempfile.TemporaryDirectory(prefix="menshen-")
    _disk.append(room)  # it is removed with the process
    return room.name + "/"
