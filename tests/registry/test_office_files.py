"""Files as offices really hand them over: titles above the header, Chinese column names, dates in
every form, workbooks. What can be understood is; the rest is named by its cell."""

import io
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from sqlalchemy import select

from gateway.registry import fields
from gateway.registry.columns import TABLES
from gateway.store import schedule_tables, tables
from tests.registry.test_csv_file import (
    GRIDS,
    SHANGHAI,
    told,
)
from tests.registry.test_office_tables import column, notes, workbook

HEADERS = {
    "doors": "门号*,门牌（必填）,所属网格,楼栋,单元",
    "wardens": "工号,姓 名,网格,电话通道",
    "orders": "门号,隔离开始,隔离结束",
    "permits": "门号,起,止,报备人,事由",
    "seals": "封条号,密钥,门号,批号",
    "grids": "网格号,网格名称",
    "shifts": "网格,岗位,网格员,星期,上班,下班",
    "overrides": "网格员,起,止,代班",
}


@pytest.mark.parametrize("kind", HEADERS)
def test_e4_headers_in_the_offices_own_words(enrol, kind):
    result = enrol(**{kind: f"{HEADERS[kind]}\n"}, grids2=GRIDS)
    assert result.mistakes == []
    assert notes(result) == [f"{kind}.csv: has the header of {kind} and no row under it"]


def test_e4_every_column_has_a_chinese_name_that_is_read():
    for kind, columns in TABLES.items():
        for one in columns:
            assert not one.chinese.isascii(), (kind, one.name)


@pytest.mark.parametrize("separator", [",", ";", "\t", "，", "；", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
def test_e4_a_title_a_line_of_excels_and_a_running_number(enrol, store, separator, encoding):
    text = "梁溪区隔离门牌一览\n\n序号,门号,门牌,网格,备注\n1,d1,3栋201,g1,新\n2,d2,3栋202,g1,\n"
    text += "序号,门号,门牌,网格,备注\n3,d3,3栋203,g1,\n"  # the header again, on the next page
    text = text.replace(",", separator)
    if separator == ";":
        text = f"sep=;\n{text}"
    assert enrol(grids=GRIDS, doors=text.encode(encoding)).written
    assert column(store, tables.doors, "door_id") == ["d1", "d2", "d3"]


def test_e4_a_mistake_below_a_title_is_told_by_its_own_line(enrol):
    text = "sep=;\n一览\n门号;门牌;网格\nd1;3栋201;g1\nd 2;3栋202;g1\n"
    (sentence,) = told(enrol(grids=GRIDS, doors=text))
    assert sentence.startswith('doors.csv line 5: door_id "d 2": ')


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026年3月5日", "2026-03-05 00:00"),
        ("2026年3月5日 8:30", "2026-03-05 08:30"),
        ("2026年3月5日8时30分", "2026-03-05 08:30"),
        ("2026年3月5日 下午3点半", "2026-03-05 15:30"),
        ("2026年3月5日 星期四 8：30", "2026-03-05 08:30"),
        ("2026.3.5", "2026-03-05 00:00"),
        ("2026/3/5 8:30:00 PM", "2026-03-05 20:30"),
        ("２０２６／３／５　８：３０", "2026-03-05 08:30"),
        ("2026-03-05 24:00", "2026-03-06 00:00"),
        ("2026-03-05T24:00", "2026-03-06 00:00"),
        ("20260305", "2026-03-05 00:00"),
        ("2026-03-05 00:00", "2026-03-05 00:00"),
    ],
)
def test_e4_dates_as_offices_write_them(text, at):
    moment = datetime.strptime(at, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)
    assert fields.beginning_ms(fields.tidy(text), SHANGHAI) == moment.timestamp() * 1000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("3/5/2026", "allowed are 2026-03-01"),
        ("46086", "is a spreadsheet's number of 2026-03-05"),
        ("46086.5", "is a spreadsheet's number of 2026-03-05"),
        ("2026-03-05 24:01", "no such day or time"),
        ("2026年13月5日", "no such day or time"),
        ("26-3-5", "allowed are 2026-03-01"),
    ],
)
def test_e4_dates_that_are_none_are_named(text, words):
    with pytest.raises(ValueError, match=words):
        fields.end_ms(text, SHANGHAI)


