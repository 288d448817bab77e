"""`menshen account`: a subject at the provider linked beforehand, passkeys of a lost device."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.accounts import identities, passkeys, persons
from gateway.accounts.file import AccountsFile
from gateway.accounts.passkeys import Passkey
from gateway.cli.output import now_ms
from gateway.store.database import Store
from tests.cli.test_account import GOOD, typed

Menshen = Callable[..., Any]
ISSUER = "https://id.example.org"


def with_provider(settings: Path, monkeypatch: pytest.MonkeyPatch, issuer: str = ISSUER) -> None:
    section = f'[oidc]\nissuer = "{issuer}"\nclient_id = "menshen"\nname = "Wuxi ID"\n'
    settings.write_text(settings.read_text() + section)
    monkeypatch.setenv("MENSHEN_OIDC_CLIENT_SECRET", "a secret of the two")


def linked(store: Store, subject: str) -> str | None:
    with AccountsFile(store.path).store().reading() as connection:
        account = identities.whose(connection, ISSUER, subject)
    return account and account.name


def test_a_subject_is_linked_beforehand_and_unlinked(
    menshen: Menshen, store: Store, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("chen", "deng"):
        menshen("account", "add", name, "--role", "engineer")
    none = menshen("account", "link", "chen", "--subject", "u-1")
    assert (none.code, "no OpenID provider" in none.err) == (1, True)
    with_provider(settings, monkeypatch)
    assert menshen("account", "link", "chen").code == 2
    done = menshen("account", "link", "chen", "--subject", "u-1")
    assert (done.code, "Wuxi ID signs chen in from now on, as u-1." in done.out) == (0, True)
    assert linked(store, "u-1") == "chen"
    for name, subject in (("deng", "u-1"), ("chen", "u-2"), ("deng", "x" * 300)):
        again = menshen("account", "link", name, "--subject", subject)
        assert (again.code, "linked already" in again.err) == (1, True)
    assert menshen("account", "unlink", "chen", "--json").json["links_ended"] == 1
    assert linked(store, "u-1") is None
    menshen("account", "link", "chen", "--subject", "u-1")
    menshen("account", "end", "chen")
    assert linked(store, "u-1") is None


def test_a_lost_device_signs_nobody_in(menshen: Menshen, store: Store) -> None:
    menshen("account", "add", "chen", "--role", "engineer")
    accounts = AccountsFile(store.path).store()
    with accounts.writing() as connection:
        chen = persons.named(connection, "chen")
        assert chen is not None
        own = Passkey(b"c", "p" * 16, chen.account_id, "m.test", b"k", 0, "Mi 9", now_ms(), None)
        passkeys.add(connection, own)
    assert "1 passkey" in menshen("account", "list").out
    assert menshen("account", "list", "--json").json[0]["passkeys"][0]["name"] == "Mi 9"
    typed(GOOD, "account", "password", "chen")
    with accounts.reading() as connection:
        assert passkeys.of_account(connection, chen) == [own]
    typed(GOOD, "account", "password", "chen", "--without-passkeys")
    with accounts.reading() as connection:
        assert passkeys.of_account(connection, chen) == []


def test_check_asks_the_provider_to_describe_itself(
    menshen: Menshen,
    store: Store,
    settings: Path,
    free_port: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "oidc" not in {one["part"] for one in menshen("check", "--json").json}
    with_provider(settings, monkeypatch, f"http://127.0.0.1:{free_port()}")
    answer = menshen("check", "--json")
    [found] = [one for one in answer.json if one["part"] == "oidc"]
    assert (found["mark"], "signs nobody in" in found["text"]) == ("fail", True)
    assert answer.code == 1


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ('issuer = "http://id.example.org"', "oidc.issuer"),
        ('issuer = "https://u:p@id.example.org"', "oidc.issuer"),
        ('issuer = "https://id.example.org"', "oidc.client_id"),
        ('issuer = "https://id.example.org"\nclient_id = "m"', "MENSHEN_OIDC_CLIENT_SECRET"),
        ('client_secret = "in the file"', "MENSHEN_OIDC_CLIENT_SECRET"),
    ],
)
def test_half_a_provider_is_told_in_a_sentence(
    section: str, says: str, menshen: Menshen, settings: Path
) -> None:
    settings.write_text(settings.read_text() + f"[oidc]\n{section}\n")
    answer = menshen("settings")
    assert (answer.code, says in answer.err) == (2, True)
