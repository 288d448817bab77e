"""Killed anywhere in what it does, every act of the command line is done or not done, never half;
and said again it comes to its end.

Each is killed before one of its writes, by chance; all of them with `KILLS=all`. The seed is
printed: `SEED=7 pytest tests/cli/test_killed.py`.
"""

import os
import random
import shutil
import time
from contextlib import closing, nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from gateway.accounts import persons, tokens
from gateway.accounts.file import AccountsFile
from gateway.accounts.roles import Role
from gateway.accounts.scopes import Scope
from gateway.accounts.tables import sessions
from gateway.cli import account, token
from gateway.cli.acting import NOTED, Act, Other
from gateway.core.commissioning import Visit
from gateway.core.duration import DAY_MS, HOUR_MS
from gateway.core.model import Door
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import (
    NewDoor,
    NewGrid,
    NewOrder,
    NewPermit,
    NewSeal,
    NewWarden,
)
from gateway.store import states, tables
from gateway.store.database import Store
from gateway.store.seal_tables import seal_readings
from gateway.store.update_tables import releases
from gateway.updates import release_file, signing
from tests.cli import killed_command
from tests.cli.conftest import KEY, SEAL
from tests.cli.killed_command import (
    alike,
    apart,
    at_work,
    chance,
    copied,
    in_force,
    state_of,
)
from tests.neighbours import unused_port

