"""An empty registry's real database, and how tables are read into it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.registry.import_files import Result, Wish, enrol_files
from gateway.store.database import Store
from tests.registry.test_csv_file import NOW_MS, SHANGHAI


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, made once: to copy it is quicker than to make it."""
    path = tmp_path_factory.mktemp("migrated") / "menshen.db"
    Store.open(path).close()
    return path


@pytest.fixture
def store(tmp_path: Path, migrated: Path) -> Iterator[Store]:
    opened = Store.open(shutil.copy(migrated, tmp_path / "menshen.db"))
    yield opened
    opened.close()


@pytest.fixture
def enrol(store: Store, tmp_path: Path) -> Callable[..., Result]:
    """A function: enrol(name=text or bytes, …, and fields of Wish) -> Result."""

    def run(**files: Any) -> Result:
        wish = {name: files.pop(name) for name in ("dry_run", "replace", "kind") if name in files}
        paths = []
        for name, content in files.items():
            path = tmp_path / f"{name}.csv"
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            paths.append(path)
        return enrol_files(store, paths, Wish(NOW_MS, SHANGHAI, **wish))

    return run
