"""A row of the journal that somebody spoilt: what reads the journal names it, and goes on."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.store.database import Store
from gateway.store.tables import journal
from tests.cli.test_coverage import HEARTBEAT, an_hour_and_a_doubt
from tests.cli.written_journal import write

SPOILT = (
    ("body", "x'7b'", "DecodeError"),
    ("body", "'no report at all'", "DecodeError"),
    ("body", "x'7b2274797065223a227265706f7274227d'", "missing required field"),
    ("body", "7", "TypeError"),
    ("at_ms", "'often'", "at_ms is no number"),
    ("subject_id", "7", None),
)


@pytest.mark.parametrize(("column", "value", "words"), SPOILT)
def test_coverage_and_what_if_name_it_and_claim_nothing_from_it(
    menshen: Callable[..., Any],
    store: Store,
    caplog: pytest.LogCaptureFixture,
    column: str,
    value: str,
    words: str | None,
) -> None:
    write(store, "d1", an_hour_and_a_doubt())
    whole = menshen("coverage", "d1", "--json").json[0]["totals_ms"]
    with store.writing() as connection:
        connection.exec_driver_sql(
            f"UPDATE {journal.name} SET {column} = {value} WHERE journal_id IN (20, 21)"  # noqa: S608
        )
    (order,) = menshen("coverage", "d1", "--json").json
    assert order["totals_ms"]["seen_open"] == whole["seen_open"]
    assert 0 < order["totals_ms"]["seen_shut"] <= whole["seen_shut"] - HEARTBEAT
    assert sum(order["totals_ms"].values()) == sum(whole.values())
    answer = menshen("what-if", "--from", "2020-05-01", "--to", "2020-07-01")
    assert answer.code == 0
    if words is not None:
        assert "a row of journal cannot be used" in caplog.text
        assert words in caplog.text
