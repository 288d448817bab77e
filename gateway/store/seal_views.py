"""What people read of seals: each with its door, what it said of itself, and what it is asked."""

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, select

from gateway.store import tables
from gateway.store.records import record
from gateway.store.seal_commands import OPEN
from gateway.store.seal_tables import seal_commands, seal_readings
from gateway.store.sealed_columns import revealed

_s, _d, _r = tables.seals.c, tables.doors.c, seal_readings.c


class SealView(msgspec.Struct, frozen=True):
    """A seal in use, or a contact of another maker (`make`, and how it is addressed there).
    `firmware` is None while it has never spoken version 2 of the wire."""

    seal_id: str
    door_id: str | None
    label: str | None
    batch: str | None
    heartbeat_ms: int | None
    heard_ms: int | None
    battery_mv: int | None
    signal_dbm: int | None
    firmware: str | None
    reset_cause: str | None
    booted_ms: int | None
    follows: str | None = None
    make: str = ""
    address: str = ""
    battery_percent: int | None = None
    release: int | None = None  # whose number it says it runs when it asks for updates; 0: by cable
    asked: tuple[tuple[str, str, str], ...] = ()  # what it is asked: kind, state, for what


_SEALS = (
    select(
        _s.seal_id,
        _s.door_id,
        _d.label,
        _s.batch,
        _s.heartbeat_ms,
        _r.heard_ms,
        _r.battery_mv,
        _r.signal_dbm,
        _r.firmware,
        _r.reset_cause,
        _r.booted_ms,
        _s.follows,
        _s.make,
        _s.address,
        _r.battery_percent,
        _r.release,
    )
    .select_from(
        tables.seals.outerjoin(tables.doors, _d.door_id == _s.door_id).outerjoin(
            seal_readings, _r.seal_id == _s.seal_id
        )
    )
    .where(_s.ended_ms.is_(None))
    .order_by(_d.label.is_(None), _d.grid_id, revealed(_d.label), _s.seal_id)
)


def seals(connection: Connection, limit: int, door_id: str | None = None) -> list[SealView]:
    """Seals in use, those on doors first; of one door, if it is given."""
    query = _SEALS if door_id is None else _SEALS.where(_s.door_id == door_id)
    rows = connection.execute(query.limit(limit)).all()
    asked = _asked(connection)
    found = (record(row, SealView) for row in rows)
    return [
        replace(seal, asked=tuple(asked.get(seal.seal_id, ())))
        for seal in found
        if seal is not None
    ]


def _asked(connection: Connection) -> dict[str, list[tuple[str, str, str]]]:
    c = seal_commands.c
    query = (
        select(c.seal_id, c.kind, c.state, c.about).where(c.state.in_(OPEN)).order_by(c.command_id)
    )
    asked: dict[str, list[tuple[str, str, str]]] = {}
    for seal_id, kind, state, about in connection.execute(query):
        asked.setdefault(seal_id, []).append((kind, state, about))
    return asked
