"""Tables as offices really hand them over: padded names, damaged codes, titles above the header,
workbooks, old rows among new ones. What can be understood is; the rest is named by its cell."""

import io

import openpyxl
import pytest
from sqlalchemy import func, select

from gateway.core.events import OrderPlaced, SealBound
from gateway.registry import fields
from gateway.registry.columns import TABLES
from gateway.registry.import_files import Wish, enrol_files
from gateway.registry.rows import RowResult
from gateway.store import pending, tables
from tests.registry.test_csv_file import (
    DOORS,
    GRIDS,
    KEY,
    NOW_MS,
    SHANGHAI,
    count,
    day,
    told,
)

A, B, C = "a" * 16, "b" * 16, "c" * 16
WARDENS = "warden_id,name,grid_id,channels\n"


def column(store, table, name):
    with store.reading() as connection:
        return sorted(connection.execute(select(table.c[name])).scalars(), key=str)


def notes(result):
    assert result.mistakes == []
    return [str(note) for note in result.notes]


def workbook(*rows, title="Sheet", change=lambda sheet: None):
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    change(book.active)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


# E1


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("张　三", "张 三"),
        ("  张\t \xa0三  ", "张 三"),
        ("Aygül\u2009Tursun", "Aygül Tursun"),
        ("e\u0301", "é"),  # composed
        ("𰻝大爷", "𰻝大爷"),  # younger than Python's own tables
        ("\ue863网格", "\ue863网格"),  # of a private set, as old machines write rare names
        ("عر\u200cبی", "عر\u200cبی"),  # a joiner that its script has use for
    ],
)
def test_e1_a_name_holds_what_names_hold(enrol, store, written, kept):
    assert enrol(grids=f"grid_id,name\ng1,{written}\n").written
    assert column(store, tables.grids, "name") == [kept]


def test_e1_what_nobody_sees_is_dropped_and_named_by_code_point_and_place(enrol, store):
    result = enrol(grids="grid_id,name\ng1,一\u200b网格\u200e\ng2,\ufeff二\n")
    assert result.written
    assert column(store, tables.grids, "name") == ["一网格", "二"]
    assert notes(result) == [
        'grids.csv line 2: name "一网格": U+200B at character 2 is dropped: nobody sees it',
        'grids.csv line 2: name "一网格": U+200E at character 5 is dropped: nobody sees it',
        'grids.csv line 3: name "二": U+FEFF at character 1 is dropped: nobody sees it',
    ]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("一\u202e二", "character 2 (U+202E) cannot stand in a text"),
        ("一\x07", "character 2 (U+0007) cannot stand in a text"),
        ("一\ufffd", "character 2 (U+FFFD) is what is left of a lost one"),
        ("锟斤拷", "is what is left of a lost one"),
        ('"一\n二"', "character 2 (U+000A) begins another"),
        ("Z" + "\u0335" * 20, "cannot stand in a text"),
        ("长" * 61, "too wide: 120 columns at most"),
    ],
)
def test_e1_what_would_show_something_else_is_refused_by_code_point_and_place(
    enrol, written, words
):
    (sentence,) = told(enrol(grids=f"grid_id,name\ng1,{written}\n"))
    assert sentence.startswith("grids.csv line 2: name ")
    assert words in sentence


# E2


@pytest.mark.parametrize(
    ("cell", "was"),
    [
        ("Jan-32", "1-32"),
        ("Mar-12", "3-12"),
        ("12-Mar", "12-3, or 3-12"),
        ("3月12日", "3-12"),
        ("2003/12/1", "3-12, or 12-3"),
        ("2003-12-02 00:00:00", "3-12-2"),
        ("2012年3月", "3-12, or 12-3"),
        ("1.23E+15", "a long number"),
        ("201.0", "201"),
        ("3:12:00", "3:12"),
        ("#REF!", ""),
        ("#N/A", ""),
        ("=A1&B1", ""),
        ("#####", ""),
    ],
)
@pytest.mark.parametrize("where", ["door_id", "label", "building", "stair", "point"])
def test_e2_what_a_spreadsheet_made_of_a_code_is_noticed_with_what_it_was(enrol, cell, was, where):
    cells = {
        "door_id": "d1",
        "label": "x",
        "grid_id": "g1",
        "building": "3",
        "stair": "",
        where: cell,
    }
    doors = f"{','.join(cells)}\n{','.join(cells.values())}\n"
    (sentence,) = told(enrol(grids=GRIDS, doors=doors))
    assert sentence.startswith(f'doors.csv line 2: {where} "{cell}": a spreadsheet has changed it')
    assert sentence.endswith(f"(it was probably {was})" if was else "type it again")


