"""When each seal that speaks by air too was last heard on either of its ways.

It is no journal: what is told of a way comes from the journal's events. It is for those who look,
and for a gateway that starts and must know whom to expect by air.
"""

from collections.abc import Mapping

from sqlalchemy import BigInteger, Column, Connection, ForeignKey, String, Table, select

from gateway.core.model import Path
from gateway.store.tables import metadata

PATHS = Table(
    "seal_paths",  # of those that were heard by air at least once
    metadata,
    Column("seal_id", String(16), ForeignKey("seals.seal_id"), primary_key=True),
    Column("path", String(8), primary_key=True),  # core.model.Path
    Column("heard_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)


def heard(connection: Connection) -> dict[str, dict[Path, int]]:
    """When every such seal was last heard on each of its ways, in ms of UTC, by seal_id."""
    found: dict[str, dict[Path, int]] = {}
    for seal_id, path, heard_ms in connection.execute(select(*PATHS.c)):
        if path in _PATHS:
            found.setdefault(seal_id, {})[Path(path)] = heard_ms
    return found


def heard_of(connection: Connection, seal_id: str) -> Mapping[Path, int]:
    """The same of one seal; nothing of one that was never heard by air."""
    query = select(PATHS.c.path, PATHS.c.heard_ms).where(PATHS.c.seal_id == seal_id)
    rows = connection.execute(query)
    return {Path(path): heard_ms for path, heard_ms in rows if path in _PATHS}


_PATHS = frozenset(Path)
