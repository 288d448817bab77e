"""The marker: what a site knows of itself outside its database.

A database cannot say that it is missing, empty, or last night's copy. So a small hidden file
beside it (and, where the settings lie elsewhere, one beside them, for a drive may not be mounted)
says that there is a site, which life of which release wrote it last, and how far it had come. A
copy of the database alone leaves it where it is. It is written whole or not at all, at each start,
each stop, and every `WRITE_EVERY_MS` between; what must not be missed for a moment stands in
`high_water`.
"""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from gateway.core.no_json import NO_JSON
from gateway.store.private_file import write_private

WRITE_EVERY_MS = 60_000
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Marker(msgspec.Struct, frozen=True):
    """What was known at `written_ms`. `is_stopped`: the gateway ended by itself, and wrote all.

    `boot` names the machine's run, so that a process that was killed (what it wrote is there) can
    be told from a machine that lost its power.
    """

    site_id: str
    life: str
    journal_id: int
    at_ms: int  # of that row
    release: str
    written_ms: int
    boot: str
    is_stopped: bool = False
    previous: str | None = None  # while this life begins: the one that the database may still say


class Expected(msgspec.Struct, frozen=True):
    """A marker that was found, and where. `marker` is None if it cannot be read any more."""

    path: Path
    marker: Marker | None


_decode = msgspec.json.Decoder(Marker).decode
_encode = msgspec.json.Encoder().encode


def places(database: Path, settings_folder: Path | None = None) -> list[Path]:
    """Where the markers of a database stand: beside it, and beside the settings that name it."""
    name = f".{database.name}.marker"
    folders = [database.parent]
    if settings_folder is not None and settings_folder.resolve() != database.parent.resolve():
        folders.append(settings_folder)
    return [folder / name for folder in folders]


def expected_at(places: Iterable[Path]) -> Expected | None:
    """What says at one of these places that there is a site; None if nothing does."""
    ruined = None
    for path in places:
        try:
            return Expected(path, _decode(path.read_bytes()))
        except OSError:
            continue
        except NO_JSON:
            ruined = ruined or Expected(path, None)  # and still a sign that one was here
    return ruined


def write(places: Iterable[Path], marker: Marker) -> None:
    """Write it to all its places. OSError if it is not on the disk at the first."""
    first, *others = places
    _write(first, _encode(marker))
    for path in others:
        with contextlib.suppress(OSError):  # the settings may lie where only root writes
            _write(path, _encode(marker))


def boot() -> str:
    """The machine's present run; empty where it does not say."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""


def sync(path: Path) -> None:
    """Return when a file, or a folder's list of names, is on the disk. OSError if it is not."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(path: Path, content: bytes) -> None:
    write_private(path, content)
    sync(path.parent)
