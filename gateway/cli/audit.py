"""`menshen audit`: who looked at what and who did what; and whether anybody changed it since."""

from contextlib import closing, suppress
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import typer
from msgspec.structs import replace
from sqlalchemy import Connection

from gateway.accounts import audit_names, persons
from gateway.accounts.audit import (
    BrokenChainError,
    Entry,
    Wanted,
    anchors,
    cut,
    latest_anchor,
    read,
    verify,
)
from gateway.accounts.file import AccountsFile
from gateway.accounts.persons import Account
from gateway.cli.exit_codes import CommandError
from gateway.cli.options import CONFIG, Config, Json, Limit
from gateway.cli.output import say, say_cut, say_json, show, when
from gateway.settings import Settings, load
from gateway.store.database import Store, StoreError


class What(StrEnum):
    """What is done."""

    SHOW = "show"
    VERIFY = "verify"
    ANCHORS = "anchors"


def audit(
    what: Annotated[What, typer.Argument(help="show, verify or anchors.")] = What.SHOW,
    account: Annotated[str, typer.Option(help="show: only what this account did.")] = "",
    about: Annotated[
        str, typer.Option(help="show: only what was about this, such as a door.")
    ] = "",
    anchor: Annotated[
        list[str] | None, typer.Option(help="verify: a hash that was printed; again for more.")
    ] = None,
    limit: Limit = 100,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Show who looked at whose name or address and who did what; verify that nobody changed it.

    verify goes through the whole chain of hashes: exit code 1 if an entry was changed, taken out or
    put in. anchors prints the last link of each day: on paper, or elsewhere, it shows later that
    nothing was cut off the end.
    """
    settings = load(config)
    file = AccountsFile(*settings.store.place)
    with closing(file), file.store().reading() as connection:
        match what:
            case What.VERIFY:
                _verify(connection, anchor or [], as_json)
            case What.ANCHORS:
                _anchors(connection, limit, as_json)
            case What.SHOW:
                found = _found(connection, limit + 1, Wanted(account, about), settings)
                if as_json:
                    say_json([_as_json(entry) for entry in found[:limit]])
                else:
                    _show(found[:limit], persons.everybody(connection), settings)
                say_cut(len(found) > limit, limit, as_json)


def _found(connection: Connection, limit: int, wanted: Wanted, settings: Settings) -> list[Entry]:
    """Entries with what they name revealed, as far as its keys live; without the site's database
    they are read as they stand."""
    if not settings.store.path.exists():
        return read(connection, limit, None, wanted)
    with closing(Store(settings.store.path)) as site:
        if wanted.about:
            with suppress(StoreError), site.reading() as rows:
                wanted = replace(wanted, also=audit_names.forms(rows, wanted.about))
        return audit_names.revealed(site.keys, read(connection, limit, None, wanted))


def _verify(connection: Connection, printed: list[str], as_json: bool) -> None:
    try:
        count = verify(connection, printed)
    except BrokenChainError as error:
        raise CommandError(f"the audit was tampered with: {error}") from error
    if as_json:
        say_json({"entries": count})
        return
    begins = cut(connection)
    if begins.cut_ms is not None:
        say(f"It begins after entry {begins.entry_id}: what was before is forgotten, for its age.")
    say(f"Entries: {count}, each as it was written.")


def _anchors(connection: Connection, limit: int, as_json: bool) -> None:
    latest = latest_anchor(connection)
    kept = anchors(connection, limit + 1)
    found = [*([latest] if latest else []), *kept[:limit]]
    if as_json:
        say_json([one._asdict() for one in found])
    else:
        show(("day (UTC)", "entry", "hash"), [[*map(str, one)] for one in found])
    say_cut(len(kept) > limit, limit, as_json)


def _show(entries: list[Entry], accounts: list[Account], settings: Settings) -> None:
    """In the words of the console's page; `about` as --about takes it."""
    from gateway.web import audit_words  # with it comes all of the console

    people = {one.name: one.warden_id for one in accounts if one.warden_id is not None}
    names = audit_words.Names({}, {}, {})
    with suppress(StoreError):  # without the site's database the audit is read all the same
        site = Store.open(*settings.store.place, create=False)
        with closing(site), site.reading() as rows:
            names = audit_words.names_in(rows, entries, people)
    lines = []
    for entry in entries:
        told = audit_words.told(entry.note, names, "en")
        number, at = str(entry.entry_id), when(entry.note.at_ms, settings.zone)
        lines.append([number, at, told.who, told.words, told.why, entry.note.about])
    show(("", "when", "who", "what", "why", "about"), lines)


def _as_json(entry: Entry) -> dict[str, Any]:
    return {"entry": entry.entry_id, **msgspec.to_builtins(entry.note)}
