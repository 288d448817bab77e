"""Which key seals what: each household has one from its enrolment on, and each order its own.

The first order of a household takes over the key that it has; each further one is given another.
What is said about the time of an order is sealed with that order's key; what stays from order to
order (a door's label, a telephone) with that of the order which ends last. Of what is about no
household there is a key of the site.
"""

import logging
import time
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection, Text, select, type_coerce, update

from gateway.core.subject import Subject, SubjectKind
from gateway.keys.ring import KeyRing
from gateway.keys.sealed_text import key_of
from gateway.keys.unreadable import KeyState
from gateway.store import tables
from gateway.store.key_tables import order_keys
from gateway.store.sealed_columns import RING

log = logging.getLogger("menshen.keys")

SITE_HOUSEHOLD: Final = ""  # whose key is the site's
ASKED_AT_ONCE: Final = 500  # households in one query
SEALED_COLUMNS: Final = ("label", "telephone")  # of a door


class OrderKeyRow(msgspec.Struct, frozen=True):
    """A key that was not destroyed, and the time of its order; of a household that has none, None
    for all three."""

    key_id: str
    household_id: str
    order_id: str | None
    from_ms: int | None = None
    to_ms: int | None = None


def ring_of(connection: Connection) -> KeyRing:
    """The ring of the site to whose database this is a connection."""
    ring: KeyRing = connection.info[RING]
    return ring


def of_households(
    connection: Connection, household_ids: Iterable[str]
) -> dict[str, list[OrderKeyRow]]:
    """The keys of these households that were not destroyed, by household; none where there is
    none."""
    k, o = order_keys.c, tables.orders.c
    wanted = list(dict.fromkeys(household_ids))
    found: dict[str, list[OrderKeyRow]] = {household_id: [] for household_id in wanted}
    query = (
        select(k.key_id, k.household_id, k.order_id, o.from_ms, o.to_ms)
        .join(tables.orders, o.order_id == k.order_id, isouter=True)
        .where(k.destroyed_ms.is_(None))
        .order_by(k.made_ms, k.key_id)
    )
    for start in range(0, len(wanted), ASKED_AT_ONCE):
        chunk = wanted[start : start + ASKED_AT_ONCE]
        for row in connection.execute(query.where(k.household_id.in_(chunk))):
            found[row.household_id].append(OrderKeyRow(*row))
    return found


class KeyMissingError(Exception):
    """A household has no key that is here, and none was to be made."""