def test_e2_signs_that_only_mark_a_text_are_taken_off(enrol, store):
    assert enrol(
        grids=GRIDS, doors='door_id,label,grid_id\n\'0012,a,g1\n"=""0013""",b,g1\n'
    ).written
    assert column(store, tables.doors, "door_id") == ["0012", "0013"]


def test_e2_lost_zeros_are_guessed_from_what_is_enrolled(enrol):
    assert enrol(grids=GRIDS, doors="door_id,label,grid_id\n0012,a,g1\n").written
    (sentence,) = told(enrol(orders=f"door_id,from,to\n12,{day(1)},{day(2)}\n"))
    assert "there is no such door" in sentence
    assert "0012" in sentence
    (sentence,) = told(enrol(seals=f"seal_id,key\n12233445566778,{KEY}\n"))
    assert "a spreadsheet has perhaps dropped its zeros, 0012233445566778" in sentence


# E3


@pytest.mark.parametrize(
    "nothing", ["－", "—", "/", "N/A", "-", "无", "空", "null", "None", "——", "／"]
)
def test_e3_there_is_one_notion_of_an_empty_cell(enrol, store, nothing):
    n = nothing
    result = enrol(
        grids=GRIDS,
        doors=f"door_id,label,grid_id,class,building,stair,point\nd1,x,g1,{n},{n},{n},{n}\n",
        wardens=f"warden_id,name,grid_id,language,channels,role\nw,王,g1,{n},{n},{n}\n",
        seals=f"seal_id,key,door_id,broker_password,batch,heartbeat_s\n{A},{KEY},{n},{n},{n},{n}\n",
        orders=f"door_id,from,to,order_id,openings_a_day,longest_min,quiet\n"
        f"d1,{day(1)},{day(2)},{n},{n},{n},{n}\n",
        permits="door_id,from,to,who,why,openings,longest_min,permit_id,daily,days\n"
        f"d1,{day(1)},{day(2)},李,送餐,{n},{n},{n},{n},{n}\n",
    )
    assert result.mistakes == []
    for name in ("building", "stair", "point"):
        assert column(store, tables.doors, name) == [None]
    assert column(store, tables.seals, "door_id") == [None]
    (sentence,) = told(enrol(grids=f"grid_id,name\ng2,{n}\n"))
    assert sentence == f'grids.csv line 2: name "{n}": is empty, and needed'


# A4


@pytest.mark.parametrize("separator", [",", ";", "；", "、", "，", " ", ", ", "\n", "　"])
def test_a4_separators_between_channels_are_understood(separator):
    text = separator.join(("apprise:ntfys://host/topic", "inbox", "webhook:https://h.example/x"))
    assert fields.channels(text) == (
        "apprise:ntfys://host/topic",
        "inbox",
        "webhook:https://h.example/x",
    )


def test_a4_a_comma_inside_an_address_is_its_own():
    mail = "apprise:mailtos://u:p@host.example?to=a@b.example,c@d.example"
    assert fields.channels(mail) == (mail,)
    assert fields.channels(f"{mail},inbox") == (mail, "inbox")


@pytest.mark.parametrize("text", ["inbox,webhok:https://h/x", "inbox；sms", "inbox,ntfy://h/t"])
def test_a4_every_part_is_checked(text):
    with pytest.raises(ValueError, match="is none of them"):
        fields.channels(text)


# E5


def hung(store):
    with store.reading() as connection:
        rows = connection.execute(select(tables.seals.c.seal_id, tables.seals.c.door_id))
        return {seal_id: door_id for seal_id, door_id in rows}


def seals(**doors):
    return "seal_id,key,door_id\n" + "".join(f"{s * 16},{KEY},{d}\n" for s, d in doors.items())


