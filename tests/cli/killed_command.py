"""A command of the command line that is killed (SIGKILL) before one of its writes.

It runs in a child that is forked from the tests, so that nothing is read in anew. A *write* is
whatever could be the last thing that reaches the disk: a commit of a database, a file that is
opened to be written, renamed, linked, removed or given other rights, within the site's folder. The
command is killed just before it; so behind the last one there is one place more, its end.
"""

import os
import re
import shutil
import signal
import sqlite3
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Engine, event
from typer.testing import CliRunner

from gateway.accounts import audit_status
from gateway.cli.app import app
from gateway.provisioning.broker_config import PASSWORDS
from gateway.store.one_gateway import alone
from tests.neighbours import Broker, find, or_skip

NEVER: Final = 1 << 30
AUDIT: Final = (".audit", ".anchors", ".audit_things")  # tables of the accounts' file
_CHANGES: Final = frozenset(
    {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"}
) | {"os.chmod"}
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
# A database's own files beside it, which the next who opens it takes in.
_PASSING: Final = re.compile(r"-(wal|shm|journal)$|\.(lock|pid)$")
# A key that was never used; whoever keeps the keys takes it away within the hour (tests/keys).
_UNUSED: Final = re.compile(r"keys/\.[0-9a-f]{16}\.key\.\d+\.new")
# In names by chance: when a copy was made; the ids of keys (of which one that no row names goes
# after some days, tests/ending).
_BY_CHANCE: Final = re.compile(r"\d{8}T\d{6}Z|(?<=^keys/)[0-9a-f]{16}(?=\.key$)")


_TABLES: Final = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"


class Ended(NamedTuple):
    """How it ended: by itself with a code, or killed; what it said; and how many writes it did."""

    code: int | None
    said: str
    writes: int


def run(
    folder: Path,
    words: list[str],
    dies_at: int = NEVER,
    typed: str = "",
    beside: Callable[[Path], AbstractContextManager[object]] = nullcontext,
) -> Ended:
    """Run a command in a folder, killed before its write of this number, counted from 0.
    `beside`: what runs there meanwhile."""
    out = folder.with_name(f"{folder.name}.said")
    with beside(folder):
        pid = os.fork()
        if pid == 0:
            _child(folder, words, dies_at, typed, out)
        _, status = os.waitpid(pid, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL, status
    if not out.exists():
        return Ended(None, "", dies_at)
    code, writes, said = out.read_text().split("\n", 2)
    out.unlink()
    return Ended(int(code), said, int(writes))


def _child(folder: Path, words: list[str], dies_at: int, typed: str, out: Path) -> None:
    """Nothing of the tests may go on in it, so that it also ends by a kill where it is not one."""
    try:
        os.chdir(folder)
        writes = _Writes(folder, dies_at)
        result = CliRunner().invoke(app, words, input=typed, prog_name="menshen")
        said = f"{result.stdout}{result.stderr}"
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            said += f"\nTraceback: {result.exception!r}"
        writes.over()
        out.write_text(f"{result.exit_code}\n{writes.count - 1}\n{said}")
    finally:
        os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def at_work(folder: Path) -> Iterator[None]:
    """A gateway has the site's database, and its broker lets in whom the site's file names."""
    program = or_skip(find("mosquitto"), "mosquitto", "`make neighbours`")
    settings = tomllib.loads((folder / "menshen.toml").read_text())["broker"]
    own = folder.with_name(f"{folder.name}.broker")
    own.mkdir(exist_ok=True)
    text = f"listener {settings['port']} 127.0.0.1\npassword_file {folder / 'broker' / PASSWORDS}\n"
    text += f"pid_file {folder / settings['pid_file']}\n"
    (own / "mosquitto.conf").write_text(text + "user root\n" * (os.geteuid() == 0))
    (folder / "broker").mkdir(exist_ok=True)
    (folder / "broker" / PASSWORDS).touch(0o600)
    broker = Broker("mosquitto", [program, "-c", "mosquitto.conf"], own, settings["port"])
    broker.start()
    try:
        with alone(folder / "menshen.db"):
            yield
    finally:
        broker.stop()


class _Writes:
    """Counts writes, and dies before one of them."""

    def __init__(self, folder: Path, dies_at: int) -> None:
        self.count, self._folder, self._dies_at, self._is_over = 0, folder, dies_at, False
        event.listen(Engine, "commit", lambda _: self.one())
        sys.addaudithook(self._heard)

    def one(self) -> None:
        if self._is_over:
            return
        if self.count == self._dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.count += 1

    def over(self) -> None:
        """The command has ended: that is the last place."""
        self.one()
        self._is_over = True

    def _heard(self, name: str, args: tuple[Any, ...]) -> None:
        if name == "open":
            is_write = bool(args[2] & _WRITES) and _is_within(self._folder, args[0])
        else:
            is_write = name in _CHANGES and any(_is_within(self._folder, one) for one in args[:2])
        if is_write:
            self.one()


def _is_within(folder: Path, path: object) -> bool:
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    text = os.path.abspath(os.fsdecode(path))
    return text.startswith(f"{folder}{os.sep}") and not _PASSING.search(text)


Rows = dict[str, Counter[tuple[Any, ...]]]


class State(NamedTuple):
    """What a site's folder holds: of each table its rows, and the names of its files."""

    rows: dict[str, tuple[list[str], list[tuple[Any, ...]]]]
    files: frozenset[str]


def state_of(folder: Path) -> State:
    """As whoever looks next finds it. It must be whole."""
    rows: dict[str, tuple[list[str], list[tuple[Any, ...]]]] = {}
    for path in sorted(folder.glob("*.db")):
        with closing(sqlite3.connect(path)) as file:
            file.text_factory = bytes
            assert file.execute("PRAGMA integrity_check").fetchone() == (b"ok",)
            assert file.execute("PRAGMA foreign_key_check").fetchall() == []
            query = (
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            )
            for (raw,) in file.execute(query).fetchall():
                table = raw.decode()
                found = file.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - a name of ours
                names = [one[0] for one in found.description]
                rows[f"{path.stem}.{table}"] = names, found.fetchall()
    files = (path for path in folder.rglob("*") if path.is_file())
    names = frozenset(_BY_CHANCE.sub("X", str(path.relative_to(folder))) for path in files)
    left = (name for name in names if not _PASSING.search(name) and not _UNUSED.fullmatch(name))
    return State(rows, frozenset(left))


def chance(one: State, other: State) -> set[tuple[str, str]]:
    """Columns in which two runs of the same differ: times, also where both fell into one second,
    keys and ids by chance."""
    found = set()
    for table, (names, rows) in one.rows.items():
        others = other.rows.get(table, ([], []))[1]
        for at, name in enumerate(names):
            is_time = name.endswith("_ms") or name == "body"
            if is_time or Counter(row[at] for row in rows) != Counter(row[at] for row in others):
                found.add((table, name))
    return found


def alike(state: State, by_chance: set[tuple[str, str]]) -> Rows:
    """Its rows, to be compared: of these columns only whether anything stands there. The audit is
    left out: it says of an act that was killed that it began (`said_done`)."""
    found: Rows = {}
    for table, (names, rows) in state.rows.items():
        if table.startswith("menshen-accounts.") and table.endswith(AUDIT):
            continue
        is_chance = {at for at, name in enumerate(names) if (table, name) in by_chance}
        found[table] = Counter(
            tuple(cell is None if at in is_chance else cell for at, cell in enumerate(row))
            for row in rows
        )
    return found


def said_done(state: State) -> int:
    """How many entries of the audit say that something was done."""
    names, rows = state.rows["menshen-accounts.audit"]
    at = names.index("status")
    return sum(row[at] == audit_status.DONE for row in rows)


def in_force(state: State) -> State:
    """Without what was given up: commands that were cancelled, seals that have ended, and that the
    registry was changed for them."""
    rows = dict(state.rows)
    for table, (column, is_over) in _OVER.items():
        names, found = rows[table]
        at = names.index(column)
        rows[table] = names, [row for row in found if not is_over(row[at])]
    return State(rows, state.files)


_OVER: Final[dict[str, tuple[str, Callable[[Any], bool]]]] = {
    "menshen.seal_commands": ("state", lambda cell: cell == b"cancelled"),
    "menshen.seals": ("ended_ms", lambda cell: cell is not None),
    "menshen.enrolments": ("at_ms", lambda _: True),
}


def apart(rows: Rows, others: list[Rows]) -> list[list[str]]:
    """The tables in which these differ, from each of the others."""
    return [[table for table in rows if rows[table] != other.get(table)] for other in others]


def copied(folder: Path, to: Path) -> Path:
    """The folder once more."""
    shutil.copytree(folder, to)
    return to