class OrderKeys:
    """The keys of some households, as one connection sees them; those that are wanted and not there
    are made, if it writes.

    Args:
        connection: the caller's transaction.
        made_ms: now, in milliseconds of UTC, for the rows of new keys; by the machine's clock
            where nobody says it.
        makes: whether one that is wanted and not there is made; else KeyMissingError.
    """

    def __init__(
        self, connection: Connection, made_ms: int | None = None, *, makes: bool = True
    ) -> None:
        self._connection, self._made_ms, self._makes = connection, made_ms, makes
        self._ring = ring_of(connection)
        self._known: dict[str, list[OrderKeyRow]] = {}
        self._household_of: dict[str, str] = {}

    def know(self, household_of: Mapping[str, str]) -> None:
        """Whose contact some doors are, for callers who know it already: by door."""
        self._household_of.update(household_of)

    def household_of(self, subject: Subject) -> str:
        """The household that something is about; SITE_HOUSEHOLD where it is about none."""
        if subject.kind is SubjectKind.SITE:
            return SITE_HOUSEHOLD
        if subject.kind is not SubjectKind.DOOR:
            return subject.id
        if subject.id not in self._household_of:
            d = tables.doors.c
            query = select(d.household_id).where(d.door_id == subject.id)
            # a door that nobody knows is a mistake of theirs, and says nothing of a household
            found = self._connection.execute(query).scalar()
            self._household_of[subject.id] = SITE_HOUSEHOLD if found is None else found
        return self._household_of[subject.id]

    def look_up(self, household_ids: Iterable[str]) -> None:
        """Read the keys of many households at once."""
        unread = [each for each in household_ids if each not in self._known]
        if unread:
            self._known |= of_households(self._connection, unread)

    def provide(self, household_ids: Iterable[str]) -> None:
        """See to it that each of these households has a key that is here: all at once."""
        wanted = list(dict.fromkeys(household_ids))
        self.look_up(wanted)
        without = [each for each in wanted if not self._usable(each)]
        if not without:
            return
        self._need_makes(without[0])
        made = self._ring.make_many(len(without))
        self._store([OrderKeyRow(*each, None) for each in zip(made, without, strict=True)])

    def provide_all(self) -> None:
        """A key for every household in use and for the site, which was perhaps put back without
        its keys. One look at the folder, whatever the number of doors."""
        h, k = tables.households.c, order_keys.c
        here = self._ring.key_ids()
        query = select(k.key_id, k.household_id).where(k.destroyed_ms.is_(None))
        have = {row.household_id for row in self._connection.execute(query) if row.key_id in here}
        query_all = select(h.household_id).where(h.ended_ms.is_(None))
        wanted = {SITE_HOUSEHOLD, *self._connection.execute(query_all).scalars()}
        self.provide(sorted(wanted - have))

    def seal(self, household_id: str, text: str, at_ms: int | None = None) -> str:
        """A text of a household, sealed: with the key of the order that runs at a time (else of the
        latest before it, else of the next), or, without a time, of the order that ends last. Text
        that is sealed with a key of this household already is as it should be."""
        if not text or self._is_sealed(household_id, text):
            return text
        return self._ring.seal(self.key_id(household_id, at_ms), text)

    def key_id(self, household_id: str, at_ms: int | None = None) -> str:
        """The key for what is said of a household, of which time: as `seal`."""
        self.look_up([household_id])
        usable = self._usable(household_id)
        if usable:
            return _chosen(usable, at_ms).key_id
        for row in self._known[household_id]:  # a backup was put back without its keys
            log.warning("the key %s is not here; what it sealed cannot be read", row.key_id)
        return self._new(household_id, None).key_id

    def place(self, household_id: str, order_id: str) -> None:
        """See to it that an order of a household has a key."""
        self.look_up([household_id])
        rows = self._known[household_id]
        if any(row.order_id == order_id for row in rows):
            return
        free = next((row for row in rows if row.order_id is None), None)
        if free is None or self._ring.state(free.key_id) is not KeyState.HERE:
            self._new(household_id, order_id)
        else:
            k = order_keys.c
            change = update(order_keys).where(k.key_id == free.key_id)
            self._connection.execute(change.values(order_id=order_id))
        self._known.pop(household_id)  # its time is to be read

    def reseal_doors(self, household_ids: Iterable[str]) -> None:
        """Seal what stays with the doors of these households from order to order with the key of
        the order that ends last. What cannot be read any more stays as it is."""
        d = tables.doors.c
        stored = [type_coerce(d[name], Text()).label(name) for name in SEALED_COLUMNS]
        query = select(d.door_id, d.household_id, *stored)
        wanted = list(dict.fromkeys(household_ids))
        for start in range(0, len(wanted), ASKED_AT_ONCE):
            chunk = wanted[start : start + ASKED_AT_ONCE]
            self.look_up(chunk)
            theirs = query.where(d.household_id.in_(chunk))
            for row in self._connection.execute(theirs).mappings().all():
                key_id = self.key_id(row["household_id"])
                anew = {name: self._resealed(key_id, row[name]) for name in SEALED_COLUMNS}
                if any(anew[name] != row[name] for name in SEALED_COLUMNS):
                    change = update(tables.doors).where(d.door_id == row["door_id"])
                    self._connection.execute(change.values(anew))

    def _resealed(self, key_id: str, text: str | None) -> str | None:
        before = text and key_of(text)
        if not text or before == key_id:
            return text
        if before is not None and self._ring.state(before) is not KeyState.HERE:
            return text
        return self._ring.seal(key_id, self._ring.reveal(text))

    def _is_sealed(self, household_id: str, text: str) -> bool:
        """Whether it is sealed with a key of this household. With another one's it would be text
        that somebody typed, and is not to be revealed to whoever reads here."""
        key_id = key_of(text)
        if key_id is None:
            return False
        self.look_up([household_id])
        return any(row.key_id == key_id for row in self._known[household_id])

    def _usable(self, household_id: str) -> list[OrderKeyRow]:
        rows = self._known[household_id]
        return [row for row in rows if self._ring.state(row.key_id) is KeyState.HERE]

    def _need_makes(self, household_id: str) -> None:
        if not self._makes:
            raise KeyMissingError(household_id)

    def _new(self, household_id: str, order_id: str | None) -> OrderKeyRow:
        self._need_makes(household_id)
        row = OrderKeyRow(self._ring.make(), household_id, order_id)
        self._store([row])
        return row

    def _store(self, rows: list[OrderKeyRow]) -> None:
        made_ms = time.time_ns() // 1_000_000 if self._made_ms is None else self._made_ms
        self._connection.execute(
            order_keys.insert(),
            [
                {
                    "key_id": row.key_id,
                    "household_id": row.household_id,
                    "order_id": row.order_id,
                    "made_ms": made_ms,
                }
                for row in rows
            ],
        )
        for row in rows:
            self._known.setdefault(row.household_id, []).append(row)


def _chosen(rows: list[OrderKeyRow], at_ms: int | None) -> OrderKeyRow:
    """The key for a time; a household's own stands in where no order has one."""
    dated = [row for row in rows if row.to_ms is not None]
    if not dated:
        return rows[-1]
    if at_ms is None:
        return max(dated, key=_ends_ms)
    begun = [row for row in dated if (row.from_ms or 0) <= at_ms]
    if begun:
        return max(begun, key=lambda row: (row.from_ms or 0, _ends_ms(row)))
    return min(dated, key=lambda row: row.from_ms or 0)


def _ends_ms(row: OrderKeyRow) -> int:
    return row.to_ms or 0
