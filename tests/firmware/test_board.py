"""The board of the ESP32 over a fake chip, and main.py as it starts after power-on."""

import json
import signal
import subprocess
from pathlib import Path

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


def test_the_board_reads_latches_arms_and_keeps(bench: Bench) -> None:
    assert said(with_chip(bench).run("import board_alone; board_alone.main()")) == "well\n"


def test_the_board_does_so_with_an_esp32_s_words(bench_i386: Bench) -> None:
    assert said(with_chip(bench_i386).run("import board_alone; board_alone.main()")) == "well\n"


def start_main(bench: Bench, settings: str | None) -> "subprocess.Popen[str]":
    return with_chip(bench).run(f"import bench_main; bench_main.main('flash.img', {settings!r})")


def test_main_makes_a_seal_of_the_board(bench: Bench, site: Site, receiver: Receiver) -> None:
    process = start_main(bench, json.dumps(seal_bench.seal_settings(site.port)))
    receiver.wait_for(bool)
    process.send_signal(signal.SIGINT)  # somebody at the cable
    text = said(process)
    assert "released" in text
    assert "KeyboardInterrupt" in text


def test_main_leaves_a_board_without_settings_to_whoever_is_at_its_cable(bench: Bench) -> None:
    text = said(start_main(bench, None))
    assert text == "seal: /flash/seal.json: cannot be read ([Errno 2] ENOENT); flash this seal\n"


def test_main_says_what_is_wrong_with_the_settings(bench: Bench, site: Site) -> None:
    text = said(start_main(bench, json.dumps(seal_bench.seal_settings(site.port, heartbeat_s=0))))
    assert (
        text == "seal: heartbeat_s: 0 is not allowed; allowed is a whole number from 1 to 86400\n"
    )
