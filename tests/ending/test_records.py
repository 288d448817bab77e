"""The record of destructions: anybody can verify it by the file alone, and no edit passes."""

from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from gateway.ending import records
from gateway.ending.records import Destruction, RecordsError, Said

AT_MS = 1_790_000_000_000
RULE = "link 24 h, all 14 d"


def said(path: Path, order: str, counts: dict[str, int], at_ms: int = AT_MS) -> list[Destruction]:
    return records.append(path, at_ms, [Said(order, RULE, 0, counts)])


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Five orders, destroyed."""
    path = records.place(tmp_path / "menshen.db")
    for n in range(5):
        said(path, f"{n:032x}", {"journal": 7 * n, "cases": 1}, AT_MS + n)
    return path


def test_each_line_hangs_on_the_one_before_and_names_nobody(record: Path) -> None:
    lines = records.read(record)
    assert [line.number for line in lines] == [1, 2, 3, 4, 5]
    assert lines[0].previous == records.FIRST
    assert all(b.previous == a.hash for a, b in pairwise(lines))
    assert records.verify(record) == records.Verified(5, lines[-1].hash)
    assert record.stat().st_mode & 0o077 == 0
    assert records.verify(record, (lines[2].hash,)).count == 5


def edited(lines: list[bytes]) -> dict[str, list[bytes]]:
    """Every way of having been at the file."""
    changed = lines[2].replace(b'"cases":1', b'"cases":0')
    assert changed != lines[2]
    return {
        "changed": [*lines[:2], changed, *lines[3:]],
        "taken out": [*lines[:2], *lines[3:]],
        "another order": [lines[0], lines[2], lines[1], *lines[3:]],
        "put in": [*lines[:3], lines[2], *lines[3:]],
        "no record": [*lines, b"{}\n"],
        "torn": [*lines, b'{"number":6'],
        "empty line": [*lines, b"\n"],
    }


@pytest.mark.parametrize(
    "how", ["changed", "taken out", "another order", "put in", "no record", "torn", "empty line"]
)
def test_no_edit_passes(record: Path, how: str) -> None:
    lines = record.read_bytes().splitlines(keepends=True)
    record.write_bytes(b"".join(edited(lines)[how]))
    with pytest.raises(RecordsError, match="line"):
        records.verify(record)


def test_what_was_cut_off_the_end_shows_by_a_printed_hash(record: Path) -> None:
    last = records.read(record)[-1].hash
    lines = record.read_bytes().splitlines(keepends=True)
    record.write_bytes(b"".join(lines[:-1]))
    assert records.verify(record).count == 4  # it cannot be seen from the file alone
    with pytest.raises(RecordsError, match="taken off the end"):
        records.verify(record, (last,))


def test_a_line_that_a_power_cut_tore_was_never_said_and_is_written_anew(record: Path) -> None:
    whole = record.read_bytes()
    for length in range(1, 40, 7):
        record.write_bytes(whole + b'{"number":6,"at_ms":17900000000000,"ord'[:length])
        said(record, "f" * 32, {})
        assert records.verify(record).count == 6
        record.write_bytes(whole)


def test_an_order_has_one_line_however_often_it_is_said(record: Path) -> None:
    before = record.read_bytes()
    for n in range(5):
        assert said(record, f"{n:032x}", {"journal": 1}) == []
    assert record.read_bytes() == before


def test_nothing_is_added_to_a_record_that_was_edited(record: Path) -> None:
    lines = record.read_bytes().splitlines(keepends=True)
    last = msgspec.json.decode(lines[-1])
    record.write_bytes(b"".join(lines[:-1]) + msgspec.json.encode({**last, "late_ms": 1}) + b"\n")
    with pytest.raises(RecordsError):
        said(record, "f" * 32, {})
