"""A life of the gateway: from its start on a database to its end. It begins by asking whether the
database remembers everything that the markers beside it know of.

If it does not, an older copy was put back. Then the marks of seals rise to the high water, each
door is told that the memory of it ends, and where even the high water may be behind (a power cut
came first, or the file was moved here alone), every seal is to prove itself anew before anything is
believed of it (`engine.proving`).
"""

import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, insert, select, update

from gateway.core.events import Event, MemoryEnded, TroubleBegan, TroubleEnded
from gateway.core.reasons import Reason
from gateway.core.subject import SITE, Subject, of_door
from gateway.store import high_water, journal, marker, pending, tables
from gateway.store.batch import WriteBatch
from gateway.store.database import RELEASE, STORED_FORMAT, Store, StoreError
from gateway.store.high_water import HighWater
from gateway.store.marker import Expected, Marker

ABOUT_DIGITS = 8  # of a life, by which its case is told from others
_RAISE_MARK = (
    update(tables.seals)
    .where(tables.seals.c.seal_id == bindparam("b_seal_id"))
    .values(epoch=bindparam("b_epoch"), counter=bindparam("b_counter"))
)


class Memory(StrEnum):
    """What the database remembers, judged by the markers."""

    FIRST = "first"  # nobody ran here before
    WHOLE = "whole"
    OLDER_COPY = "older_copy"  # the markers know of more
    UNKNOWN = "unknown"  # it came without its markers


class Known(msgspec.Struct, frozen=True):
    """What the database says of itself."""

    site_id: str | None
    life: str | None
    journal_id: int
    at_ms: int


class Life:
    """The present life, and its markers. Made by `begin`; the writer tells it of each commit.

    `memory` says what the database remembered, `ends_ms` when that ended, `began_ms` when this life
    began, by the machine's clock.
    """

    def __init__(
        self, site_id: str, life: str, memory: Memory, known: Known, high: HighWater
    ) -> None:
        self.site_id, self.life, self.memory = site_id, life, memory
        self.ends_ms, self.began_ms = known.at_ms, _now_ms()
        self.journal_id, self.at_ms = known.journal_id, known.at_ms
        self._high = high

    @property
    def is_copy(self) -> bool:
        """Whether an older copy was put back, as far as anybody can know."""
        return self.memory in (Memory.OLDER_COPY, Memory.UNKNOWN)

    def begins_commit(self, batch: WriteBatch) -> None:
        """Before a commit: no mark that it moves may ever be lower again."""
        self._high.rise(batch.windows)

    def committed(self, batch: WriteBatch) -> None:
        """After a commit."""
        self.journal_id, self.at_ms = batch.next_id - 1, batch.newest_ms or self.at_ms
        self._high.committed(self.journal_id)

    def marker(self, is_stopped: bool = False) -> Marker:
        """What there is to say of it now."""
        return Marker(
            site_id=self.site_id,
            life=self.life,
            journal_id=self.journal_id,
            at_ms=self.at_ms,
            release=RELEASE,
            written_ms=_now_ms(),
            boot=marker.boot(),
            is_stopped=is_stopped,
        )

    def settle(self) -> None:
        """Bring the high water to the disk. OSError if that is not possible."""
        self._high.settle()

    def close(self) -> None:
        """Let go of the file."""
        self._high.close()


def begin(store: Store, places: list[Path]) -> Life:
    """Begin a life on a database.

    Args:
        store: The database, open.
        places: Where its markers stand (`marker.places`).

    Raises:
        StoreError: It is another site's; or nothing can be stored.
    """
    try:
        high = HighWater(high_water.path_of(store.path))
    except OSError as error:
        raise StoreError(
            f"no marker can be written beside {store.path}: {error.strerror}"
        ) from error
    try:
        return _begin(store, places, high)
    except OSError as error:
        high.close()
        raise StoreError(
            f"no marker can be written beside {store.path}: {error.strerror}"
        ) from error
    except BaseException:
        high.close()
        raise


