"""The link between an order, its household and its doors is destroyed: first its key, with which
every copy of what it sealed can be read no more, then what the registry says of it.

Where another order of the household runs or comes, the registry stays for that one, sealed with its
key (store.order_keys); else its doors are out of use, without label, telephone or seal.
"""

from collections.abc import Collection, Sequence
from datetime import UTC

from sqlalchemy import Connection, and_, delete, or_, select, update

from gateway.core.schedule_of_ends import Term
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import Ending
from gateway.store import door_codes, order_keys, tables
from gateway.store.database import Store
from gateway.store.ending_tables import endings
from gateway.store.key_tables import order_keys as key_rows


def destroy(
    store: Store, term: Term, household: Sequence[Term], held: Collection[str], now_ms: int
) -> None:
    """Destroy it; the same again finishes what a kill left.

    Args:
        store: the site's database.
        term: the order.
        household: all orders of its household.
        held: the orders that somebody holds; what they need of the registry stays.
        now_ms: the gateway's time.

    Raises:
        KeyRingError: its key may still be there.
        StoreError: the registry cannot be written now.
    """
    others = [other for other in household if other != term]
    is_last = not any(other.to_ms > now_ms or other.order_id in held for other in others)
    k = key_rows.c
    its = k.order_id == term.order_id
    if is_last:
        its = or_(its, and_(k.household_id == term.household_id, k.order_id.is_(None)))
    with store.writing() as connection:
        ring = order_keys.ring_of(connection)
        keys = connection.execute(select(k.key_id).where(its)).scalars().all()
        doors = _doors(connection, term.household_id)
        if is_last:  # while its key is there: what ends is sealed with it
            _end_doors(connection, doors, now_ms)
        gone = update(key_rows).where(k.key_id.in_(keys), k.destroyed_ms.is_(None))
        connection.execute(gone.values(destroyed_ms=now_ms))
        if not is_last:  # what stays is sealed with the key of who needs it
            order_keys.OrderKeys(connection, now_ms).reseal_doors(doors)
    for key_id in keys:
        ring.destroy(key_id)
    with store.writing() as connection:
        codes = door_codes.DOOR_CODES
        connection.execute(delete(codes).where(codes.c.order_id == term.order_id))
        change = update(endings).where(endings.c.order_id == term.order_id)
        connection.execute(change.values(linked_ms=now_ms))


def _doors(connection: Connection, household_id: str) -> list[str]:
    d = tables.doors.c
    query = select(d.door_id).where(d.household_id == household_id).order_by(d.door_id)
    return list(connection.execute(query).scalars())


def _end_doors(connection: Connection, doors: Sequence[str], now_ms: int) -> None:
    """Out of use, and nobody's: what ends with a door ends as it does when a person ends it."""
    enrolment = Enrolment(connection, now_ms, UTC)
    for door_id in doors:
        enrolment.take(Ending("doors", door_id))
    enrolment.write()
    d = tables.doors.c
    connection.execute(
        update(tables.doors).where(d.door_id.in_(doors)).values(label="", telephone=None)
    )
