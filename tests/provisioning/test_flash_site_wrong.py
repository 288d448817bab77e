"""What is wrong at the site is said before a board is touched, with what there is to do."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.provisioning.certificates import ensure_certificates
from tests.provisioning.flash_site import AIR, FlashSite
from tests.virtual_board.rom import Rom, image
from tests.virtual_board.virtual_board import VirtualBoard

Plugged = Callable[..., VirtualBoard]


def other_site(room: Path) -> Path:
    """The certificates of a site that has nothing to do with this one."""
    ensure_certificates(room / "other", ["localhost"], 1, datetime.now(UTC))
    return room / "other"


WRONG = {
    "a name that the certificate has not": (
        lambda site: ("--broker", "other.example"),
        "the broker's certificate is not for other.example but for pi.local: name one of those",
    ),
    "another site's authority": (
        lambda site: ("--ca", other_site(site.folder) / "ca.der"),
        "which the gateway trusts: a seal with it would never be heard here",
    ),
    "a server's certificate": (
        lambda site: ("--ca", site.folder / "broker/server.crt"),
        "is a server's certificate and no authority's",
    ),
    "a private key": (
        lambda site: ("--ca", site.folder / "broker/ca.key"),
        "holds a private key, which must never leave this machine",
    ),
    "no certificate at all": (
        lambda site: ("--ca", site.folder / "menshen.toml"),
        "is not the authority's certificate: it must be one certificate, in DER or PEM",
    ),
    "no Wi-Fi": (lambda site: ("--wifi", ""), "say with --wifi which Wi-Fi the seals shall join"),
    "a Wi-Fi's name that is too long": (
        lambda site: ("--wifi", "网" * 11),
        "is longer than a Wi-Fi's name can be",
    ),
    "a door twice": (lambda site: ("--door", "d2"), "door d2 is named twice"),
    "a door that is not there": (lambda site: ("--door", "d9"), "there is no door d9"),
    "fewer boards than doors": (
        lambda site: ("--door", "d3"),
        "2 doors are named and 1 boards; plug the others in too, or say --next",
    ),
    "a folder for labels that is a file": (
        lambda site: ("--labels", site.folder / "menshen.toml"),
        "cannot be written, so no label could be printed",
    ),
    "a port that is not there": (lambda site: ("--port", "/dev/ttyNONE"), "There is no /dev/ttyN"),
    "--next with a port": (lambda site: ("--next",), "--next finds the ports itself"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_at_the_site_is_said_before_a_board_is_touched(
    flash_site: FlashSite, new_board: Plugged, case: str
) -> None:
    options, sentence = WRONG[case]
    board = new_board()
    code, said = flash_site.flash("--door", "d2", "--port", board.port, *options(flash_site))
    assert code in (1, 2)
    assert sentence in said
    assert said.count("\n") == 1
    assert (flash_site.seals(), b"raw REPL" in board.console) == ({}, False)
    assert not (flash_site.folder / "broker/spare-logins.json").exists()


@pytest.mark.parametrize("password", ["1234567", "x" * 64])
def test_a_password_that_no_wifi_can_have(flash_site: FlashSite, password: str) -> None:
    words = ("flash", "--broker", "localhost", "--wifi", "w", "--door", "d1")
    code, said = flash_site.menshen(*words, password=password)
    assert (code, "and no Wi-Fi's has: 8 to 63, or none at all" in said) == (2, True)


def test_a_broker_that_is_down_or_another_one(flash_site: FlashSite, new_board: Plugged) -> None:
    board = new_board(air=AIR)
    flash_site.broker.stop()
    code, said = flash_site.flash("--door", "d1", "--port", board.port)
    assert code == 1
    assert "names no process that we may signal" in said or "Connection refused" in said
    flash_site.broker.start()
    flash_site.note_pid()
    code, said = flash_site.flash("--door", "d1", "--port", board.port, "--broker-port", 1)
    assert (code, "nothing listens on that port; does the broker run?" in said) == (1, True)
    assert "No board was touched." in said
    assert (flash_site.seals(), b"raw REPL" in board.console) == ({}, False)
    spares = (flash_site.folder / "broker/spare-logins.json").read_text()
    assert "taken_ms" not in spares, "none is used up by what came to nothing"


IMAGES = {
    "nothing of an image": (b"<html>404 Not Found</html>", (), "is no image for an ESP32"),
    "for another chip": (
        bytes([0xE9, *[0] * 11, 0, 0, *[0] * 400_000]),
        (),
        "is an image for ESP32; a seal's chip is one of ESP32-C3, ESP32-S3, ESP32-C6",
    ),
    "cut short": (image("esp32c6")[:100_000], (), "the download broke off. Fetch it again"),
    "not known": (image("esp32c6"), (), "is no release that is known here (MicroPython 1.28.0)"),
    "not what was stated": (
        image("esp32c6"),
        ("--image-sha256", "0" * 64),
        "is not the file that was stated",
    ),
    "stated in other words": (
        image("esp32c6"),
        ("--image-sha256", "1.28"),
        "takes the 64 hexadecimal digits",
    ),
}


@pytest.mark.parametrize("case", IMAGES)
def test_an_image_is_checked_before_a_board_is_touched(
    flash_site: FlashSite, new_board: Plugged, case: str
) -> None:
    content, options, sentence = IMAGES[case]
    path = flash_site.folder / "firmware.bin"
    path.write_bytes(content)
    board = new_board(rom=Rom("esp32c6"))
    code, said = flash_site.flash(
        *("--door", "d1", "--port", board.port, "--image", path, *options)
    )
    assert (code, sentence in said) == (1, True), said
    if case == "not known":
        assert hashlib.sha256(content).hexdigest() in said, "so that it can be stated"
    assert board.rom is not None
    assert board.rom.written == 0


def test_without_esptool_an_image_is_told_how_to_get_it(
    flash_site: FlashSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    code, said = flash_site.flash("--door", "d1", *flash_site.image("esp32c6"))
    assert (code, "pipx inject menshen" in said) == (1, True)
