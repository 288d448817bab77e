"""The link between an order, its household and its doors is destroyed: first its key, with which
every copy of what it sealed can be read no more, then what the registry says of it.

Where another order of the household runs or comes, the registry stays for that one, sealed with its
key (store.order_keys); else its doors are out of use, without label, telephone or seal.
"""

from collections.abc import Collection, Sequence
from datetime import UTC
from typing import Final

from sqlalchemy import Connection, and_, delete, or_, select, update

from gateway.core.schedule_of_ends import Term
from gateway.keys.unreadable import KeyState
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import Ending
from gateway.store import door_codes, order_keys, tables
from gateway.store.database import Store
from gateway.store.ending_tables import endings
from gateway.store.key_tables import order_keys as key_rows

AT_ONCE_MAX: Final = 100  # orders in one transaction


def destroy(
    store: Store, due: Sequence[Term], terms: Sequence[Term], held: Collection[str], now_ms: int
) -> None:
    """Destroy the links of these orders; the same again finishes what a kill left.

    Args:
        store: the site's database.
        due: the orders.
        terms: all that there are.
        held: the orders that somebody holds; what they need of the registry stays.
        now_ms: the gateway's time.

    Raises:
        KeyRingError: a key may still be there.
        StoreError: the registry cannot be written now.
    """
    needed = {t.household_id for t in terms if t.to_ms > now_ms or t.order_id in held}
    for start in range(0, len(due), AT_ONCE_MAX):
        _destroy(store, due[start : start + AT_ONCE_MAX], needed, now_ms)


def _destroy(store: Store, due: Sequence[Term], needed: Collection[str], now_ms: int) -> None:
    order_ids = [term.order_id for term in due]
    households = {term.household_id for term in due}
    over = sorted(households - set(needed))
    k = key_rows.c
    its = or_(k.order_id.in_(order_ids), and_(k.household_id.in_(over), k.order_id.is_(None)))
    with store.writing() as connection:
        keys = connection.execute(select(k.key_id).where(its)).scalars().all()
        _end_doors(connection, _doors(connection, over), now_ms)  # while its key is there
        gone = update(key_rows).where(k.key_id.in_(keys), k.destroyed_ms.is_(None))
        connection.execute(gone.values(destroyed_ms=now_ms))
        # what stays is sealed with the key of the order that needs it
        stay = _doors(connection, sorted(households & set(needed)))
        order_keys.OrderKeys(connection, now_ms).reseal_doors(stay)
    owed = store.keys.owed_ids()  # a kill came between, or the second drive is away
    for key_id in keys:
        if key_id in owed or store.keys.state(key_id) is not KeyState.DESTROYED:
            store.keys.destroy(key_id)
    with store.writing() as connection:
        codes = door_codes.DOOR_CODES
        connection.execute(delete(codes).where(codes.c.order_id.in_(order_ids)))
        change = update(endings).where(endings.c.order_id.in_(order_ids))
        connection.execute(change.values(linked_ms=now_ms))


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
