"""Makes a copy of a site beside its running gateway.

The databases are copied first, each as one snapshot, and opened, before they are packed: whatever
is not sound is no copy. Months of the journal that have files of their own never change, so each is
copied once. Older copies go only after the new one is on the disk.
"""

import math
import shutil
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, select

from gateway.backup import rotation, tape
from gateway.backup.passing import work_folder
from gateway.backup.rotation import Month
from gateway.backup.site import ACCOUNTS, DATABASE, Site
from gateway.backup.tape import FORMAT, Manifest, TapeWriter
from gateway.store import archives, file_copy, journal, tables
from gateway.store.database import RELEASE, Store, StoreError


class Made(NamedTuple):
    """A copy that was made. `left_out`: files that we may not read, with the reason. `removed`:
    older copies that are not kept. `months`: of the journal, copied now."""

    path: Path
    size: int
    manifest: Manifest
    left_out: tuple[tuple[Path, str], ...]
    removed: tuple[Path, ...]
    months: tuple[str, ...]


def make(site: Site, now_ms: int) -> Made:
    """Make one, then remove those that are not kept.

    Raises:
        StoreError: the database or the disk does not let it, or another one is being made. Nothing
            was removed.
        TapeError: there is no such public key.
    """
    backup = site.settings.backup
    path = backup.folder / rotation.name_of(now_ms, bool(backup.recipient))
    size = sum(part.stat().st_size for part in (site.database, site.accounts) if part.is_file())
    with work_folder(site.database, size, is_making=True) as work:
        file_copy.sweep(backup.folder, time.time(), -math.inf)  # of one that was killed
        manifest, months, left_out = _packed(site, path, work, now_ms)
        for name in (DATABASE, ACCOUNTS):  # its bytes are wanted for the months now
            (work / name).unlink(missing_ok=True)
        copied = _copy_months(site, months)
        removed = _rotate(site, months, path, now_ms)
    return Made(path, path.stat().st_size, manifest, left_out, removed, copied)


def _packed(
    site: Site, path: Path, work: Path, now_ms: int
) -> tuple[Manifest, list[Month], tuple[tuple[Path, str], ...]]:
    """The copy itself, by way of a folder; what is in it, and which files we may not read."""
    left_out: list[tuple[Path, str]] = []
    recipient = site.settings.backup.recipient
    with file_copy.unfinished(path) as fresh:
        snapshot = work / DATABASE
        file_copy.whole(site.database, snapshot)
        file_copy.need_sound(snapshot)
        manifest, months = _known(snapshot, now_ms)
        with tape.writing(fresh, recipient) as stream:
            writer = TapeWriter(stream)
            writer.add(DATABASE, snapshot)
            if site.accounts.is_file():
                file_copy.whole(site.accounts, work / ACCOUNTS)
                file_copy.need_sound(work / ACCOUNTS)
                writer.add(ACCOUNTS, work / ACCOUNTS)
            for part in site.files():
                try:
                    writer.add(part.name, part.path)
                except FileNotFoundError:
                    continue  # a photo whose time was over just now
                except PermissionError as error:
                    left_out.append((part.path, error.strerror or "not readable"))
            manifest = writer.finish(manifest)
    return manifest, months, tuple(left_out)


def months_of(connection: Connection) -> list[Month]:
    """The months of its journal that a database wants beside it; none, where it is older."""
    is_known = connection.exec_driver_sql(
        "SELECT 1 FROM sqlite_master WHERE name = 'archives'"
    ).first()
    return [Month(*archive) for archive in archives.known(connection)] if is_known else []


def _known(snapshot: Path, now_ms: int) -> tuple[Manifest, list[Month]]:
    """What the copy of the database says of itself, by opening it."""
    with closing(Store(snapshot)) as store, store.reading() as connection:
        site_id = connection.execute(select(tables.site.c.site_id)).scalar() or ""
        manifest = Manifest(FORMAT, RELEASE, site_id, now_ms, *journal.newest(connection))
        return manifest, months_of(connection)


def _copy_months(site: Site, months: list[Month]) -> tuple[str, ...]:
    backup, copied = site.settings.backup, []
    there = rotation.months(backup.folder)
    for month in months:
        source = archives.file_of(site.database, month.month)
        if month in there or not source.is_file():
            continue
        file_copy.need_sound(source)
        to = backup.folder / rotation.name_of_month(month, bool(backup.recipient))
        with (
            file_copy.unfinished(to) as fresh,
            tape.writing(fresh, backup.recipient) as stream,
            source.open("rb") as file,
        ):
            shutil.copyfileobj(file, stream, tape.BLOCK)
        copied.append(month.month)
    return tuple(copied)


def _rotate(site: Site, months: list[Month], made: Path, now_ms: int) -> tuple[Path, ...]:
    """Remove what is not kept: copies by their age, but for the one just made, and months that no
    copy can want any more."""
    backup = site.settings.backup
    there = rotation.copies(backup.folder)
    over = rotation.to_remove(there, backup.daily, backup.weekly, now_ms)
    removed = [copy.path for copy in over if copy.path != made]
    known = {month.month for month in months}
    if known:
        oldest = min(known)
        kept = rotation.months(backup.folder).items()
        removed += [path for month, path in kept if month.month < oldest]
    for path in removed:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{path} is over and cannot be removed: {error.strerror}") from error
    return tuple(removed)
