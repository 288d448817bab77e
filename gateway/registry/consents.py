"""Consent of a household, where the site's ground is consent: given and withdrawn, both dated.

Of an order, and to a version of the notice. Nothing is ever overwritten: who gives it again after
having taken it back has another row.
"""

import msgspec
from sqlalchemy import Connection, select, update

from gateway.store.records import records
from gateway.store.resident_tables import consents

_c = consents.c


class Consent(msgspec.Struct, frozen=True):
    """One consent: to which notice, from when, by which way; and when it was taken back."""

    order_id: str
    notice: str
    given_ms: int
    given_by: str
    withdrawn_ms: int | None = None
    withdrawn_by: str | None = None


def given(connection: Connection, household_id: str, order_id: str) -> list[Consent]:
    """All of an order, the latest last."""
    query = select(*(_c[name] for name in Consent.__struct_fields__))
    query = query.where(_c.household_id == household_id, _c.order_id == order_id)
    return records(connection, query.order_by(_c.consent_id), Consent)


def standing(connection: Connection, household_id: str, order_id: str) -> Consent | None:
    """The one that holds now."""
    latest = given(connection, household_id, order_id)[-1:]
    return next((one for one in latest if one.withdrawn_ms is None), None)


def give(
    connection: Connection, household_id: str, order_id: str, notice: str, way: str, now_ms: int
) -> bool:
    """It is given now; whether that is news. The caller's transaction."""
    if standing(connection, household_id, order_id) is not None:
        return False
    row = {
        "household_id": household_id,
        "order_id": order_id,
        "notice": notice,
        "given_ms": now_ms,
        "given_by": way,
    }
    connection.execute(consents.insert(), row)
    return True


def withdraw(
    connection: Connection, household_id: str, order_id: str, way: str, now_ms: int
) -> bool:
    """It is taken back now; whether that is news. The caller's transaction."""
    query = update(consents).where(
        _c.household_id == household_id, _c.order_id == order_id, _c.withdrawn_ms.is_(None)
    )
    done = connection.execute(query.values(withdrawn_ms=now_ms, withdrawn_by=way))
    return done.rowcount > 0
