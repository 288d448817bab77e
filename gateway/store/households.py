"""Which household a door is a contact of, and which contacts a household has."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, select

from gateway.store import tables

LOOKED_UP_AT_ONCE = 500  # doors in one query


def of_doors(connection: Connection, door_ids: Iterable[str]) -> dict[str, str]:
    """The household of each of these doors that is in use; one that is not is left out."""
    d = tables.doors.c
    query = select(d.door_id, d.household_id).where(d.ended_ms.is_(None))
    found: dict[str, str] = {}
    for chunk in _chunks(list(door_ids)):
        rows = connection.execute(query.where(d.door_id.in_(chunk)))
        found |= {row.door_id: row.household_id for row in rows}
    return found


def doors_of(connection: Connection, household_id: str) -> list[str]:
    """The contacts of a household that are in use, by id; none where there is no such household."""
    d = tables.doors.c
    query = select(d.door_id).where(d.household_id == household_id, d.ended_ms.is_(None))
    return list(connection.execute(query.order_by(d.door_id)).scalars())


def contacts(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Every household that has a contact in use, and these, by id."""
    d = tables.doors.c
    query = select(d.household_id, d.door_id).where(d.ended_ms.is_(None)).order_by(d.door_id)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for household_id, door_id in connection.execute(query):
        found[household_id].append(door_id)
    return {household_id: tuple(doors) for household_id, doors in found.items()}


def _chunks(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), LOOKED_UP_AT_ONCE):
        yield ids[start : start + LOOKED_UP_AT_ONCE]
