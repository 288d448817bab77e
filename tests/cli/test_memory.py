"""A database that is empty, gone, or of a newer release is said so, by every command, and stays as
it is."""

import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.store import life, marker
from gateway.store.database import Store

PERMIT = ("--to", "2099-01-01", "--who", "a", "--why", "b")
# Every command that reads the database, or makes one.
COMMANDS = [
    ("run",),
    ("check",),
    ("doors",),
    ("cases",),
    ("announce", "d1", *PERMIT),
    ("coverage", "d1"),
    ("enrol", "grids.csv"),
    ("enrol", "--seal", "new"),
    ("broker-config", "pi.local"),
    ("flash", "--no-tls", "--broker", "pi.local"),
    ("decode", "10" + "01" * 26),
    ("end", "door", "d1"),
    ("clock", "--trust"),
    ("test-page", "w1"),
    ("what-if", "--from", "2026-03-01", "--to", "2026-03-02"),
]


@pytest.fixture
def database(folder: Path, store: Store) -> Path:
    """That of a site at which a gateway has been at work."""
    life.begin(store, marker.places(store.path, folder)).close()
    store.close()
    (folder / "grids.csv").write_text("grid_id,name\ng9,九网格\n")
    return store.path


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_c1_an_empty_file_is_no_site(
    menshen: Callable[..., Any], database: Path, words: tuple[str, ...]
) -> None:
    for name in ("-wal", "-shm"):
        database.with_name(database.name + name).unlink(missing_ok=True)
    database.write_bytes(b"")
    answer = menshen(*words)
    assert answer.code == 1
    assert f"{database} is empty (0 bytes)" in one_line(answer)
    assert database.read_bytes() == b""


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_c1_a_database_that_is_gone_is_not_made_anew(
    menshen: Callable[..., Any], database: Path, words: tuple[str, ...]
) -> None:
    for path in database.parent.glob("menshen.db*"):
        path.unlink()
    answer = menshen(*words)
    assert answer.code == 1
    assert "there was one until" in one_line(answer)
    assert "is its drive mounted?" in one_line(answer)
    assert not database.exists()


@pytest.mark.parametrize("remains", [True, False], ids=["mount point", "nothing"])
@pytest.mark.parametrize("words", [("run",), ("check",), ("enrol", "grids.csv")], ids=" ".join)
def test_c1_a_drive_that_is_not_mounted_is_no_new_site(
    menshen: Callable[..., Any],
    folder: Path,
    settings: Path,
    words: tuple[str, ...],
    remains: bool,
) -> None:
    """The drive carries the database and the marker beside it; the settings lie elsewhere."""
    settings.write_text(settings.read_text() + '[store]\npath = "drive/menshen.db"\n')
    (folder / "grids.csv").write_text("grid_id,name\ng9,九网格\n")
    assert menshen("enrol", "grids.csv").code == 0
    with contextlib.closing(Store.open(folder / "drive" / "menshen.db")) as store:
        life.begin(store, marker.places(store.path, folder)).close()
    shutil.rmtree(folder / "drive")
    if remains:
        (folder / "drive").mkdir()
    answer = menshen(*words)
    assert answer.code == 1
    assert "is its drive mounted?" in one_line(answer)
    assert not (folder / "drive" / "menshen.db").exists()


def test_c1_whoever_means_a_new_site_says_so(menshen: Callable[..., Any], database: Path) -> None:
    for path in database.parent.glob("menshen.db*"):
        path.unlink()
    answer = one_line(menshen("enrol", "grids.csv"))
    named = Path(answer.rpartition("delete ")[2].rstrip("."))
    named.unlink()
    assert menshen("enrol", "grids.csv").code == 0


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("what", ["tables", "format"])
def test_c2_a_newer_release_is_named(
    menshen: Callable[..., Any], database: Path, words: tuple[str, ...], what: str
) -> None:
    newer = {
        "tables": "UPDATE alembic_version SET version_num = '9999_far'",
        "format": "UPDATE site SET stored_format = 99",
    }
    with contextlib.closing(sqlite3.connect(database)) as other, other:
        other.execute("UPDATE site SET release = '7.2.0'")
        other.execute(newer[what])
    before = database.read_bytes()
    answer = menshen(*words)
    assert answer.code == 1
    assert "was written by release 7.2.0 of Menshen, which is newer than this" in one_line(answer)
    assert "install that release again, or put back a copy" in one_line(answer)
    assert database.read_bytes() == before


def test_c2_a_newer_release_that_says_nothing_more_is_told_all_the_same(
    menshen: Callable[..., Any], database: Path
) -> None:
    with contextlib.closing(sqlite3.connect(database)) as other, other:
        other.execute("UPDATE alembic_version SET version_num = '9999_far'")
        other.execute("DROP TABLE site")
    answer = menshen("doors")
    assert answer.code == 1
    assert "was written by a newer release of Menshen" in one_line(answer)


def one_line(answer: Any) -> str:
    """What a command said, however it was folded."""
    return " ".join((answer.out + answer.err).split())
