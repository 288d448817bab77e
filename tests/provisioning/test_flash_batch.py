"""Many boards: at once, or one after the other as they are plugged in; and what a bad one stops."""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from gateway.provisioning import label
from gateway.provisioning.board_image import BoardImage
from gateway.provisioning.board_link import BoardLink
from gateway.provisioning.firmware_bundle import BoardFile, bundle
from gateway.provisioning.flash import SealSettings
from gateway.provisioning.flash_batch import Outcome, Work, flash_as_plugged, flash_board
from gateway.provisioning.flash_screen import Labels, flash_next_on_screen, flash_on_screen
from gateway.provisioning.usb_ports import Port
from gateway.store.database import Store
from tests.provisioning.flash_room import SETTINGS, enrolled, registry
from tests.provisioning.flash_site import AIR, PASSWORD, WIFI, FlashSite
from tests.virtual_board.rom import image
from tests.virtual_board.virtual_board import VirtualBoard

Plugged = Callable[..., VirtualBoard]


def silent(_port: Port, _door: str | None, _what: str, _done: int, _of: int) -> None:
    """Nobody watches."""


def usb(board: VirtualBoard, number: str) -> Port:
    return Port(board.port, "a board", number, "303a:1001")


def test_one_bad_board_stops_no_other_and_each_is_told_by_its_number(
    little: list[BoardFile], store: Store, new_board: Plugged, tmp_path: Path
) -> None:
    good, poem, old = new_board(), new_board(), new_board(version="1.22.2")
    BoardLink(poem.port).ask('open("/poem.txt", "w").close()\nanswer(1)')
    work = Work(little, SETTINGS, lambda _: registry(store))
    console = Console(record=True, width=160)
    pairs = [(usb(b, f"aa:{n:02}{n:02}"), None) for n, b in enumerate((good, poem, old), 10)]
    absent = tmp_path / "no-folder"
    absent.touch()
    outcomes = flash_on_screen(work, pairs, Labels(absent), console)
    told = console.export_text()
    assert "no-folder cannot be written (File exists): the seals are good, and their labels" in told
    assert "Board 1010: FLASHED. Seal" in told
    assert "Board 1111: NOT FLASHED. The board holds other files (poem.txt)" in told
    assert "Board 1212: NOT FLASHED. The board has MicroPython 1.22.2" in told
    assert [o.flashed is not None for o in sorted(outcomes, key=lambda o: o.port.key)] == [
        True,
        False,
        False,
    ]
    assert len(enrolled(store)) == 1


class Hub:
    """What is plugged in, as each look finds it; the last look's ports stay."""

    def __init__(self, looks: list[list[Port]]) -> None:
        self._looks = looks

    def ports(self) -> list[Port]:
        return self._looks.pop(0) if len(self._looks) > 1 else self._looks[0]


def test_each_board_that_is_plugged_in_gets_the_next_door(
    little: list[BoardFile], store: Store, new_board: Plugged
) -> None:
    """A board fails and is plugged in again; a seal that wakes under another name is left alone."""
    first, second = new_board(), new_board()
    BoardLink(second.port).ask('open("/poem.txt", "w").close()\nanswer(1)')
    one, two = usb(first, "01"), usb(second, "02")
    modem = Port("/dev/ttyUSB7", "a modem", "77", "12d1:1001")
    doors: list[str | None] = []

    def registry_of(door_id: str | None):  # type: ignore[no-untyped-def]
        doors.append(door_id)
        return registry(store)

    # At the third board, the second was cleaned by hand; and the first has come back as ACM9.
    def clean() -> list[Port]:
        BoardLink(second.port).ask('import os\nos.remove("/poem.txt")\nanswer(1)')
        return []

    outcomes: list[Outcome] = []
    hub = Hub([[modem], [one, modem], [one, two], [two]])
    cleaned = False

    def look() -> list[Port]:
        nonlocal cleaned
        failed = [o for o in outcomes if o.flashed is None]
        if not failed:
            return hub.ports()
        if not cleaned:
            cleaned = True
            return clean()
        return [Port(one.device + "9", "a board", one.serial, one.usb), two]

    waits: list[int] = []
    work = Work(little, SETTINGS, registry_of, ports=look, wait=lambda _: None)
    for outcome in flash_as_plugged(work, ["d1", "d2"], silent, waits.append):
        outcomes.append(outcome)
    flashed = {o.door_id: o.port.key for o in outcomes if o.flashed is not None}
    assert flashed == {"d1": "01", "d2": "02"}
    assert doors == ["d1", "d2", "d2"]
    assert waits[0] == 2
    assert waits[-1] == 0
    assert len(enrolled(store)) == 2


