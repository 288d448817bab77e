"""A place to run `menshen` in: a folder with settings, and what the command answers."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.core.duration import HOUR_MS
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import NewDoor, NewGrid, NewOrder, NewSeal, NewWarden
from gateway.settings.secret import PROGRAM_TOKEN, SECRETS
from gateway.store.database import Store

KEY = bytes(range(32))
SEAL = "00112233445566aa"


@dataclass(frozen=True)
class Answer:
    """What a command wrote, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, read as a script would."""
        return json.loads(self.out)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: empty, with no settings of ours in the environment."""
    for name in (
        "MENSHEN_CONFIG",
        *SECRETS.values(),
        *(f"{name}_FILE" for name in SECRETS.values()),
        PROGRAM_TOKEN,
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def menshen(folder: Path) -> Callable[..., Answer]:
    """menshen("doors", "--json") -> Answer. What a command raises fails the test, but an exit."""

    def run(*words: object) -> Answer:
        result = CliRunner().invoke(app, [str(word) for word in words], prog_name="menshen")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def settings(folder: Path, free_port: Callable[[], int]) -> Path:
    """Settings whose broker and console nobody is at yet."""
    path = folder / "menshen.toml"
    ports = f"[broker]\nport = {free_port()}\n[console]\nport = {free_port()}\n"
    path.write_text(f'[site]\nzone = "Asia/Shanghai"\n{ports}')
    return path


@pytest.fixture
def store(folder: Path, settings: Path) -> Any:
    """The database of those settings: one grid with a warden, a door with a seal, one without."""
    opened = Store.open(folder / "menshen.db")
    with opened.writing() as connection:
        enrolment = Enrolment(connection, time.time_ns() // 1_000_000, UTC)
        for row in (
            NewGrid("g1", "一网格"),
            NewWarden("w1", "王", "g1", "zh"),
            NewDoor("d1", "3-201", "g1"),
            NewDoor("d2", "3-202", "g1"),
            NewSeal(SEAL, KEY, "d1", "a-random-password-of-43-characters-012345678"),
        ):
            enrolment.take(row)
        enrolment.write()
    yield opened
    opened.close()


@pytest.fixture
def under_order(store: Store) -> Store:
    """Two doors under an order, a third without one."""
    now = time.time_ns() // 1_000_000
    with store.writing() as connection:
        enrolment = Enrolment(connection, now, None)
        enrolment.take(NewDoor("d8", "1栋1单元501", "g1"))
        enrolment.take(NewDoor("d9", "1栋1单元502", "g1"))
        for door_id in ("d1", "d8"):
            enrolment.take(NewOrder(door_id, now - HOUR_MS, now + HOUR_MS, f"o-{door_id}"))
        enrolment.write()
    return store
