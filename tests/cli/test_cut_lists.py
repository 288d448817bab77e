"""Every list of the command line that stops at `--limit` says so, on the screen and to a script."""

import inspect
from contextlib import closing

import pytest
from sqlalchemy import Table, insert

from gateway.accounts import audit
from gateway.accounts.file import AccountsFile
from gateway.cli.app import COMMANDS, body_of
from gateway.core.duration import DAY_MS
from gateway.ending import records
from gateway.store import household_tables, tables

CASE = {"subject_kind": "door", "subject_id": "d1", "door_id": "d1", "grid_id": "g1"}
CASE |= {"reason": "no_permit", "openings": 1, "raised_ms": 1, "since_ms": 1, "moved_ms": 1}
MATTER = {"household_id": "d1", "door_id": "d1", "grid_id": "g1", "order_id": "o1", "moved_ms": 1}
ASKED = MATTER | {"kind": "food", "state": "asked", "said_way": "page", "words": "", "asked_ms": 1}
LISTS = {
    "doors": ("doors",),
    "seals": ("seals",),
    "cases": ("cases",),
    "closed": ("cases", "--closed"),
    "requests": ("requests",),
    "audit": ("audit", "show", "--account", "desk"),
    "anchors": ("audit", "anchors"),
    "destruction": ("destruction", "show"),
}
ELSEWHERE = {"what-if"}  # a comparison, with the count of all: tests/cli/test_what_if.py


@pytest.fixture
def three_of_each(menshen, store, folder):
    """The site of the other stories has two doors and a seal; three of each are here."""
    rows: list[tuple[Table, dict[str, object]]] = []
    for number in (1, 2, 3):
        case = CASE | {"case_id": f"c{number}", "state": "paged"}
        rows += [
            (tables.cases, case),
            (tables.cases, case | {"case_id": f"e{number}", "state": "closed", "closed_ms": 2}),
            (household_tables.requests, ASKED | {"request_id": f"r{number}"}),
        ]
    more = "door_id,label,grid_id\nd3,3-203,g1\n"
    (folder / "doors.csv").write_text(more)
    assert menshen("enrol", "doors.csv").code == 0
    with store.writing() as connection:
        for table, row in rows:
            connection.execute(insert(table), row)
        seals = [
            {"seal_id": f"{number:016x}", "key": bytes(32), "enrolled_ms": 1} for number in (1, 2)
        ]
        connection.execute(insert(tables.seals), seals)
    with closing(AccountsFile(store.path)) as file, file.create().writing() as connection:
        times = [day * DAY_MS for day in range(4)]  # the first of a new day anchors the day before
        audit.add(connection, [audit.Note(at, "desk", "GET /", "", "", 200) for at in times])
    said = [records.Said(f"o{number}", "days", 0, {"orders": 1}) for number in (1, 2, 3)]
    records.append(records.place(store.path), 1, said)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_stops_says_so(menshen, three_of_each, name: str) -> None:
    words = "--limit shows more."
    has = 4 if name == "audit" else 3
    cut = menshen(*LISTS[name], "--limit", 2)
    assert words in cut.out
    whole = menshen(*LISTS[name], "--limit", has)
    assert words not in whole.out
    cut, whole = (menshen(*LISTS[name], "--limit", most, "--json") for most in (2, has))
    assert words in cut.err
    assert isinstance(cut.json, list)  # as ever
    assert words not in whole.err


def test_no_list_is_forgotten() -> None:
    limited = {
        command.name
        for command in COMMANDS
        if "limit" in inspect.signature(body_of(command)).parameters
    }
    assert limited == {words[0] for words in LISTS.values()} | ELSEWHERE
