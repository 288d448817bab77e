"""Tries a copy by restoring it to a passing place, or puts it back.

All of it is unpacked, held against its list and opened before anything of the site is touched. The
markers beside the database stay where they are: by them the next start knows that an older copy
came back, so nothing recorded since is believed and one case says where the memory ends. What was
there before is set aside, not destroyed. Broken off, the same command again does it.
"""

import shutil
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from sqlalchemy import func, select

from gateway.accounts import file as accounts
from gateway.accounts import tables as account_tables
from gateway.backup import rotation, tape
from gateway.backup.making import months_of
from gateway.backup.passing import work_folder
from gateway.backup.rotation import Month
from gateway.backup.site import ACCOUNTS, DATABASE, PHOTOS, SETTINGS, Site
from gateway.backup.tape import Manifest, TapeError
from gateway.registry import load as registry
from gateway.store import archives, file_copy, tables
from gateway.store.database import Store, StoreError
from gateway.store.key_tables import order_keys

ASIDE: Final = ".before-restore"
ASIDE_MAX: Final = 9  # databases that lie set aside at a time
LOGS: Final = ("-wal", "-shm")
T = TypeVar("T")


class Tried(NamedTuple):
    """What a copy holds, as it was opened. `missing`: months of its journal that are neither at the
    site nor beside the copy."""

    manifest: Manifest
    doors: int
    seals: int
    accounts: int
    missing: tuple[str, ...]


class Restored(NamedTuple):
    """What was done. `aside`: what was there before. `kept`: files that were there and differ from
    those of the copy."""

    tried: Tried
    placed: tuple[Path, ...]
    aside: tuple[Path, ...]
    kept: tuple[Path, ...]
    keys: "Keys"


class Keys(NamedTuple):
    """The keys that a copy's database names: no copy holds any. `lost`: those that are not at the
    site. `destroyed`: those that were destroyed since, with what they sealed."""

    named: int
    lost: int
    destroyed: int


def verify(site: Site, copy: Path, identity: Path | None) -> Tried:
    """Restore a copy to a passing place and open it there. StoreError, TapeError."""
    with work_folder(site.database, _size(copy)) as work:
        return _tried(site, copy, identity, work)[0]


def restore(site: Site, copy: Path, identity: Path | None) -> Restored:
    """Put a copy back. No gateway may run. StoreError, TapeError; the site is as it was then."""
    with work_folder(site.database, _size(copy)) as work:
        tried, months = _tried(site, copy, identity, work)
        placed, kept = _place_files(site, tried.manifest, work)
        placed += _place_months(site, months, copy.parent, identity, work)
        aside = []
        for name, place in ((ACCOUNTS, site.accounts), (DATABASE, site.database)):
            if (work / name).exists():
                aside += _exchange(work / name, place)
                placed.append(place)
    return Restored(tried, tuple(placed), tuple(aside), tuple(kept), _keys_of(site.database))


def _keys_of(database: Path) -> Keys:
    """Of the database that was put back, against the folder of keys beside it."""
    with closing(Store(database)) as store, store.reading() as connection:
        k = order_keys.c
        query = select(k.key_id).where(k.destroyed_ms.is_(None))
        named = set(connection.execute(query).scalars())
        destroyed = named & store.keys.destroyed_ids()
        return Keys(len(named), len(named - store.keys.key_ids() - destroyed), len(destroyed))


def settings_of(copy: Path, identity: Path | None, config: Path, work: Path) -> bool:
    """Put the settings of a copy where there are none; whether it had some. TapeError."""
    _unpacked(copy, identity, work)
    found = work / SETTINGS
    if found.is_file():
        with file_copy.unfinished(config) as fresh:
            shutil.copyfile(found, fresh)
        return True
    return False


def _tried(site: Site, copy: Path, identity: Path | None, work: Path) -> tuple[Tried, list[Month]]:
    manifest = _unpacked(copy, identity, work)
    _need_same_site(site, manifest)
    counted = _opened(work / DATABASE, Store.open, _count_site)
    doors, seals, months = counted
    people = 0
    if (work / ACCOUNTS).exists():
        people = _opened(work / ACCOUNTS, _open_accounts, _count_accounts)
    beside = rotation.months(copy.parent)
    missing = [
        month.month
        for month in months
        if month not in beside and not archives.file_of(site.database, month.month).is_file()
    ]
    return Tried(manifest, doors, seals, people, tuple(missing)), months


def _size(copy: Path) -> int:
    """Of a copy, in bytes; what cannot be read is told by whoever reads it."""
    return copy.stat().st_size if copy.is_file() else 0


