"""Behaviour that is kept as checksums, one of each line: what fails shows the first that is
otherwise, with those before it, which are as they were."""

from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

A_ROW = 14  # checksums in a row of a file
SHOWN = 2  # lines before the one that is otherwise


def checksum(line: str) -> str:
    """What stands for a line in the repository: six hex digits."""
    return f"{crc32(line.encode()) & 0xFFFFFF:06x}"


def keep(path: Path, lines: Sequence[str]) -> None:
    """The lines are as they should be."""
    sums = [checksum(line) for line in lines]
    rows = (sums[n : n + A_ROW] for n in range(0, len(sums), A_ROW))
    path.write_text("".join(" ".join(row) + "\n" for row in rows), encoding="ascii")


def otherwise(path: Path, lines: Sequence[str]) -> str:
    """The first line that is not as it was kept, in words; empty where all are."""
    kept = path.read_text(encoding="ascii").split()
    for number, (was, line) in enumerate(zip(kept, lines, strict=False)):
        if checksum(line) != was:
            before = "\n".join(lines[max(number - SHOWN, 0) : number])
            return f"line {number} of {path.name} is otherwise:\n{line}\nBefore it:\n{before}"
    return "" if len(kept) == len(lines) else f"{len(lines)} lines, not {len(kept)} as before"
