"""`menshen decode`: bytes into words, with the database's key, a given key, or none."""

import pytest
from sqlalchemy import update

from gateway.store import tables
from sealwire import ccm, command, envelope, gateway_end, note, receipt, report
from sealwire.report import Report

SEAL, KEY = "00112233445566aa", bytes(range(32))  # as in the fixture `store`
EDGE = Report(report.OPEN, report.EDGE, 5, 12, 3, 1200, 2950, cover=True)
HEARTBEAT = Report(report.SHUT, report.HEARTBEAT, 0, 12, age_ms=None)


def sealed(answer, direction=envelope.UP, epoch=3, counter=17, key=KEY):
    pack = report.pack if direction == envelope.UP else receipt.pack
    cipher = ccm.cipher(key)
    return envelope.seal_up(
        cipher, bytes.fromhex(SEAL), direction, epoch, counter, pack(answer)
    ).hex()


def test_a_report_is_opened_with_the_key_of_the_seal_that_fits(menshen, store):
    answer = menshen("decode", sealed(EDGE), "--json")
    assert answer.code == 0
    assert answer.json == {
        "frame": "report",
        "version": 2,
        "epoch": 3,
        "counter": 17,
        "seal": SEAL,
        "door": "d1",
        "mark": "epoch 0, counter 0; above the mark: would be accepted",
        "says": "an edge",
        "contact": "open",
        "number": 5,
        "edges": 12,
        "bounces": 3,
        "age_ms": 1200,
        "battery_mv": 2950,
        "cover": "open",
        "magnet": "in order",
    }


def test_a_heartbeat_says_what_it_does_not_know(menshen, store):
    out = menshen("decode", sealed(HEARTBEAT)).out
    for words in (
        "a heartbeat is not kept",
        "unknown: the seal restarted since",
        "unknown, or mains",
    ):
        assert words in out


def test_a_receipt_is_opened_too(menshen, store):
    answer = menshen("decode", sealed(receipt.Receipt(5), envelope.DOWN), "--json").json
    assert (answer["frame"], answer["says"], answer["number"]) == ("receipt", "stored", 5)


def test_a_note_is_opened_too(menshen, store):
    plain = note.pack(note.WATCHDOG, (2, 0, 1), 77, note.FELL_BACK, -71, None)
    frame = envelope.seal_up(ccm.cipher(KEY), bytes.fromhex(SEAL), envelope.UP, 3, 17, plain)
    answer = menshen("decode", frame.hex(), "--json").json
    assert (answer["firmware"], answer["reset_cause"]) == ("2.0.1", "watchdog")
    assert (answer["signal_dbm"], answer["ticket"], answer["outcome"]) == (-71, 77, "fell back")


def test_a_command_is_told_and_its_secret_is_not(menshen, store):
    plain = gateway_end.pack_command(command.WIFI, 77, (b"the name", b"the password"))
    numbers = envelope.ORDER, 3, 17
    frame = envelope.seal_up(ccm.cipher(KEY), bytes.fromhex(SEAL), *numbers, plain, salt=bytes(6))
    answer = menshen("decode", frame.hex())
    assert "another Wi-Fi" in answer.out
    assert "the password" not in answer.out


@pytest.mark.parametrize(
    ("mark", "words"), [((3, 17), "refused as replayed"), ((4, 1), "refused as below the mark")]
)
def test_it_says_whether_the_gateway_would_take_it(menshen, store, mark, words):
    with store.writing() as connection:
        connection.execute(update(tables.seals).values(epoch=mark[0], counter=mark[1]))
    assert words in menshen("decode", sealed(EDGE), "--seal", SEAL).out


def test_a_given_key_needs_no_settings(menshen):
    answer = menshen("decode", sealed(EDGE), "--seal", SEAL, "--key", KEY.hex())
    assert answer.code == 0
    assert "open" in answer.out


def test_without_a_key_the_head_is_told_and_why_no_more(menshen):
    answer = menshen("decode", sealed(EDGE))
    assert answer.code == 0
    assert "epoch    3" in answer.out
    assert "/menshen.toml is not there" in answer.out


def test_a_wrong_key_is_told_and_exits_with_1(menshen, store):
    answer = menshen("decode", sealed(EDGE, key=bytes(32)))
    assert (answer.code, "any of the 1 seals enrolled here" in answer.out) == (1, True)
    answer = menshen("decode", sealed(EDGE), "--seal", "ff" * 8)
    assert "no key: seal ffffffffffffffff is not enrolled here" in answer.out


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("zz", 2, "'zz' is not hexadecimal; a report has 54 digits"),
        ("ab" * 4_000, 2, "is not hexadecimal"),
        ("", 1, "truncated: no bytes at all"),
        ("30" * 27, 1, "unknown_version: wire version 3, we speak 2"),
        ("10000001000001", 1, "truncated: 7 bytes where 27 belong"),
        ("10" * 28, 1, "oversized: 28 bytes where 27 belong"),
        ("10" + "00" * 26, 1, "malformed: epoch and counter start at 1"),
    ],
)
def test_what_is_no_frame_is_told_with_its_reason(menshen, text, code, words):
    answer = menshen("decode", text)
    assert answer.code == code
    assert words in answer.err


def test_spaces_colons_and_0x_do_no_harm(menshen, store):
    text = sealed(EDGE)
    spaced = " ".join(text[at : at + 2] for at in range(0, len(text), 2))
    for written in (spaced, spaced.replace(" ", ":"), "0x" + text, text.upper()):
        assert menshen("decode", written, "--json").json["number"] == 5


def test_a_key_without_its_seal_is_told(menshen):
    answer = menshen("decode", sealed(EDGE), "--key", KEY.hex())
    assert (answer.code, "--key needs --seal" in answer.err) == (2, True)
    assert menshen("decode", sealed(EDGE), "--seal", "x", "--key", KEY.hex()).code == 2