@pytest.mark.parametrize("replace", [False, True])
def test_e5_seals_change_places_in_one_step(enrol, store, replace):
    doors = DOORS + "d3,3-203,g1\n"
    assert enrol(grids=GRIDS, doors=doors, seals=seals(a="d1", b="d2", c="d3")).written
    before = count(store, tables.pending_events)
    assert enrol(seals=seals(a="d2", b="d1"), replace=replace).written
    assert hung(store) == {A: "d2", B: "d1", C: "d3"}
    with store.reading() as connection:
        events = [(its[1].id, its[2]) for its in pending.pending_events(connection, 0)][before:]
    assert events == [
        ("d2", SealBound(A, must_certify=True)),
        ("d1", SealBound(B, must_certify=True)),
    ]
    assert enrol(seals=seals(a="d3", b="d2", c="d1"), replace=replace).written  # all three
    assert hung(store) == {A: "d3", B: "d2", C: "d1"}
    assert enrol(seals=seals(a="d3", b="d2", c="d1"), replace=replace).counts == {
        ("seals", RowResult.UNCHANGED): 3
    }


def test_e5_a_seal_moves_to_a_free_door_only_when_that_is_said(enrol, store):
    enrol(grids=GRIDS, doors=DOORS, seals=seals(a="d1"))
    assert "say --replace if this one hangs here now" in told(enrol(seals=seals(a="d2")))[0]
    assert enrol(seals=seals(a="d2"), replace=True).written
    assert hung(store) == {A: "d2"}


# E7


@pytest.mark.parametrize("key", ["00" * 32, "ff" * 32])
def test_e7_a_sample_never_works(enrol, key):
    header, cells = zip(*((c.name, c.sample) for c in TABLES["seals"]), strict=True)
    cells = [key if name == "key" else cell for name, cell in zip(header, cells, strict=True)]
    text = f"{','.join(header)}\n{','.join(cells)}\n"
    (sentence,) = told(enrol(grids=GRIDS, doors="door_id,label,grid_id\nd0001,x,g1\n", seals=text))
    assert "this is a sample, and no key" in sentence
    assert key not in sentence


# E9


def test_e9_only_the_root_is_told(enrol):
    result = enrol(
        grids=GRIDS,
        doors="door_id,label,grid_id\nd1,x,g1\nd2,y,g9\nd3,z,g9\nd4,v,g9\n",
        seals=seals(a="d1", b="d2"),
        orders=f"door_id,from,to\nd2,{day(1)},{day(2)}\nd3,{day(1)},{day(2)}\n",
    )
    assert told(result) == [
        'doors.csv line 3: grid_id "g9": there is no such grid; enrol the grids first '
        "(and in 2 more lines)"
    ]


def test_e9_a_row_that_is_shifted_is_one_mistake(enrol):
    text = "warden_id,name,grid_id,language\nw1,王,强,g1,zh\n"
    (sentence,) = told(enrol(grids=GRIDS, wardens=text))
    assert "has more cells than the header" in sentence


def test_e9_who_covers_for_whom_is_a_root_too(enrol):
    overrides = f"warden_id,from,to,by\nw1,{day(1)},{day(2)},w2\n"
    wardens = "warden_id,name,grid_id\nw1,王,g1\nw2,,g1\n"
    assert told(enrol(grids=GRIDS, wardens=wardens, overrides=overrides)) == [
        'wardens.csv line 3: name "": is empty, and needed'
    ]


def test_e9_a_header_without_rows_says_so(enrol):
    (sentence,) = told(enrol(doors="door_id,label,grid_id\n"))
    assert sentence == "doors.csv: has the header of doors and no row under it"
    result = enrol(doors="door_id,label,grid_id\n", grids=GRIDS)
    assert result.written
    assert notes(result) == [sentence]


def test_e9_two_doors_with_one_label_are_warned_of(enrol):
    assert enrol(grids=GRIDS, doors=DOORS).written
    result = enrol(doors="door_id,label,grid_id\nd8,3-201,g1\nd9,9-999,g1\n")
    assert result.written
    assert notes(result) == ['doors.csv line 2: label "3-201": so door d1 is called too']


