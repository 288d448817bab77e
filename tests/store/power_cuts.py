"""Power cuts on a disk that lies: what a real program wrote is recorded once (`recorder.c`), and
replayed up to any moment, thousands of times, each with another fate for what was not synced yet.

What was synced is there. Of the rest, in no order:

- *drop*: nothing is there;
- *prefix*: as much as the disk came to, in the order of writing;
- *reorder*: any part of it;
- *torn*: any part, and of a write any number of its sectors;
- *trash*: any part, and every sector that the other part touched holds garbage: a cut ruins the
  whole sector that is being written, as on SD cards, and with it what a neighbour has there.

Names (made, renamed, deleted) count at once: journalling file systems keep their order.
"""

from __future__ import annotations

import os
import random
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.neighbours import ROOT, find

OPEN, WRITE, TRUNCATE, SYNC, UNLINK, RENAME, MARK = range(1, 8)
MODES = ("drop", "prefix", "reorder", "torn", "trash512", "trash4096")
SECTOR = 512
RUN_S = 120.0
_HEAD = struct.Struct("<IIQQ")
_SOURCE = Path(__file__).with_name("recorder.c")

Write = tuple[int, int, bytes]  # WRITE or TRUNCATE, where, what


@dataclass
class File:
    """What is on the disk, and what waits for a sync."""

    durable: bytearray = field(default_factory=bytearray)
    waiting: list[Write] = field(default_factory=list)

    def sync(self) -> None:
        """All of it is on the disk."""
        for write in self.waiting:
            _apply(self.durable, write)
        self.waiting.clear()


@dataclass(frozen=True)
class Cut:
    """A folder as it is found after a cut, and everything that had been promised before it."""

    folder: Path
    marks: list[int]
    at: int  # the record after which it came
    mode: str


class NoCompilerError(Exception):
    """There is no gcc here to make the recorder with."""


def compiled(folder: Path) -> Path:
    """The recorder, compiled. NoCompilerError."""
    gcc = find("gcc")
    if gcc is None:
        raise NoCompilerError
    library = folder / "recorder.so"
    command = [gcc, "-O2", "-shared", "-fPIC", "-pthread", "-o", str(library), str(_SOURCE)]
    subprocess.run(command, check=True)
    return library


def environment(library: Path, under: Path, log: Path | None) -> dict[str, str]:
    """What a program of ours is to be run with, below which folder, and where to it records."""
    added = {
        "LD_PRELOAD": str(library),
        "RECORDER_UNDER": f"{under}/",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "firmware")]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return os.environ | added | ({"RECORDER_LOG": str(log)} if log else {})


def record(library: Path, under: Path, log: Path, *program: str) -> None:
    """Run a module of ours as a program, and record what it writes below a folder."""
    command = [sys.executable, "-m", *program]
    made = environment(library, under, log)
    subprocess.run(command, check=True, env=made, timeout=RUN_S, cwd=ROOT)


def cuts(
    log: Path, base: Path, under: Path, into: Path, count: int, chance: random.Random
) -> Iterator[Cut]:
    """So many cuts at random moments. Each folder is there until the next is asked for.

    Args:
        log: What was recorded.
        base: The folder as it was before, a copy.
        under: The folder whose writes were recorded, as the program named it.
        into: Where the found folders are made.
        count: How many.
        chance: Whose choices decide when and what.
    """
    records = list(_records(log.read_bytes()))
    moments = sorted(chance.randrange(1, len(records) + 1) for _ in range(count))
    names = {path.name: File(bytearray(path.read_bytes())) for path in base.iterdir()}
    opened: dict[int, File] = {}
    marks: list[int] = []
    done = 0
    for moment in moments:
        for op, number, at, data in records[done:moment]:
            if op == MARK:
                marks.append(at)
            else:
                _follow(names, opened, (op, number, at, data), under)
        done = moment
        mode = chance.choice(MODES)
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir()
        for name, file in names.items():
            (into / name).write_bytes(_found(file, mode, chance))
        yield Cut(into, marks, moment, mode)


def _records(content: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    at = 0
    while at + _HEAD.size <= len(content):
        op, number, where, length = _HEAD.unpack_from(content, at)
        at += _HEAD.size
        yield op, number, where, content[at : at + length]
        at += length


def _follow(
    names: dict[str, File],
    opened: dict[int, File],
    record: tuple[int, int, int, bytes],
    under: Path,
) -> None:
    """One call more: what it changes on the disk, or leaves waiting."""
    op, number, at, data = record
    if op == OPEN and Path(data.decode()) != under:
        opened[number] = names.setdefault(Path(data.decode()).name, File())
        opened[number].waiting += [(TRUNCATE, 0, b"")] if at else []  # it was emptied at once
    elif op == UNLINK:
        names.pop(Path(data.decode()).name, None)
    elif op == RENAME:
        before, after = data.decode().split("\0")
        names[Path(after).name] = names.pop(Path(before).name)
    elif number in opened and op == SYNC:
        opened[number].sync()
    elif number in opened:
        opened[number].waiting.append((op, at, data))


def _found(file: File, mode: str, chance: random.Random) -> bytes:
    """A file as it is found after the cut."""
    content, waiting = bytearray(file.durable), file.waiting
    if mode == "drop" or not waiting:
        return bytes(content)
    if mode == "prefix":
        for write in waiting[: chance.randint(0, len(waiting))]:
            _apply(content, write)
        return bytes(content)
    fates = [(chance.random(), write) for write in waiting]
    chance.shuffle(fates)
    for fate, (op, at, data) in fates:
        if fate < 0.5:
            _apply(content, (op, at, data))
        elif op == WRITE and mode == "torn":
            _apply(content, (op, at, data[: SECTOR * chance.randint(0, len(data) // SECTOR)]))
        elif op == WRITE and mode.startswith("trash"):
            size = int(mode.removeprefix("trash"))
            first, end = at // size * size, -(-(at + len(data)) // size) * size
            _apply(content, (WRITE, first, chance.randbytes(end - first)))
    return bytes(content)


def _apply(content: bytearray, write: Write) -> None:
    op, at, data = write
    if len(content) < at:
        content.extend(bytes(at - len(content)))
    if op == TRUNCATE:
        del content[at:]
    else:
        content[at : at + len(data)] = data
