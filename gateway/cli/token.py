"""`menshen token`: what a program shows at the API, with named scopes; made, listed and ended."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from gateway.accounts import audit, persons, sessions, tokens
from gateway.accounts.file import AccountsFile
from gateway.accounts.persons import Account, AccountError
from gateway.accounts.roles import Role
from gateway.accounts.scopes import WORDS, Scope, scopes_for
from gateway.accounts.sessions import PHONE_NAME_MAX, Kind, Session
from gateway.cli.acting import who
from gateway.cli.command_time import command_ms
from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.option_fields import field
from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import ago, say, say_json, show, span
from gateway.language import peoples_text
from gateway.settings import load
from gateway.store.database import Store

DAYS = 90


class What(StrEnum):
    """What is done."""

    MAKE = "make"
    LIST = "list"
    END = "end"
    SCOPES = "scopes"


def token(
    what: Annotated[What, typer.Argument(help="What to do; see the list above.")] = What.LIST,
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="The program's account.")] = "",
    scope: Annotated[
        list[Scope] | None,
        typer.Option(
            metavar="SCOPE",
            help="make: what it may; may be said again. `menshen token scopes` has them.",
        ),
    ] = None,
    purpose: Annotated[
        str, typer.Option(help="make: what it is for, so that you know it again in the list.")
    ] = "",
    days: Annotated[int, typer.Option(help="make: how long it lasts at most.")] = DAYS,
    one: Annotated[
        str, typer.Option("--token", help="end: which one, by the id that list shows.")
    ] = "",
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Make a program's token with named scopes; list and end tokens.

    make NAME --scope cases:read … (shown once) · list [NAME] · end NAME --token ID · scopes. A
    token may what its scopes name, as far as its account's roles allow it too. The account comes
    first: menshen account add NAME --program --role ROLE.
    """
    if what is What.SCOPES:
        _scopes(as_json)
        return
    if not name and what is not What.LIST:
        raise CommandError(f"name the account: menshen token {what} NAME", MISUSED)
    settings = load(config)
    now = command_ms(settings.store.place, settings.zone)
    with _opened(settings.store.place) as store:
        match what:
            case What.MAKE:
                said = field("--purpose", purpose, _purpose) if purpose else name
                _make(store, name, scope or [], (said, days, now), as_json)
            case What.LIST:
                _list(store, name, now, as_json)
            case What.END:
                _end(store, name, one, now, as_json)


@contextmanager
def _opened(place: Any) -> Iterator[Store]:
    with closing(AccountsFile(*place)) as file:
        yield file.store()


def _scopes(as_json: bool) -> None:
    if as_json:
        say_json({scope.value: WORDS[scope] for scope in Scope})
        return
    rows = []
    for scope in Scope:
        roles = [role.value for role in Role if scope in scopes_for([role])]
        rows.append([scope.value, WORDS[scope], ", ".join(roles)])
    show(("scope", "lets a program", "whose account is a"), rows)


def _purpose(text: str) -> str:
    """What people read in a list. ValueError for what cannot stand there."""
    return peoples_text.line(text, PHONE_NAME_MAX)


def _make(
    store: Store, name: str, scopes: list[Scope], token: tuple[str, int, int], as_json: bool
) -> None:
    purpose, days, now = token
    with store.writing() as connection:
        account = _program(connection, name)
        try:
            made = tokens.make(connection, account, scopes, purpose, days, now)
        except AccountError as error:
            raise CommandError(str(error)) from error
        words = " ".join(sorted(set(scopes)))
        audit.add(connection, [audit.Note(now, who(), "token made", name, words)])
    if as_json:
        say_json({"account": name, "token": made, "scopes": sorted(set(scopes)), "days": days})
        return
    say(made)
    say(f"It is shown once; {name} sends it as `Authorization: Bearer …`, for {days} days at most.")


def _list(store: Store, name: str, now: int, as_json: bool) -> None:
    with store.reading() as connection:
        programs = [_program(connection, name)] if name else _programs(connection)
        there = [(one, tokens.of_account(connection, one, now)) for one in programs]
    if as_json:
        say_json([_as_json(one, token) for one, live in there for token in live])
        return
    rows = [
        [
            one.name,
            token.session_id,
            token.phone,
            _words(token),
            ago(token.seen_ms, now),
            f"in {span(token.ends_ms - now)}",
        ]
        for one, live in there
        for token in live
    ]
    show(("account", "token", "for", "scopes", "last used", "ends"), rows)


def _as_json(account: Account, token: Session) -> dict[str, object]:
    return {
        "account": account.name,
        "token": token.session_id,
        "purpose": token.phone,
        "kind": token.kind,
        "scopes": None if token.scopes is None else sorted(token.scopes),
        "made_ms": token.made_ms,
        "seen_ms": token.seen_ms,
        "ends_ms": token.ends_ms,
    }


def _words(token: Session) -> str:
    if token.scopes is not None:
        return " ".join(sorted(token.scopes))
    return "reads all" if token.kind is Kind.READER else "all that its account may"


def _end(store: Store, name: str, token: str, now: int, as_json: bool) -> None:
    if not token:
        raise CommandError("which one? --token ID, as `menshen token list` has it", MISUSED)
    with store.writing() as connection:
        account = _program(connection, name)
        if not sessions.end(connection, account, token, now):
            raise CommandError(f"{name} has no token {token}; `menshen token list` has them")
        audit.add(connection, [audit.Note(now, who(), "token ended", name, token)])
    if as_json:
        say_json({"account": name, "ended": token})
        return
    say(f"{token} of {name} opens nothing any more.")


def _programs(connection: Connection) -> list[Account]:
    return [one for one in persons.everybody(connection) if one.kind is persons.Kind.PROGRAM]


def _program(connection: Connection, name: str) -> Account:
    found = persons.named(connection, name)
    if found is None or found.ended_ms is not None:
        raise CommandError(f"there is no account {name}; `menshen account list` has them")
    if found.kind is not persons.Kind.PROGRAM:
        raise CommandError(f"{name} is a person; a program is added with --program")
    return found
