"""Labels to a printer: one that is not there is said before a board is touched."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from gateway.provisioning.firmware_bundle import BoardFile
from gateway.provisioning.flash_batch import Work
from gateway.provisioning.flash_screen import Labels, flash_on_screen
from gateway.provisioning.usb_ports import Port
from gateway.store.database import Store
from tests.provisioning.flash_room import SETTINGS, enrolled, registry
from tests.provisioning.flash_site import FlashSite
from tests.virtual_board.virtual_board import VirtualBoard

Plugged = Callable[..., VirtualBoard]


@pytest.fixture
def cups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with one printer, "desk"; what it printed lies in the folder."""
    folder = tmp_path / "cups"
    folder.mkdir()
    scripts = {
        "lpstat": '[ "$2" = desk ] || { echo "lpstat: Invalid destination \\"$2\\"" >&2; exit 1; }',
        "lp": f'[ ! -e {folder}/jam ] || {{ echo "lp: out of paper" >&2; exit 1; }}\n'
        f'cat > {folder}/printed.pdf; echo "$@" > {folder}/arguments',
    }
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return folder


@pytest.mark.usefixtures("cups")
def test_a_printer_that_is_not_there_is_said_before_a_board_is_touched(
    flash_site: FlashSite, new_board: Plugged
) -> None:
    board = new_board()
    words = ("--door", "d1", "--port", board.port, "--printer", "attic")
    code, said = flash_site.flash(*words)
    assert (code, flash_site.seals(), b"raw REPL" in board.console) == (1, {}, False)
    assert "no printer 'attic' (lpstat: Invalid destination \"attic\"); `lpstat -p` lists" in said


def test_a_machine_without_printing_is_told_what_to_do(
    flash_site: FlashSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    code, said = flash_site.flash("--door", "d1", "--port", "/dev/null", "--printer", "desk")
    assert (code, "cannot print, for it has no lpstat" in said) == (1, True)


def test_a_label_comes_out(flash_site: FlashSite, cups: Path) -> None:
    code, said = flash_site.menshen("label", "00112233445566aa", "--printer", "desk")
    assert (code, said) == (0, "The labels went to the printer desk.\n")
    assert (cups / "printed.pdf").read_bytes().startswith(b"%PDF-")
    assert "-o print-scaling=none" in (cups / "arguments").read_text()


def test_a_printer_that_fails_takes_no_seal_back(
    little: list[BoardFile], store: Store, new_board: Plugged, cups: Path
) -> None:
    (cups / "jam").touch()
    console = Console(record=True, width=200)
    work = Work(little, SETTINGS, lambda _: registry(store))
    pairs = [(Port(new_board().port, ""), None)]
    flash_on_screen(work, pairs, Labels(printer="desk"), console)
    (seal_id,) = enrolled(store)
    again = f"the seals are good, and their labels are printed again by `menshen label {seal_id}"
    assert f"out of paper): {again}" in console.export_text()
