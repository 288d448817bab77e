"""Ctrl-C before a command has begun: it ends at once, and nobody reads a traceback."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import neighbours

# Somebody presses Ctrl-C while this is imported.
PRESSES = """
import os, signal, sys
from importlib.abc import MetaPathFinder

class Pressed(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == AT:
            os.kill(os.getpid(), signal.SIGINT)

_, AT, *typed = sys.argv
sys.argv = ["menshen", *typed]
sys.meta_path.insert(0, Pressed())
from gateway.__main__ import main
main()
"""


def presses(at: str, folder: Path, *typed: str, ignored: bool = False) -> tuple[int, str, str]:
    """The exit code, and all that is said. `ignored`: it was started as `nohup` starts it."""
    command = [sys.executable, "-c", PRESSES, at, *typed]
    paths = f"{neighbours.ROOT}:{neighbours.ROOT / 'firmware'}"
    before = signal.signal(signal.SIGINT, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        answer = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": paths},
            capture_output=True,
            text=True,
            timeout=4 * neighbours.START_S,
            check=False,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    return answer.returncode, answer.stdout, answer.stderr


@pytest.mark.parametrize("at", ["gateway.cli.exit_codes", "typer.core", "gateway.cli.settings"])
def test_while_it_is_read_in_it_ends_without_a_word(at: str, tmp_path: Path) -> None:
    """In the middle of an import Python can say what stopped it by a traceback alone."""
    assert presses(at, tmp_path, "settings", "--example") == (-signal.SIGINT, "", "")


def test_what_ctrl_c_shall_not_stop_goes_on(tmp_path: Path) -> None:
    code, said, wrong = presses("typer.core", tmp_path, "settings", "--example", ignored=True)
    assert (code, wrong) == (0, "")
    assert "[broker]" in said
