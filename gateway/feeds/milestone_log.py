"""The milestones of cases as the journal's events led to them, and how far they have been told."""

import secrets
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, select, tuple_

from gateway.core.duration import DAY_MS
from gateway.core.model import SURE
from gateway.store import states
from gateway.store.database import Store
from gateway.store.feed_tables import feed_keys, milestones
from gateway.store.statements import upsert
from gateway.store.tables import cursors, journal

READER: Final = "webhook"
KEPT_MS: Final = 30 * DAY_MS  # so long a receiver may be away, and misses nothing
KEPT_MAX: Final = 100_000  # and so many are kept at most, the newest
FORGOTTEN_AT_ONCE: Final = 1_000  # in one transaction: a commit of the gateway waits so long
KEY_BYTES: Final = 32
ALL_PARTS: Final = 2**31 - 1


class MilestoneRow(NamedTuple):
    """One milestone, as the table has it."""

    journal_id: int
    part: int
    at_ms: int
    happened: str
    case_id: str
    grid_id: str
    reason: str
    state: str
    since_ms: int
    openings: int
    proof: str | None = None  # of an arrival at a door


class Waiting(NamedTuple):
    """What has not been told yet: how many milestones, and when the first of them was."""

    events: int
    oldest_ms: int | None


class MilestoneLog:
    """The log and a durable place in it. Every method blocks on the disk: use a thread."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self) -> bytes:
        """Begin with what happens from now on, or go on where it was left.

        Returns:
            The key by which what stands inside gets a name that may leave the house: drawn when
            this is called for the first time.
        """
        with self._store.writing() as connection:
            dialect = connection.dialect.name
            if connection.execute(_PLACE).scalar() is None:
                newest = connection.execute(select(func.max(journal.c.journal_id))).scalar() or 0
                connection.execute(
                    upsert(dialect, cursors), {"reader": READER, "journal_id": newest}
                )
            key = connection.execute(_KEY).scalar()
            if not isinstance(key, bytes) or len(key) != KEY_BYTES:
                key = secrets.token_bytes(KEY_BYTES)
                connection.execute(upsert(dialect, feed_keys), {"reader": READER, "key": key})
            return key

    def page(self, size: int, after: tuple[int, int] | None = None) -> list[MilestoneRow]:
        """At most `size` milestones that have not been told, the oldest first.

        Args:
            size: how many.
            after: the event and the part up to which they are told, if that is further than the
                place that is stored.
        """
        with self._store.reading() as connection:
            journal_id, part = after or (_place(connection), ALL_PARTS)
            place = {"place": journal_id, "part": part}
            return [MilestoneRow(*row) for row in connection.execute(_AFTER.limit(size), place)]

    def advance(self, journal_id: int) -> None:
        """All milestones up to this event of the journal are told."""
        with self._store.writing() as connection:
            dialect = connection.dialect.name
            connection.execute(
                upsert(dialect, cursors), {"reader": READER, "journal_id": journal_id}
            )

    def end(self) -> None:
        """Nobody is told any more: give up the place, so that a later feed begins anew."""
        with self._store.writing() as connection:
            connection.execute(delete(cursors).where(cursors.c.reader == READER))

    def waiting(self) -> Waiting:
        """What has not been told yet; nothing, where no place was ever taken."""
        with self._store.reading() as connection:
            if connection.execute(_PLACE).scalar() is None:
                return Waiting(0, None)
            count, oldest_ms = connection.execute(_WAITING, {"place": _place(connection)}).one()
            return Waiting(count, oldest_ms)

    def forget(self, now_ms: int) -> int:
        """Drop a few of those that are too old or too many; how many had never been told.

        Whoever wants all of them gone calls it until `is_long` says no. While the clock is in doubt
        nothing is too old.
        """
        with self._store.writing() as connection:
            before = {"before_ms": _before_ms(connection, now_ms)}
            old = connection.execute(_TOO_OLD, before).scalars().all()
            if not old:
                return 0
            place = connection.execute(_PLACE).scalar()
            untold = [number for number in old if isinstance(place, int) and number > place]
            connection.execute(delete(milestones).where(milestones.c.journal_id <= old[-1]))
            return len(untold)

    def is_long(self, now_ms: int) -> bool:
        """Whether there is anything to forget."""
        with self._store.reading() as connection:
            before = {"before_ms": _before_ms(connection, now_ms)}
            return connection.execute(_TOO_OLD.limit(1), before).first() is not None


def _before_ms(connection: Connection, now_ms: int) -> int:
    return now_ms - KEPT_MS if states.doubt(connection) == SURE else 0


def _place(connection: Connection) -> int:
    """How far it has been told; the beginning where what stands there is no number: all of them are
    then told once more, each under its id."""
    place = connection.execute(_PLACE).scalar()
    return place if isinstance(place, int) else 0


_m = milestones.c
_PLACE = select(cursors.c.journal_id).where(cursors.c.reader == READER)
_KEY = select(feed_keys.c.key).where(feed_keys.c.reader == READER)
_AFTER = (
    select(*(_m[name] for name in MilestoneRow._fields))
    .where(tuple_(_m.journal_id, _m.part) > tuple_(bindparam("place"), bindparam("part")))
    .order_by(_m.journal_id, _m.part)
)
_WAITING = select(func.count(), func.min(_m.at_ms)).where(_m.journal_id > bindparam("place"))
_NEWEST_TOO_MANY = (
    select(_m.journal_id)
    .order_by(_m.journal_id.desc(), _m.part.desc())
    .offset(KEPT_MAX)
    .limit(1)
    .scalar_subquery()
)
_TOO_OLD = (
    select(_m.journal_id)
    .where((_m.at_ms < bindparam("before_ms")) | (_m.journal_id <= _NEWEST_TOO_MANY))
    .order_by(_m.journal_id)
    .limit(FORGOTTEN_AT_ONCE)
)