SETTINGS = f"""\
[broker]
port = {unused_port()}
pid_file = "broker.pid"
[site]
zone = "Asia/Shanghai"
[oidc]
issuer = "https://id.example"
client_id = "menshen"
[backup]
folder = "copies"
"""
SPARE, THIRD = "00112233445566ab", "00112233445566ac"
# What is typed, and what is typed before it, in a site as `template` makes it.
SAID: dict[str, tuple[str, ...]] = {
    "announce": ("announce d1 --to 12:30 --who L --why meal",),
    "announce with an id": ("announce d1 --to 12:30 --who L --why meal --id m",),
    "announce an area": ("announce --area stair:1/1 --to 12:30 --who L --why meal --id m",),
    "visit": ("visit d1 --who L --id v",),
    "visit end": ("visit d2 --end",),
    "end order": ("end order o1",),
    "end permit": ("end permit p1",),
    "end seal": (f"end seal {SPARE}",),
    "end door": ("end door d2",),
    "end warden": ("end warden w1",),
    "end grid": ("end grid g2",),
    "destruction hold": ("destruction hold o1 --by Li --why lawsuit",),
    "destruction release": (
        "destruction hold o1 --by Li --why lawsuit",
        "destruction release o1",
    ),
    "test-page": ("test-page w1 --wait 0",),
    "clock": ("clock --trust",),
    "update add": ("release sign new.rel --key signing/release.key", "update add new.rel"),
    "update start": ("update start 7",),
    "update stop": ("update start 7", "update stop"),
    "update go-on": ("update start 7", "update stop", "update go-on"),
    "update end": ("update start 7", "update stop", "update end"),
    "enrol": ("enrol doors.csv orders.csv permits.csv",),
    "enrol a seal": (f"enrol --seal {'a' * 16} --door d3 --key-file new.key",),
    "move": (f"move {SPARE} d3",),
    "move nowhere": (f"move {SEAL} --nowhere",),
    "exchange": (f"exchange {SEAL} d2",),
    "swap": (f"swap d1 {SPARE}",),
    "retire": (f"retire {SEAL}",),
    "release key": ("release key keys-of-releases",),
    "release sign": ("release sign new.rel --key signing/release.key",),
    "wifi change": ("wifi change new --stage-wait 1",),
    "wifi stop": ("wifi stop",),
    "heartbeat": ("heartbeat 600 --door d1",),
    "rotate": ("rotate --door d1 --no-watch",),
    "door-label": ("door-label d1 --out label.html",),
    "notice": ("notice d1 --out notice.html",),
    "broker-config": ("broker-config pi.local",),
    "broker-config again": ("broker-config pi.local", "broker-config"),
    "console-certificate": ("broker-config pi.local", "console-certificate pi.local"),
    "console-certificate again": (
        "broker-config pi.local",
        "console-certificate pi.local",
        "console-certificate",
    ),
    "account add": ("account add li --role engineer",),
    "account the first": ("account add li --role engineer",),
    "account password": ("account password chen",),
    "account invite": ("account add wang --warden w1", "account invite wang --address http://a"),
    "account end": ("account end chen",),
    "account revoke": ("account revoke chen",),
    "account token": ("account token prog",),
    "account link": ("account link chen --subject u",),
    "account unlink": ("account link chen --subject u", "account unlink chen"),
    "token make": ("token make prog --scope doors:read",),
    "token end": ("token end prog --token t1",),
    "backup": ("backup",),
    "backup key": ("backup key copies.key",),
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
# What needs a gateway and a broker at work: seals hear of it there.
BESIDE_A_GATEWAY = {"heartbeat", "wifi change", "rotate"}
# What takes several steps by its nature, and why what a kill leaves between two does no harm.
IN_STEPS = {
    "wifi change": "who was asked goes on, as behind Ctrl-C; said again, it asks them anew",
    "rotate": "nobody was asked to be who nobody is yet; the next run ends those",
}
# Not 0: the gateway that should hear of it, or the broker, is not there.
ENDS = {"swap": 1, "retire": 1, "wifi change": 1}
NO_SECOND_WORD = {"list", "scopes", "show", "status"}  # a look
ALL = os.environ.get("KILLS") == "all"
BY_CHANCE = 2
TYPED = PASSWORD * 2
CHANCE = random.Random(SEED := int(os.environ.get("SEED", time.time())))  # noqa: S311 - a story


def test_no_act_is_forgotten() -> None:
    acts = {name for name, one in NOTED.items() if isinstance(one, Act) or one is Other.OWN}
    killed = {words[-1].split()[0] for words in SAID.values()}
    assert killed | set(ELSEWHERE) == acts
    said = {" ".join(words[-1].split()[:2]) for words in SAID.values()}
    for name in killed:
        one = NOTED[name]
        wanted = one.whats(name) if isinstance(one, Act) and one.word else set()
        assert {what.removeprefix("menshen ") for what in wanted} <= said, name
    ways = {"account": account.What, "token": token.What}
    for name, whats in ways.items():
        wanted = {f"{name} {what}" for what in whats if what not in NO_SECOND_WORD}
        assert wanted <= said, name


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with everything that is named above, and nobody at it."""
    folder = tmp_path_factory.mktemp("killed") / "site"
    folder.mkdir()
    at_ms = time.time_ns() // 1_000_000
    (folder / "menshen.toml").write_text(SETTINGS)
    (folder / "doors.csv").write_text("door_id,label,grid_id\nn1,9-101,g1\nn2,9-102,g1\n")
    today, days = datetime.now(UTC), timedelta(days=1)
    (folder / "orders.csv").write_text(
        f"door_id,from,to\nn1,{today - days:%Y-%m-%d},{today + 9 * days:%Y-%m-%d}\n"
    )
    (folder / "permits.csv").write_text(
        "door_id,from,to,who,why,openings\n"
        f"n1,{today + 2 * days:%Y-%m-%d 11:30},{today + 2 * days:%Y-%m-%d 12:30},李,送餐,1\n"
    )
    (folder / "keys-of-releases").mkdir()
    (folder / "signing").mkdir()
    pem, line = signing.make()
    (folder / "signing" / signing.PRIVATE).write_bytes(pem)
    (folder / signing.PUBLIC).write_bytes(line)
    (folder / "new.rel").write_bytes(
        release_file.build(
            [("app.mpy", b"M")],
            kind="app",
            counter=8,
            version="8",
            wire=1,
            mpy=6,
            chips=["esp32"],
            boards=[1],
        ).render()
    )
    (folder / "new.key").write_text("11" * 32)
    with closing(Store.open(folder / "menshen.db")) as store, store.writing() as connection:
        enrolment = Enrolment(connection, at_ms, None)
        for row in (
            NewGrid("g1", "一网格"),
            NewGrid("g2", "二网格"),
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
        visit = Visit("v", THIRD, at_ms - HOUR_MS, at_ms + DAY_MS, "李")
        worked_at = Door("d2", seal_id=THIRD, visits=(visit,))
        d = tables.doors.c
        change = update(tables.doors).where(d.door_id == "d2")
        connection.execute(change.values(state=states.encode(worked_at)))
        heard = {"seal_id": SEAL, "heard_ms": at_ms, "firmware": "2.0.0"}  # it takes commands
        connection.execute(insert(seal_readings), heard)
        release = {"release_id": "r", "counter": 7, "kind": "app", "version": "1", "file": b""}
        connection.execute(insert(releases), {**release, "added_ms": 0})
    with (
        closing(AccountsFile(folder / "menshen.db")) as accounts,
        accounts.create().writing() as connection,
    ):
        persons.add(connection, "chen", [Role.ADMINISTRATOR], 0)
        prog = persons.add(connection, "prog", [Role.ENGINEER], 0, kind=persons.Kind.PROGRAM)
        tokens.make(connection, prog, [Scope.DOORS_READ], "a screen", 90, at_ms)
        connection.execute(update(sessions).values(session_id="t1"))
    return folder


@pytest.mark.parametrize("number", range(len(SAID) if ALL else BY_CHANCE))
def test_killed_anywhere_it_is_done_or_not_and_said_again_it_ends(
    number: int, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = list(SAID)[number] if ALL else CHANCE.choice(list(SAID))
    print(f"SEED={SEED} pytest {__file__}: {name}")
    monkeypatch.setenv("MENSHEN_OIDC_CLIENT_SECRET", "a secret of the provider's")
    beside = at_work if name in BESIDE_A_GATEWAY else nullcontext
    run = partial(killed_command.run, typed=TYPED, beside=beside)
    seen = in_force if name in IN_STEPS else lambda state: state
    *first, last = (words.split() for words in SAID[name])
    begun = copied(template, tmp_path / "begun")
    for words in first:
        said = run(begun, words)
        assert said.code == 0, said
    done, done_too = (copied(begun, tmp_path / to) for to in ("done", "done-too"))
    [whole, also] = [run(folder, last) for folder in (done, done_too)]
    assert "Traceback" not in whole.said
    assert whole.code == ENDS.get(name, 0), whole.said  # it is the act that is killed
    assert (whole.code, whole.writes) == (also.code, also.writes), (whole.said, also.said)
    before, after = seen(state_of(begun)), seen(state_of(done))
    by_chance = chance(after, seen(state_of(done_too)))
    wanted = [alike(before, by_chance), alike(after, by_chance)]
    twice = run(done_too, last)
    after_twice = seen(state_of(done_too))
    in_the_end = [wanted[1], alike(after_twice, by_chance)]
    places = range(whole.writes + 1)
    for dies_at in places if ALL else [CHANCE.choice(places)]:
        where = f"{' '.join(last)}, killed before write {dies_at} of {whole.writes}"
        half = copied(begun, tmp_path / f"half-{dies_at}")
        assert run(half, last, dies_at).code is None, where
        left = seen(state_of(half))
        rows = alike(left, by_chance)
        assert rows in wanted or name in IN_STEPS, (where, apart(rows, wanted))
        again = run(half, last)
        assert "Traceback" not in again.said, (where, again.said)
        assert again.code in (whole.code, twice.code), (where, again.said)
        is_done = rows == wanted[1] and left.files >= after.files
        assert is_done or again.code == whole.code, (where, again.said)
        end = seen(state_of(half))
        rows, files = alike(end, by_chance), end.files
        assert rows in in_the_end, (where, apart(rows, in_the_end))
        assert files in (after.files, after_twice.files), (where, files ^ after.files)
        shutil.rmtree(half)