def test_the_installer_is_told_how_many_doors_wait_and_gets_a_sheet(
    little: list[BoardFile], store: Store, new_board: Plugged
) -> None:
    board, console = usb(new_board(), "24:0a:c4:00:01:10"), Console(record=True, width=160)
    hub = Hub([[], [board]])
    work = Work(little, SETTINGS, lambda _: registry(store), ports=hub.ports, wait=lambda _: None)
    labels = Labels(doors={"d1": "3栋201"})
    (outcome,) = flash_next_on_screen(work, ["d1"], labels, console)
    told = console.export_text()
    assert "1 door waits for a board: plug the next one in." in told
    assert outcome.flashed is not None
    assert f"Board 0110: FLASHED. Seal {label.text(outcome.flashed.seal_id)}" in told


def test_a_board_that_comes_back_under_another_name_is_found_by_its_number(
    little: list[BoardFile], store: Store, new_board: Plugged, tmp_path: Path
) -> None:
    """As chips with their own USB do after an image: gone, then ttyACM1 instead of ttyACM0."""
    board = new_board()
    before = Port(str(tmp_path / "gone"), "a board", "24:0a:c4:00:01:10", "303a:1001")
    os.symlink(os.readlink(board.port), before.device)
    after = Port(board.port, "a board", before.serial, before.usb)
    looks = [[], [], [after]]
    writer = tmp_path / "esptool"
    writer.write_text(f"#!/bin/sh\nrm {before.device}\necho Hash of data verified\n")
    writer.chmod(0o755)
    work = Work(
        little,
        SETTINGS,
        lambda _: registry(store),
        image=BoardImage(image("esp32c6", 30_000), "esp32c6", None),
        esptool=[str(writer)],
        ports=lambda: looks.pop(0) if len(looks) > 1 else looks[0],
        wait=lambda _: None,
    )
    outcome = flash_board(work, before, None, silent)
    assert outcome.wrong == ""
    assert list(enrolled(store)) == [outcome.flashed.seal_id if outcome.flashed else ""]


@pytest.fixture
def at_site(flash_site: FlashSite) -> Callable[..., Work]:
    """A function that makes the work of a site, with the real enrolment and nobody's logins."""

    def make(store: Store, **changes: object) -> Work:
        settings = SealSettings(
            "localhost",
            server_name="localhost",
            port=flash_site.port,
            wifi_ssid=WIFI,
            wifi_password=str(changes.pop("password", PASSWORD)),
        )
        files = bundle((flash_site.folder / "broker/ca.der").read_bytes())
        return Work(files, settings, lambda _: registry(store), **changes)  # type: ignore[arg-type]

    return make


def test_flashed_and_heard_are_two_verdicts(
    flash_site: FlashSite,
    at_site: Callable[..., Work],
    new_board: Plugged,
) -> None:
    """The wrong Wi-Fi; a broker that does not know it; and a gateway that never hears it."""
    console = Console(record=True, width=200)
    with closing(Store.open(flash_site.folder / "menshen.db")) as store:
        known = at_site(store, heard=lambda _: None, heard_s=0.0)
        board = new_board(air={WIFI: AIR[WIFI] | {"password": "changed yesterday"}})
        (outcome,) = flash_on_screen(known, [(usb(board, "01"), None)], Labels(), console)
        assert outcome.flashed is not None
        assert not outcome.is_good
    told = console.export_text()
    assert "FLASHED. Seal" in told
    assert "NOT HEARD: the Wi-Fi grid 5 refuses the password. It is a good seal all the" in told
    assert PASSWORD not in told
