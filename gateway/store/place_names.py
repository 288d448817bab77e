"""Names of grids, buildings and batches in the history: random to all who have not the legend.

A key that is drawn once for the site makes them, so a name is the same for ever, and nobody who
sees the charts can go back from it. The console, which has the key, shows what each stands for.
"""

import hmac
import secrets
from typing import Final, NamedTuple

from sqlalchemy import Connection, select

from gateway.store.database import Store
from gateway.store.feed_tables import feed_keys
from gateway.store.statements import upsert
from gateway.store.tables import doors, grids, seals

READER: Final = "influx"
KEY_BYTES: Final = 32
NAME_CHARACTERS: Final = 12  # 48 bits: two of a site's ten thousand buildings never share one
LEGEND_MAX: Final = 10_000  # of a kind

GRID, BUILDING, BATCH = "grid", "building", "batch"


class Meaning(NamedTuple):
    """What a name in the history stands for."""

    kind: str  # GRID, BUILDING or BATCH
    name: str
    words: str  # as people at the site call it


class PlaceNames:
    """Gives the names.

    Args:
        key: of the site; `key_of` has it.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known: dict[tuple[str, str], str] = {}

    def name(self, kind: str, own: str | None) -> str:
        """NAME_CHARACTERS hexadecimal digits; empty for nothing."""
        if not own:
            return ""
        found = self._known.get((kind, own))
        if found is None:
            digest = hmac.digest(self._key, f"{kind}\n{own}".encode(), "sha256")
            found = self._known[kind, own] = digest.hex()[:NAME_CHARACTERS]
        return found


def key_of(store: Store) -> bytes:
    """The site's key, drawn when this is called for the first time. StoreError."""
    with store.reading() as connection:
        key = _key(connection)
    if key is None:
        key = secrets.token_bytes(KEY_BYTES)
        with store.writing() as connection:
            row = {"reader": READER, "key": key}
            connection.execute(upsert(connection.dialect.name, feed_keys), row)
    return key


def legend(connection: Connection) -> list[Meaning]:
    """What each name stands for, by kind and words; empty where no history was ever written."""
    key = _key(connection)
    if key is None:
        return []
    names = PlaceNames(key)
    own = select(grids.c.grid_id, grids.c.name).order_by(grids.c.name).limit(LEGEND_MAX)
    found = [
        Meaning(GRID, names.name(GRID, grid_id), words)
        for grid_id, words in connection.execute(own)
    ]
    for kind, column in ((BUILDING, doors.c.building), (BATCH, seals.c.batch)):
        query = select(column).distinct().where(column.is_not(None), column != "").order_by(column)
        found += [
            Meaning(kind, names.name(kind, words), words)
            for words in connection.execute(query.limit(LEGEND_MAX)).scalars()
        ]
    return found


def _key(connection: Connection) -> bytes | None:
    found = connection.execute(select(feed_keys.c.key).where(feed_keys.c.reader == READER)).scalar()
    return found if isinstance(found, bytes) and len(found) == KEY_BYTES else None
