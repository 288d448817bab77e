"""Acts of the command line stand in the audit as those of the console do: who, when, what, why.

Every command that `app` runs passes `noted`, and `NOTED` says of each what that means; one that is
not named there does not start. That it began is on the disk before it does anything; a second note
says what came of it. So of one that was killed it is known that it began, and not more. At a site
without accounts there is no audit, for the console neither.
"""

import os
import pwd
from collections.abc import Iterator, Mapping
from contextlib import closing
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer

from gateway.accounts import audit_status
from gateway.cli.exit_codes import MISUSED, CommandError

HERE: Final = "(command line)"  # who acts: the operating system vouches for it, and no account
WHO_MAX: Final = 64
NOT_ASKED, NOT_DONE = 422, 500  # of what was wrong as it was typed, and of what went wrong
Typed = Mapping[str, Any]  # what was typed, by parameter


class Other(Enum):
    """A command that is no act to be noted here."""

    LOOK = "changes nothing of the site"
    OWN = "writes its notes itself, when it is done"


class Act(NamedTuple):
    """A command that does something.

    `about` names each parameter by what it holds: `seal`, `door`. `word` is the parameter whose
    value is the command's second word, and `only` those of its values that are acts. `unless`:
    parameters with which nothing is done; `needs`: one without which nothing is. `turned`: one that
    makes another act of it, and the word for that.
    """

    about: tuple[tuple[str, str], ...] = ()
    word: str = ""
    only: frozenset[str] = frozenset()
    unless: tuple[str, ...] = ()
    needs: str = ""
    turned: tuple[str, str] = ("", "")

    def is_done(self, typed: Typed) -> bool:
        """Whether it does anything, as it was typed."""
        if any(typed[name] for name in self.unless) or (self.needs and not typed[self.needs]):
            return False
        return not self.only or str(typed[self.word]) in self.only

    def what(self, name: str, typed: Typed) -> str:
        """What the audit calls it: `menshen wifi change`."""
        if self.word:
            return f"menshen {name} {typed[self.word]}"
        param, word = self.turned
        return f"menshen {name} {word}" if param and typed[param] else f"menshen {name}"

    def whats(self, name: str) -> set[str]:
        """Everything that it can be called."""
        if self.word:
            return {f"menshen {name} {word}" for word in self.only}
        return {f"menshen {name}", f"menshen {name} {self.turned[1]}".rstrip()}


_CALLED: Final = {"warden": "person"}  # in the audit


def _things(act: Act, typed: Typed) -> Iterator[str]:
    for name, kind in act.about:
        value = typed[name]
        for one in value if isinstance(value, list | tuple) else [value]:
            if one not in (None, ""):
                named = str(typed[kind[1:]]) if kind.startswith("=") else kind
                yield f"{_CALLED.get(named, named)} {str(one).replace(',', ' ')}"


_DOOR, _SEAL = ("door", "door"), ("seal", "seal")
NOTED: Final[Mapping[str, Act | Other]] = {
    "run": Other.LOOK,
    "check": Other.LOOK,
    "doors": Other.LOOK,
    "seals": Other.LOOK,
    "cases": Other.LOOK,
    "requests": Other.LOOK,
    "announce": Act((_DOOR, ("area", "area"))),
    "visit": Act((("seals", "seal"), ("area", "area")), turned=("is_over", "end")),
    "end": Act(
        (("name", "=kind"), _DOOR),
        "kind",
        frozenset({"order", "permit", "seal", "door", "warden", "grid"}),
    ),
    "destruction": Act((("name", "order"),), "what", frozenset({"hold", "release"})),
    "destroy-site": Other.OWN,  # behind it there is no audit any more
    "canary": Other.LOOK,  # what it opens is a door of class canary, and its page is its own
    "test-page": Act((("warden", "person"),)),
    "clock": Act(needs="trust"),
    "update": Act(
        (("which", "release"),), "what", frozenset({"add", "start", "stop", "go-on", "end"})
    ),
    "console": Other.LOOK,
    "settings": Other.LOOK,
    "install": Other.OWN,
    "uninstall": Other.OWN,  # it has no settings of its own to be named
    "enrol": Act((("files", "file"), _SEAL, _DOOR), unless=("dry_run", "example")),
    "flash": Act((_DOOR, ("door_list", "file"))),
    "commission": Act((_SEAL, _DOOR)),
    "certificate": Other.LOOK,
    "account": Other.OWN,
    "token": Other.OWN,
    "move": Act((_SEAL, _DOOR)),
    "exchange": Act((("one", "seal"), ("other", "seal"))),
    "swap": Act((_SEAL, _DOOR)),
    "retire": Act((_SEAL,)),
    # Whom seals obey from then on, and what. What is built and not signed, no seal takes.
    "release": Act((("file", "file"),), "what", frozenset({"key", "sign"})),
    "wifi": Act((("first", "door"),), "what", frozenset({"change", "stop"})),
    "heartbeat": Act((("seconds", "seconds"), _DOOR, ("area", "area"))),
    "rotate": Act((_DOOR,)),
    "label": Other.LOOK,  # a seal's id and a link: it opens and proves nothing, as a door's does
    "door-label": Act((("doors", "door"),), needs="out"),
    "notice": Act((("doors", "door"),), needs="out"),
    "broker-config": Act(),
    "console-certificate": Act(),
    "influx": Act(word="what", only=frozenset({"init"})),
    "upgrade": Other.LOOK,
    "backup": Other.OWN,  # behind it: what cannot be noted can be copied all the same
    "restore": Other.OWN,  # behind it, in the audit that came back
    "audit": Other.LOOK,
    "power": Other.LOOK,
    "decode": Other.LOOK,
    "demo": Other.LOOK,
    "coverage": Other.LOOK,
    "what-if": Other.LOOK,
    "simulate": Other.LOOK,
    "fleet-report": Other.LOOK,
}


