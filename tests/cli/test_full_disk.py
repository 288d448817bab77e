"""The disk fills while somebody enrols, hangs, retires: a sentence, nothing by halves, and the same
command works once there is room.

The disk is a real one, small, of its own: a tmpfs, which only root can mount. It is filled but for
so many pages, so that a command stops at another write each time.
"""

import os
import re
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from gateway.cli import rotate
from gateway.cli.app import app
from gateway.provisioning.board_link import BoardError
from gateway.provisioning.broker_logins import BrokerLogins
from gateway.provisioning.spare_logins import SPARE_LOGINS
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import NewDoor, NewGrid, NewOrder, NewRow, NewSeal, NewWarden
from gateway.store.database import Store, StoreError
from gateway.store.one_gateway import alone
from gateway.store.seal_tables import seal_readings
from tests.cli.conftest import KEY, SEAL, Answer
from tests.neighbours import unused_port

DISK = "12m"
PAGE = 4096
NOW_MS = 1_900_000_000_000
LEFT = (0, 9, 12)  # pages that are free when a command begins
SPARE, OTHER = "00112233445566bb", "00112233445566cc"
OF_THE_BROKER = ("swap", "retire")  # which is to let go, and does not run here
DATABASES = "menshen.db", "menshen-accounts.db"
DOORS = "door_id,label,grid_id\nd3,3-301,g1\nd4,3-302,g1\n"

