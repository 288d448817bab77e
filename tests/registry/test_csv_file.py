"""CSV files as people make them: every mistake is told by line, and nothing is half imported."""

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from gateway.registry import columns
from gateway.registry.columns import TABLES
from gateway.registry.import_files import Wish, enrol_files
from gateway.registry.rows import RowResult
from gateway.store import tables

SHANGHAI = ZoneInfo("Asia/Shanghai")

NOW_MS = int(time.time() * 1000)
KEY = "ab" * 32
GRIDS = "grid_id,name\ng1,一网格\n"
DOORS = "door_id,label,grid_id\nd1,3-201,g1\nd2,3-202,g1\n"


def told(result):
    assert not result.written
    return [str(mistake) for mistake in result.mistakes]


def count(store, table):
    with store.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar()


def day(days):
    return f"{datetime.fromtimestamp(NOW_MS / 1000 + days * 86_400, SHANGHAI):%Y-%m-%d}"


def test_files_may_come_in_any_order(enrol, store):
    result = enrol(doors=DOORS, orders=f"door_id,from,to\nd1,{day(0)},{day(9)}\n", grids=GRIDS)
    assert result.written
    assert result.counts["doors", RowResult.ADDED] == 2
    assert count(store, tables.orders) == count(store, tables.pending_events) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_whatever_excel_writes_is_read(enrol, store, encoding, separator, end):
    text = "网格编号,名称\ng1,一网格\n\n,\n".replace(",", separator).replace("\n", end)
    assert enrol(grids=text.encode(encoding)).written
    with store.reading() as connection:
        assert connection.execute(select(tables.grids.c.name)).scalars().all() == ["一网格"]


def test_every_example_can_be_imported_with_a_key_of_its_own(enrol):
    def example(kind):
        today = datetime.fromtimestamp(NOW_MS / 1000, SHANGHAI).date()
        cells = columns.example(kind, today)  # as it is printed, whatever day it is
        cells = [
            KEY if c.name == "key" else cell for c, cell in zip(TABLES[kind], cells, strict=True)
        ]
        return ",".join(c.name for c in TABLES[kind]) + "\n" + ",".join(cells) + "\n"

    result = enrol(**{kind: example(kind) for kind in reversed(TABLES)})
    assert result.mistakes == []
    assert result.written


def test_the_same_files_again_change_nothing(enrol, store):
    files = {"grids": GRIDS, "doors": DOORS, "seals": f"seal_id,key,door_id\n{'a' * 16},{KEY},d1\n"}
    enrol(**files)
    pending_events = count(store, tables.pending_events)
    result = enrol(**files)
    assert {outcome for _, outcome in result.counts} == {RowResult.UNCHANGED}
    assert count(store, tables.pending_events) == pending_events


def test_one_mistake_anywhere_and_nothing_is_imported(enrol, store):
    result = enrol(grids=GRIDS, doors=DOORS + "d3,3-203,g9\n")
    assert told(result) == [
        'doors.csv line 4: grid_id "g9": there is no such grid; enrol the grids first'
    ]
    assert count(store, tables.grids) == count(store, tables.doors) == 0


def test_a_dry_run_tells_everything_and_writes_nothing(enrol, store):
    result = enrol(grids=GRIDS, doors=DOORS, dry_run=True)
    assert not result.written
    assert result.mistakes == []
    assert result.counts["doors", RowResult.ADDED] == 2
    assert count(store, tables.grids) == 0


CELLS = {
    "grids": [
        (",一", 'grid_id "": is empty, and needed'),
        ("a b,一", 'grid_id "a b": allowed are 1 to 64 of A-Z a-z 0-9 . _ -'),
        ("g1", 'name "": is empty, and needed'),
        ("g1,一,二", "has more cells than the header; does a text with a comma lack its quotes?"),
        (f"g1,{'长' * 201}", "allowed is one line of up to 200 characters"),
        ('g1,"一\n二"', 'name "一⏎二": allowed is one line'),
    ],
    "doors": [
        (
            "3月12日,x,g1",
            'door_id "3月12日": a spreadsheet has changed it; format',
        ),
        ("d1,12-Mar,g1", 'label "12-Mar": a spreadsheet has changed it'),
        ("d1,#NAME?,g1", 'label "#NAME?": a spreadsheet has changed it'),
    ],
    "wardens": [
        ("w,王,g1,fr,", 'language "fr": allowed are zh and en'),
        ("w,王,g1,,telegram", 'channels "telegram": allowed are inbox, push, webhook:https://…'),
        ("w,王,g1,,webhook:ftp://x", "allowed are inbox, push, webhook:https://…"),
        ("w,王,g1,," + " ".join(f"apprise:a://{n}" for n in range(9)), "allowed are up to 8"),
    ],
    "seals": [
        (f"1.23457E+15,{KEY},,", 'seal_id "1.23457E+15": a spreadsheet has changed it'),
        (f"001122,{KEY},,", 'seal_id "001122": allowed are 16 hexadecimal digits, as on the label'),
        ("00112233445566aa,abcd,,", 'key "…": allowed are 64 hexadecimal digits'),
        (f"00112233445566aa,{KEY},,hunter2", 'broker_password "…": allowed are 22 or more random'),
    ],
    "orders": [
        ("d1,yesterday,2099-01-01,", 'from "yesterday": allowed are 2026-03-01, 2026-03-01 08:00'),
        ("d1,2026-02-30,2099-01-01,", 'from "2026-02-30": there is no such day or time'),
        ("d1,2026-02-20 25:00,2099-01-01,", "there is no such day or time"),
        ("d1,2026-02-20 08:00+99:00,2099-01-01,", "there is no such offset from UTC"),
        ("d1,1926-02-20,2099-01-01,", "allowed are 2026-03-01"),
    ],
    "permits": [
        ("d1,2026-03-01,2099-01-01,a,b,0,,", 'openings "0": allowed are 1 to 100 openings'),
        ("d1,2026-03-01,2099-01-01,a,b,,1.5,", 'longest_min "1.5": allowed are 1 to 1440 minutes'),
        ("d1,2026-03-01,2099-01-01,,b,,,", 'who "": is empty, and needed'),
    ],
}


