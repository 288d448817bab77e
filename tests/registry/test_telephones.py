"""The household's telephone: a column that tables may have, as people write it."""

import pytest

from gateway.registry import fields
from gateway.registry.columns import TABLES
from gateway.registry.rows import RowResult
from gateway.store import photos
from tests.registry.test_csv_file import told

GRIDS = "grid_id,name\ng1,Grid One\n"
HEAD = "door_id,label,grid_id"


def rung(store, door_id="d1"):
    with store.reading() as connection:
        return photos.telephone(connection, door_id)


@pytest.mark.parametrize("header", ["telephone", "电话", "联系电话", "手机号", "phone"])
def test_a_table_may_say_how_the_household_is_rung(enrol, store, header):
    doors = f"{HEAD},{header}\nd1,3-201,g1,138 0013 8000\nd2,3-202,g1,\n"
    assert enrol(grids=GRIDS, doors=doors).written
    assert (rung(store), rung(store, "d2")) == ("138 0013 8000", None)


def test_tables_without_the_column_leave_it_and_a_dash_takes_it_back(enrol, store):
    assert enrol(grids=GRIDS, doors=f"{HEAD},telephone\nd1,3-201,g1,13800138000\n").written
    plain = f"{HEAD}\nd1,3-201,g1\n"
    assert enrol(doors=plain).counts["doors", RowResult.UNCHANGED] == 1
    assert rung(store) == "13800138000"
    assert enrol(doors=f"{HEAD},telephone\nd1,3-201,g1,—\n").counts["doors", RowResult.CHANGED] == 1
    assert rung(store) is None


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("13800138000", "13800138000"),
        ("１３８ ００１３ ８０００", "138 0013 8000"),
        ("13800138000.0", "13800138000"),  # as a workbook's number
        ("'0510-82701234", "0510 82701234"),
        ("(0510) 8270 1234", "0510 8270 1234"),
        ("+86 510–8270—1234", "+86 510 8270 1234"),
        ("\u200b138 0013\u00a08000", "138 0013 8000"),
        ("无", ""),
    ],
)
def test_a_number_is_kept_as_it_is_dialled(written, kept):
    assert fields.telephone(written) == kept


@pytest.mark.parametrize(
    "written", ["12", "1" * 16, "ring twice", "138x", "+", "1+2+3", "138 转 5", "13800138000/139"]
)
def test_what_nobody_can_dial_is_told_in_a_sentence(enrol, written):
    (sentence,) = told(enrol(grids=GRIDS, doors=f"{HEAD},telephone\nd1,3-201,g1,{written}\n"))
    assert sentence == (
        f'doors.csv line 2: telephone "{written}": allowed is one number of 3 to 15 digits, '
        "such as 138 0013 8000 or +86 510 8270 0000"
    )


def test_the_sample_of_the_table_is_allowed():
    [column] = [column for column in TABLES["doors"] if column.name == "telephone"]
    assert fields.telephone(column.sample) == column.sample
