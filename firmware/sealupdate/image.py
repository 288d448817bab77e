"""MicroPython itself, pulled into the chip's other partition. Only a chip has those: `esp32`.

The flash has two places for an image when it was written with a table for that; on a board with
one place no image is taken. The stock boot loader goes back by itself from an image that nobody
called valid; that is done with the first receipt. Bytes go to the flash as they come, a block of
4 KB is erased when the first byte of it is written; what was written is read back and hashed
before anything is switched.
"""

import hashlib

BLOCK_BYTES = 4096
NOTE = "image"  # which place is on trial, beside `slot`
REACHED = "update.at"  # how far an image has come
MARK_BYTES = 65_536
NO_SPACE = 28  # the errno of a full flash, which not each port's `errno` names
_BEFORE = 10  # id and size, in front of a release
_LENGTH_BYTES = 6  # of a release, up to its manifest
_BLOCKS = 4
_ERASE = 6
_PART = 512


class NoPlaceError(Exception):
    """This board has no second place for an image."""


def place(partition=None):  # type: ignore[no-untyped-def]
    """Where the next image goes: an `esp32.Partition`."""
    try:
        kind = partition or _chip_s()  # type: ignore[no-untyped-call]
        return kind(kind.RUNNING).get_next_update()
    except (ImportError, OSError):
        raise NoPlaceError("no second place for an image") from None


class Sink:
    """Takes a release with an image as it comes: its head with the manifest into the file `path`,
    as that of any release, what follows into `place`. How far it is lies in a file of its own, and
    is written now and then: what came since is pulled again."""

    def __init__(self, folder: str, path: str, size: int, partition=None) -> None:  # type: ignore[no-untyped-def]
        # `size` of the whole release.
        self._path, self._mark, self._size = path, folder + REACHED, size
        self._there = place(partition)  # type: ignore[no-untyped-call]
        self._head = 0  # bytes, once its first ones have come
        self._written = 0  # of the mark

    def begin(self) -> None:
        """Another release follows: how far the last one came says nothing of it. OSError if the
        flash does not take that."""
        self.finish(0)

    def reached(self, have: int) -> int:
        """From where to go on, `have` bytes being in the file."""
        self._read_head()
        if not self._head or have < self._head:
            return have
        try:
            with open(self._mark) as file:
                return max(int(file.read(16)), self._head)
        except (OSError, ValueError):  # not that far
            return self._head

    def take(self, offset: int, blocks: "list[bytes]") -> None:
        """What was pulled from `offset` on. OSError if the flash does not take it, NO_SPACE among
        others if the image is larger than its place."""
        for block in blocks:
            if not self._head:
                first = block[: _LENGTH_BYTES - offset]
                self._append(first)
                self._read_head()
                offset, block = offset + len(first), block[len(first) :]
            cut = max(self._head - offset, 0)
            self._append(block[:cut])
            if cut < len(block):
                write(self._there, offset + cut - self._head, block[cut:])
            offset += len(block)
        self._note(offset)

    def finish(self, size: int) -> None:
        """All of it has come."""
        with open(self._mark, "w") as file:
            file.write(str(size))

    def _note(self, offset: int) -> None:
        reached = max(offset - self._head, 0) // MARK_BYTES * MARK_BYTES
        if reached > self._written:
            self._written = reached
            self.finish(self._head + reached)

    def _append(self, data: bytes) -> None:
        if data:
            with open(self._path, "ab") as file:
                file.write(data)

    def _read_head(self) -> None:
        with open(self._path, "rb") as file:
            file.seek(_BEFORE)
            head = file.read(_LENGTH_BYTES)
        if len(head) < _LENGTH_BYTES:
            return
        self._head = _LENGTH_BYTES + (head[4] << 8 | head[5]) + 64
        if self._size - self._head > self._there.ioctl(_BLOCKS, 0) * BLOCK_BYTES:
            raise OSError(NO_SPACE, "full")


def write(there, offset: int, data: bytes) -> None:  # type: ignore[no-untyped-def]
    """`data` at `offset`, which only goes on from where the last call ended, or back to a block's
    begin."""
    done = 0
    while done < len(data):
        block, start = (offset + done) // BLOCK_BYTES, (offset + done) % BLOCK_BYTES
        if start == 0:
            there.ioctl(_ERASE, block)
        part = data[done : done + BLOCK_BYTES - start]
        there.writeblocks(block, part, start)
        done += len(part)


def digest(there, size: int) -> bytes:  # type: ignore[no-untyped-def]
    """SHA-256 of its first `size` bytes, read back."""
    found = hashlib.sha256()
    part = memoryview(bytearray(_PART))
    for start in range(0, size, _PART):
        piece = part[: min(size - start, _PART)]
        there.readblocks(start // BLOCK_BYTES, piece, start % BLOCK_BYTES)
        found.update(piece)
    return found.digest()


def note(folder: str, there) -> None:  # type: ignore[no-untyped-def]
    """Write down that it is on trial."""
    with open(folder + NOTE, "w") as file:
        file.write(there.info()[4])


def confirm(folder: str, partition=None) -> bool:  # type: ignore[no-untyped-def]
    """The first receipt: whether the image on trial is the one that runs, which stays then."""
    kind = partition or _chip_s()  # type: ignore[no-untyped-call]
    with open(folder + NOTE) as file:
        label = file.read(32)
    if kind(kind.RUNNING).info()[4] != label:
        return False  # the boot loader went back
    kind.mark_app_valid_cancel_rollback()
    return True


def _chip_s():  # type: ignore[no-untyped-def]
    from esp32 import Partition  # type: ignore[import-not-found]

    return Partition
