"""Keys that a killed program made and never used are destroyed, and no other.

A key goes only if it stands in a note of keys that were being made (`keys.fresh`), if no row has
named it for ORPHAN_S by the steady clock of one process, which no wrong date can shorten, and if no
file beside the database holds anything that it sealed: also no database that was set aside when an
older copy was put back. Where the second folder's drive is away, it waits for that.
"""

import logging
import mmap
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import select

from gateway.keys import fresh
from gateway.keys.ring import KeyRing
from gateway.keys.sealed_text import PREFIX
from gateway.store.database import Store
from gateway.store.key_tables import order_keys

log = logging.getLogger("menshen.keys")

ORPHAN_S: Final = 3_600.0  # no program needs so long between its keys and its rows
ASKED_AT_ONCE: Final = 500


class FreshKeys:
    """Looks after the notes of one site."""

    def __init__(self, store: Store) -> None:
        self._store, self._ring = store, store.keys
        self._since_s: dict[str, float] = {}  # by note: when it was seen first

    def look(self, steady_s: float) -> int:
        """Once, by a clock that only ever goes forward; how many keys were destroyed.

        Raises:
            KeyRingError, OSError: a folder cannot be read or written.
            StoreError: the database cannot be read.
        """
        notes, gone = fresh.notes(self._ring.folder), 0
        self._since_s = {name: self._since_s.get(name, steady_s) for name in notes}
        if self._ring.copy is not None and not self._ring.is_copy_here:
            return 0
        for name, key_ids in notes.items():
            if steady_s - self._since_s[name] < ORPHAN_S:
                continue
            here = self._ring.key_ids().intersection(key_ids)
            unused = here - self._named(here)
            unused -= set(sealing(self._ring, self._store.path.parent, unused))
            for key_id in sorted(unused):
                self._ring.unmake(key_id)
            fresh.forget(self._ring.folder, name)
            gone += len(unused)
        if gone:
            log.info("keys that a program left unused when it was killed: %d destroyed", gone)
        return gone

    def _named(self, key_ids: Collection[str]) -> set[str]:
        """Those of the keys that a row names."""
        found, wanted = set[str](), sorted(key_ids)
        with self._store.reading() as connection:
            for start in range(0, len(wanted), ASKED_AT_ONCE):
                some = order_keys.c.key_id.in_(wanted[start : start + ASKED_AT_ONCE])
                found |= set(connection.execute(select(order_keys.c.key_id).where(some)).scalars())
        return found


def sealing(ring: KeyRing, folder: Path, key_ids: Collection[str]) -> Iterator[str]:
    """Those of the keys that sealed anything in any file of a folder."""
    if not key_ids:
        return
    marks = {key_id: f"{PREFIX}{key_id}".encode() for key_id in key_ids}
    for path in folder.rglob("*"):
        if ring.folder in path.parents or not path.is_file() or not path.stat().st_size:
            continue
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield from (key_id for key_id, mark in marks.items() if data.find(mark) >= 0)
