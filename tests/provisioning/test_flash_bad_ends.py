"""Ctrl-C among several boards, two installers at once, a broker that goes away: what `make day`
does to whole commands (tests/day/bad_ends.py), here at the joints where it is decided."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rich.console import Console

from gateway.provisioning.board_link import BoardError
from gateway.provisioning.broker_config import PASSWORDS
from gateway.provisioning.broker_logins import BrokerLogins
from gateway.provisioning.firmware_bundle import BoardFile
from gateway.provisioning.flash import Registry
from gateway.provisioning.flash_batch import Work
from gateway.provisioning.flash_screen import Labels, flash_next_on_screen, flash_on_screen
from gateway.provisioning.usb_ports import Port, hindrance
from gateway.registry.credentials import Identity
from gateway.store.database import Store
from tests.provisioning.flash_room import SETTINGS, enrolled, registry
from tests.provisioning.flash_site import FlashSite
from tests.virtual_board.virtual_board import VirtualBoard

Plugged = Callable[..., VirtualBoard]
DOORS = ("d1", "d2", "d3")


def test_after_ctrl_c_no_board_is_begun_and_what_came_of_the_first_is_told(
    little: list[BoardFile], store: Store, new_board: Plugged
) -> None:
    """It comes while the first is enrolled; two doors still wait for a board."""
    board, real = new_board(), registry(store)

    def enrol(identity: Identity) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        real.enrol(identity)

    port, enough = Port(board.port, "a board", "aa:0110", "303a:1001"), threading.Event()
    other = Port("/dev/ttyACM9", "a board", "aa:0111", "303a:1001")
    work = Work(
        little,
        SETTINGS,
        lambda _: Registry(real.is_enrolled, enrol),
        heard=lambda _: None,
        ports=lambda: [port, other] if enough.is_set() else [port],
        enough=enough,
    )
    console = Console(record=True, width=200)
    before = signal.getsignal(signal.SIGINT)
    (outcome,) = flash_next_on_screen(work, DOORS, Labels(doors={"d2": "3栋202"}), console)
    told = console.export_text()
    assert signal.getsignal(signal.SIGINT) is before
    assert outcome.flashed is not None
    assert list(enrolled(store)) == [outcome.flashed.seal_id]
    assert "Board 0110: FLASHED. Seal" in told
    assert "NOT HEARD: it was not waited for" in told
    left = "2 of 3 doors have no seal yet: d2 (3栋202), d3. To go on with them: --door d2 --door d3"
    assert left in told


def test_a_board_that_ctrl_c_broke_off_is_nobody_and_those_behind_it_are_not_begun(
    little: list[BoardFile], store: Store, tmp_path: Path
) -> None:
    enough, asked = threading.Event(), list[str | None]()

    def begin(door: str | None) -> Registry:
        asked.append(door)
        enough.set()
        return registry(store)

    work = Work(little, SETTINGS, begin, enough=enough)
    console = Console(record=True, width=250)
    for number in range(2):
        pairs = [(Port(str(tmp_path / f"ttyACM{number}"), ""), f"d{number}")]
        (outcome,) = flash_on_screen(work, pairs, Labels(), console)
        assert outcome.flashed is None
    told = console.export_text()
    assert "Board ttyACM0 for door d0: NOT FLASHED. It was broken off: the board is nobody" in told
    assert "Board ttyACM1 for door d1: NOT FLASHED. It was not begun." in told
    assert asked == ["d0"]
    assert enrolled(store) == {}


@pytest.mark.usefixtures("store")
def test_two_who_make_spare_logins_at_once_lose_none(flash_site: FlashSite) -> None:
    """Each writes the broker's logins whole; what the first made is in what the second wrote."""
    gate = threading.Barrier(2)

    def prepare(_: int) -> None:
        logins = BrokerLogins(
            flash_site.folder / "broker",
            flash_site.folder / "menshen.db",
            flash_site.folder / "broker.pid",
            lambda *_: None,
        )
        gate.wait()
        logins.prepare(80, 1)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(prepare, range(2)))
    logins = BrokerLogins(
        flash_site.folder / "broker", flash_site.folder / "menshen.db", None, lambda *_: None
    )
    let_in = (flash_site.folder / "broker" / PASSWORDS).read_text()
    spares = logins.spares.all()
    assert len(spares) >= 80
    assert [spare.user for spare in spares if f"{spare.user}:" not in let_in] == []


def test_a_broker_that_lets_nobody_in_any_more_costs_no_login(flash_site: FlashSite) -> None:
    answers: list[str | None] = [None, "Connection refused: does the broker run?"]
    logins = BrokerLogins(
        flash_site.folder / "broker",
        flash_site.folder / "menshen.db",
        flash_site.folder / "broker.pid",
        lambda *_: answers.pop(0),
    )
    logins.prepare(1, 1)
    free = logins.spares.free()
    with pytest.raises(
        BoardError, match=r"\(Connection refused: .* run\?\)\. The board has no key"
    ):
        logins.identity(2)
    assert logins.spares.free() == free


def test_who_holds_a_port_is_called_as_its_user_calls_it(tmp_path: Path) -> None:
    device, processes = tmp_path / "ttyACM0", tmp_path / "proc"
    device.touch()
    for number, line in (("7", "python\0-m\0mpremote"), ("8", "minicom\0")):
        handles = processes / number / "fd"
        handles.mkdir(parents=True)
        (handles / "3").symlink_to(device)
        (processes / number / "cmdline").write_text(line)
        (processes / number / "comm").write_text(line.partition("\0")[0])
    assert hindrance(str(device), processes) == (
        "another menshen (process 7) and minicom (process 8) hold it: end that and try again"
    )


def test_what_is_wrong_with_a_list_of_doors_is_said_at_once(flash_site: FlashSite) -> None:
    listed = flash_site.folder / "doors.txt"
    for text, sentence in (
        (b"d1\nd7 # the corner\n\nd8\n", "there is no door d7, d8; `menshen doors` lists them"),
        (b"d1\nd2\nd1\n", "door d1 is named twice"),
        (b"\xff\xfe\x00", "cannot be read as a list of doors"),
        (b"# nobody\n", "--next wants doors"),
    ):
        listed.write_bytes(text)
        code, said = flash_site.flash("--next", "--doors", listed)
        assert (code in (1, 2), sentence in said) == (True, True), said
    code, said = flash_site.flash("--next", "--doors", flash_site.folder / "nothing.txt")
    assert (code, "cannot be read as a list of doors" in said) == (2, True)
