"""Makes a copy of a site beside its running gateway.

The databases are copied first, each as one snapshot, and opened, before they are packed: whatever
is not sound is no copy. Months of the journal that have files of their own never change, so each is
copied once. Older copies go only after the new one is on the disk.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Connection, select

from gateway.backup import rotation, tape
from gateway.backup.rotation import Month
from gateway.backup.site import ACCOUNTS, DATABASE, Site
from gateway.backup.tape import FORMAT, Manifest, TapeWriter
from gateway.photos.folder import FREE_BYTES_MIN
from gateway.store import archives, file_copy, journal, tables
from gateway.store.database import RELEASE, Store, StoreError

MIB: Final = 1024 * 1024
WORK: Final = ".menshen-copy-"  # folders beside the database, gone when a copy is made


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
        StoreError: the database or the disk does not let it. Nothing was removed.
        TapeError: there is no such public key.
    """
    backup = site.settings.backup
    recipient, folder = backup.recipient, backup.folder
    path = folder / rotation.name_of(now_ms, bool(recipient))
    left_out: list[tuple[Path, str]] = []
    size = sum(part.stat().st_size for part in (site.database, site.accounts) if part.is_file())
    with work_folder(site.database, size) as work, file_copy.unfinished(path) as fresh:
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
    copied = _copy_months(site, months)
    removed = _rotate(site, months)
    return Made(path, path.stat().st_size, manifest, tuple(left_out), removed, copied)


@contextmanager
def work_folder(database: Path, size: int) -> Iterator[Path]:
    """A folder beside a database for what is only passing through, readable by us alone. What an
    earlier run left there, as it was killed, goes as well.

    Raises:
        StoreError: nothing can be written there; or so many bytes more would leave the gateway too
            little room to work.
    """
    try:
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in database.parent.glob(f"{WORK}*"):
            shutil.rmtree(left, ignore_errors=True)
        free = shutil.disk_usage(database.parent).free
        if free - size < FREE_BYTES_MIN:
            raise StoreError(
                f"{free // MIB} MiB are free beside {database}, and {size // MIB} pass through: "
                f"the gateway needs {FREE_BYTES_MIN // MIB} of them. Make room first"
            )
        work = Path(tempfile.mkdtemp(prefix=WORK, dir=database.parent))
    except OSError as error:
        raise StoreError(f"nothing can be written beside {database}: {error.strerror}") from error
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


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


def _rotate(site: Site, months: list[Month]) -> tuple[Path, ...]:
    """Remove what is not kept: copies by their age, and months that no copy can want any more."""
    backup = site.settings.backup
    over = rotation.to_remove(rotation.copies(backup.folder), backup.daily, backup.weekly)
    removed = [copy.path for copy in over]
    known = {month.month for month in months}
    if known:
        oldest = min(known)
        there = rotation.months(backup.folder).items()
        removed += [path for month, path in there if month.month < oldest]
    for path in removed:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{path} is over and cannot be removed: {error.strerror}") from error
    return tuple(removed)
