"""PostgreSQL can stand in later: every table and every statement of ours is said in its words."""

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from gateway.store import statements, tables
from gateway.store.statement import Statement, upsert

STATEMENTS = {name: one for name, one in vars(statements).items() if isinstance(one, Statement)}
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_of_a_commit_is_understood(name: str) -> None:
    one = STATEMENTS[name]
    clause = one.clause("postgresql") if callable(one.clause) else one.clause
    assert str(clause.compile(dialect=DIALECT, column_keys=one.keys))  # type: ignore[attr-defined]


@pytest.mark.parametrize("table", tables.metadata.sorted_tables, ids=str)
def test_every_table_index_and_upsert_is_understood(table: object) -> None:
    assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=DIALECT))  # type: ignore[arg-type]
    for index in table.indexes:  # type: ignore[attr-defined]
        assert "INDEX" in str(CreateIndex(index).compile(dialect=DIALECT))
    names = table.columns.keys()  # type: ignore[attr-defined]
    if len(names) > 1:
        assert "ON CONFLICT" in str(upsert("postgresql", table, names).compile(dialect=DIALECT))  # type: ignore[arg-type]
