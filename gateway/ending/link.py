"""The link between an order, its household and its doors is destroyed: first its key, with which
every copy of what it sealed can be read no more, then what the registry says of it.

Where another order of the household runs or comes, the registry stays for that one, sealed with its
key (store.order_keys); else its doors are out of use, without label, telephone or seal.
"""

from collections.abc import Sequence
from datetime import UTC
from typing import Final

from sqlalchemy import Connection, and_, delete, or_, select, update

from gateway.core.schedule_of_ends import Term
from gateway.ending import holds
from gateway.keys.unreadable import KeyState
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import Ending
from gateway.store import door_codes, order_keys, tables
from gateway.store.database import Store
from gateway.store.ending_tables import endings
from gateway.store.key_tables import order_keys as key_rows
from gateway.store.resident_tables import resident_codes

AT_ONCE_MAX: Final = 100  # orders in one transaction


def destroy(store: Store, due: Sequence[Term], now_ms: int) -> None:
    """Destroy the links of these orders; the same again finishes what a kill left. One that was
    given longer, or is held, since it was found due is left alone.

    Args:
        store: the site's database.
        due: the orders.
        now_ms: the gateway's time.

    Raises:
        KeyRingError: a key may still be there.
        StoreError: the registry cannot be written now.
    """
    order_ids = [term.order_id for term in due]
    for start in range(0, len(order_ids), AT_ONCE_MAX):
        _destroy(store, order_ids[start : start + AT_ONCE_MAX], now_ms)


def _destroy(store: Store, wanted: Sequence[str], now_ms: int) -> None:
    k = key_rows.c
    with store.writing() as connection:
        order_ids, households, needed = _over(connection, wanted, now_ms)
        over = sorted(households - needed)
        its = or_(k.order_id.in_(order_ids), and_(k.household_id.in_(over), k.order_id.is_(None)))
        keys = connection.execute(select(k.key_id).where(its)).scalars().all()
        _end_doors(connection, _doors(connection, over), now_ms)  # while its key is there
        gone = update(key_rows).where(k.key_id.in_(keys), k.destroyed_ms.is_(None))
        connection.execute(gone.values(destroyed_ms=now_ms))
        # what stays is sealed with the key of the order that needs it
        order_keys.OrderKeys(connection, now_ms).reseal_doors(sorted(needed))
    owed = store.keys.owed_ids()  # a kill came between, or the second drive is away
    for key_id in keys:
        if key_id in owed or store.keys.state(key_id) is not KeyState.DESTROYED:
            store.keys.destroy(key_id)
    with store.writing() as connection:
        codes = door_codes.DOOR_CODES
        connection.execute(delete(codes).where(codes.c.order_id.in_(order_ids)))
        connection.execute(delete(resident_codes).where(resident_codes.c.order_id.in_(order_ids)))
        change = update(endings).where(endings.c.order_id.in_(order_ids))
        connection.execute(change.values(linked_ms=now_ms))


def _over(
    connection: Connection, wanted: Sequence[str], now_ms: int
) -> tuple[list[str], set[str], set[str]]:
    """Of these orders those that are over still, as the registry has it in this transaction; their
    households; and those of them that another order needs, or whose records somebody holds."""
    o = tables.orders.c
    held = {hold.order_id for hold in holds.terms(connection, now_ms)}
    query = select(o.order_id, o.household_id).where(o.order_id.in_(wanted), o.to_ms <= now_ms)
    over = {row[0]: row[1] for row in connection.execute(query) if row[0] not in held}
    households = set(over.values())
    theirs = select(o.order_id, o.household_id, o.to_ms).where(o.household_id.in_(households))
    needed = {
        household_id
        for order_id, household_id, to_ms in connection.execute(theirs)
        if order_id in held or to_ms > now_ms
    }
    return list(over), households, needed


def _doors(connection: Connection, households: Sequence[str]) -> list[str]:
    d = tables.doors.c
    query = select(d.door_id).where(d.household_id.in_(households)).order_by(d.door_id)
    return list(connection.execute(query).scalars())


def _end_doors(connection: Connection, doors: Sequence[str], now_ms: int) -> None:
    """Out of use, and nobody's: what ends with a door ends as it does when a person ends it."""
    if not doors:
        return
    enrolment = Enrolment(connection, now_ms, UTC)
    for door_id in doors:
        enrolment.take(Ending("doors", door_id))
    enrolment.write()
    d = tables.doors.c
    connection.execute(
        update(tables.doors).where(d.door_id.in_(doors)).values(label="", telephone=None)
    )
