"""When each seal that speaks by air too was last heard on either of its ways.

It is no journal: what is told of a way comes from the journal's events. It is for those who look,
and for a gateway that starts and must know whom to expect by air.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Integer,
    String,
    Table,
    select,
)

from gateway.core.model import Path
from gateway.store.records import records
from gateway.store.tables import metadata

Row = dict[str, Any]
PATHS = Table(
    "seal_paths",  # of those that were heard by air at least once
    metadata,
    Column("seal_id", String(16), ForeignKey("seals.seal_id"), primary_key=True),
    Column("path", String(8), primary_key=True),  # core.model.Path
    Column("heard_ms", BigInteger, nullable=False),
    Column("signal_dbm", Integer, nullable=True),  # as our own receiver heard it
    sqlite_with_rowid=False,
)


class LastHeard(NamedTuple):
    """When a seal was last heard on a way (ms of UTC), and how strongly, where a receiver of ours
    says so."""

    heard_ms: int
    signal_dbm: int | None


class PathRow(msgspec.Struct, frozen=True):
    """A way of a seal, as it is stored."""

    path: Path
    heard_ms: int
    signal_dbm: int | None = None


def heard(connection: Connection) -> dict[str, dict[Path, int]]:
    """When every such seal was last heard on each of its ways, in ms of UTC, by seal_id."""
    found: dict[str, dict[Path, int]] = {}
    query = select(PATHS.c.seal_id, PATHS.c.path, PATHS.c.heard_ms)
    for seal_id, path, heard_ms in connection.execute(query):
        if path in _PATHS and isinstance(heard_ms, int):
            found.setdefault(seal_id, {})[Path(path)] = heard_ms
    return found


def heard_of(connection: Connection, seal_id: str) -> Mapping[Path, LastHeard]:
    """How one seal was last heard on each way; nothing of one that was never heard by air."""
    columns = PATHS.c.path, PATHS.c.heard_ms, PATHS.c.signal_dbm
    query = select(*columns).where(PATHS.c.seal_id == seal_id)
    rows = records(connection, query, PathRow)
    return {row.path: LastHeard(row.heard_ms, row.signal_dbm) for row in rows}


def row_of(seal_id: str, path: Path, heard_ms: int, signal_dbm: int | None) -> Row:
    """A row of the table."""
    return {
        "seal_id": seal_id,
        "path": path.value,
        "heard_ms": heard_ms,
        "signal_dbm": signal_dbm,
    }


_PATHS = frozenset(Path)
