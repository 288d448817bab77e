"""A statement compiled once, and then written with plain rows.

Compiling and binding in SQLAlchemy's usual way costs more than SQLite takes for the row itself,
and the gateway writes ten small statements for every report.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Executable, Table
from sqlalchemy.dialects import sqlite

Row = dict[str, Any]


def insert_for(dialect: str, table: Table) -> Any:
    """An insert that knows ON CONFLICT, which SQLite and PostgreSQL spell alike."""
    if dialect == "postgresql":  # not imported where it is not used: that takes a while
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    return sqlite.insert(table)


def upsert(dialect: str, table: Table, changes: Iterable[str] | None = None) -> Any:
    """Insert, or change these columns of the row with the same primary key; by default, all."""
    insert, keys = insert_for(dialect, table), table.primary_key.columns.keys()
    names = [name for name in changes or table.columns.keys() if name not in keys]
    changed = {name: insert.excluded[name] for name in names}
    if not changed:  # all of it is key
        return insert.on_conflict_do_nothing(index_elements=keys)
    return insert.on_conflict_do_update(index_elements=keys, set_=changed)


class Statement:
    """An insert, update or delete whose rows are dictionaries with the same keys each time.

    `clause` may be a function of the dialect's name, for what databases do not share.
    """

    def __init__(
        self, clause: Executable | Callable[[str], Executable], keys: Sequence[str]
    ) -> None:
        self.clause, self.keys = clause, list(keys)
        self._compiled: dict[str, tuple[str, Callable[[Row], Any]]] = {}

    def write(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Execute it once for each row; nothing happens for none. Raises the driver's own errors.

        On the driver's cursor: what SQLAlchemy does around one is a third of a whole commit.
        """
        if rows:
            sql, values = self._for(connection)
            cursor = connection.connection.cursor()
            cursor.executemany(sql, [values(row) for row in rows])
            cursor.close()

    def _for(self, connection: Connection) -> tuple[str, Callable[[Row], Any]]:
        """Its text for this database, and what takes a row's values in the text's order."""
        known = self._compiled.get(connection.dialect.name)
        if known is None:
            known = self._compiled[connection.dialect.name] = self._compile(connection)
        return known

    def _compile(self, connection: Connection) -> tuple[str, Callable[[Row], Any]]:
        clause = self.clause(connection.dialect.name) if callable(self.clause) else self.clause
        compiled = clause.compile(  # type: ignore[attr-defined]
            dialect=connection.dialect, column_keys=self.keys
        )
        names = compiled.positiontup
        if names is None:  # a database whose parameters have names
            return compiled.string, lambda row: row
        if len(names) == 1:
            (name,) = names
            return compiled.string, lambda row: (row[name],)
        return compiled.string, itemgetter(*names)
