"""How copies are named, and which of them are kept: the newest of each of so many days, and of each
of so many weeks.

A name tells when a copy was made, and a clock that was ahead told the future. Such a copy is no
proof that there is a newer one than another: it takes nobody's place, and goes only with what was
destroyed (`ending.copies`).
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

ENCRYPTED: Final = ".age"
AHEAD: Final = timedelta(hours=1)  # beyond now: then it was named by a clock that was ahead
_COPY: Final = re.compile(r"menshen-(\d{8}T\d{6}Z)\.tar(\.age)?")
_MONTH: Final = re.compile(r"menshen-journal-(\d{4}-\d{2})-(\d+)-(\d+)\.db(\.age)?")
_TIME: Final = "%Y%m%dT%H%M%SZ"


class Copy(NamedTuple):
    """A copy in the folder: when it was made, in UTC, and its file."""

    made: datetime
    path: Path

    @property
    def is_encrypted(self) -> bool:
        """Whether only the private key's owner can read it."""
        return self.path.suffix == ENCRYPTED


class Month(NamedTuple):
    """A month of the journal, by its first and last row."""

    month: str
    from_id: int
    to_id: int


def name_of(made_ms: int, is_encrypted: bool) -> str:
    """The file name of a copy that is made now."""
    made = datetime.fromtimestamp(made_ms / 1000, UTC)
    return f"menshen-{made:{_TIME}}.tar{ENCRYPTED if is_encrypted else ''}"


def name_of_month(month: Month, is_encrypted: bool) -> str:
    """The file name of a copy of a month of the journal."""
    ends = ENCRYPTED if is_encrypted else ""
    return f"menshen-journal-{month.month}-{month.from_id}-{month.to_id}.db{ends}"


def copies(folder: Path) -> list[Copy]:
    """Those in a folder, newest first. What has another name is none of ours. OSError."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if match := _COPY.fullmatch(path.name):
            try:
                made = datetime.strptime(match[1], _TIME).replace(tzinfo=UTC)
            except ValueError:
                continue
            found.append(Copy(made, path))
    return sorted(found, reverse=True)


def is_ahead(copy: Copy, now_ms: int) -> bool:
    """Whether it was named by a clock that was ahead: when it was made, nobody knows."""
    return copy.made > datetime.fromtimestamp(now_ms / 1000, UTC) + AHEAD


def months(folder: Path) -> dict[Month, Path]:
    """The copies of months of the journal in a folder. OSError."""
    found = {}
    for path in folder.iterdir() if folder.is_dir() else ():
        if match := _MONTH.fullmatch(path.name):
            found[Month(match[1], int(match[2]), int(match[3]))] = path
    return found


def to_remove(all_copies: Iterable[Copy], daily: int, weekly: int, now_ms: int) -> list[Copy]:
    """Those that are not kept: of each of the newest `daily` days and `weekly` weeks on which a
    copy was made the newest stays. So a gateway that was off for a year loses none for it. What is
    ahead of `now_ms`, the site's time, stays, and counts for no day."""
    newest_first = sorted((c for c in all_copies if not is_ahead(c, now_ms)), reverse=True)
    days: dict[str, Copy] = {}
    weeks: dict[str, Copy] = {}
    for copy in newest_first:
        days.setdefault(f"{copy.made:%Y-%m-%d}", copy)
        weeks.setdefault(f"{copy.made:%G-%V}", copy)
    kept = {*list(days.values())[: max(daily, 1)], *list(weeks.values())[:weekly]}
    return [copy for copy in newest_first if copy not in kept]
