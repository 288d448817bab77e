"""How commands end: a sentence and an exit code for what others did wrong, never a traceback."""

import os
import re
import signal
import sqlite3
import subprocess
import sys

import pytest

from gateway.cli.exit_codes import STOPPED
from gateway.store.database import StoreError
from tests import neighbours
from tests.waiting import block_until

START_S = 60.0  # of a process on a machine that is starved
GRIDS = "grid_id,name\ng1,一网格\n"
NEEDS_SETTINGS = [
    ("run",),
    ("check",),
    ("doors",),
    ("cases",),
    ("settings",),
    ("enrol", "x.csv"),
    ("enrol", "--seal", "new"),
    ("announce", "d1", "--to", "12:30", "--who", "a", "--why", "b"),
    ("broker-config", "pi.local"),
    ("flash",),
]


def test_a_wrong_command_line_exits_with_2(menshen):
    assert menshen("foo").code == 2
    assert menshen("doors", "--limit", "0").code == 2
    assert menshen("announce", "d1").code == 2
    answer = menshen("enrol")
    assert answer.code == 2
    assert answer.err == "menshen: name CSV files, or one seal with --seal (and --door)\n"


@pytest.mark.parametrize("words", NEEDS_SETTINGS, ids=" ".join)
def test_missing_settings_are_told_and_exit_with_2(menshen, words):
    answer = menshen(*words)
    assert answer.code == 2
    assert "menshen.toml is not there" in answer.err + answer.out
    assert "menshen settings --example" in answer.err + answer.out


@pytest.mark.parametrize("words", NEEDS_SETTINGS, ids=" ".join)
def test_wrong_settings_are_told_and_exit_with_2(menshen, folder, words):
    (folder / "menshen.toml").write_text("[broker]\nport = 0\nhots = 1\n")
    answer = menshen(*words)
    assert answer.code == 2
    text = answer.err + answer.out
    assert "broker.port is 0; allowed is a whole number from 1 to 65535" in text
    assert "broker.hots is not a setting; did you mean broker.host?" in text


@pytest.mark.parametrize("words", [("doors",), ("cases",), ("doors", "--json")])
def test_a_missing_database_is_told_and_exits_with_1(menshen, settings, words):
    answer = menshen(*words)
    assert answer.code == 1
    assert answer.err.startswith("menshen: there is no database at")
    assert answer.out == ""


def test_a_service_manager_s_stop_leaves_nothing_by_halves(menshen, store, folder):
    """What passed through stayed beside the database: of a copy, all of a site."""
    os.mkfifo(folder / "copy.tar")
    words = ["restore", "copy.tar", "--config", str(folder / "menshen.toml")]
    command = [sys.executable, "-m", "gateway", *words]
    places = os.pathsep.join([str(neighbours.ROOT), str(neighbours.ROOT / "firmware")])
    with subprocess.Popen(
        command,
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": places},
    ) as process:
        assert block_until(lambda: any(folder.glob(".menshen-copy-*")), START_S)
        process.terminate()
        said = process.communicate(timeout=START_S)[1]
    assert (process.returncode, said) == (-signal.SIGTERM, f"menshen: {STOPPED}\n")
    assert not any(folder.glob(".menshen-copy-*"))


LONG = "x" * 300


@pytest.mark.parametrize(
    "words",
    [
        ("backup", "verify", LONG),
        ("restore", LONG),
        ("restore", "copy.tar", "--config", LONG),
        ("upgrade", "--config", "menshen.toml/menshen.toml"),
        ("upgrade",),
        ("backup", "verify"),
        ("influx", "init", "--config", LONG),
    ],
    ids=lambda words: " ".join(words)[:40],
)
def test_a_path_that_the_machine_does_not_take_is_told(menshen, store, settings, words):
    """It was a traceback, of whatever asked first whether something lies there."""
    settings.write_text(f'{settings.read_text()}[backup]\nfolder = "{LONG}"\n')
    answer = menshen(*words)
    assert answer.code in (1, 2)
    assert re.fullmatch(r"menshen: \S.*(File name too long|Not a directory).*\n", answer.err)


def test_a_file_that_is_no_database_is_told(menshen, settings, folder):
    (folder / "menshen.db").write_text("hello, I am no database at all, but long enough" * 30)
    answer = menshen("doors")
    assert answer.code == 1
    assert "is not a database of ours" in answer.err


def test_a_locked_database_is_told(menshen, store, folder, monkeypatch):
    monkeypatch.setattr("gateway.store.database.BUSY_MS", 10)
    (folder / "grids.csv").write_text("grid_id,name\ng7,x\n")
    other = sqlite3.connect(folder / "menshen.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = menshen("enrol", "grids.csv")
    other.close()
    assert answer.code == 1
    assert "is held by another program" in answer.err


def test_what_went_wrong_inside_the_gateway_is_told_once(menshen, settings, monkeypatch):
    async def serve(*_):
        full = StoreError("the disk is full")
        raise ExceptionGroup("parts", [full, ExceptionGroup("more", [full])])

    monkeypatch.setattr("gateway.service.serve", serve)
    answer = menshen("run")
    assert (answer.code, answer.err) == (1, "menshen: the disk is full\n")


def test_our_own_mistakes_keep_their_traceback(menshen, settings, monkeypatch):
    async def serve(*_):
        raise ExceptionGroup("parts", [StoreError("the disk is full"), ZeroDivisionError()])

    monkeypatch.setattr("gateway.service.serve", serve)
    with pytest.raises(ExceptionGroup, match="parts"):
        menshen("run")


def test_a_path_with_strange_signs_names_one_file(menshen, folder):
    (folder / "menshen.toml").write_text('[store]\npath = "a?b%41 #门.db"\n')
    (folder / "grids.csv").write_text(GRIDS)
    assert menshen("enrol", "grids.csv").code == 0
    names = {path.name for path in folder.iterdir()}
    assert names - {"a?b%41 #门.db-wal", "a?b%41 #门.db-shm"} == {
        "menshen.toml",
        "grids.csv",
        "a?b%41 #门.db",
    }
