"""The areas that doors lie in: what may silence many of them at once."""

from sqlalchemy import Connection, select

from gateway.store import tables


def of_doors(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Every door's areas besides the site, the widest first."""
    batches = _batches(connection)
    d = tables.doors.c
    names: dict[str, tuple[str, ...]] = {}
    for row in connection.execute(select(d.door_id, d.building, d.stair, d.point)):
        door_id, building, stair, point = row
        areas = []
        if building:
            areas.append(f"building:{building}")
        if stair:
            areas.append(f"stair:{building or ''}/{stair}")
        if point:
            areas.append(f"point:{point}")
        if batches.get(door_id):
            areas.append(f"batch:{batches[door_id]}")
        names[door_id] = tuple(areas)
    return names


def _batches(connection: Connection) -> dict[str, str | None]:
    """The batch of the seal on each sealed door, where it is known."""
    s = tables.seals.c
    rows = connection.execute(select(s.door_id, s.batch).where(s.door_id.is_not(None)))
    return {door_id: batch for door_id, batch in rows}
