"""High water: how far each seal's transmissions, and the journal, ever came; outside the database.

If an older copy of the database is put back, its marks are old too, and all that anybody recorded
on the air since would be new to it. So the marks also stand here, in a hidden file beside the
database that no copy of the database takes along. Before a commit its marks are written here, after
it the number of its last row. Nothing waits for the disk: what a killed process wrote is there, and
what a power cut takes with it is told by the marker (`marker.Marker.boot`).

The file is a row of slots of 16 bytes, each in one sector. The first holds the journal's number,
the others a seal each: its id (8 bytes), epoch (3), counter (3), and a check of both (2). A slot
that was ruined says nothing; a mark in here is only ever believed where it is higher.
"""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from zlib import crc32

from gateway.core.replay_window import ReplayWindow

log = logging.getLogger("menshen.store")

SLOT_BYTES = 16
SEALS_MAX = 1_000_000  # 16 MB
LIFE_BYTES, ID_BYTES, MARK_BYTES = 6, 8, 6
_COUNTER_BITS = 24
_COUNTER_MASK = (1 << _COUNTER_BITS) - 1


class HighWater:
    """The file, for the gateway's single writer; and what an earlier life left in it.

    `marks` are epoch and counter by seal; `journal_id` is the number of the last row, in the
    journal of the life that begins with the hexadecimal digits `life`.

    Args:
        path: Of the file. It is made where there is none.

    Raises:
        OSError: It cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.marks: dict[str, tuple[int, int]] = {}
        self.journal_id, self.life = 0, ""
        self._slots: dict[str, int] = {}  # seal_id -> where its slot begins
        self._is_written = True
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._read()
        except BaseException:
            os.close(self._file)
            raise

    def begin(self, life: str, journal_id: int) -> None:
        """A life begins, on a journal that ends with this number. On the disk on return.

        Raises:
            OSError: It cannot be written.
        """
        self.life, self.journal_id = life[: 2 * LIFE_BYTES], journal_id
        os.pwrite(self._file, _checked(self._head()), 0)
        os.fsync(self._file)

    def rise(self, windows: Mapping[str, ReplayWindow]) -> None:
        """Before a commit: it moves these marks. If it fails, they rose for nothing, and the seals
        speak again."""
        for seal_id, window in windows.items():
            at = self._slots.get(seal_id)
            if at is None:
                if self._end >= SEALS_MAX * SLOT_BYTES:
                    continue
                at = self._slots[seal_id] = self._end
                self._end += SLOT_BYTES
            mark = window.epoch << _COUNTER_BITS | window.counter
            self._put(bytes.fromhex(seal_id) + mark.to_bytes(MARK_BYTES, "big"), at)

    def committed(self, journal_id: int) -> None:
        """After a commit: the journal has this row."""
        self.journal_id = journal_id
        self._put(self._head(), 0)

    def settle(self) -> None:
        """Bring it to the disk. OSError if that is not possible."""
        os.fsync(self._file)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _read(self) -> None:
        content = os.pread(self._file, SEALS_MAX * SLOT_BYTES, 0)
        self._end = max(SLOT_BYTES, len(content) // SLOT_BYTES * SLOT_BYTES)
        for at in range(0, len(content) - SLOT_BYTES + 1, SLOT_BYTES):
            body = content[at : at + SLOT_BYTES - 2]
            if content[at : at + SLOT_BYTES] != _checked(body):
                continue  # ruined, or never written
            if at == 0:
                self.life = body[:LIFE_BYTES].hex()
                self.journal_id = int.from_bytes(body[LIFE_BYTES:], "big")
                continue
            seal_id, mark = body[:ID_BYTES].hex(), int.from_bytes(body[ID_BYTES:], "big")
            self._slots[seal_id] = at
            self.marks[seal_id] = mark >> _COUNTER_BITS, mark & _COUNTER_MASK

    def _head(self) -> bytes:
        return bytes.fromhex(self.life) + self.journal_id.to_bytes(8, "big")

    def _put(self, body: bytes, at: int) -> None:
        """A disk that has no room for it must not stop a commit that has."""
        try:
            os.pwrite(self._file, _checked(body), at)
        except OSError as error:
            if self._is_written:
                log.warning("how far seals came cannot be noted: %s", error.strerror)
            self._is_written = False
        else:
            self._is_written = True


def path_of(database: Path) -> Path:
    """Where the file of a database lies."""
    return database.with_name(f".{database.name}.marks")


def _checked(body: bytes) -> bytes:
    return body + (crc32(body) & 0xFFFF).to_bytes(2, "big")
