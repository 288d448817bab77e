"""What belongs to a site, where it lies, and by which name a copy has it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from gateway.accounts import file as accounts
from gateway.photos.folder import PhotoFolder
from gateway.provisioning.spare_logins import SPARE_LOGINS
from gateway.registry import site_key
from gateway.settings import Settings

DATABASE: Final = "menshen.db"
ACCOUNTS: Final = "accounts.db"
SITE_KEY: Final = "site-key"
SETTINGS: Final = "settings/menshen.toml"
ENVIRONMENT: Final = "environment"  # beside the settings: secrets, a file of root's
BROKER: Final = "broker/"
PHOTOS: Final = "photos/"
FILES_MAX: Final = 100_000


class Part(NamedTuple):
    """A file of the site: its name in a copy, and where it lies."""

    name: str
    path: Path


class Site(NamedTuple):
    """A site, by the file of its settings and what that says."""

    config: Path
    settings: Settings

    @property
    def database(self) -> Path:
        """The journal and all else that the gateway knows."""
        return self.settings.store.path

    @property
    def accounts(self) -> Path:
        """Where people sign in; not at every site."""
        return accounts.file_of(self.database)

    def files(self) -> Iterator[Part]:
        """All but the databases, as far as it is there.

        A spare login is used once, so an old list of them would give some away twice: it stays out.
        """
        yield from (part for part in self._single() if part.path.is_file())
        broker = self.settings.broker.folder
        for path in _regular(broker):
            if path.name != SPARE_LOGINS and not path.name.endswith(".lock"):
                yield Part(BROKER + path.relative_to(broker).as_posix(), path)
        photos = PhotoFolder(self.database).path
        yield from (Part(PHOTOS + path.name, path) for path in _regular(photos))

    def place_of(self, name: str) -> Path | None:
        """Where a file of a copy belongs; None for none of ours."""
        single = {part.name: part.path for part in self._single()}
        if name in single:
            return single[name]
        for folder, place in (
            (BROKER, self.settings.broker.folder),
            (PHOTOS, PhotoFolder(self.database).path),
        ):
            if name.startswith(folder):
                return place / name.removeprefix(folder)
        return None

    def _single(self) -> Iterator[Part]:
        yield Part(SITE_KEY, site_key.place(self.database))
        yield Part(SETTINGS, self.config)
        yield Part(f"settings/{ENVIRONMENT}", self.config.parent / ENVIRONMENT)
        pair = self.settings.console.pair
        for name, path in zip(("certificate", "key"), pair or (), strict=False):
            yield Part(f"console/{name}", path)


def _regular(folder: Path) -> Iterator[Path]:
    """The files below a folder, no links, in their order; at most FILES_MAX."""
    found = sorted(folder.rglob("*")) if folder.is_dir() else []
    for path in found[:FILES_MAX]:
        if path.is_file() and not path.is_symlink() and os.path.basename(path)[0] != ".":
            yield path
