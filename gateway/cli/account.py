"""`menshen account`: who may sign in, and as whom. The first administrator is made here."""

import getpass
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, NamedTuple
from urllib.parse import urlsplit

import segno
import typer
from sqlalchemy import Connection

from gateway.accounts import (
    audit,
    identities,
    invitations,
    passkeys,
    passwords,
    persons,
    sessions,
)
from gateway.accounts.file import AccountsFile
from gateway.accounts.identities import IdentityError
from gateway.accounts.passwords import PasswordError
from gateway.accounts.persons import Account, AccountError
from gateway.accounts.roles import Role
from gateway.cli import account_list
from gateway.cli.acting import who
from gateway.cli.command_time import command_ms
from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import counted, say, say_json, show
from gateway.core.paging.schedule import Role as Duty
from gateway.language.error_words import why_not
from gateway.provisioning.certificates import ALWAYS_NAMED, chain_in, names_in
from gateway.settings import Settings, load
from gateway.settings.values import is_loopback, reached
from gateway.store import tables, views
from gateway.store.database import Store

_ROLE_OF: Final = {
    Duty.WARDEN: Role.WARDEN,
    Duty.DEPUTY: Role.DEPUTY,
    Duty.CAPTAIN: Role.CAPTAIN,
    Duty.CENTRE: Role.DISPATCHER,
    Duty.INSTALLER: Role.INSTALLER,
}


class What(StrEnum):
    """What is done."""

    ADD = "add"
    LIST = "list"
    INVITE = "invite"
    PASSWORD = "password"  # noqa: S105 - a word of the command line
    TOKEN = "token"  # noqa: S105 - likewise
    LINK = "link"
    UNLINK = "unlink"
    REVOKE = "revoke"
    END = "end"


class _Asked(NamedTuple):
    """The command line, and what it is about."""

    settings: Settings
    store: Store
    name: str
    now: int
    as_json: bool
    subject: str  # at the OpenID provider

    def account(self, connection: Connection) -> Account:
        found = persons.named(connection, self.name)
        if found is None or found.ended_ms is not None:
            raise CommandError(f"there is no account {self.name}; `menshen account list` has them")
        return found

    def noted(self, connection: Connection, what: str, why: str = "") -> None:
        audit.add(connection, [audit.Note(self.now, who(), what, self.name, why)])


