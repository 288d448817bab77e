"""How SQLite would answer what a site asks it: a table that grows for years is not looked through
from one end to the other, nor sorted, for the few rows that somebody wants."""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

import gateway.store

HEAD = Path(gateway.store.__file__).parent / "migrations" / "head.sql"
GROW = "journal|outbox|openings|heartbeat_spans|cases|milestones"  # with a site's years
# What may look through one, and why.
MAY = {
    "WHERE cases.state != ? GROUP BY cases.state": "counted once a minute, in the index alone",
    "AND outbox.ended IS NULL AND outbox.made_ms > ?": "dead letters, counted once a minute",
    "GROUP BY heartbeat_spans.seal_id": "the batteries' days, once in six hours",
    "FROM milestones WHERE milestones.at_ms < ?": "what is too old, once in a while",
}
_FUNCTIONS = ("revealed", "revealed_at_hand")
_ENDLESS = re.compile(rf"SCAN ({GROW})\b")
_SORTED = re.compile(r"SEARCH (journal|heartbeat_spans) ")
_OF_ANYBODY = "SEARCH outbox USING INDEX ix_outbox_warden_id (warden_id=?)"  # and since ever
_IN = re.compile(r"\(__\[POSTCOMPILE_\w+\]\)")


@contextmanager
def heard() -> Iterator[set[str]]:
    """The queries of all databases of this process while it lasts."""
    found: set[str] = set()

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            found.add(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def endless(queries: Iterable[str]) -> dict[str, list[str]]:
    """Those that look through, or sort, a table that grows; each with the steps of its plan."""
    found = {}
    with closing(sqlite3.connect(":memory:")) as site:
        site.executescript(HEAD.read_text())
        for name in _FUNCTIONS:
            site.create_function(name, -1, lambda *_: None)
        tables = {name for (name,) in site.execute("SELECT name FROM sqlite_schema")}
        for query in (_IN.sub("(?, ?)", one) for one in queries):
            words = " ".join(query.split())
            asked = set(re.findall(r"(?:FROM|JOIN) (\w+)", words))
            if not asked <= tables or any(part in words for part in MAY):
                continue  # of another database, of accounts or keys
            plan = [
                step
                for *_, step in site.execute(
                    f"EXPLAIN QUERY PLAN {query}", [None] * query.count("?")
                )
            ]
            if _is_endless(words, plan):
                found[words] = plan
    return found


def _is_endless(words: str, plan: list[str]) -> bool:
    is_sorted = any("TEMP B-TREE FOR ORDER BY" in step for step in plan)
    if is_sorted and any(_SORTED.match(step) for step in plan):
        return True
    if _OF_ANYBODY in plan and "warden_id IN (SELECT" in words:
        return True
    is_short = " LIMIT " in words and not is_sorted and " WHERE " not in words  # the newest
    return not is_short and any(_ENDLESS.match(step) for step in plan)
