"""A slot's copy into the chip's ROMFS partition, whose modules are used where they lie.

The image is made from the slot's files as it is written, a piece at a time, byte for byte as
`mpremote romfs build` makes it: a header, then a record for each file, and for each folder one with
its files in it. It runs alone after a restart, from files: what lies in the ROM meanwhile is half a
program. When the image lies there it is made once more and compared with what is read back.
"""

import os

from . import image

_HEADER = b"\xd2\xcd1"
_DATA, _FOLDER, _FILE = b"\x02", b"\x04", b"\x05"  # kinds of records
_SEGMENTS, _SEGMENT = 1, 2  # of vfs.rom_ioctl
_BLOCKS = 4
_IS_FOLDER = 0x4000
_PART = 512


class NoRomError(Exception):
    """This board has no ROMFS partition, or one that is too small."""


def main(_state: str) -> None:
    """Lay the copy that is wanted: `main.py` calls it, and starts anew after it."""
    import chooser

    run(chooser.Slots("/"))


def run(slots, there=None) -> None:  # type: ignore[no-untyped-def]
    """Lay the slot that `slots` aims at into `there`, an `esp32.Partition`, and say how it went."""
    try:
        is_whole = lay(slots.folder + slots.aim, there or place())  # type: ignore[no-untyped-call]
    except (NoRomError, OSError):
        is_whole = False
    slots.laid(is_whole)


def place():  # type: ignore[no-untyped-def]
    """The partition, as MicroPython's ESP32 port gives it: a block device."""
    import vfs  # type: ignore[import-not-found]

    if not hasattr(vfs, "rom_ioctl") or vfs.rom_ioctl(_SEGMENTS) < 1:
        raise NoRomError("no ROMFS partition")
    there = vfs.rom_ioctl(_SEGMENT, 0)
    if not hasattr(there, "writeblocks"):
        raise NoRomError("a ROMFS that is no block device")
    return there


def lay(folder: str, there) -> bool:  # type: ignore[no-untyped-def]
    """Write the image; whether it reads back as it was meant. NoRomError if it does not fit."""
    if sum([len(piece) for piece in pieces(folder)]) > (
        there.ioctl(_BLOCKS, 0) * image.BLOCK_BYTES
    ):
        raise NoRomError("too small")
    at = 0
    for piece in pieces(folder):
        image.write(there, at, piece)
        at += len(piece)
    at, found = 0, bytearray(_PART)
    for piece in pieces(folder):
        part = memoryview(found)[: len(piece)]
        there.readblocks(at // image.BLOCK_BYTES, part, at % image.BLOCK_BYTES)
        if part != piece:
            return False
        at += len(piece)
    return True


def pieces(folder: str):  # type: ignore[no-untyped-def]
    """The image of `folder`, in pieces of at most 512 bytes; the next one spoils the last."""
    size = sum([_size(folder, name) for name in os.listdir(folder)])
    length = _number(size)
    if (len(_HEADER) + len(length) + size) % 2:
        length = b"\x80" + length
    yield _HEADER + length
    for piece in _inside(folder):
        yield piece


def _inside(folder: str):  # type: ignore[no-untyped-def]
    part = memoryview(bytearray(_PART))
    for name in sorted(os.listdir(folder)):
        path, head = folder + "/" + name, _number(len(name)) + name.encode()
        if _is_folder(path):
            size = sum([_size(path, inner) for inner in os.listdir(path)])
            yield _FOLDER + _number(len(head) + size) + head
            for piece in _inside(path):
                yield piece
            continue
        size = os.stat(path)[6]
        data = _DATA + _number(size)
        yield _FILE + _number(len(head) + len(data) + size) + head + data
        with open(path, "rb") as file:
            while size > 0:
                count = file.readinto(part[: min(size, _PART)])
                if not count:
                    raise OSError("a file that became shorter")
                yield part[:count]
                size -= count


def _size(folder: str, name: str) -> int:
    """Of the record for this file or folder."""
    path, inside = folder + "/" + name, len(_number(len(name))) + len(name)
    if _is_folder(path):
        inside += sum([_size(path, inner) for inner in os.listdir(path)])
    else:
        size = os.stat(path)[6]
        inside += 1 + len(_number(size)) + size
    return 1 + len(_number(inside)) + inside


def _is_folder(path: str) -> bool:
    return os.stat(path)[0] & _IS_FOLDER > 0


def _number(value: int) -> bytes:
    """As ROMFS writes it: seven bits a byte, the high ones first, all but the last marked."""
    written = bytes((value & 0x7F,))
    while value > 0x7F:
        value >>= 7
        written = bytes((0x80 | value & 0x7F,)) + written
    return written