def account(
    what: Annotated[What, typer.Argument(help="What to do; see the list above.")],
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="By which one signs in.")] = "",
    role: Annotated[
        list[Role] | None,
        typer.Option(
            metavar="ROLE", help=f"add: what the person is; may be said again: {', '.join(Role)}."
        ),
    ] = None,
    warden: Annotated[
        str | None, typer.Option(help="add: who it is, by the id in wardens.csv.")
    ] = None,
    grid: Annotated[
        list[str] | None, typer.Option(help="add: a grid beside the person's own; again for more.")
    ] = None,
    program: Annotated[
        bool, typer.Option("--program", help="add: a program, which has a token.")
    ] = False,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="token: one that reads, and does nothing else.")
    ] = False,
    session: Annotated[
        str | None, typer.Option(help="revoke: only this phone, by the id that list shows.")
    ] = None,
    without_code: Annotated[
        bool,
        typer.Option(
            "--without-code", help="password: forget the second factor, so that it is set up anew."
        ),
    ] = False,
    address: Annotated[
        str, typer.Option(help="invite: the console's address as the phone reaches it.")
    ] = "",
    without_passkeys: Annotated[
        bool,
        typer.Option(
            "--without-passkeys", help="password: remove the passkeys too, where a device is lost."
        ),
    ] = False,
    subject: Annotated[
        str, typer.Option(help="link: who it is at the OpenID provider, by its `sub`.")
    ] = "",
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Add, list and end accounts; invite a phone; set a password; revoke a lost phone.

    add NAME --role ROLE … · list · invite NAME (a QR code, good once, for ten minutes) · password
    NAME (asked for, or a line of standard input) · token NAME (of a program) · link NAME --subject
    SUB, unlink NAME (at the OpenID provider) · revoke NAME [--session ID] · end NAME. With the
    first account, everybody signs in.
    """
    if not name and what is not What.LIST:
        raise CommandError(f"name the account: menshen account {what} NAME", MISUSED)
    settings = load(config)
    now = command_ms(settings.store.place, settings.zone)
    with _opened(settings, create=what is What.ADD) as store:
        asked = _Asked(settings, store, name, now, as_json, subject)
        try:
            match what:
                case What.ADD:
                    kind = persons.Kind.PROGRAM if program else persons.Kind.PERSON
                    _add(asked, role or [], warden, grid or [], kind)
                case What.INVITE:
                    _invite(asked, address)
                case What.PASSWORD:
                    _password(asked, without_code, without_passkeys)
                case What.TOKEN:
                    _token(asked, sessions.Kind.READER if read_only else sessions.Kind.PROGRAM)
                case What.REVOKE:
                    _revoke(asked, session)
                case _:
                    _PLAIN[what](asked)
        except AccountError as error:
            raise CommandError(str(error)) from error


@contextmanager
def _opened(settings: Settings, create: bool) -> Iterator[Store]:
    file = AccountsFile(*settings.store.place)
    with closing(file):
        yield file.create() if create else file.store()


def _add(
    asked: _Asked, roles: list[Role], warden: str | None, grids: list[str], kind: persons.Kind
) -> None:
    with (
        closing(Store.open(*asked.settings.store.place, create=False)) as site,
        site.reading() as connection,
    ):
        if warden is not None:
            known = views.warden(connection, warden)
            if known is None:
                raise CommandError(f"nobody is enrolled as {warden}; see wardens.csv")
            roles = roles or [_ROLE_OF[known.role]]
        there = set(connection.execute(tables.grids.select()).scalars())
    if unknown := sorted(set(grids) - there):
        raise CommandError(f"there is no grid {unknown[0]}")
    with asked.store.writing() as connection:
        first = not persons.everybody(connection, 1)
        made = persons.add(connection, asked.name, roles, asked.now, warden, grids, kind)
        asked.noted(connection, "account added", " ".join(made.roles))
    if asked.as_json:
        say_json({"account": made.name, "roles": list(made.roles), "warden": warden})
        return
    say(f"{made.name} may sign in: {', '.join(made.roles)}.")
    if kind is persons.Kind.PROGRAM:
        say(f"Its token: menshen token make {made.name} --scope …")
    else:
        say(f"By a phone: menshen account invite {made.name}")
        say(f"By a password: menshen account password {made.name}")
    if first:
        say("From now on everybody signs in; the console's one password opens nothing any more.")


def _list(asked: _Asked) -> None:
    listed = account_list.listed(asked.store, asked.now)
    if asked.as_json:
        say_json([account_list.as_json(one) for one in listed])
        return
    show(account_list.HEADER, [row for one in listed for row in account_list.rows(one, asked.now)])


def _invite(asked: _Asked, address: str) -> None:
    with asked.store.writing() as connection:
        one = asked.account(connection)
        if one.kind is persons.Kind.PROGRAM:
            raise CommandError(f"{one.name} is a program: menshen account token {one.name}")
        token = invitations.make(connection, one, who(), asked.now)
        asked.noted(connection, "invitation made")
    link = f"{(address or _address(asked.settings)).rstrip('/')}/invitation/{token}"
    reaches_phones = not is_loopback(urlsplit(link).hostname or "")
    minutes = invitations.LASTS_MS // 60_000
    if asked.as_json:
        said = {"account": one.name, "link": link, "minutes": minutes}
        say_json(said | {"reaches_phones": reaches_phones})
        return
    picture = io.StringIO()
    segno.make_qr(link, error="l", boost_error=False).terminal(picture, compact=True, border=2)
    say(picture.getvalue())
    say(link)
    say(f"Good once, for {minutes} minutes: {one.name} scans it with the phone's camera.")
    if not reaches_phones:
        say(
            "No phone reaches that address, for it is this machine's own: say where phones open "
            "the console, with --address https://… or as console.public_url in the settings."
        )


def _address(settings: Settings) -> str:
    """Where a phone reaches the console, as far as the settings know it."""
    console = settings.console
    if console.public_url:
        return console.public_url
    host = console.host if console.pair is None else _name_of(console.host, console.pair[0])
    host = f"[{host}]" if ":" in host else host
    return f"{'http' if console.pair is None else 'https'}://{host}:{console.port}"


def _name_of(host: str, certificate: Path) -> str:
    """The first name of the console's certificate that other machines can use; else `host`."""
    try:
        names = names_in(chain_in(certificate)[0])
    except (OSError, ValueError) as error:
        raise CommandError(
            f"the console's certificate {certificate} cannot be used: {why_not(error)}"
        ) from error
    is_one = reached(host) == host and not is_loopback(host)
    others = [name for name in names if name not in ALWAYS_NAMED and not name.startswith("*")]
    return host if is_one or not others else others[0]