def test_e9_a_merged_cell_that_became_empty_is_guessed(enrol):
    (sentence,) = told(enrol(grids=GRIDS, doors="door_id,label,grid_id\nd1,x,g1\nd2,y,\n"))
    assert sentence.endswith("is empty, and needed; of merged cells only the first keeps its text")


# E10


def test_e10_what_is_over_is_passed_over_and_the_rest_goes_in(enrol, store):
    enrol(grids=GRIDS, doors=DOORS, wardens=f"{WARDENS}w1,王,g1,inbox\nw2,李,g1,inbox\n")
    old, new = f"d1,{day(-9)},{day(-2)}", f"d1,{day(1)},{day(2)}\nd2,{day(1)},{day(2)}"
    result = enrol(
        orders=f"door_id,from,to\n{old}\n{new}\n",
        permits=f"door_id,from,to,who,why\n{old},李,送餐\nd2,{day(1)},{day(2)},李,送餐\n",
        overrides=f"warden_id,from,to,by\nw1,{day(-9)},{day(-8)},w2\nw1,{day(1)},{day(2)},w2\n",
    )
    assert result.written
    assert [count(store, table) for table in (tables.orders, tables.permits)] == [2, 1]
    assert result.counts["orders", RowResult.SKIPPED] == 1
    assert result.counts["orders", RowResult.ADDED] == 2
    assert [note.split(":")[0] for note in notes(result)] == [
        "orders.csv line 2",
        "overrides.csv line 2",
        "permits.csv line 2",
    ]
    assert all("passed over: " in note and " in the past" in note for note in notes(result))


def test_e10_a_file_of_nothing_but_the_past_has_a_wrong_year(enrol):
    enrol(grids=GRIDS, doors=DOORS)
    orders = f"door_id,from,to\nd1,{day(-9)},{day(-2)}\nd2,{day(-9)},{day(-2)}\n"
    (sentence,) = told(enrol(orders=orders))
    assert "lies in the past; is the year right? (and in 1 more line)" in sentence


def test_e10_a_release_that_is_entered_late_is_taken_as_it_is_said(enrol, store):
    enrol(grids=GRIDS, doors=DOORS, orders=f"door_id,from,to,order_id\nd1,{day(-9)},{day(5)},o1\n")
    released = f"door_id,from,to,order_id\nd1,{day(-9)},{day(-2)},o1\n"
    result = enrol(orders=released)
    assert result.written
    assert result.counts["orders", RowResult.CHANGED] == 1
    with store.reading() as connection:
        placed = [its[2] for its in pending.pending_events(connection, 0)][-1]
        (to_ms,) = connection.execute(select(tables.orders.c.to_ms)).scalars()
    assert isinstance(placed, OrderPlaced)
    assert placed.order.to_ms == to_ms < NOW_MS


def test_a_workbook_and_its_file_of_text_say_the_same(store, tmp_path):
    (tmp_path / "grids.xlsx").write_bytes(workbook(["grid_id", "name"], ["g1", "一网格"]))
    (tmp_path / "grids.csv").write_text(GRIDS)
    for name in ("grids.xlsx", "grids.csv"):
        result = enrol_files(store, [tmp_path / name], Wish(NOW_MS, SHANGHAI))
        assert result.mistakes == []
    assert result.counts == {("grids", RowResult.UNCHANGED): 1}
    with store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(tables.grids)).scalar() == 1


def test_e2_whole_numbers_and_hours_as_programs_write_them():
    assert fields.openings("2.0") == fields.openings("２") == 2
    assert fields.minutes_ms("15.0") == 15 * 60_000
    assert fields.allowance("0.0") == 0
    with pytest.raises(ValueError, match="is a spreadsheet's number of 08:00"):
        fields.begins_min("0.333333333333333")
    for spoiled in ("Jan-05", "1月5日", "5-Jan"):
        with pytest.raises(ValueError, match="a spreadsheet has changed it"):
            fields.days(spoiled)


def test_e9_a_label_in_other_widths_and_spaces_is_the_same_to_a_reader(enrol):
    result = enrol(grids=GRIDS, doors="door_id,label,grid_id\nd1,3栋 201A,g1\nd2,３栋201a,g1\n")
    assert len(notes(result)) == 2
