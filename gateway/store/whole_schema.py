"""A new file's tables at once, as all its migrations together would make them.

A dozen migrations take a third of a second and as many synced commits; a new file needs none of
their steps. `head.sql` beside them is what they come to. It is written by
`python tests/store/whole_schemas.py`, and a test holds it to the migrations. It is SQLite's: a
PostgreSQL database is made by the migrations.
"""

import sqlite3
from pathlib import Path

FILE = "head.sql"
_FIRST = "-- all migrations up to "
_VERSION = "INSERT INTO alembic_version (version_num) VALUES ('{}');\n"


def script(raw: sqlite3.Connection, head: str) -> str:
    """What makes the tables of this database, which stands at migration `head` and is empty."""
    query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    made = [f"{sql};\n" for (sql,) in raw.execute(f"{query} ORDER BY rowid")]
    return "".join([f"{_FIRST}{head}\n", *made, _VERSION.format(head)])


def of(folder: Path, head: str) -> str | None:
    """The script of this folder of migrations; None where it does not stand at its `head`."""
    path = folder / FILE
    text = path.read_text() if path.is_file() else ""
    return text if text.startswith(f"{_FIRST}{head}\n") else None


def lay(raw: sqlite3.Connection, text: str) -> None:
    """Make them, all or none.

    Args:
        raw: A connection without a transaction, to an empty database.
        text: What `of` gave.
    """
    try:
        raw.executescript(f"BEGIN IMMEDIATE;\n{text}COMMIT;\n")
    except sqlite3.Error:
        if raw.in_transaction:
            raw.rollback()
        raise
