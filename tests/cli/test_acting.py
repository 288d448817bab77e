"""Every act of the command line stands in the audit, and none is forgotten."""

import inspect
import re
from contextlib import closing, suppress
from importlib import import_module
from pathlib import Path

import pytest
import typer
from msgspec.structs import replace
from typer.testing import CliRunner

from gateway.accounts import audit, audit_names, persons
from gateway.accounts.audit import Note
from gateway.accounts.audit_status import BEGUN, DONE
from gateway.accounts.file import AccountsFile
from gateway.accounts.roles import Role
from gateway.cli import acting, app
from gateway.cli.acting import NOTED, Act, Other
from gateway.cli.app import COMMANDS
from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.uninstall import noted
from gateway.web.audit_words import WORDS
from tests.cli.conftest import SEAL

OTHER = "00112233445566bb"
# Of each act: what is typed, and how it then stands in the audit.
TYPED = {
    "announce": ("d1 --to 12:30 --who L --why meal", "menshen announce", "door d1", "meal"),
    "visit": ("d1 --who L --end", "menshen visit end", "seal d1", ""),
    "end": ("warden w1 --why moved", "menshen end warden", "person w1", "moved"),
    "destruction": (
        "hold o1 --by Li --why lawsuit",
        "menshen destruction hold",
        "order o1",
        "lawsuit",
    ),
    "test-page": ("w1", "menshen test-page", "person w1", ""),
    "clock": ("--trust --why battery", "menshen clock", "", "battery"),
    "update": ("stop", "menshen update stop", "", ""),
    "enrol": ("a.csv b.csv", "menshen enrol", "file a.csv, file b.csv", ""),
    "flash": ("--door d1 --door d2", "menshen flash", "door d1, door d2", ""),
    "commission": (f"{SEAL} --door d1", "menshen commission", f"seal {SEAL}, door d1", ""),
    "move": (f"{SEAL} d2 --why repaired", "menshen move", f"seal {SEAL}, door d2", "repaired"),
    "exchange": (f"{SEAL} {OTHER}", "menshen exchange", f"seal {SEAL}, seal {OTHER}", ""),
    "swap": (f"d1 {OTHER}", "menshen swap", f"seal {OTHER}, door d1", ""),
    "retire": (f"{SEAL} --why lost", "menshen retire", f"seal {SEAL}", "lost"),
    "release": ("sign seven.rel --why fix", "menshen release sign", "file seven.rel", "fix"),
    "wifi": ("change new --first d1", "menshen wifi change", "door d1", ""),
    "heartbeat": ("600 --door d1", "menshen heartbeat", "seconds 600, door d1", ""),
    "rotate": ("--door d1", "menshen rotate", "door d1", ""),
    "door-label": ("d1 --out x", "menshen door-label", "door d1", ""),
    "notice": ("d1 --out x", "menshen notice", "door d1", ""),
    "broker-config": ("pi.local", "menshen broker-config", "", ""),
    "console-certificate": ("pi.local", "menshen console-certificate", "", ""),
    "influx": ("init --why charts", "menshen influx init", "", "charts"),
}
LOOKS = {
    "update": ("list",),
    "destruction": ("holds",),
    "clock": (),
    "enrol": ("a.csv", "--dry-run"),
    "wifi": ("status",),
    "release": ("build", "seven.rel"),
    "door-label": (),
    "notice": (),
}
# What a file has that writes into the site.
WRITES = re.compile(r"\.writing\(\)|\benrol\(|words\.write\(|asking\.(ask|stop)\(|pending\.leave\(")
ACTS = {name: act for name, act in NOTED.items() if isinstance(act, Act)}


@pytest.fixture
def entries(store, settings, monkeypatch):
    """Reads the audit of a site with accounts; commands do nothing but what a test says."""
    with closing(AccountsFile(store.path, settings.parent)) as file:
        with file.create().writing() as connection:
            persons.add(connection, "chen", [Role.ADMINISTRATOR], 0)

        def read() -> list[Note]:
            with file.store().reading() as connection:
                audit.verify(connection)
                found = audit_names.revealed(store.keys, audit.read(connection, 100))
                return [entry.note for entry in reversed(found)]

        yield read


def run(monkeypatch, name, words, done=lambda: None):
    """A command whose body is another; its options are its own."""
    body = app.body_of(next(one for one in COMMANDS if one.name == name))

    def other(*_args, **_typed):
        done()

    other.__signature__ = inspect.signature(body, eval_str=True)
    other.__doc__ = body.__doc__
    other.__annotations__ = body.__annotations__
    with monkeypatch.context() as patch:
        patch.setattr(app, "body_of", lambda _: other)
        return CliRunner().invoke(app.app, [name, *words], prog_name="menshen")


