"""No command writes a false time in silence: a clock that cannot be right writes nothing, and one
in doubt is told with the gateway's own time, before anything else is said."""

from pathlib import Path

import pytest
from sqlalchemy import insert, update

from gateway.cli import command_time
from gateway.cli.output import now_ms, span
from gateway.core.duration import HOUR_MS
from gateway.core.events import ClockTrusted
from gateway.core.model import Doubt
from gateway.core.subject import SITE
from gateway.store import journal, states, tables
from gateway.store.database import Store

PERMIT = ("announce", "d1", "--to", "23:59", "--who", "a", "--why", "b")
WRITING = [
    PERMIT,
    ("enrol", "grids.csv"),
    ("enrol", "--seal", "new"),
    ("end", "door", "d2"),
    ("account", "add", "li", "--role", "warden"),
    ("flash", "--no-tls", "--broker", "pi.local", "--port", "no-such-port"),
]
TOLD = "menshen: the time is in doubt. This machine says"


@pytest.fixture
def tables_there(folder: Path) -> None:
    (folder / "grids.csv").write_text("grid_id,name\ng9,九\n")


def doubt(store: Store, behind_ms: int, ahead_ms: int = 0) -> None:
    """The gateway has written that its clock is worth so much."""
    row = {"name": states.CLOCK, "state": states.encode(Doubt(behind_ms, ahead_ms))}
    with store.writing() as connection:
        connection.execute(insert(tables.states), row)


def stored(store: Store) -> list[object]:
    """All that a command could have changed."""
    those = tables.permits, tables.grids, tables.seals, tables.doors, tables.pending_events
    with store.reading() as connection:
        return [row for table in those for row in connection.execute(table.select()).all()]


@pytest.mark.usefixtures("tables_there")
@pytest.mark.parametrize("words", WRITING, ids=" ".join)
def test_in_doubt_every_command_that_writes_says_so_and_goes_on(menshen, store, words):
    before = stored(store)
    doubt(store, 3 * HOUR_MS)
    answer = menshen(*words)
    assert answer.err.startswith(TOLD)
    assert answer.err.count(TOLD) == 1
    assert f"may be {span(3 * HOUR_MS)} behind" in answer.err
    assert "`menshen clock --trust`" in answer.err
    assert TOLD not in answer.out
    if words[0] not in ("account", "flash"):  # whose board is not there
        assert stored(store) != before


@pytest.mark.usefixtures("tables_there")
@pytest.mark.parametrize("words", WRITING, ids=" ".join)
def test_a_clock_that_cannot_be_right_writes_nothing(menshen, store, words, monkeypatch):
    before = stored(store)
    monkeypatch.setattr(command_time, "now_ms", lambda: 5 * HOUR_MS)
    answer = menshen(*words)
    assert (answer.code, answer.out) == (1, "")
    assert "1970-01-01 13:00" in answer.err
    assert "which is long past, so nothing is written by it" in answer.err
    assert "set it, then `menshen clock --trust`" in answer.err
    assert stored(store) == before


def test_a_machine_that_is_behind_the_gateway_is_told_with_the_gateways_time(menshen, store):
    ahead_ms = now_ms() + 7 * HOUR_MS
    row = journal.row_of(1_000, ahead_ms, SITE, ClockTrusted(1), None)
    with store.writing() as connection:
        connection.execute(insert(tables.journal), row)
    answer = menshen(*PERMIT, "--json")
    assert answer.code == 0
    assert answer.json["door_id"] == "d1"  # scripts read on
    assert answer.err.startswith(TOLD)
    with store.writing() as connection:
        connection.execute(update(tables.journal).values(at_ms=now_ms()))
    assert menshen(*PERMIT).err == ""
