"""A chip's ROMFS partition on a bench, run by MicroPython: a file that is mapped, as flash is.

RomPartition(path)    as `vfs.rom_ioctl(2, 0)` of the ESP32 port gives it: an `esp32.Partition`
rom_ioctl_on(one)     `vfs.rom_ioctl` of a board with that partition
mount_at_rom(held)    what is mapped there, mounted as MicroPython does it; False: it is no ROMFS
"""

import os
import sys

import ffi
import uctypes
import vfs

BLOCK_BYTES = 4096
_READ, _PRIVATE = 1, 2
_PART = 256


class RomPartition:
    """What is written is and-ed into what is there, so an erasure that was left out shows."""

    def __init__(self, path):
        self._blocks = os.stat(path)[6] // BLOCK_BYTES
        self._file = open(path, "r+b")  # noqa: SIM115 - open while powered

    def readblocks(self, block, buffer, offset=0):
        self._file.seek(block * BLOCK_BYTES + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block, data, offset=None):
        if offset is None:
            self.ioctl(6, block)
        at, there = block * BLOCK_BYTES + (offset or 0), bytearray(_PART)
        if at + len(data) > self._blocks * BLOCK_BYTES:
            raise OSError(-260)  # ESP_ERR_INVALID_SIZE
        for start in range(0, len(data), _PART):
            piece = memoryview(data)[start : start + _PART]
            self._file.seek(at + start)
            self._file.readinto(memoryview(there)[: len(piece)])
            for i in range(len(piece)):
                there[i] &= piece[i]
            self._file.seek(at + start)
            self._file.write(memoryview(there)[: len(piece)])
        self._file.flush()

    def ioctl(self, operation, argument):
        if operation == 6:
            self._file.seek(argument * BLOCK_BYTES)
            for _ in range(BLOCK_BYTES // _PART):
                self._file.write(b"\xff" * _PART)
            self._file.flush()
            return 0
        return {4: self._blocks, 5: BLOCK_BYTES}.get(operation)


def rom_ioctl_on(partition):
    def rom_ioctl(what, *_):
        return {1: 1, 2: partition}.get(what, -22)

    return rom_ioctl


def mapped(path):
    """The file's bytes, where the operating system maps them."""
    libc = ffi.open(None)
    size = os.stat(path)[6]
    handle = libc.func("i", "open", "si")(path, 0)
    types = "pIiiiI" if sys.maxsize < 1 << 32 else "pLiiiL"
    address = libc.func("p", "mmap", types)(0, size, _READ, _PRIVATE, handle, 0)
    return uctypes.bytearray_at(address, size)


def mount_at_rom(held):
    try:
        vfs.mount(vfs.VfsRom(held), "/rom")
    except OSError:
        return False
    sys.path.append("/rom")
    sys.path.append("/rom/lib")
    return True
