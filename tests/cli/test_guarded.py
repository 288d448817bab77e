"""A console that others can reach wants somebody who asks who comes: accounts, or a password."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.accounts.file import file_of
from gateway.settings import load
from tests.web.web_site import console, new_store

Menshen = Callable[..., Any]
ON_A_NETWORK = '[console]\nhost = "192.0.2.1"\nproxies = ["192.0.2.7"]\n'
HERE = '[console]\nhost = "127.0.0.1"\n'
PASSWORD = "correct horse battery"
NO_SUCH_ADDRESS = "this machine has no such address"  # all that is wrong with 192.0.2.1
OTHERS = "others on the network can open the console, and nobody would be asked who they are"


def of_accounts(menshen: Menshen) -> tuple[str, str]:
    [part] = [one for one in menshen("check", "--json").json if one["part"] == "accounts"]
    return part["mark"], part["text"]


@pytest.mark.parametrize(
    ("has_accounts", "password", "refused", "mark", "says"),
    [
        (False, "", True, "fail", OTHERS),
        (False, PASSWORD, False, "ok", "one password for all"),
        (True, "", False, "ok", "1 account"),
        (True, PASSWORD, False, "warn", "opens nothing where people sign in"),
    ],
)
def test_on_a_network(
    menshen: Menshen,
    store: Any,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    has_accounts: bool,
    password: str,
    refused: bool,
    mark: str,
    says: str,
) -> None:
    (folder / "menshen.toml").write_text(ON_A_NETWORK)
    monkeypatch.setenv("MENSHEN_CONSOLE_PASSWORD", password)
    if has_accounts:  # the first is made although the console would not start yet
        assert menshen("account", "add", "chen", "--role", "administrator").code == 0
    for command in ("run", "console"):
        answer = menshen(command)
        assert answer.code == 1
        assert (OTHERS in answer.err) is refused
        assert (NO_SUCH_ADDRESS in answer.err) is not refused
        assert ("menshen account add" in answer.err) is refused
    found = of_accounts(menshen)
    assert found[0] == mark
    assert says in found[1]


def test_on_this_machine_alone_nothing_is_wanted(
    menshen: Menshen, store: Any, folder: Path
) -> None:
    (folder / "menshen.toml").write_text(HERE)
    assert of_accounts(menshen) == ("ok", "none: whoever is on this machine opens the console")


def test_accounts_that_are_lost_guard_too_for_they_let_nobody_in(
    menshen: Menshen, store: Any, folder: Path
) -> None:
    settings = folder / "menshen.toml"
    settings.write_text(ON_A_NETWORK)
    menshen("account", "add", "chen", "--role", "administrator")
    for path in folder.glob(f"{file_of(load(settings).store.path).stem}*"):
        path.unlink()  # and its marker stays
    answer = menshen("run")
    assert NO_SUCH_ADDRESS in answer.err  # doors are to be watched, come what may
    assert of_accounts(menshen)[0] == "fail"


def test_in_clear_on_a_network_is_refused_as_ever(menshen: Menshen, folder: Path) -> None:
    (folder / "menshen.toml").write_text('[console]\nhost = "192.0.2.1"\n')
    answer = menshen("check")
    assert answer.code == 2
    assert "would cross the network readable" in answer.out


async def test_a_console_that_was_started_all_the_same_lets_nobody_in(tmp_path: Path) -> None:
    """Whoever asks for this machine's own name from elsewhere too."""
    sections = {"host": "192.0.2.1", "certificate": "c.crt", "key": "c.key"}
    async with console(new_store(tmp_path), console=sections) as site:
        for base in ("http://127.0.0.1", "http://192.0.2.1"):
            transport = httpx.ASGITransport(app=site.app)
            async with httpx.AsyncClient(transport=transport, base_url=base) as client:
                for path in ("/", "/api/v1/doors", "/trust"):
                    assert (await client.get(path)).status_code == 503
