"""Doors written straight into the registry, each with its household, as enrolment would."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert

from gateway.store import tables
from gateway.store.statements import upsert

Row = Mapping[str, Any]


def insert_doors(connection: Connection, rows: Row | Sequence[Row]) -> None:
    """These doors; one that names no household is one of its own."""
    listed = [rows] if isinstance(rows, Mapping) else rows
    doors = [{"household_id": row["door_id"], **row} for row in listed]
    households = [{"household_id": door["household_id"], "made_ms": 0} for door in doors]
    connection.execute(upsert(connection.dialect.name, tables.households), households)
    connection.execute(insert(tables.doors), doors)
