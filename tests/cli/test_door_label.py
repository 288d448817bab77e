"""`menshen door-label`: what an installer prints, for which doors, and what he reads."""

import re
import stat
import time

from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import NewOrder
from gateway.store.door_codes import DOOR_CODES

HOUR_MS = 3_600_000


def codes(store):
    with store.reading() as connection:
        return {row.door_id: row.code for row in connection.execute(DOOR_CODES.select())}


def test_the_labels_that_wait_are_printed_once_and_again_when_asked_for(
    menshen, folder, under_order
):
    answer = menshen("door-label")
    assert answer.code == 0
    assert answer.out.startswith("2 labels to print: ")
    assert "To print: menshen door-label --out labels.html\n" in answer.out
    assert "menshen door-label d8 --out labels.html\n" in menshen("door-label", "d8").out
    answer = menshen("door-label", "--out", "labels.html")
    assert answer.code == 0
    assert "labels.html: 2 labels, " in answer.out
    sheet = (folder / "labels.html").read_text(encoding="utf-8")
    for code in codes(under_order).values():
        assert f"{code[:3]} {code[3:6]} {code[6:]}" in sheet
        assert f">{code}<" not in sheet
    assert "1栋1单元501" in sheet
    assert "1栋1单元502" not in sheet, "no order, no label"
    assert stat.S_IMODE((folder / "labels.html").stat().st_mode) == 0o600
    answer = menshen("door-label", "--out", "again.html")
    assert answer.out == "All labels are printed: 2 doors. To print them again: --all.\n"
    assert not (folder / "again.html").exists()
    assert "2 labels" in menshen("door-label", "--all", "--out", "again.html").out
    assert (folder / "again.html").read_text(encoding="utf-8") == sheet


def test_one_door_is_printed_for_a_label_printer(menshen, folder, under_order):
    answer = menshen("door-label", "d8", "--out", "labels")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("labels: 1 label, 1栋1单元501.")
    [drawing] = (folder / "labels").iterdir()
    assert drawing.name == "door-d8.svg"
    assert re.search(r'width="88mm" height="44mm"', drawing.read_text(encoding="utf-8"))


def test_what_cannot_be_printed_is_said_in_a_sentence(menshen, folder, under_order):
    answer = menshen("door-label", "d9", "--out", "x.html")
    assert answer.code == 1
    assert "no order runs or is to come on d9" in answer.err
    assert menshen("door-label", "d8", "--all").code == 2
    (folder / "file").touch()
    answer = menshen("door-label", "d8", "--out", "file")
    assert (answer.code, answer.err) == (1, "menshen: file cannot be written: File exists\n")
    assert menshen("door-label").out.startswith("2 labels to print"), "it was not printed"


def test_check_names_the_door_whose_new_order_has_no_label_yet(menshen, store, under_order):
    def said():
        return [line for line in menshen("check").out.splitlines() if line[7:].startswith("labels")]

    assert said() == [], "this site does without labels"
    menshen("door-label", "--out", "labels.html")
    [line] = said()
    assert "of 2 doors under an order, all printed" in line
    now = time.time_ns() // 1_000_000
    with store.writing() as connection:
        enrolment = Enrolment(connection, now, None)
        enrolment.take(NewOrder("d9", now - HOUR_MS, now + HOUR_MS, "new"))
        enrolment.write()
    [line] = said()
    assert "no label was printed for 1栋1单元502, so nobody can prove to be there" in line


def test_without_an_order_there_is_nothing_to_print(menshen, store, settings):
    assert (
        menshen("door-label").out == "No door is under an order, so there is no label to print.\n"
    )
