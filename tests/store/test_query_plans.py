"""Every query that stands in a module as it is: none looks through years for a few rows.

Those that the console's pages put together are heard where all of them are opened
(tests/web/test_role_matrix.py).
"""

import importlib
import pkgutil

from sqlalchemy import CompoundSelect, Select, select
from sqlalchemy.dialects import sqlite

import gateway
from gateway.feeds import minute_stream
from gateway.store.tables import journal, outbox, wardens
from tests.store.query_plans import endless

LEFT_OUT = ("__main__", ".migrations", "gateway.demo")
BEGINNINGS = {  # of queries, which are narrowed before they are asked
    "gateway.feeds.minute_stream._ROWS",
    "gateway.store.case_views._CASES",
}


def queries() -> dict[str, str]:
    """Each in SQLite's words, by the module and name under which it stands."""
    found = {}
    for module in pkgutil.walk_packages(gateway.__path__, "gateway."):
        if any(part in module.name for part in LEFT_OUT):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, Select | CompoundSelect):
                compiled = value.compile(dialect=sqlite.dialect())
                found[f"{module.name}.{name}"] = str(compiled)
    return found


def test_no_query_looks_through_years_for_a_few_rows() -> None:
    known = queries()
    assert len(known) > 20
    assert f"{minute_stream.__name__}._AFTER" in known
    assert known.keys() >= BEGINNINGS
    assert endless(query for name, query in known.items() if name not in BEGINNINGS) == {}


def test_one_that_does_is_found() -> None:
    j, o = journal.c, outbox.c
    of_doors = journal.select().where(j.subject_kind == "door", j.journal_id > 7)
    of_anybody = o.warden_id.in_(select(wardens.c.warden_id))
    for query in (
        of_doors.order_by(j.journal_id).limit(1),
        journal.select().where(j.at_ms > 7),
        outbox.select().where(of_anybody, o.case_id == "a"),
    ):
        assert len(endless([str(query.compile(dialect=sqlite.dialect()))])) == 1
    since = outbox.select().where(of_anybody, o.case_id == "a", o.made_ms > 7)
    assert endless([str(since.compile(dialect=sqlite.dialect()))]) == {}
