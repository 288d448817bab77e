"""Killed anywhere in what it does, every act of the command line is done or not done, never half;
and said again it comes to its end.

Each is killed before one of its writes, by chance; all of them with `KILLS=all`. The seed is
printed: `SEED=7 pytest tests/cli/test_killed.py`.
"""

import os
import random
import shutil
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from gateway.accounts import persons
from gateway.accounts.file import AccountsFile
from gateway.accounts.roles import Role
from gateway.cli.acting import NOTED, Act, Other
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import (
    NewDoor,
    NewGrid,
    NewOrder,
    NewPermit,
    NewSeal,
    NewWarden,
)
from gateway.store import tables
from gateway.store.database import Store
from gateway.store.update_tables import releases
from tests.cli.conftest import KEY, SEAL
from tests.cli.killed_command import alike, apart, chance, copied, run, state_of

HOUR_MS = 3_600_000
SPARE, THIRD = "00112233445566ab", "00112233445566ac"
# What is typed, and what is typed before it, in a site as `template` makes it.
SAID: dict[str, tuple[str, ...]] = {
    "announce": ("announce d1 --to 12:30 --who L --why meal",),
    "announce with an id": ("announce d1 --to 12:30 --who L --why meal --id m",),
    "announce an area": ("announce --area stair:1/1 --to 12:30 --who L --why meal --id m",),
    "visit": ("visit d1 --who L --id v",),
    "visit end": ("visit d1 --who L --id v", "visit d1 --who L --end"),
    "end order": ("end order o1",),
    "end permit": ("end permit p1",),
    "end seal": (f"end seal {SPARE}",),
    "end door": ("end door d2",),
    "end warden": ("end warden w1",),
    "destruction hold": ("destruction hold o1 --by Li --why lawsuit",),
    "destruction release": (
        "destruction hold o1 --by Li --why lawsuit",
        "destruction release o1",
    ),
    "test-page": ("test-page w1 --wait 0",),
    "clock": ("clock --trust",),
    "update start": ("update start 7",),
    "update stop": ("update start 7", "update stop"),
    "update end": ("update start 7", "update stop", "update end"),
    "enrol": ("enrol doors.csv orders.csv permits.csv",),
    "enrol a seal": (f"enrol --seal {'a' * 16} --door d3 --key-file new.key",),
    "move": (f"move {SPARE} d3",),
    "move nowhere": (f"move {SEAL} --nowhere",),
    "exchange": (f"exchange {SEAL} d2",),
    "swap": (f"swap d1 {SPARE}",),
    "retire": (f"retire {SEAL}",),
    "release key": ("release key .",),
    "wifi change": ("wifi change new --stage-wait 1",),
    "wifi stop": ("wifi stop",),
    "heartbeat": ("heartbeat 600 --door d1",),
    "rotate": ("rotate --door d1 --no-watch",),
    "door-label": ("door-label d1 --out label.html",),
    "notice": ("notice d1 --out notice.html",),
    "broker-config": ("broker-config pi.local",),
    "broker-config again": ("broker-config pi.local", "broker-config"),
    "console-certificate": ("console-certificate pi.local",),
    "account add": ("account add li --role engineer",),
    "account the first": ("account add li --role engineer",),
    "account password": ("account password chen",),
    "account invite": ("account add wang --warden w1", "account invite wang --address http://a"),
    "account end": ("account end chen",),
    "account revoke": ("account revoke chen",),
    "account token": ("account token prog",),
    "account link": ("account link chen --subject u",),
    "token make": ("token make prog --scope doors:read",),
    "backup": ("backup --to copy.tar",),
}
PASSWORD = "correct horse battery staple\n"
ELSEWHERE = {
    "flash": "boards on a cable: tests/day, tests/provisioning",
    "commission": "a person at a door, with a gateway: tests/end_to_end/test_commission.py",
    "influx": "another server's; nothing of the site is written",
    "install": "a machine's own: tests/installation",
    "uninstall": "likewise",
    "restore": "tests/backup/test_restoring.py, which kills it at each of its steps",
    "destroy-site": "tests/ending, which kills it likewise",
}
ALL = os.environ.get("KILLS") == "all"
BY_CHANCE = 2
TYPED = PASSWORD * 2
CHANCE = random.Random(SEED := int(os.environ.get("SEED", time.time())))  # noqa: S311 - a story