def _password(asked: _Asked, without_code: bool, without_passkeys: bool) -> None:
    with asked.store.reading() as connection:
        one = asked.account(connection)
    if one.kind is persons.Kind.PROGRAM:
        raise CommandError(f"{one.name} is a program: menshen account token {one.name}")
    text = _typed(one.name)
    try:
        passwords.check(text, (one.name, asked.settings.site.name))
    except PasswordError as error:
        raise CommandError(str(error)) from None
    stored = passwords.kept(text)
    with asked.store.writing() as connection:
        persons.set_password(connection, one, stored)
        if without_code:
            persons.set_code_key(connection, one, None)
        if without_passkeys:
            passkeys.remove_all(connection, one)
        ended = sessions.end_all(connection, one, asked.now)
        forgotten = ["second factor"] * without_code + ["passkeys"] * without_passkeys
        why = f"{' and '.join(forgotten)} forgotten" if forgotten else ""
        asked.noted(connection, "password set", why)
    if asked.as_json:
        say_json({"account": one.name, "sessions_ended": ended})
        return
    say(f"{one.name} has a new password. {counted(ended, 'session')} ended.")


def _typed(name: str) -> str:
    """A password, asked for twice where somebody types; else a line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(f"Password of {name}: ")
    if getpass.getpass("Again: ") != first:
        raise CommandError("the two are not the same; nothing was changed")
    return first


def _token(asked: _Asked, kind: sessions.Kind) -> None:
    with asked.store.writing() as connection:
        one = asked.account(connection)
        if one.kind is not persons.Kind.PROGRAM:
            raise CommandError(f"{one.name} is a person; a program is added with --program")
        sessions.end_all(connection, one, asked.now)
        token = sessions.begin(connection, one, kind, one.name, asked.now)
        asked.noted(connection, "token made")
    if asked.as_json:
        say_json({"account": one.name, "token": token})
        return
    say(token)
    say(f"It is shown once; {one.name} sends it as `Authorization: Bearer …`. An older one ended.")


def _link(asked: _Asked) -> None:
    issuer, subject = asked.settings.oidc.issuer, asked.subject
    if not issuer:
        raise CommandError("this site has no OpenID provider: oidc.issuer is empty")
    if not subject:
        raise CommandError("say who it is there: --subject SUB", MISUSED)
    with asked.store.writing() as connection:
        one = asked.account(connection)
        if one.kind is persons.Kind.PROGRAM:
            raise CommandError(f"{one.name} is a program; only people sign in by a provider")
        try:
            identities.link(connection, one, issuer, subject, asked.now)
        except IdentityError:
            raise CommandError(
                f"{one.name} is linked already, or that subject is, or it is too long: "
                f"menshen account unlink {one.name}"
            ) from None
        asked.noted(connection, "provider linked", subject)
    if asked.as_json:
        say_json({"account": one.name, "issuer": issuer, "subject": subject})
        return
    say(f"{asked.settings.oidc.name} signs {one.name} in from now on, as {subject}.")


def _unlink(asked: _Asked) -> None:
    with asked.store.writing() as connection:
        one = asked.account(connection)
        links = identities.unlink(connection, one)
        asked.noted(connection, "provider unlinked")
    if asked.as_json:
        say_json({"account": one.name, "links_ended": links})
        return
    say(f"{counted(links, 'link')} of {one.name} ended.")


def _revoke(asked: _Asked, session: str | None) -> None:
    with asked.store.writing() as connection:
        one = asked.account(connection)
        if session is None:
            ended = sessions.end_all(connection, one, asked.now)
        else:
            ended = int(sessions.end(connection, one, session, asked.now))
        asked.noted(connection, "session revoked", session or "all")
    if asked.as_json:
        say_json({"account": one.name, "sessions_ended": ended})
        return
    say(f"{counted(ended, 'session')} of {one.name} ended.")


def _end(asked: _Asked) -> None:
    with asked.store.writing() as connection:
        one = asked.account(connection)
        sessions.end_all(connection, one, asked.now)
        passkeys.remove_all(connection, one)
        identities.unlink(connection, one)
        persons.end(connection, one, asked.now)
        asked.noted(connection, "account ended")
    if asked.as_json:
        say_json({"account": one.name, "ended": True})
        return
    say(f"{one.name} signs in no more; what they did stays in the audit.")


_PLAIN: Final[dict[What, Callable[[_Asked], None]]] = {
    What.LIST: _list,
    What.LINK: _link,
    What.UNLINK: _unlink,
    What.END: _end,
}