def test_e4_a_days_end_is_2400_in_a_window_too():
    assert fields.windows("22:00-24:00，7点-8点半") == ((1320, 0), (420, 510))
    assert fields.ends_min("24:00") == 1440


def test_e4_a_workbook_is_read_as_the_clerk_sees_it(enrol, store):
    def change(sheet):
        sheet.merge_cells("A1:E1")
        sheet.merge_cells("D3:D4")
        for row in (3, 4, 5):
            sheet.cell(row, 1).number_format = "0000"

    doors = workbook(
        ["梁溪区隔离门牌一览"],
        ["门号", "门牌", "网格", "楼栋", "单元"],
        [12, "3栋201", "g1", 3, 1],
        [13, "3栋202", "g1", None, 1],
        [14, "4栋201", "g1", 4.0, "二单元"],
        change=change,
    )
    orders = workbook(
        ["door_id", "from", "to"],
        ["0012", datetime(2099, 3, 5, 8, 30), date(2099, 3, 15)],  # noqa: DTZ001
    )
    (grids, result) = enrol(grids=GRIDS), enrol(doors=doors, orders=orders)
    assert grids.written
    assert result.mistakes == []
    assert column(store, tables.doors, "door_id") == ["0012", "0013", "0014"]
    assert column(store, tables.doors, "building") == ["3", "3", "4"]
    with store.reading() as connection:
        from_ms, to_ms = connection.execute(
            select(tables.orders.c.from_ms, tables.orders.c.to_ms)
        ).one()
    day_ms = 86_400_000
    assert (to_ms - from_ms) == 11 * day_ms - 8.5 * 3_600_000  # the last day is whole


def test_e4_a_workbooks_mistakes_are_named_by_cell(enrol):
    doors = workbook(
        ["一览"],
        ["门号", "门牌", "网格"],
        ["d1", datetime(1932, 1, 1), "g1"],  # noqa: DTZ001 - what Excel makes of 1-32
        [1_234_567_890_123_456, "3栋202", "g1"],
    )
    result = enrol(grids=GRIDS, doors=doors)
    assert [(wrong.cell, wrong.line, wrong.column) for wrong in result.mistakes] == [
        ("B3", 3, "label"),
        ("A4", 4, "door_id"),
    ]
    assert "it was probably 32-1, or 1-32" in result.mistakes[0].sentence
    assert "a long number" in result.mistakes[1].sentence


def test_e4_each_sheet_of_a_workbook_is_a_table_and_hours_are_read(enrol, store):
    book = openpyxl.Workbook()
    book.active.title = "说明"
    book.active.append(["请勿修改"])
    sheets = {
        "网格": [["网格号", "网格名称"], ["g1", "一网格"]],
        "网格员": [["工号", "姓名", "网格"], ["w1", "王　强", "g1"]],
        "排班": [
            ["网格", "岗位", "网格员", "星期", "上班", "下班"],
            ["g1", "网格员", "w1", "周一至周五", time(8), timedelta(hours=24)],
        ],
    }
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    packed = io.BytesIO()
    book.save(packed)
    result = enrol(site=packed.getvalue())
    assert result.written
    assert column(store, tables.wardens, "name") == ["王 强"]
    assert column(store, schedule_tables.shifts, "from_min") == [480]
    assert column(store, schedule_tables.shifts, "to_min") == [1440]
    assert "nothing is taken from site.csv 说明" in notes(result)[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04....", "is a workbook; save it as CSV and enrol that"),
        (b"\xd0\xcf\x11\xe0....", "of before 2007, or has a password"),
        (
            "网格号,名称\ng1,一网格二网格三网格四网格五网格\n".encode() + b"g2,\xe4\xb8\n",
            "line 3: is UTF-8, but",
        ),
    ],
)
def test_e4_what_cannot_be_read_says_why(enrol, content, words):
    (sentence,) = told(enrol(grids=content))
    assert words in sentence


def test_e4_the_cells_letters_go_on_after_z():
    from gateway.registry.sheet import letters

    assert [letters(place) for place in range(800)] == [
        get_column_letter(place + 1) for place in range(800)
    ]