def test_no_act_is_forgotten() -> None:
    acts = {name for name, one in NOTED.items() if isinstance(one, Act) or one is Other.OWN}
    assert {words[-1].split()[0] for words in SAID.values()} | set(ELSEWHERE) == acts


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with everything that is named above, and nobody at it."""
    folder = tmp_path_factory.mktemp("killed") / "site"
    folder.mkdir()
    at_ms = time.time_ns() // 1_000_000
    (folder / "menshen.toml").write_text('[site]\nzone = "Asia/Shanghai"\n')
    (folder / "doors.csv").write_text("door_id,label,grid_id\nn1,9-101,g1\nn2,9-102,g1\n")
    (folder / "orders.csv").write_text("door_id,from,to\nn1,2026-01-01,2099-01-01\n")
    (folder / "permits.csv").write_text("")
    (folder / "new.key").write_text("11" * 32)
    with closing(Store.open(folder / "menshen.db")) as store, store.writing() as connection:
        enrolment = Enrolment(connection, at_ms, None)
        for row in (
            NewGrid("g1", "一网格"),
            NewWarden("w1", "王", "g1", "zh"),
            *(NewDoor(f"d{n}", f"3-20{n}", "g1", building="1", stair="1") for n in (1, 2, 3)),
            NewSeal(SEAL, KEY, "d1", "a-random-password-of-43-characters-012345678"),
            NewSeal(THIRD, KEY, "d2", "a-random-password-of-43-characters-012345679"),
            NewSeal(SPARE, KEY, None, "a-random-password-of-43-characters-012345670"),
            NewOrder("d1", at_ms - HOUR_MS, at_ms + HOUR_MS, "o1"),
            NewPermit("d1", at_ms, at_ms + HOUR_MS, 1, 60_000, "李", "送餐", "p1"),
        ):
            enrolment.take(row)
        enrolment.write()
        connection.execute(update(tables.seals).values(enrolled_ms=1))
        release = {"release_id": "r", "counter": 7, "kind": "app", "version": "1", "file": b""}
        connection.execute(insert(releases), {**release, "added_ms": 0})
    with (
        closing(AccountsFile(folder / "menshen.db")) as accounts,
        accounts.create().writing() as connection,
    ):
        persons.add(connection, "chen", [Role.ADMINISTRATOR], 0)
        persons.add(connection, "prog", [Role.ENGINEER], 0, kind=persons.Kind.PROGRAM)
    return folder


@pytest.mark.parametrize("number", range(len(SAID) if ALL else BY_CHANCE))
def test_killed_anywhere_it_is_done_or_not_and_said_again_it_ends(
    number: int, template: Path, tmp_path: Path
) -> None:
    name = list(SAID)[number] if ALL else CHANCE.choice(list(SAID))
    print(f"SEED={SEED} pytest {__file__}: {name}")
    *first, last = (words.split() for words in SAID[name])
    begun = copied(template, tmp_path / "begun")
    for words in first:
        run(begun, words, typed=TYPED)
    done, done_too = (copied(begun, tmp_path / to) for to in ("done", "done-too"))
    [whole, also] = [run(folder, last, typed=TYPED) for folder in (done, done_too)]
    assert "Traceback" not in whole.said
    assert (whole.code, whole.writes) == (also.code, also.writes), (whole.said, also.said)
    before, after = state_of(begun), state_of(done)
    by_chance = chance(after, state_of(done_too))
    wanted = [alike(before, by_chance), alike(after, by_chance)]
    twice = run(done_too, last, typed=TYPED)
    places = range(whole.writes + 1)
    for dies_at in places if ALL else [CHANCE.choice(places)]:
        where = f"{' '.join(last)}, killed before write {dies_at} of {whole.writes}"
        half = copied(begun, tmp_path / f"half-{dies_at}")
        assert run(half, last, dies_at, typed=TYPED).code is None, where
        left = state_of(half)
        rows = alike(left, by_chance)
        assert rows in wanted, (where, apart(rows, wanted))
        again = run(half, last, typed=TYPED)
        assert "Traceback" not in again.said, (where, again.said)
        assert again.code in (whole.code, twice.code), (where, again.said)
        is_done = rows == wanted[1] and left.files >= after.files
        assert is_done or again.code == whole.code, (where, again.said)
        files = state_of(half).files
        assert files in (after.files, state_of(done_too).files), (where, files ^ after.files)
        shutil.rmtree(half)
