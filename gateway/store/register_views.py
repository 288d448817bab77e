"""Who is registered in which grid."""

from sqlalchemy import Connection, select

from gateway.store import tables


def grids_with_wardens(
    connection: Connection, grids: frozenset[str] | None = None
) -> list[tuple[str, str]]:
    """The grids in which somebody is registered, by name, each with its id before it; of these
    alone, if they are given."""
    g, w = tables.grids.c, tables.wardens.c
    somebody = select(w.grid_id).where(w.ended_ms.is_(None))
    query = select(g.grid_id, g.name).where(g.grid_id.in_(somebody)).order_by(g.name, g.grid_id)
    query = query if grids is None else query.where(g.grid_id.in_(grids))
    return [(row.grid_id, row.name) for row in connection.execute(query)]


def grids_of_wardens(connection: Connection) -> dict[str, str]:
    """The grid of each warden who has not left, by id."""
    w = tables.wardens.c
    query = select(w.warden_id, w.grid_id).where(w.ended_ms.is_(None))
    return {row.warden_id: row.grid_id for row in connection.execute(query)}
