"""The firmware from a ROMFS image, as a chip has it: mapped, not in the heap.

from_rom.main(image)     mounts it at /rom, and modules come from there
"""

import os
import sys

import ffi
import uctypes
import vfs

_READ, _PRIVATE = 1, 2


def mapped(path):
    """The file's bytes, where the operating system maps them."""
    libc = ffi.open(None)
    size = os.stat(path)[6]
    handle = libc.func("i", "open", "si")(path, 0)
    types = "pIiiiI" if sys.maxsize < 1 << 32 else "pLiiiL"
    address = libc.func("p", "mmap", types)(0, size, _READ, _PRIVATE, handle, 0)
    return uctypes.bytearray_at(address, size)


def main(image):
    vfs.mount(vfs.VfsRom(mapped(image)), "/rom")
    sys.path.insert(0, "/rom")
