"""The site's files are the service's: also those that root's commands have made or written anew,
and those that root has put back from a copy."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from gateway.accounts.file import file_of
from gateway.installation.place import ROOT, Owner
from gateway.store import marker


def are_owned(database: Path, settings_folder: Path, owner: Owner) -> bool:
    """Whether all of the site's, in every folder beside its database, is the service's."""
    return not list(_foreign(database, settings_folder, owner))


def own(database: Path, settings_folder: Path, owner: Owner) -> None:
    """Give all of it to the service. A link is never followed, and a file with a second name stays
    as it is: whoever could put one there must not be given what it leads to."""
    for path in _foreign(database, settings_folder, owner):
        os.chown(path, *owner, follow_symlinks=False)


def own_new(database: Path, settings_folder: Path, owner: Owner) -> None:
    """Give what a command of root's made just beside the database, and the markers, likewise."""
    for path in _of_root(database, settings_folder, owner):
        os.chown(path, *owner, follow_symlinks=False)


def _foreign(database: Path, settings_folder: Path, owner: Owner) -> Iterator[Path]:
    if os.geteuid() != 0 or owner.uid == ROOT.uid:
        return
    inside = sorted(database.parent.rglob("*")) if database.parent.is_dir() else []
    for path in (*inside, *_markers(database, settings_folder)):
        if _is_plain(path) and path.lstat().st_uid != owner.uid:
            yield path


def _of_root(database: Path, settings_folder: Path, owner: Owner) -> Iterator[Path]:
    if os.geteuid() != 0 or owner.uid == ROOT.uid:
        return
    beside = sorted(database.parent.iterdir())
    for path in (*beside, *_markers(database, settings_folder)):
        if _is_plain(path) and path.lstat().st_uid == ROOT.uid:
            yield path


def _markers(database: Path, settings_folder: Path) -> list[Path]:
    """Those beside the settings, of the database and of the accounts."""
    files = (database, file_of(database))
    found = [marker.places(file, settings_folder)[-1] for file in files]
    return [path for path in found if path.parent != database.parent]


def _is_plain(path: Path) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) or (stat.S_ISREG(status.st_mode) and status.st_nlink == 1)