def test_each_command_says_what_the_audit_has_of_it() -> None:
    assert set(NOTED) == {command.name for command in COMMANDS}
    assert set(TYPED) == set(ACTS)


@pytest.mark.parametrize("name", [name for name, one in NOTED.items() if one is Other.LOOK])
def test_what_counts_as_a_look_writes_nothing_into_the_site(name: str) -> None:
    module = import_module(f"gateway.cli.{name.replace('-', '_')}")
    assert not WRITES.search(Path(module.__file__).read_text("utf-8"))


@pytest.mark.parametrize("name", ACTS)
def test_an_act_is_in_the_audit_before_it_is_done(name, entries, monkeypatch) -> None:
    before = []
    words, what, about, why = TYPED[name]
    done = run(monkeypatch, name, words.split(), lambda: before.extend(entries()))
    assert done.exit_code == 0, done.output
    (note,) = before
    assert (note.what, note.about, note.why, note.status) == (what, about, why, BEGUN)
    assert note.account == acting.who()
    begun, ended = entries()
    assert begun == note
    assert replace(ended, at_ms=note.at_ms) == replace(note, status=DONE)
    assert ACTS[name].whats(name) <= set(WORDS)


@pytest.mark.parametrize(("name", "words"), LOOKS.items())
def test_a_look_by_the_same_command_is_no_act(name, words, entries, monkeypatch) -> None:
    assert run(monkeypatch, name, words).exit_code == 0
    assert entries() == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (CommandError("no such seal"), 500),
        (CommandError("name the seal", MISUSED), 422),
        (typer.Exit(1), 500),
        (KeyboardInterrupt(), 500),
    ],
)
def test_what_was_not_done_is_said_too(error, status, entries, monkeypatch) -> None:
    def fails():
        raise error

    with suppress(KeyboardInterrupt):
        assert run(monkeypatch, "retire", [SEAL, "--why", "lost"], fails).exit_code != 0
    begun, failed = entries()
    assert (begun.status, failed.status) == (BEGUN, status)
    assert (begun.what, begun.about, begun.why) == (failed.what, failed.about, failed.why)


def test_services_taken_off_are_in_the_audit_before_and_where_that_fails(entries, settings) -> None:
    with suppress(OSError), noted(settings, "moved house", is_done=True):
        (begun,) = entries()
        raise OSError
    assert (begun.what, begun.why, begun.status) == ("menshen uninstall", "moved house", BEGUN)
    assert [note.status for note in entries()] == [BEGUN, 500]
    assert begun.what in WORDS
    with noted(settings, "", is_done=False):
        pass
    assert len(entries()) == 2
    with noted(settings, "", is_done=True):
        pass
    assert [note.status for note in entries()[2:]] == [BEGUN, DONE]


def test_an_audit_that_cannot_be_written_stops_the_act(entries, monkeypatch, store) -> None:
    entries()
    path = store.path.with_name("menshen-accounts.db")
    path.write_bytes(b"no database" * 1000)
    for beside in path.parent.glob("menshen-accounts.db-*"):
        beside.unlink()
    done = []
    answer = run(monkeypatch, "retire", [SEAL], lambda: done.append(1))
    assert (answer.exit_code, done) == (1, [])
    assert "menshen-accounts.db" in answer.output


def test_a_site_without_accounts_has_no_audit_and_acts_all_the_same(menshen, store) -> None:
    answer = menshen("end", "warden", "w1", "--why", "moved")
    assert answer.code == 0
    assert not store.path.with_name("menshen-accounts.db").exists()


def test_an_auditor_reads_who_when_what_and_why(menshen, entries) -> None:
    assert menshen("end", "seal", SEAL, "--why", "fell into the canal").code == 0
    assert menshen("move", SEAL, "d2").code == 1
    shown = " ".join(menshen("audit").out.split())
    assert f"put the seal {SEAL} out of use" in shown
    assert "fell into the canal · begun" in shown
    first, *others = menshen("audit", "--json").json[::-1]
    assert first["account"].startswith("(command line) ")
    assert [one["status"] for one in (first, *others)] == [BEGUN, DONE, BEGUN, 500]
    assert "4, each as it was written" in menshen("audit", "verify").out


def test_who_acts_is_the_user_of_the_machine_with_who_asked_for_root(monkeypatch) -> None:
    monkeypatch.setattr(acting.os, "getuid", lambda: 0)
    monkeypatch.setenv("SUDO_USER", "pi")
    assert acting.who() == "(command line) pi (root)"
    monkeypatch.delenv("SUDO_USER")
    assert acting.who() == "(command line) root"
    monkeypatch.setattr(acting.os, "getuid", lambda: 61_234)
    assert acting.who() == "(command line) 61234"
