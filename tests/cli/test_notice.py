"""`menshen notice`: the sheets that open households' pages, and what becomes of the older ones."""

import os
import stat
import time

from gateway.registry import resident_codes
from gateway.store.resident_tables import notices
from gateway.store.resident_tables import resident_codes as codes

HOUR_MS = 3_600_000


def kept(store):
    with store.reading() as connection:
        rows = connection.execute(codes.select()).all()
        return {row.household_id: (row.code_hash, row.order_id, row.notice) for row in rows}


def test_sheets_are_printed_once_and_anew_for_a_door_that_is_named(menshen, folder, under_order):
    answer = menshen("notice")
    assert answer.code == 0
    assert answer.out.startswith("2 sheets to print: ")
    assert "To print: menshen notice --out sheets.pdf\n" in answer.out
    assert kept(under_order) == {}, "nothing is made until it is printed"
    answer = menshen("notice", "--out", "sheets.pdf")
    assert (answer.code, "sheets.pdf: 2 sheets, in this order: " in answer.out) == (0, True)
    first = kept(under_order)
    assert {order_id for _, order_id, _ in first.values()} == {"o-d1", "o-d8"}
    assert (folder / "sheets.pdf").read_bytes().startswith(b"%PDF-")
    assert stat.S_IMODE((folder / "sheets.pdf").stat().st_mode) == 0o600
    assert "has its sheet" in menshen("notice").out
    assert "Their codes of now are dead then." in menshen("notice", "d8").out
    assert menshen("notice", "d8", "--out", "again.pdf").code == 0
    second = kept(under_order)
    assert second["d1"] == first["d1"]
    assert second["d8"][0] != first["d8"][0]
    with under_order.reading() as connection:
        versions = [row.version for row in connection.execute(notices.select())]
    assert versions == [second["d8"][2]], "the text that was printed is kept"


def test_a_door_without_an_order_has_no_page(menshen, under_order):
    for wrong in ("d9", "nowhere"):
        answer = menshen("notice", wrong, "--out", "x.pdf")
        assert answer.code != 0
        assert "no order runs" in answer.err


def test_a_further_language_needs_a_catalogue_and_nothing_else(menshen, folder, under_order):
    answer = menshen("notice", "d1", "--language", "fr", "--out", "fr.pdf")
    assert answer.code != 0
    assert "there is no catalogue of 'fr' in languages/" in answer.err
    assert kept(under_order) == {}, "no code is made for a sheet that cannot be"
    (folder / "languages").mkdir()
    po = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    po += 'msgid "Your code"\nmsgstr "Votre code"\n'
    (folder / "languages" / "fr.po").write_text(po)
    assert (
        menshen("notice", "d1", "--language", "fr", "--language", "zh", "--out", "fr.pdf").code == 0
    )
    pages = (folder / "fr.pdf").read_bytes().count(b"/Type /Page\n")
    assert pages == 2


def test_a_sheet_that_cannot_be_written_leaves_the_one_before_good(menshen, folder, under_order):
    assert menshen("notice", "d1", "--out", "sheets.pdf").code == 0
    before = kept(under_order)
    os.mkfifo(folder / "printer")  # as /dev/stdout is: root would put a file in its place
    for wrong in ("no/such/folder.pdf", "printer", "."):
        answer = menshen("notice", "d1", "--out", wrong)
        assert answer.code == 1
        assert "cannot be written" in answer.err
        assert "every sheet of before holds good" in answer.err
    assert kept(under_order) == before
    assert stat.S_ISFIFO((folder / "printer").stat().st_mode)


def test_a_code_is_of_one_order(under_order):
    now = time.time_ns() // 1_000_000
    with under_order.writing() as connection:
        code = resident_codes.renew(connection, "d1", "v", now)
    with under_order.reading() as connection:
        holder = resident_codes.holder_of(connection, code)
        assert resident_codes.holder_of(connection, resident_codes.new_code()) is None
    assert holder is not None
    assert holder.household_id == "d1"
    assert not holder.is_over(now)
    assert holder.is_over(now + HOUR_MS)
