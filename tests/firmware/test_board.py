"""The board of the ESP32 over a fake chip, and main.py as it starts after power-on."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from sealwire.report import HEARTBEAT, UNKNOWN
from tests.firmware import seal_bench
from tests.firmware.broker_site import Site
from tests.firmware.listening_gateway import Receiver
from tests.firmware.seal_bench import Bench

CHIP = Path(__file__).resolve().parent / "chip"


def with_chip(bench: Bench) -> Bench:
    seal_bench.compile_into(bench.folder, [*CHIP.glob("*.py")], CHIP)
    firmware = [seal_bench.FIRMWARE / "board.py", seal_bench.FIRMWARE / "app.py"]
    seal_bench.compile_into(bench.folder, firmware, seal_bench.FIRMWARE)
    return bench


def said(process: "subprocess.Popen[str]") -> str:
    text, _ = process.communicate(timeout=seal_bench.PATIENCE_S)
    return text


# What a chip and a release of MicroPython can wake by: see firmware/board.py.
CHIPS = [
    ("ESP32C6", (1, 25)),
    ("ESP32C6", (1, 27)),
    ("ESP32C6", (1, 29)),
    ("ESP32S3", (1, 25)),
    ("ESP32S3", (1, 29)),
    ("ESP32C3", (1, 27)),
    ("ESP32C3", (1, 29)),
]


def on_a(chip: str, release: tuple[int, int]) -> str:
    world = f"import world; world.chip = {chip!r}; world.release = {release!r}"
    return f"{world}; import board_alone; board_alone.main()"


@pytest.mark.parametrize(("chip", "release"), CHIPS)
def test_the_board_reads_latches_arms_and_keeps(
    bench: Bench, chip: str, release: tuple[int, int]
) -> None:
    assert said(with_chip(bench).run(on_a(chip, release))) == "well\n"


def test_the_board_does_so_with_an_esp32_s_words(bench_i386: Bench) -> None:
    assert said(with_chip(bench_i386).run(on_a("ESP32C6", (1, 28)))) == "well\n"


def start_main(
    bench: Bench, settings: str | None, starts: int = 1, is_open: bool = True
) -> "subprocess.Popen[str]":
    arguments = f"'flash.img', {settings!r}, {starts}, {is_open}"
    return with_chip(bench).run(f"import bench_main; bench_main.main({arguments})")


def test_main_makes_a_seal_of_the_board(bench: Bench, site: Site, receiver: Receiver) -> None:
    process = start_main(bench, json.dumps(seal_bench.seal_settings(site.port)))
    receiver.wait_for(bool)
    process.send_signal(signal.SIGINT)  # somebody at the cable
    text = said(process)
    assert "cable 3" in text
    assert "released" in text
    assert "KeyboardInterrupt" in text


def test_a_seal_on_its_door_has_no_prompt(bench: Bench, site: Site, receiver: Receiver) -> None:
    settings = json.dumps(seal_bench.seal_settings(site.port))
    process = start_main(bench, settings, is_open=False)
    receiver.wait_for(bool)
    process.kill()
    text = said(process)
    assert text.splitlines()[0] == "cable -1"
    assert "cable 3" not in text


def test_after_ten_bad_starts_main_makes_a_seal_that_only_beats(
    bench: Bench, site: Site, receiver: Receiver
) -> None:
    process = start_main(bench, json.dumps(seal_bench.seal_settings(site.port)), starts=11)
    receiver.wait_for(bool)
    process.kill()
    said(process)
    assert [(one.kind, one.contact) for _, _, one in receiver.reports][:1] == [(HEARTBEAT, UNKNOWN)]


def test_a_good_start_is_written_down(bench: Bench, site: Site, receiver: Receiver) -> None:
    settings = json.dumps(seal_bench.seal_settings(site.port, heartbeat_s=1))
    process = start_main(bench, settings, starts=10)
    receiver.wait_for(lambda reports: len(reports) > 2)  # the second says that it had a receipt
    process.send_signal(signal.SIGINT)
    assert "well 0" in said(process)


def test_main_leaves_a_board_without_settings_to_whoever_is_at_its_cable(bench: Bench) -> None:
    text = said(start_main(bench, None))
    assert text == "seal: /flash/seal.json: cannot be read ([Errno 2] ENOENT); flash this seal\n"


def test_main_says_what_is_wrong_with_the_settings(bench: Bench, site: Site) -> None:
    text = said(start_main(bench, json.dumps(seal_bench.seal_settings(site.port, heartbeat_s=0))))
    assert (
        text == "seal: heartbeat_s: 0 is not allowed; allowed is a whole number from 1 to 86400\n"
    )
