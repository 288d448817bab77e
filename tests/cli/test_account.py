"""`menshen account` and `menshen audit`: the first administrator, an invitation, a lost phone."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from gateway.accounts import invitations, persons, sessions
from gateway.accounts.file import AccountsFile, file_of
from gateway.cli.app import app
from gateway.cli.output import now_ms
from gateway.provisioning.certificates import CONSOLE_CRT, CONSOLE_KEY
from gateway.store.database import Store
from tests.web.site_certificate import certified

GOOD = "four plums on a roof"
Menshen = Callable[..., Any]


def typed(text: str, *words: str) -> Result:
    """A command with a line on its standard input."""
    return CliRunner().invoke(app, [*words], input=text + "\n", prog_name="menshen")


def accounts(store: Store) -> Store:
    file = AccountsFile(store.path)
    return file.store()


def test_the_first_administrator_is_made_here_and_says_what_changes(
    menshen: Menshen, store: Store
) -> None:
    answer = menshen("account", "add", "chen", "--role", "administrator", "--role", "dispatcher")
    assert answer.code == 0
    assert "chen may sign in: administrator, dispatcher." in answer.out
    assert "From now on everybody signs in" in answer.out
    path = file_of(store.path)
    assert path.stat().st_mode & 0o077 == 0
    assert Path(f".{path.name}.marker").exists()
    second = menshen("account", "add", "wang", "--warden", "w1")
    assert "wang may sign in: warden." in second.out  # as the registry has it
    assert "everybody signs in" not in second.out


def test_the_list_says_who_signs_in_how_and_where(menshen: Menshen, store: Store) -> None:
    menshen("account", "add", "chen", "--role", "auditor", "--grid", "g1")
    with accounts(store).writing() as connection:
        chen = persons.named(connection, "chen")
        assert chen is not None
        sessions.begin(connection, chen, sessions.Kind.PHONE, "红米", now_ms())
    (told,) = menshen("account", "list", "--json").json
    assert (told["account"], told["roles"], told["grids"]) == ("chen", ["auditor"], ["g1"])
    assert [session["phone"] for session in told["sessions"]] == ["红米"]
    assert "红米" in menshen("account", "list").out


def test_an_invitation_is_a_code_and_a_link_that_is_good(menshen: Menshen, store: Store) -> None:
    menshen("account", "add", "wang", "--warden", "w1")
    words = ("account", "invite", "wang", "--address", "https://menshen.test:8443/")
    answer = menshen(*words)
    assert "https://menshen.test:8443/invitation/" in answer.out
    assert "█" in answer.out or "▀" in answer.out
    told = menshen(*words, "--json").json
    token = told["link"].rpartition("/")[2]
    with accounts(store).writing() as connection:
        used = invitations.use(connection, token, now_ms())
    assert used is not None
    assert (used.name, told["minutes"]) == ("wang", 10)


@pytest.mark.parametrize(
    ("host", "names", "link"),
    [
        ("0.0.0.0", ["pi.local", "192.0.2.7"], "https://pi.local:8080/invitation/"),
        ("192.0.2.7", ["pi.local", "192.0.2.7"], "https://192.0.2.7:8080/invitation/"),
        ("127.0.0.1", [], "https://127.0.0.1:8080/invitation/"),
    ],
)
def test_with_a_certificate_the_link_is_https_and_by_a_name_that_phones_reach(
    menshen: Menshen, store: Store, folder: Path, host: str, names: list[str], link: str
) -> None:
    certified(folder, names)
    (folder / "menshen.toml").write_text(
        f'[console]\nhost = "{host}"\ncertificate = "{CONSOLE_CRT}"\nkey = "{CONSOLE_KEY}"\n'
    )
    with pytest.MonkeyPatch.context() as given:
        given.setenv("MENSHEN_CONSOLE_PASSWORD", GOOD)
        menshen("account", "add", "wang", "--warden", "w1")
        assert link in menshen("account", "invite", "wang").out


def test_an_invitation_that_no_phone_reaches_says_so_and_the_settings_know_better(
    menshen: Menshen, store: Store, folder: Path
) -> None:
    menshen("account", "add", "wang", "--warden", "w1")
    said = menshen("account", "invite", "wang").out
    assert "http://127.0.0.1:" in said
    assert "No phone reaches that address" in said
    (folder / "menshen.toml").write_text(
        '[console]\nproxies = ["127.0.0.1"]\npublic_url = "https://seals.example"\n'
    )
    said = menshen("account", "invite", "wang").out
    assert "https://seals.example/invitation/" in said
    assert "No phone" not in said


def test_a_password_is_checked_kept_and_ends_all_sessions(menshen: Menshen, store: Store) -> None:
    menshen("account", "add", "chen", "--role", "engineer")
    words = ("account", "password", "chen")
    for weak, says in (("short", "Take 12 characters"), ("passwordpassword", "Guessers try")):
        answer = typed(weak, *words)
        assert (answer.exit_code, says in answer.stderr) == (1, True)
    assert "new password. 0 sessions ended" in typed(GOOD, *words).stdout
    with accounts(store).writing() as connection:
        chen = persons.named(connection, "chen")
        assert chen is not None
        assert (chen.password or "").startswith("$argon2id$")
        sessions.begin(connection, chen, sessions.Kind.DESK, "", now_ms())
        persons.set_code_key(connection, chen, "A" * 32)
    told = typed(GOOD + "!", *words, "--without-code", "--json")
    assert json.loads(told.stdout) == {"account": "chen", "sessions_ended": 1}
    with accounts(store).reading() as connection:
        chen = persons.named(connection, "chen")
    assert chen is not None
    assert chen.code_key is None


def test_a_lost_phone_and_a_dismissed_person_are_out(menshen: Menshen, store: Store) -> None:
    menshen("account", "add", "wang", "--warden", "w1")
    with accounts(store).writing() as connection:
        wang = persons.named(connection, "wang")
        assert wang is not None
        for name in ("a", "b", "c"):
            sessions.begin(connection, wang, sessions.Kind.PHONE, name, now_ms())
        lost = sessions.of_account(connection, wang, now_ms())[0].session_id
    one = menshen("account", "revoke", "wang", "--session", lost, "--json").json
    assert one["sessions_ended"] == 1
    assert "2 sessions of wang ended" in menshen("account", "revoke", "wang").out
    assert "signs in no more" in menshen("account", "end", "wang").out
    assert menshen("account", "invite", "wang").code == 1
    assert menshen("account", "list", "--json").json == []


def test_a_program_has_a_token_and_no_password(menshen: Menshen, store: Store) -> None:
    menshen("account", "add", "canary", "--role", "installer", "--program")
    first = menshen("account", "token", "canary", "--json").json["token"]
    second = menshen("account", "token", "canary", "--read-only", "--json").json["token"]
    with accounts(store).reading() as connection:
        assert sessions.of_token(connection, first, now_ms()) is None
        of_second = sessions.of_token(connection, second, now_ms())
        assert of_second is not None
        assert of_second.kind is sessions.Kind.READER
    assert "is a program" in menshen("account", "invite", "canary").err
    assert "is a program" in menshen("account", "password", "canary").err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("invite",), 2, "name the account"),
        (("invite", "nobody"), 1, "there is no account nobody"),
        (("add", "x y", "--role", "engineer"), 1, "no name to sign in by"),
        (("add", "lin"), 1, "at least one role"),
        (("add", "lin", "--warden", "w9"), 1, "nobody is enrolled as w9"),
        (("add", "lin", "--role", "engineer", "--grid", "g9"), 1, "there is no grid g9"),
        (("add", "lin", "--role", "captain"), 1, "--warden ID"),
        (("token", "chen"), 1, "chen is a person"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(
    menshen: Menshen, store: Store, words: tuple[str, ...], code: int, says: str
) -> None:
    menshen("account", "add", "chen", "--role", "administrator")
    answer = menshen("account", *words)
    assert (answer.code, says in answer.err) == (code, True), answer.err


def checked(menshen: Menshen) -> tuple[str, str]:
    """What `menshen check` says of the accounts."""
    results = menshen("check", "--json").json
    return next((one["mark"], one["text"]) for one in results if one["part"] == "accounts")


def test_check_knows_the_second_file(menshen: Menshen, store: Store) -> None:
    assert checked(menshen) == ("ok", "none: whoever is on this machine opens the console")
    menshen("account", "add", "wang", "--warden", "w1")
    assert checked(menshen) == ("warn", "1 account, and none is an administrator's")
    menshen("account", "add", "chen", "--role", "administrator")
    assert checked(menshen) == ("ok", "2 accounts")
    path = file_of(store.path)
    path.chmod(0o644)
    assert checked(menshen)[0] == "fail"
    path.rename(path.with_name("moved"))
    mark, text = checked(menshen)
    assert (mark, "nobody can sign in" in text, "there was one" in text) == ("fail", True, True)


def test_without_a_file_the_command_says_how_one_is_made(menshen: Menshen, store: Store) -> None:
    for words in (("account", "list"), ("audit", "verify")):
        answer = menshen(*words)
        assert answer.code == 1
        assert "`menshen account add` makes one" in answer.err


def test_the_audit_is_shown_verified_and_anchored(menshen: Menshen, store: Store) -> None:
    menshen("account", "add", "chen", "--role", "administrator")
    menshen("account", "invite", "chen")
    shown = menshen("audit", "--json").json
    assert [entry["what"] for entry in shown] == ["invitation made", "account added"]
    assert "added the account chen" in menshen("audit", "show", "--about", "chen").out
    assert menshen("audit", "show", "--account", "wang", "--json").json == []
    (anchor,) = menshen("audit", "anchors", "--json").json
    assert menshen("audit", "verify", "--anchor", anchor["hash"], "--json").json == {"entries": 2}
    raw = sqlite3.connect(file_of(store.path))
    raw.execute("DROP TRIGGER audit_no_update")
    raw.execute("UPDATE audit SET account = 'somebody else' WHERE entry_id = 1")
    raw.commit()
    raw.close()
    answer = menshen("audit", "verify")
    assert (answer.code, "entry 1 is not what was written" in answer.err) == (1, True)
