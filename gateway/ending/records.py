"""The record of destructions: a file of one line an order, each with the hash of the line before.

It names nobody. An order stands there under a random number that was drawn for this line alone, so
the file can be given to anybody: `verify` needs nothing else. It lies beside the database and in no
copy of it, so a copy that is put back takes nothing out of it. A line is on the disk before the
last row of its order goes; a line that a power cut tore was never said, and is written anew.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from gateway.core.no_json import NO_JSON
from gateway.store import marker

SUFFIX: Final = ".destructions"
FIRST: Final = "0" * 64
LINE_MAX: Final = 4_096  # bytes
AT_ONCE_MAX: Final = 50  # orders
TAIL_BYTES: Final = (AT_ONCE_MAX + 2) * LINE_MAX
_MODE: Final = 0o600
_encode = msgspec.json.Encoder(order="deterministic").encode


class RecordsError(Exception):
    """The file is not what was written, or cannot be read. The text says where."""


class Destruction(Struct, frozen=True):
    """One order, destroyed.

    Args:
        number: of the line, from 1.
        at_ms: when it was done, ms of UTC.
        order: the random number of the order, and of nothing else.
        rule: by which limits, such as "link 24 h, all 14 d".
        late_ms: how long after its limit; 0 where it was kept.
        counts: how many rows, files or points went, by place.
        previous: the hash of the line before.
        hash: of this line.
    """

    number: int
    at_ms: int
    order: str
    rule: str
    late_ms: int
    counts: dict[str, int]
    previous: str
    hash: str


class Verified(Struct, frozen=True):
    """How many lines were as they were written, and the hash of the last."""

    count: int
    last: str


_decode = msgspec.json.Decoder(Destruction).decode


def place(database: Path) -> Path:
    """Where the record of a site with this database lies."""
    return database.with_name(database.name + SUFFIX)


class Said(Struct, frozen=True):
    """What is to stand of an order, as in `Destruction`."""

    order: str
    rule: str
    late_ms: int
    counts: Mapping[str, int]


def append(path: Path, at_ms: int, orders: Sequence[Said]) -> list[Destruction]:
    """Add a line for each, and return when they are on the disk. An order that has one already gets
    no other: a kill came between its line and its last rows.

    Args:
        path: the file.
        at_ms: now, ms of UTC.
        orders: at most AT_ONCE_MAX.

    Raises:
        RecordsError: what stands there is not what was written.
        OSError: it cannot be written.
    """
    known = _tail(path)
    there = {line.order for line in known}
    last, fresh = (known[-1] if known else None), []
    for said in orders[:AT_ONCE_MAX]:
        if said.order in there:
            continue
        number = 1 if last is None else last.number + 1
        previous = FIRST if last is None else last.hash
        its = said.order, said.rule, said.late_ms, dict(said.counts)
        last = Destruction(number, at_ms, *its, previous, "")
        last = msgspec.structs.replace(last, hash=_hash(last))
        fresh.append(last)
    if not fresh:
        return []
    handle = os.open(path, os.O_RDWR | os.O_CREAT, _MODE)
    with os.fdopen(handle, "r+b") as stream:
        stream.truncate(_whole_bytes(stream.read()))
        stream.seek(0, os.SEEK_END)
        stream.write(b"".join(_encode(line) + b"\n" for line in fresh))
        stream.flush()
        os.fsync(stream.fileno())
    marker.sync(path.parent)
    return fresh


def latest_ms(path: Path) -> int | None:
    """When the latest was destroyed; None for none yet. RecordsError, OSError."""
    known = _tail(path)
    return known[-1].at_ms if known else None


def read(path: Path) -> list[Destruction]:
    """All lines, verified. RecordsError, OSError; nothing where there is no file."""
    return list(_lines(path))


def verify(path: Path, printed: tuple[str, ...] = ()) -> Verified:
    """Go through the whole chain.

    Args:
        path: the file; nothing else is needed.
        printed: hashes that were printed before, each of which must still be in it.

    Raises:
        RecordsError: a line was changed, taken out or put in, or a printed hash is not there.
        OSError: it cannot be read.
    """
    path.stat()  # that there is none is no empty record
    count, last, wanted = 0, FIRST, set(printed)
    for line in _lines(path):
        count, last = line.number, line.hash
        wanted.discard(last)
    if wanted:
        raise RecordsError(f"no line has the hash {min(wanted)}: lines were taken off the end")
    return Verified(count, last)


def _lines(path: Path) -> Iterator[Destruction]:
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return
    last, number = FIRST, 0
    with stream:
        while raw := stream.readline(LINE_MAX):
            number += 1
            if not raw.endswith(b"\n"):
                raise RecordsError(f"line {number} is not whole")
            line = _line(raw, number)
            if line.number != number or line.previous != last:
                raise RecordsError(f"line {number} does not follow from the one before")
            last = line.hash
            yield line


def _tail(path: Path) -> list[Destruction]:
    """The last whole lines, at least AT_ONCE_MAX of them where there are so many."""
    try:
        with path.open("rb") as stream:
            end = stream.seek(0, os.SEEK_END)
            start = stream.seek(max(0, end - TAIL_BYTES))
            tail = stream.read()
    except FileNotFoundError:
        return []
    whole = tail[: _whole_bytes(tail)].splitlines()
    return [_line(line, 0) for line in (whole[1:] if start else whole)]


def _line(raw: bytes, number: int) -> Destruction:
    name = f"line {number}" if number else "a line near the end"
    try:
        line = _decode(raw)
    except NO_JSON as error:
        raise RecordsError(f"{name} cannot be read: {error}") from error
    if line.hash != _hash(line):
        raise RecordsError(f"{name} is not what was written there")
    return line


def _whole_bytes(content: bytes) -> int:
    return content.rfind(b"\n") + 1


def _hash(line: Destruction) -> str:
    said = msgspec.structs.replace(line, hash="")
    return hashlib.sha256(_encode(said)).hexdigest()
