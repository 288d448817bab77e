"""The areas that doors lie in: what may silence many of them at once.

"building:3", "stair:3/2", "point:ap-7" (an access point), "batch:2026-03" (of the door's seal).
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal, select

from gateway.store import tables


def _name(kind: str, place: ColumnElement[Any]) -> ColumnElement[Any]:
    """An area's name; NULL where the door lies in none of the kind."""
    return literal(f"{kind}:") + func.nullif(place, "")


_d = tables.doors.c
_stair = func.coalesce(_d.building, "") + literal("/") + func.nullif(_d.stair, "")
# The widest first.
_KINDS: dict[str, ColumnElement[Any]] = {
    "building": _name("building", _d.building),
    "stair": _name("stair", _stair),
    "point": _name("point", _d.point),
    "batch": _name("batch", tables.seals.c.batch),
}


def of_doors(connection: Connection) -> dict[str, tuple[str, ...]]:
    """The areas of every door in use besides the site, the widest first."""
    return {
        door_id: tuple(name for name in names if name is not None)
        for door_id, *names in connection.execute(_sealed(_in_use(*_KINDS.values())))
    }


def doors_in(connection: Connection, area: str) -> dict[str, str]:
    """The doors that lie in an area, by id, each with its household. One query, whatever the site's
    size."""
    name = _KINDS.get(area.partition(":")[0])
    if name is None:
        return {}
    query = _in_use(_d.household_id).where(name == area).order_by(_d.door_id)
    query = _sealed(query) if area.startswith("batch:") else query
    return {door_id: household_id for door_id, household_id in connection.execute(query)}


def _in_use(*columns: ColumnElement[Any]) -> Select[Any]:
    return select(_d.door_id, *columns).where(_d.ended_ms.is_(None))


def _sealed(query: Select[Any]) -> Select[Any]:
    """With the seal that hangs on the door, if any."""
    return query.join_from(
        tables.doors, tables.seals, tables.seals.c.door_id == _d.door_id, isouter=True
    )
