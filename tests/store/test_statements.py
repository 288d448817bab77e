"""PostgreSQL can stand in later: every table and every statement of ours is said in its words."""

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from gateway.store import statements, tables
from gateway.store.statements import Statement, upsert

STATEMENTS = {
    f"{name}_{number}": one
    for name, named in vars(statements).items()
    if name != "IN_ORDER"
    for number, one in enumerate(named if isinstance(named, tuple) else [named])
    if isinstance(one, Statement)
}
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_of_a_commit_is_understood(name: str) -> None:
    assert str(STATEMENTS[name].compile(DIALECT))


def test_every_statement_has_its_place_in_a_commit() -> None:
    assert set(STATEMENTS.values()) == set(statements.IN_ORDER)
    assert len(STATEMENTS) == len(statements.IN_ORDER)


@pytest.mark.parametrize("table", tables.metadata.sorted_tables, ids=str)
def test_every_table_index_and_upsert_is_understood(table: object) -> None:
    assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=DIALECT))  # type: ignore[arg-type]
    for index in table.indexes:  # type: ignore[attr-defined]
        assert "INDEX" in str(CreateIndex(index).compile(dialect=DIALECT))
    names = table.columns.keys()  # type: ignore[attr-defined]
    if len(names) > 1:
        assert "ON CONFLICT" in str(upsert("postgresql", table, names).compile(dialect=DIALECT))  # type: ignore[arg-type]
