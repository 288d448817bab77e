"""`menshen token`: what a program shows at the API."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.accounts.scopes import Scope

Menshen = Callable[..., Any]


@pytest.fixture
def robot(menshen: Menshen, store: Any) -> str:
    added = menshen("account", "add", "robot", "--program", "--role", "dispatcher")
    assert added.code == 0
    return "robot"


def test_it_is_made_with_scopes_shown_once_listed_and_ended(
    menshen: Menshen, robot: str, folder: Path
) -> None:
    scopes = ("--scope", "cases:read", "--scope", "cases:act")
    said = menshen("token", "make", robot, *scopes, "--purpose", "Lift panel", "--days", "30")
    token, words = said.out.split("\n", 1)
    assert len(token) == 43
    assert "shown once" in words
    [listed] = menshen("token", "list", "--json").json
    assert listed["account"] == robot
    assert listed["purpose"] == "Lift panel"
    assert listed["scopes"] == ["cases:act", "cases:read"]
    assert listed["ends_ms"] - listed["made_ms"] == 30 * 86_400_000
    shown = menshen("token", "list", robot).out
    assert "Lift panel" in shown
    assert token not in shown
    second = menshen("token", "make", robot, "--scope", "doors:read", "--json").json
    assert second["scopes"] == ["doors:read"]
    assert len(menshen("token", "list", "--json").json) == 2, "the first goes on"
    assert menshen("token", "end", robot, "--token", listed["token"]).code == 0
    assert [one["scopes"] for one in menshen("token", "list", "--json").json] == [["doors:read"]]
    audit = menshen("audit", "--json").json
    assert [(one["what"], one["why"]) for one in audit[:1]] == [("token ended", listed["token"])]
    assert token not in str(audit)
    assert menshen("audit", "verify").code == 0


def test_an_old_one_says_what_it_may(menshen: Menshen, robot: str) -> None:
    menshen("account", "token", robot)
    assert "all that its account may" in " ".join(menshen("token").out.split())
    menshen("account", "token", robot, "--read-only")
    assert "reads all" in " ".join(menshen("token").out.split())


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("make",), 2, "name the account"),
        (("make", "nobody", "--scope", "doors:read"), 1, "no account nobody"),
        (("make", "chen", "--scope", "doors:read"), 1, "chen is a person"),
        (("make", "robot", "--purpose", "a\x1b[31mb"), 2, "U+001B"),
        (("make", "robot", "--purpose", "a\u202eb"), 2, "U+202E"),
        (("make", "robot"), 1, "at least one scope"),
        (("make", "robot", "--scope", "health:read", "--days", "0"), 1, "1 to 400 days"),
        (("make", "eyes", "--scope", "cases:act"), 1, "no role of eyes"),
        (("make", "robot", "--scope", "all"), 2, "all"),
        (("end", "robot"), 2, "which one?"),
        (("end", "robot", "--token", "00"), 1, "robot has no token 00"),
    ],
)
def test_what_cannot_be_is_told(
    menshen: Menshen, robot: str, words: tuple[str, ...], code: int, says: str
) -> None:
    menshen("account", "add", "chen", "--role", "administrator")
    menshen("account", "add", "eyes", "--program", "--role", "auditor")
    answer = menshen("token", *words)
    assert answer.code == code
    assert says in answer.err


def test_the_scopes_are_told_with_who_may(menshen: Menshen) -> None:
    assert set(menshen("token", "scopes", "--json").json) == {scope.value for scope in Scope}
    shown = menshen("token", "scopes").out
    assert "orders:end" in shown
    assert "captain" in shown