# What is typed. Each writes the registry, the accounts, the broker's logins or files of the site.
TYPED: dict[str, tuple[str, ...]] = {
    "enrol a table": ("enrol", "doors.csv"),
    "enrol a seal": ("enrol", "--seal", "new", "--door", "d5", "--out", "seals"),
    "move": ("move", SPARE, "d5"),
    "swap": ("swap", "d1", SPARE),
    "retire": ("retire", SEAL),
    "announce": ("announce", "d1", "--who", "Li", "--why", "meal", "--to", "{soon}"),
    "account": ("account", "add", "zhou", "--role", "installer"),
    "labels": ("label", SEAL, "--out", "seals/labels.pdf"),
    "broker": ("broker-config", "pi.local", "10.0.0.2"),
    "https": ("console-certificate", "pi.local"),
    "release key": ("release", "key", "seals"),
    "token": ("token", "make", "robot", "--scope", "cases:read"),
    "sheets": ("notice", "d2", "--out", "seals/sheets.pdf"),
    "heartbeat": ("heartbeat", "600", "--all"),
    "wifi": ("wifi", "change", "Courtyard", "--stage-wait", "1"),
    "rotate": ("rotate", "--door", "d1", "--no-watch"),
}
# What seals are asked through a gateway, and how far that goes without one that answers.
ASKED = {"heartbeat": "", "wifi": "did not get onto", "rotate": "does not let in the new logins"}


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small disk of its own, which is the current folder."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", str(path)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root can mount a disk of its own")
    monkeypatch.chdir(path)
    yield path
    monkeypatch.undo()
    os.chdir("/")
    subprocess.run(["umount", "-l", str(path)], check=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with a broker, a spare seal, two doors with seals and one without, to be copied."""
    folder = tmp_path_factory.mktemp("site")
    settings = folder / "menshen.toml"
    ports = f"[broker]\nport = {unused_port()}\n[console]\nport = {unused_port()}\n"
    settings.write_text(f'[site]\nzone = "Asia/Shanghai"\n{ports}')
    with closing(Store.open(folder / "menshen.db")) as store, store.writing() as connection:
        rows: list[NewRow] = [NewGrid("g1", "G"), NewWarden("w1", "Wang", "g1", "zh")]
        rows += [NewDoor(door_id, f"3-{door_id}", "g1") for door_id in ("d1", "d2", "d5")]
        hung = ((SEAL, "d1"), (SPARE, None), (OTHER, "d2"))
        rows += [NewSeal(seal_id, KEY, door_id) for seal_id, door_id in hung]
        soon_ms = time.time_ns() // 1_000_000 + 86_400_000
        rows.append(NewOrder("d2", soon_ms - 172_800_000, soon_ms, "o2"))
        enrolment = Enrolment(connection, time.time_ns() // 1_000_000, UTC)
        for row in rows:
            enrolment.take(row)
        enrolment.write()
        reading = {"seal_id": SEAL, "heard_ms": NOW_MS, "firmware": "2.0.0"}
        connection.execute(seal_readings.insert(), reading)
    (folder / "doors.csv").write_text(DOORS)
    (folder / "seals").mkdir()
    words = ["broker-config", "pi.local", "--config", str(settings)]
    assert CliRunner().invoke(app, words).exit_code == 0
    program = ["account", "add", "robot", "--program", "--role", "dispatcher", *words[-2:]]
    assert CliRunner().invoke(app, program).exit_code == 0
    return folder


def fill(disk: Path, pages: int) -> None:
    """Leave so many pages free."""
    with open(disk / "ballast", "wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, (os.statvfs(disk).f_bavail - pages) * PAGE)


def state(disk: Path) -> dict[str, object]:
    """All that the site holds: rows of each table, and files byte for byte. Not the keys: one that
    was made too soon seals nothing, and one that is in doubt must not be taken away."""
    found: dict[str, object] = {}
    for file in DATABASES:
        with closing(sqlite3.connect(disk / file)) as database:
            query = (
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            )
            tables = {name for (name,) in database.execute(query).fetchall()}
            for name in tables - {"audit"}:  # where an act stands from its beginning on
                rows = database.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608
                found[f"{file} {name}"] = rows
    for path in sorted(disk.rglob("*")):
        is_key = path.parent.name == "keys" and path.suffix == ".key"
        is_ours = path.name.startswith((*DATABASES, ".spare-logins.lock")) or is_key
        if path.is_file() and not is_ours:
            found[str(path.relative_to(disk))] = path.read_bytes()
    return found


def copied(site: Path, disk: Path) -> None:
    """The site anew on the small disk."""
    for path in disk.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(site, disk, dirs_exist_ok=True, ignore=shutil.ignore_patterns("disk"))


@pytest.mark.parametrize("what", TYPED)
def test_a_full_disk_leaves_nothing_by_halves_and_says_so_in_a_sentence(
    what: str,
    site: Path,
    disk: Path,
    menshen: Callable[..., Answer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    soon = (datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(minutes=30)).strftime("%H:%M")
    monkeypatch.chdir(disk)
    monkeypatch.setenv("MENSHEN_WIFI_PASSWORD", "a long password")
    monkeypatch.setattr(rotate, "LET_IN_S_MAX", 0)  # no broker runs here
    words = [word.format(soon=soon) for word in TYPED[what]]
    refused = 0
    for pages in LEFT:
        copied(site, disk)
        before = state(disk)
        with beside(what, disk):
            fill(disk, pages)
            answer = menshen(*words)
        (disk / "ballast").unlink()
        if _is_done(what, answer):
            continue
        refused += 1
        said = (answer.err or answer.out).strip()
        assert re.search("is full|No space left|make room", said), f"{pages} pages: {said}"
        lines = said.splitlines()  # of the audit too, where that could not say how it went
        assert len(lines) <= 2, said
        assert all(line.startswith("menshen: ") for line in lines), said
        after = state(disk)
        names = before.keys() | after.keys()
        changed = sorted(name for name in names if before.get(name) != after.get(name))
        assert changed == [], f"{pages} pages, {said}"
        with beside(what, disk):
            again = menshen(*words)
        assert _is_done(what, again), f"{pages} pages, {said}: {again.err}{again.out}"
    assert refused, "the disk was never full"


def beside(what: str, disk: Path) -> AbstractContextManager[None]:
    """As if a gateway ran, for what is asked of seals through it."""
    return alone(disk / "menshen.db") if what in ASKED else nullcontext()


def _is_done(what: str, answer: Answer) -> bool:
    is_asked = bool(ASKED.get(what)) and ASKED[what] in answer.err
    is_left = what in OF_THE_BROKER and "broker may still let" in answer.err
    return answer.code == 0 or is_asked or is_left


def test_a_disk_that_fills_between_two_boards_gives_no_login_twice(disk: Path) -> None:
    """What `menshen flash` asks of the broker's logins, board by board."""
    logins = BrokerLogins(disk, disk / "menshen.db", None, lambda _user, _password: None)
    logins.spares.mint(20, NOW_MS)
    first = logins.identity(NOW_MS)
    fill(disk, 0)
    with pytest.raises(BoardError, match=r"cannot be written .*make room there\. The board"):
        logins.identity(NOW_MS)
    logins.used(first.seal_id)  # enrolled all the same: its login only stays where the spares are
    (disk / "ballast").unlink()
    logins.used(first.seal_id)
    given = [logins.identity(NOW_MS).seal_id for _ in range(19)]
    assert len({first.seal_id, *given}) == 20
    assert logins.spares.free() == 0
    assert sorted(path.name for path in disk.iterdir()) == [".spare-logins.lock", SPARE_LOGINS]


def test_a_database_that_is_made_on_a_disk_without_room_is_none_and_not_a_damaged_one(
    disk: Path,
) -> None:
    """Its log had room and the file had not: what had the name then was half of it, "damaged" for
    ever, so that an installation could not go on when there was room."""
    filler, database = disk / "filler", disk / "menshen.db"
    for left in (8, 80, 150, 170, 200, 260):
        filler.write_bytes(b"")
        free = os.statvfs(disk)
        filler.write_bytes(bytes(max(0, free.f_bfree * free.f_frsize - left * PAGE)))
        with pytest.raises(StoreError, match="the disk is full"):
            Store.open(database)
        assert [path.name for path in disk.iterdir()] == ["filler"], left
    filler.unlink()
    Store.open(database).close()
