"""Where a door, a case or an area belongs, and whether a person was told of it: for rights."""

from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, Table, func, select

from gateway.store import areas, grouped_pages, tables
from gateway.store.case_views import IN_REVIEW, OPEN

NOT_CLOSED: Final = (*OPEN, *IN_REVIEW)
_d, _c, _o = tables.doors.c, tables.cases.c, tables.outbox.c


class Belonging(Struct, frozen=True):
    """The grids in which something lies (none: in no grid, or in all), and whether it was paged."""

    grids: frozenset[str] = frozenset()
    was_paged: bool = False


def of_door(connection: Connection, door_id: str, warden_id: str | None) -> Belonging | None:
    """A door; paged while a case there that the person was told of is not closed."""
    grid_id = connection.execute(select(_d.grid_id).where(_d.door_id == door_id)).scalar()
    if grid_id is None:
        return None
    # Of what is open the first says how far back one looks: a door has years of what is closed.
    first_ms = select(func.min(_c.raised_ms)).where(_c.state.in_(NOT_CLOSED)).scalar_subquery()
    at_door = _c.door_id == door_id, _c.raised_ms >= first_ms
    open_ids = select(_c.case_id).where(*at_door, _c.state.in_(NOT_CLOSED))
    was_paged = any(
        _was_told(connection, warden_id, case_id)
        for case_id in connection.execute(open_ids).scalars().all()
    )
    return Belonging(frozenset({grid_id}), was_paged)


def of_case(connection: Connection, case_id: str, warden_id: str | None) -> Belonging | None:
    """A case; paged if the person was ever told of it."""
    grid_id = connection.execute(select(_c.grid_id).where(_c.case_id == case_id)).scalar()
    if grid_id is None:
        return None
    return Belonging(frozenset({grid_id} - {""}), _was_told(connection, warden_id, case_id))


def of_matter(
    connection: Connection, table: Table, matter_id: str, warden_id: str | None
) -> Belonging | None:
    """A household's matter, from its table; paged if the person was ever told of it."""
    (key,) = table.primary_key.columns
    grid_id = connection.execute(select(table.c.grid_id).where(key == matter_id)).scalar()
    if grid_id is None:
        return None
    return Belonging(frozenset({grid_id} - {""}), _was_told(connection, warden_id, matter_id))


def _was_told(connection: Connection, warden_id: str | None, case_id: str) -> bool:
    """Whether a person was ever told of a case or a matter: by a page of its own, or one for
    many. Who is nobody that is told was told of nothing: what the site's webhook was told has no
    person either."""
    if warden_id is None:
        return False
    query = select(_o.entry_id).where(_o.warden_id == warden_id, _o.case_id == case_id)
    is_own = connection.execute(query.limit(1)).first() is not None
    return is_own or grouped_pages.names_case(connection, warden_id, case_id)


def of_person(connection: Connection, warden_id: str) -> Belonging | None:
    """Somebody who is told of the doors in a grid; None for who has left, or was never there."""
    w = tables.wardens.c
    query = select(w.grid_id).where(w.warden_id == warden_id, w.ended_ms.is_(None))
    grid_id = connection.execute(query).scalar()
    return None if grid_id is None else Belonging(frozenset({grid_id}))


def of_area(connection: Connection, area: str) -> Belonging | None:
    """An area: the grids of all doors in it."""
    door_ids = list(areas.doors_in(connection, area))
    if not door_ids:
        return None
    # SQLite takes 32,766 values at once; an area is a building, a stair, a batch of seals.
    query = select(_d.grid_id).where(_d.door_id.in_(door_ids)).distinct()
    return Belonging(frozenset(connection.execute(query).scalars()))