def noted(name: str, runnable: Any) -> None:
    """Let a command, as Typer runs it, stand in the audit; it gets an option `--why` for that."""
    act, body = NOTED[name], runnable.callback
    if not isinstance(act, Act):
        return
    has_why = any(param.name == "why" for param in runnable.params)
    if not has_why:
        runnable.params.insert(-1, _option_why())

    def callback(**typed: Any) -> Any:
        why = typed["why"] if has_why else typed.pop("why")
        if not act.is_done(typed):
            return body(**typed)
        note = act.what(name, typed), ", ".join(_things(act, typed)), why or ""
        _add(typed["config"], note, audit_status.BEGUN)
        try:
            answer = body(**typed)
        except BaseException as error:
            _add_late(typed["config"], note, _status(error))
            raise
        _add_late(typed["config"], note, audit_status.DONE)
        return answer

    runnable.callback = callback


def _option_why() -> Any:
    def told(
        why: Annotated[str, typer.Option(help="What for, in your words, for the audit.")] = "",
    ) -> None: ...

    alone = typer.Typer(add_completion=False)
    alone.command()(told)
    return typer.main.get_command(alone).params[0]


def who() -> str:
    """Who acts, as the audit has it: the user of the operating system, as such."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = str(os.getuid())
    asked = os.environ.get("SUDO_USER", "") if os.getuid() == 0 else ""
    return f"{HERE} {f'{asked} ({user})' if asked else user}"[:WHO_MAX]


def note_done(
    config: Path, what: str, about: str = "", why: str = "", status: int = audit_status.DONE
) -> None:
    """Into the audit that something was done which must not wait for it: a copy of a site whose
    audit is damaged, what heals that, and what is taken off this machine. `status`: what came of it
    where that is something else. If it cannot be noted, a sentence says so."""
    _add_late(config, (what, about, why), status)


def _add(config: Path, note: tuple[str, str, str], status: int) -> None:
    """StoreError where the site has an audit that cannot be written."""
    if not config.exists():
        return
    from gateway.settings import store_place  # for what heals settings that are refused, too

    _write(store_place(config), note, status)


def _add_late(config: Path, note: tuple[str, str, str], status: int) -> None:
    from gateway.settings import SettingsError
    from gateway.store.database import StoreError

    try:
        _add(config, note, status)
    except (SettingsError, StoreError) as error:
        did = "that it was not done" if audit_status.is_wrong(status) else "that it was done"
        typer.echo(f"menshen: {did} is not in the audit: {error}", err=True)


def _write(place: tuple[Path, Path | None], note: tuple[str, str, str], status: int) -> None:
    from gateway.accounts import audit, audit_names
    from gateway.accounts.file import AccountsFile
    from gateway.cli.output import now_ms
    from gateway.store.database import Store

    with closing(AccountsFile(*place)) as accounts:
        if accounts.is_used():
            notes = [audit.Note(now_ms(), who(), *note, status)]
            if place[0].exists():
                with closing(Store(place[0])) as site:
                    notes = audit_names.sealed(site, notes)
            with accounts.store().writing() as connection:
                audit.add(connection, notes)


def _status(error: BaseException) -> int:
    if isinstance(error, typer.Exit):
        return NOT_DONE if error.exit_code else audit_status.DONE
    is_misuse = isinstance(error, CommandError) and error.code == MISUSED
    return NOT_ASKED if is_misuse else NOT_DONE
