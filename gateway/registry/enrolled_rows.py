"""What is enrolled already, and how a new row compares with it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, bindparam, select, update

from gateway.core.model import Policy
from gateway.registry.rows import NewOrder
from gateway.store import tables

_encode = msgspec.json.Encoder().encode

# A seal that loses its door to another hangs nowhere.
UNBIND = (
    update(tables.seals)
    .where(tables.seals.c.seal_id == bindparam("b_seal_id"))
    .values(door_id=None)
)


def known(
    connection: Connection, table: Table, key: str, *columns: str
) -> dict[str, dict[str, Any]]:
    """A table's rows by their key; some of the columns, or all."""
    chosen = [table.c[name] for name in (key, *columns)] if columns else list(table.c)
    rows = connection.execute(select(*chosen)).mappings()
    return {row[key]: dict(row) for row in rows}


def kept(said: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """What is said now, and None for what is taken back; what is not said stays as it was."""
    return {
        name: before.get(name) if value is None else value or None for name, value in said.items()
    }


def by_door(rows: Iterable[dict[str, Any]]) -> defaultdict[str, list[dict[str, Any]]]:
    """The rows of each door."""
    on_door: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        on_door[row["door_id"]].append(row)
    return on_door


def policy(row: NewOrder) -> Policy:
    """What the order allows without asking."""
    return Policy(row.openings_a_day, row.longest_ms, row.quiet)


def said_of(row: NewOrder) -> dict[str, Any]:
    """Which door, from when to when, and what it allows, as the table holds it."""
    allows = _encode(policy(row)).decode()
    its_span = {"door_id": row.door_id, "from_ms": row.from_ms, "to_ms": row.to_ms}
    return its_span | {"policy": allows}


def same(rows: list[dict[str, Any]], key: str, wanted: dict[str, Any]) -> str | None:
    """The id of the row that says the same, so that a row without an id is not added twice."""
    return next((row[key] for row in rows if row == row | wanted), None)