def _unpacked(copy: Path, identity: Path | None, work: Path) -> Manifest:
    try:
        with tape.reading(copy, identity) as stream:
            manifest = tape.unpack(stream, work)
    except TapeError as error:
        raise TapeError(f"{copy} cannot be restored: {error}") from error
    except OSError as error:
        raise StoreError(f"{error.filename or copy}: {error.strerror}") from error
    if not (work / DATABASE).exists():
        raise TapeError(f"{copy} cannot be restored: there is no database in it")
    return manifest


def _need_same_site(site: Site, manifest: Manifest) -> None:
    if not site.database.exists():
        return
    try:
        with closing(Store(site.database)) as store, store.reading() as connection:
            site_id = connection.execute(select(tables.site.c.site_id)).scalar()
    except StoreError:
        return  # it is damaged, which is why a copy is to be put back
    if site_id is not None and manifest.site_id and site_id != manifest.site_id:
        raise TapeError(
            f"the copy is of site {manifest.site_id}, and {site.database} is of {site_id}: name "
            "the settings of the site that is meant (--config)"
        )


def _opened(path: Path, opens: Callable[[Path], Store], counts: Callable[[Store], T]) -> T:
    """Whether this release can work with a database; what is in it. It is one file afterwards."""
    file_copy.need_sound(path)
    with closing(opens(path)) as store:
        found = counts(store)
    file_copy.fold(path)
    return found


def _open_accounts(path: Path) -> Store:
    return Store.open(path, create=False, chain=accounts.CHAIN)


def _count_site(store: Store) -> tuple[int, int, list[Month]]:
    with store.reading() as connection:
        known = registry.load(connection)
        return len(known.doors), len(known.seals), months_of(connection)


def _count_accounts(store: Store) -> int:
    with store.reading() as connection:
        query = select(func.count()).select_from(account_tables.accounts)
        return connection.execute(query).scalar_one()


def _place_files(site: Site, manifest: Manifest, work: Path) -> tuple[list[Path], list[Path]]:
    """Put files where there are none. What is there stays: it is newer, and others may hang on it.

    Photos go back all the same: what is over is destroyed again by the gateway itself.
    """
    placed, kept = [], []
    for file in manifest.files:
        place = site.place_of(file.name)
        if place is None:
            continue
        if place.exists():
            is_same = place.read_bytes() == (work / file.name).read_bytes()
            kept += [] if is_same or file.name.startswith(PHOTOS) else [place]
            continue
        with file_copy.unfinished(place) as fresh:
            shutil.copyfile(work / file.name, fresh)
        placed.append(place)
    return placed, kept


def _place_months(
    site: Site, months: list[Month], folder: Path, identity: Path | None, work: Path
) -> list[Path]:
    placed, beside = [], rotation.months(folder)
    for month in months:
        place = archives.file_of(site.database, month.month)
        if place.is_file() or month not in beside:
            continue
        with file_copy.unfinished(place) as fresh:
            with tape.reading(beside[month], identity) as stream, fresh.open("wb") as file:
                shutil.copyfileobj(stream, file, tape.BLOCK)
            file_copy.need_sound(fresh)
        placed.append(place)
    return placed


def _exchange(fresh: Path, place: Path) -> list[Path]:
    """Put a database in the place of another, which is set aside with its log, beside what was set
    aside before: broken off and said again, or with another copy, it destroys nothing."""
    aside = []
    try:
        if place.exists():
            with suppress(StoreError):  # damaged, or without room: then its log goes with it
                file_copy.fold(place)
            to = _free_aside(place)
            for name in (*LOGS, ""):  # the log first: without its file it is nothing
                old = place.with_name(place.name + name)
                if old.exists():
                    old.replace(to.with_name(to.name + name))
            aside.append(to)
        with file_copy.unfinished(place) as ready:
            fresh.replace(ready)
    except OSError as error:
        raise StoreError(f"{place} cannot be put back: {error.strerror}") from error
    return aside


def _free_aside(place: Path) -> Path:
    """Under which name a database is set aside. StoreError where too many are."""
    for number in range(1, ASIDE_MAX + 1):
        which = "" if number == 1 else f"-{number}"
        aside = place.with_name(f"{place.name}{ASIDE}{which}")
        if not aside.exists():
            return aside
    raise StoreError(
        f"{ASIDE_MAX} databases were set aside as {place.name}{ASIDE}, {ASIDE}-2 and so on: take "
        "away those that nobody needs any more, and say it again"
    )