def _begin(store: Store, places: list[Path], high: HighWater) -> Life:
    expected = marker.expected_at(places)
    with store.reading() as connection:
        known = _known(connection)
    _need_same_site(store.path, known, expected)
    memory = _memory(known, expected, high)
    site_id = known.site_id or (expected and expected.marker and expected.marker.site_id)
    life = Life(site_id or secrets.token_hex(8), secrets.token_hex(16), memory, known, high)
    is_behind = life.is_copy and not _is_exact(expected, high)
    if not life.is_copy:  # if we end between the marker and the database, nothing was forgotten
        marker.write(places, replace(life.marker(), previous=known.life or ""))
    with store.writing() as connection:
        _adopt(connection, life, known, high.marks, is_behind)
    high.begin(life.life, known.journal_id)
    high.marks.clear()  # the database has them now
    marker.write(places, life.marker())
    return life


def _known(connection: Connection) -> Known:
    c = tables.site.c
    site_id, life = connection.execute(select(c.site_id, c.life)).first() or (None, None)
    return Known(site_id, life, *journal.newest(connection))


def _need_same_site(path: Path, known: Known, expected: Expected | None) -> None:
    if expected is None or expected.marker is None or known.site_id is None:
        return
    if expected.marker.site_id != known.site_id:
        raise StoreError(
            f"{path} is the database of another site ({known.site_id}); the marker {expected.path} "
            f"says that {expected.marker.site_id} is at home here. Put its database back; or, if "
            "this one is to take its place, delete the marker"
        )


def _memory(known: Known, expected: Expected | None, high: HighWater) -> Memory:
    """What the database remembers of what the markers know."""
    is_same_life = known.life is not None and known.life.startswith(high.life or "-")
    if is_same_life and known.journal_id < high.journal_id:
        return Memory.OLDER_COPY
    if expected is None or expected.marker is None:
        if known.life is None:  # nobody ran here, or a release that knew no markers
            return Memory.FIRST if expected is None else Memory.UNKNOWN
        return Memory.WHOLE if is_same_life else Memory.UNKNOWN
    newest = expected.marker
    if (known.life or "") not in (newest.life, newest.previous):
        return Memory.OLDER_COPY
    return Memory.OLDER_COPY if known.journal_id < newest.journal_id else Memory.WHOLE


def _is_exact(expected: Expected | None, high: HighWater) -> bool:
    """Whether the high water has all that was ever accepted: it is that of the latest life, and
    the machine has had power since."""
    if expected is None or expected.marker is None:
        return False
    newest = expected.marker
    is_of_it = bool(high.life) and newest.life.startswith(high.life)
    return is_of_it and (newest.is_stopped or (bool(newest.boot) and newest.boot == marker.boot()))


def _adopt(
    connection: Connection,
    life: Life,
    known: Known,
    marks: Mapping[str, tuple[int, int]],
    is_behind: bool,
) -> None:
    """The database is this life's now, and knows what the high water knows."""
    now_ms = _now_ms()
    row = {"life": life.life, "release": RELEASE, "stored_format": STORED_FORMAT}
    if known.site_id is None:
        row |= {"site_id": life.site_id, "made_ms": now_ms}
        connection.execute(insert(tables.site), row)
    else:
        connection.execute(update(tables.site), row)
    s, d = tables.seals.c, tables.doors.c
    risen = [
        {"b_seal_id": seal_id, "b_epoch": marks[seal_id][0], "b_counter": marks[seal_id][1]}
        for seal_id, *mark in connection.execute(select(s.seal_id, s.epoch, s.counter))
        if marks.get(seal_id, (0, 0)) > tuple(mark)
    ]
    if risen:
        connection.execute(_RAISE_MARK, risen)
    if is_behind:
        # A contact of another maker proves itself never, so it is not waited for either.
        connection.execute(update(tables.seals).where(s.make == "").values(unproved_ms=now_ms))
    if life.is_copy:
        known_doors = select(d.door_id).where(d.state.is_not(None)).order_by(d.door_id)
        doors = connection.execute(known_doors).scalars().all()
        pending.leave(connection, _told(life, now_ms, doors))


def _told(life: Life, now_ms: int, door_ids: Iterable[str]) -> Iterator[tuple[Subject, Event]]:
    """What the gateway is to take in before anything else: one case for people, over at once but
    for their answer; and for each door, that the memory of it ends."""
    about = life.life[:ABOUT_DIGITS]
    yield SITE, TroubleBegan(Reason.MEMORY_ENDS, about, max(0, now_ms - life.ends_ms))
    yield SITE, TroubleEnded(Reason.MEMORY_ENDS, about)
    for door_id in door_ids:
        yield of_door(door_id), MemoryEnded(life.ends_ms)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
