"""The portable tests again, on the other Python, with its own words and with an ESP32's."""

import os
import subprocess
from pathlib import Path

from tests.firmware import seal_bench

SHIM = seal_bench.ROOT / "tests" / "portable" / "run.py"


def run_portable(interpreter: str) -> None:
    path = f"{seal_bench.FIRMWARE}:{seal_bench.ROOT / 'tests'}:.frozen"
    done = subprocess.run(
        [interpreter, str(SHIM)],
        env=dict(os.environ, MICROPYPATH=path),
        capture_output=True,
        text=True,
        timeout=600,  # half a minute on a quiet machine
    )
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout.splitlines()[-1])


def test_the_portable_tests_pass_on_micropython(micropython: str) -> None:
    run_portable(micropython)


def test_the_portable_tests_pass_with_an_esp32_s_words(micropython_i386: str) -> None:
    run_portable(micropython_i386)


def test_every_file_that_goes_onto_a_board_compiles(tmp_path: Path) -> None:
    seal_bench.compile_into(tmp_path, seal_bench.sources(), seal_bench.FIRMWARE)
    assert len(list(tmp_path.rglob("*.mpy"))) == len(seal_bench.sources()) > 15


def test_a_failing_portable_test_is_told_and_ends_in_1(micropython: str, tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text(SHIM.read_text())
    (tmp_path / "test_wrong.py").write_text(
        "import unittest\n\n\nclass Wrong(unittest.TestCase):\n"
        "    def test_wrong(self):\n        self.assertEqual(1, 2)\n"
    )
    done = subprocess.run(
        [micropython, str(tmp_path / "run.py")], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "1 tests, 1 failed" in done.stdout