@pytest.mark.parametrize(
    ("kind", "row", "words"), [(kind, *case) for kind, cases in CELLS.items() for case in cases]
)
def test_a_wrong_cell_is_told_by_line_column_value_and_what_is_allowed(enrol, kind, row, words):
    header = ",".join(column.name for column in TABLES[kind])
    (sentence,) = told(enrol(**{kind: f"{header}\n{row}\n"}))
    assert sentence.startswith(f"{kind}.csv line 2: ")
    assert words in sentence
    assert "\n" not in sentence
    assert "hunter2" not in sentence


FILES = {
    "empty": (b"\n\n", "is empty; `menshen enrol --example doors` shows what it may hold"),
    "workbook": (b"PK\x03\x04....", "is a workbook; save it as CSV and enrol that"),
    "binary": (b"grid_id,name\n\xff\xff\xff", "is neither UTF-8 nor GB18030 text"),
    "quotes": (b'grid_id,name\ng1,"x\n', "line 2: the quotes are not in order"),
    "other": (b"a,b\n1,2\n", "its header fits no table; there are grids, wardens, doors"),
    "near": (
        b"door_id,grid_id\n1,2\n",
        "as doors it lacks label (`menshen enrol",
    ),
}


@pytest.mark.parametrize(("content", "words"), FILES.values(), ids=FILES)
def test_a_file_that_is_no_table_is_told(enrol, content, words):
    (sentence,) = told(enrol(grids=GRIDS, other=content))
    assert sentence.startswith("other.csv")
    assert words in sentence


def test_a_missing_file_is_told(store, tmp_path):
    result = enrol_files(store, [tmp_path / "nope.csv"], Wish(NOW_MS, SHANGHAI))
    assert told(result) == ["nope.csv: cannot be read: No such file or directory"]


def test_the_header_may_be_overruled(enrol):
    (sentence,) = told(enrol(grids=GRIDS, kind="doors"))
    assert sentence == "grids.csv: its header lacks door_id, label, which doors need"


def test_a_strange_or_repeated_column_is_told(enrol):
    sentences = told(enrol(doors="door_id,labell,label,grid_id,label\nd1,x,y,g1,z\n", grids=GRIDS))
    assert sentences[:2] == [
        'doors.csv line 1: labell "labell": is no column of doors; did you mean label?',
        'doors.csv line 1: label "label": stands twice in the header',
    ]


def test_an_id_stands_once_in_a_file_and_a_door_carries_one_seal(enrol):
    seals = f"seal_id,key,door_id\n{'a' * 16},{KEY},d1\n{'b' * 16},{KEY},d1\n{'A' * 16},{KEY},\n"
    orders = f"door_id,from,to\nd1,{day(1)},{day(2)}\nd1,{day(1)},{day(2)}\n"
    sentences = told(enrol(grids=GRIDS + "g1,二\n", doors=DOORS, seals=seals, orders=orders))
    assert 'grids.csv line 3: grid_id "g1": stands in line 2 already' in sentences
    assert 'seals.csv line 3: door_id "d1": stands in line 2 already' in sentences
    assert f'seals.csv line 4: seal_id "{"A" * 16}": stands in line 2 already' in sentences
    assert "orders.csv line 3: stands in line 2 already" in sentences


def test_what_only_lacks_a_mistaken_row_is_not_told_twice(enrol):
    orders = f"door_id,from,to\nd1,{day(1)},{day(2)}\n"
    sentences = told(enrol(grids=GRIDS, doors="door_id,label,grid_id\nd1,,g1\n", orders=orders))
    assert sentences == ['doors.csv line 2: label "": is empty, and needed']


def test_a_seal_takes_a_carried_door_only_when_that_is_said(enrol):
    one, two = (f"seal_id,key,door_id\n{c * 16},{KEY},d1\n" for c in "ab")
    enrol(grids=GRIDS, doors=DOORS, seals=one)
    assert f"carries seal {'a' * 16} already, at 3-201; say --replace" in told(enrol(seals=two))[0]
    assert enrol(seals=two, replace=True).written


def test_ten_thousand_rows_and_their_progress(enrol, store, tmp_path):
    rows = "".join(f"d{n},{n}栋,g1\n" for n in range(10_000))
    seals = "".join(f"{n:016x},{n + 1:064x},d{n}\n" for n in range(10_000))
    (tmp_path / "seals.csv").write_text("seal_id,key,door_id\n" + seals)
    assert enrol(grids=GRIDS, doors="door_id,label,grid_id\n" + rows).written
    heard = []
    result = enrol_files(
        store, [tmp_path / "seals.csv"], Wish(NOW_MS, SHANGHAI), lambda *said: heard.append(said)
    )
    assert result.written
    assert count(store, tables.pending_events) == 10_000
    assert heard[0][0] == "reading seals.csv"
    assert all(0 <= done <= of for _, done, of in heard)
    assert len({what for what, _, _ in heard}) == 3
