"""A site that has lived for years, and what an answer costs there: by the steps that SQLite takes,
which are as many on every machine, and not by seconds.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, event

from gateway.core.duration import DAY_MS

YEARS_MS: Final = 3 * 365 * DAY_MS
ROWS: Final = 10_000  # more in each table that grows
EVERY: Final = 100  # steps between two counts
_THEN: Final = object()  # when it was made
# What grows with the years: what a copy of a row has anew, and how what it is of has ended.
OF_SITE: Final[dict[str, tuple[tuple[str, ...], dict[str, Any]]]] = {
    "journal": (("journal_id",), {"seq": None}),
    "cases": (("case_id", "number"), {"state": "closed"}),
    "outbox": (("entry_id", "page_id", "sent_id", "case_id"), {"done_ms": _THEN}),
    "openings": (("opening_id",), {}),
    "milestones": (("journal_id",), {}),
    "requests": (("request_id",), {"state": "done"}),
    "disputes": (("dispute_id",), {"state": "upheld"}),
    "corrections": (("record_id",), {}),
    "health_reports": (("report_id",), {}),
    "health_questions": (("question_id",), {"is_over": 1}),
    "permits": (("permit_id",), {}),
    "photos": (("photo_id",), {}),
    "seal_certificates": (("certificate_id",), {}),
    "holds": (("hold_id",), {"ended_ms": _THEN}),
}
OF_ACCOUNTS: Final[dict[str, tuple[tuple[str, ...], dict[str, Any]]]] = {
    "audit": (("entry_id",), {}),
    "audit_things": (("entry_id",), {}),
    "sessions": (("token", "session_id"), {"revoked_ms": _THEN}),
    "invitations": (("token",), {"used_ms": _THEN}),
}


def grow(path: Path, tables: dict[str, tuple[tuple[str, ...], dict[str, Any]]]) -> set[str]:
    """Write what years leave behind into a database; the tables that had nothing to copy."""
    empty = set()
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.row_factory = sqlite3.Row
        for table, (anew, ended) in tables.items():
            row = raw.execute(f"SELECT * FROM {table} ORDER BY 1 LIMIT 1").fetchone()  # noqa: S608
            if row is None:
                empty.add(table)
                continue
            first = {key: row[key] for key in anew}
            if isinstance(row[anew[0]], int):  # what is older has the lower number
                lowest = f"SELECT min({anew[0]}) FROM {table}"  # noqa: S608
                first[anew[0]] = raw.execute(lowest).fetchone()[0] - ROWS
            places = ", ".join("?" * len(row.keys()))
            raw.executemany(
                f"INSERT INTO {table} VALUES ({places})",  # noqa: S608
                (_copy(dict(row), first, ended, n) for n in range(ROWS)),
            )
    return empty


def _copy(
    row: dict[str, Any], first: dict[str, Any], ended: dict[str, Any], number: int
) -> list[Any]:
    """A row of long ago: the oldest comes first."""
    ago_ms = YEARS_MS * (ROWS - number) // ROWS
    for name, value in row.items():
        if name.endswith("_ms") and isinstance(value, int) and value > ago_ms:
            row[name] = value - ago_ms
    made_ms = row.get("made_ms")
    row |= {name: made_ms if value is _THEN else value for name, value in ended.items()}
    for name, value in first.items():
        row[name] = value + number if isinstance(value, int) else f"{2**48 + number:016x}"
    return list(row.values())


class Steps:
    """How many steps SQLite has taken, in hundreds; and how many statements there were."""

    def __init__(self) -> None:
        self.count = self.statements = 0

    def one(self) -> None:
        self.count += EVERY


@contextmanager
def counted() -> Iterator[Steps]:
    """Every connection that is opened while it lasts counts its steps."""
    steps = Steps()

    def opened(connection: Any, _: Any) -> None:
        connection.set_progress_handler(steps.one, EVERY)

    def asked(*_: Any) -> None:
        steps.statements += 1

    event.listen(Engine, "connect", opened)
    event.listen(Engine, "before_cursor_execute", asked)
    try:
        yield steps
    finally:
        event.remove(Engine, "connect", opened)
        event.remove(Engine, "before_cursor_execute", asked)
