"""The board of the ESP32 over a played chip, and main.py as it starts after power-on."""

import json
import signal
import subprocess
from pathlib import Path

import workbench
from broker_site import Site
from listening_gateway import Receiver
from workbench import Desk

CHIP = Path(__file__).resolve().parent / "chip"


def with_chip(desk: Desk) -> Desk:
    workbench.compile_into(desk.folder, [*CHIP.glob("*.py")], CHIP)
    firmware = [workbench.FIRMWARE / "board.py", workbench.FIRMWARE / "main.py"]
    workbench.compile_into(desk.folder, firmware, workbench.FIRMWARE)
    return desk


def said(process: "subprocess.Popen[str]") -> str:
    text, _ = process.communicate(timeout=workbench.PATIENCE_S)
    return text


def test_the_board_reads_latches_arms_and_keeps(desk: Desk) -> None:
    assert said(with_chip(desk).run("import board_alone; board_alone.main()")) == "well\n"


def test_the_board_does_so_with_an_esp32_s_words(desk_i386: Desk) -> None:
    assert said(with_chip(desk_i386).run("import board_alone; board_alone.main()")) == "well\n"


def start_main(desk: Desk, settings: str | None) -> "subprocess.Popen[str]":
    return with_chip(desk).run(f"import desk_main; desk_main.main('flash.img', {settings!r})")


def test_main_makes_a_seal_of_the_board(desk: Desk, site: Site, receiver: Receiver) -> None:
    process = start_main(desk, json.dumps(workbench.seal_settings(site.port)))
    receiver.wait_for(bool)
    process.send_signal(signal.SIGINT)  # somebody at the cable
    text = said(process)
    assert "released" in text
    assert "KeyboardInterrupt" in text


def test_main_leaves_a_board_without_settings_to_whoever_is_at_its_cable(desk: Desk) -> None:
    text = said(start_main(desk, None))
    assert text == "seal: /flash/seal.json: cannot be read ([Errno 2] ENOENT); flash this seal\n"


def test_main_says_what_is_wrong_with_the_settings(desk: Desk, site: Site) -> None:
    text = said(start_main(desk, json.dumps(workbench.seal_settings(site.port, beat_s=0))))
    assert text == "seal: beat_s: 0 is not allowed; allowed is a whole number from 1 to 86400\n"
