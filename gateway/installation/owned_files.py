"""The site's files are the service's: also those that root's commands have made or written anew."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from gateway.accounts.file import file_of
from gateway.installation.place import ROOT, Owner
from gateway.store import marker


def are_owned(database: Path, settings_folder: Path, owner: Owner) -> bool:
    """Whether nothing of the site's is left root's."""
    return not list(_roots(database, settings_folder, owner))


def own(database: Path, settings_folder: Path, owner: Owner) -> None:
    """Give what is root's beside the database, and the site's markers beside its settings, to the
    service. A link is never followed, and a file with a second name stays as it is: whoever could
    put one there must not be given what it leads to."""
    for path in _roots(database, settings_folder, owner):
        os.chown(path, *owner, follow_symlinks=False)


def _roots(database: Path, settings_folder: Path, owner: Owner) -> Iterator[Path]:
    if os.geteuid() != 0 or owner.uid == 0:
        return
    markers = [marker.places(file, settings_folder)[-1] for file in (database, file_of(database))]
    beside = sorted(database.parent.iterdir()) if database.parent.is_dir() else []
    for path in dict.fromkeys((*beside, *markers)):
        try:
            status = path.lstat()
        except OSError:
            continue
        is_plain = stat.S_ISREG(status.st_mode) and status.st_nlink == 1
        if status.st_uid == ROOT.uid and is_plain:
            yield path
