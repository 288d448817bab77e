"""A block device in a file: a flash that outlives the program, and takes no room in its heap."""

import vfs

BLOCK_BYTES = 4096
BLOCKS = 16
_CLEAR = b"\xff" * 128


class FileDisk:
    """Opens the file at `path`, or makes it, erased."""

    def __init__(self, path, blocks=BLOCKS):
        self._blocks = blocks
        try:
            self._file = open(path, "r+b")  # noqa: SIM115 - open as long as the disk is
            self.fresh = False
        except OSError:
            self._file = open(path, "w+b")  # noqa: SIM115
            self.fresh = True
            for number in range(blocks):
                self.ioctl(6, number)

    def readblocks(self, number, buffer, offset=0):
        self._file.seek(number * BLOCK_BYTES + offset)
        self._file.readinto(buffer)

    def writeblocks(self, number, buffer, offset=None):
        if offset is None:
            self.ioctl(6, number)
        self._file.seek(number * BLOCK_BYTES + (offset or 0))
        self._file.write(buffer)
        self._file.flush()

    def ioctl(self, what, number):
        if what == 4:
            return self._blocks
        if what == 5:
            return BLOCK_BYTES
        if what == 6:
            self._file.seek(number * BLOCK_BYTES)
            for _ in range(BLOCK_BYTES // len(_CLEAR)):
                self._file.write(_CLEAR)
        return 0


def mount(path):
    """Put the file's littlefs at /flash."""
    vfs.mount(littlefs(FileDisk(path)), "/flash")
    return "/flash/"


def littlefs(disk):
    """The file system on a disk, made if it is fresh."""
    if disk.fresh:
        vfs.VfsLfs2.mkfs(disk, progsize=32, readsize=32, lookahead=32)
    return vfs.VfsLfs2(disk, progsize=32, readsize=32, lookahead=32, mtime=False)
