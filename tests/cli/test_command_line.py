"""The command line as people and scripts meet it: words, JSON and exit codes, never a traceback."""

import os
import sqlite3
import subprocess
import sys

import pytest

from gateway.settings import example
from gateway.store.database import StoreError
from tests import neighbours

COMMANDS = ("run", "check", "doors", "cases", "announce", "settings", "enrol", "flash", "label")
COMMANDS += ("broker-config", "decode", "demo", "simulate", "what-if", "coverage")
GRIDS = "grid_id,name\ng1,一网格\n"


def test_help_names_every_command_and_the_exit_codes(menshen):
    said = menshen("--help")
    assert said.code == 0
    for command in COMMANDS:
        assert command in said.out
    assert "Exit codes: 0 done" in said.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(menshen, command):
    said = menshen(command, "--help")
    assert said.code == 0
    assert "Usage: menshen" in said.out
    assert "Traceback" not in said.out


def test_a_wrong_command_line_exits_with_2(menshen):
    assert menshen("foo").code == 2
    assert menshen("doors", "--limit", "0").code == 2
    assert menshen("announce", "d1").code == 2
    said = menshen("enrol")
    assert said.code == 2
    assert said.err == "menshen: name CSV files, or one seal with --seal (and --door)\n"


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


@pytest.mark.parametrize("words", NEEDS_SETTINGS, ids=" ".join)
def test_missing_settings_are_told_and_exit_with_2(menshen, words):
    said = menshen(*words)
    assert said.code == 2
    assert "menshen.toml is not there" in said.err + said.out
    assert "menshen settings --example" in said.err + said.out


@pytest.mark.parametrize("words", NEEDS_SETTINGS, ids=" ".join)
def test_wrong_settings_are_told_and_exit_with_2(menshen, folder, words):
    (folder / "menshen.toml").write_text("[broker]\nport = 0\nhots = 1\n")
    said = menshen(*words)
    assert said.code == 2
    told = said.err + said.out
    assert "broker.port is 0; allowed is a whole number from 1 to 65535" in told
    assert "broker.hots is not a setting; did you mean broker.host?" in told


@pytest.mark.parametrize("words", [("doors",), ("cases",), ("doors", "--json")])
def test_a_missing_database_is_told_and_exits_with_1(menshen, settings, words):
    said = menshen(*words)
    assert said.code == 1
    assert said.err.startswith("menshen: there is no database at")
    assert said.out == ""


def test_a_file_that_is_no_database_is_told(menshen, settings, folder):
    (folder / "menshen.db").write_text("hello, I am no database at all, but long enough" * 30)
    said = menshen("doors")
    assert said.code == 1
    assert "is not a database of ours" in said.err


def test_a_locked_database_is_told(menshen, store, folder, monkeypatch):
    monkeypatch.setattr("gateway.store.database.BUSY_MS", 10)
    (folder / "grids.csv").write_text("grid_id,name\ng7,x\n")
    other = sqlite3.connect(folder / "menshen.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    said = menshen("enrol", "grids.csv")
    other.close()
    assert said.code == 1
    assert "is held by another program" in said.err


def test_the_example_settings_hold(menshen, folder):
    said = menshen("settings", "--example")
    assert said.out.strip() == example().strip()
    (folder / "menshen.toml").write_text(said.out)
    held = menshen("settings", "--json").json
    assert held["broker"]["port"] == 1883
    assert held["console"]["password"] == "not set"
    assert "broker.port" in menshen("settings").out


def test_settings_never_show_a_secret(menshen, settings, monkeypatch):
    monkeypatch.setenv("MENSHEN_CONSOLE_PASSWORD", "hunter2")
    said = menshen("settings")
    assert "hunter2" not in said.out
    assert menshen("settings", "--json").json["console"]["password"] == "set"


def test_the_settings_may_be_named_by_the_environment(menshen, settings, folder, monkeypatch):
    settings.rename(folder / "other.toml")
    monkeypatch.setenv("MENSHEN_CONFIG", str(folder / "other.toml"))
    assert menshen("settings").code == 0


def test_doors_show_what_is_enrolled_before_a_gateway_ran(menshen, store):
    assert (
        menshen("announce", "d1", "--to", "2099-01-01", "--who", "a", "--why", "b").code == 1
    )  # a permit of decades
    said = menshen("doors")
    assert said.code == 0
    assert [word in said.out for word in ("3-201", "一网格", "never", "no seal")] == [True] * 4
    first, second = menshen("doors", "--json").json
    assert (first["door_id"], first["seal_id"]) == ("d1", "00112233445566aa")
    assert (second["seal_id"], second["contact"], second["case_id"]) == (None, "unknown", None)
    assert "… 1 of 2; --limit shows more" in menshen("doors", "--limit", 1).out


def test_cases_without_any(menshen, store):
    assert menshen("cases").out == "No case is open.\n"
    assert menshen("cases", "--closed").out == "No case has been closed yet.\n"
    assert menshen("cases", "--json").json == []


def test_as_a_program_it_exits_and_prints_like_one(folder):
    places = [str(neighbours.ROOT), str(neighbours.ROOT / "firmware")]
    ran = subprocess.run(
        [sys.executable, "-m", "gateway", "doors"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("menshen: menshen.toml is not there")
    assert ran.stderr.count("\n") == 1


def test_a_reader_that_has_seen_enough_is_no_failure(store):
    places = [str(neighbours.ROOT), str(neighbours.ROOT / "firmware")]
    command = f"{sys.executable} -m gateway doors --json | head -c 1; echo ${{PIPESTATUS[0]}}"
    ran = subprocess.run(
        ["bash", "-c", command],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("[0\n", "")


def test_what_went_wrong_inside_the_gateway_is_told_once(menshen, settings, monkeypatch):
    async def serve(_):
        full = StoreError("the disk is full")
        raise ExceptionGroup("parts", [full, ExceptionGroup("more", [full])])

    monkeypatch.setattr("gateway.service.serve", serve)
    said = menshen("run")
    assert (said.code, said.err) == (1, "menshen: the disk is full\n")


def test_our_own_mistakes_keep_their_traceback(menshen, settings, monkeypatch):
    async def serve(_):
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


def test_a_terminal_of_ascii_gets_other_signs(store):
    places = [str(neighbours.ROOT), str(neighbours.ROOT / "firmware")]
    env = {"PYTHONPATH": os.pathsep.join(places), "PYTHONIOENCODING": "ascii"}
    ran = subprocess.run(
        [sys.executable, "-m", "gateway", "doors"],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "3-201" in ran.stdout
