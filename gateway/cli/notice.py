"""`menshen notice`: the sheets that open households' pages, for a printer."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from gateway.cli.command_time import command_ms
from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.named_door import door_id as door_id_of
from gateway.cli.options import CONFIG, Config
from gateway.cli.output import counted, named, say
from gateway.language.notice import Translate
from gateway.provisioning.notice_sheet import Sheet, pdf
from gateway.registry import notices, resident_codes
from gateway.registry.resident_codes import NoOrderError
from gateway.settings import Settings, load
from gateway.store import resident_views
from gateway.store.database import Store, StoreError
from gateway.store.private_file import write_private


def notice(
    doors: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DOOR", help="Doors by id or label, or households; else all without a sheet."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to: sheets.pdf, an A4 page for each language.")
    ] = None,
    language: Annotated[
        list[str] | None,
        typer.Option(help="In which language: zh, en, or one of languages/; may be repeated."),
    ] = None,
    config: Config = CONFIG,
) -> None:
    """Print the sheets for households: the code of their own page, and the notice.

    Each sheet has a new code, and the one before is dead from that moment. Without --out it only
    says which doors wait for a sheet.
    """
    settings = load(config)
    now = command_ms(settings.store.place, settings.zone)
    wanted = [door_id_of("DOOR", door, settings) for door in doors or ()]
    translates = [_translate(settings, tag) for tag in language or [settings.site.language]]
    with closing(Store.open(*settings.store.place, create=False)) as store:
        households = _households(store, wanted, now)
        if out is None or not households:
            _say_waiting(store, households, wanted)
            return
        names = _labels(store, households)
        codes = {household_id: resident_codes.new_code() for household_id in households}
        sheets = [
            Sheet(resident_codes.grouped(code), address_of(settings)) for code in codes.values()
        ]
        content = pdf(sheets, notices.facts_of(settings), translates, settings.site.name)
        try:
            write_private(out, content)
        except OSError as error:
            words = f"{out} cannot be written: {error.strerror}; every sheet of before holds good"
            raise CommandError(words) from error
        try:
            _renew(store, codes, settings, now)
        except (StoreError, CommandError):
            out.unlink(missing_ok=True)  # no code in it opens anything
            raise
    say(f"{out}: {counted(len(sheets), 'sheet')}, in this order: {named(names)}.")
    say("Hand each to its own household and read the notice with them; then delete the file.")


def address_of(settings: Settings) -> str:
    """Where households open their page; empty where the settings name no address."""
    public = settings.console.public_url.rstrip("/")
    return f"{public}/r" if public else ""


def _translate(settings: Settings, tag: str) -> Translate:
    try:
        return notices.translate_to(settings, tag)
    except notices.NoSuchLanguageError as error:
        raise CommandError(str(error), MISUSED) from error


def _households(store: Store, wanted: list[str], now_ms: int) -> list[str]:
    """Whose sheets are meant. CommandError for a door that has no order."""
    with store.reading() as connection:
        if not wanted:
            return resident_views.without_code(connection, now_ms)
        found = {door: resident_views.household_of(connection, door) for door in wanted}
        households = dict.fromkeys(one for one in found.values() if one is not None)
        without = [door for door, one in found.items() if one is None]
        unordered = [
            one for one in households if resident_views.order_of(connection, one, now_ms) is None
        ]
    without += _labels(store, unordered)
    if without:
        raise CommandError(
            f"no order runs or is to come on {named(without)}, so there is no page to open; see "
            "`menshen doors`"
        )
    return list(households)


def _renew(store: Store, codes: dict[str, str], settings: Settings, now_ms: int) -> None:
    """The codes that stand on paper hold from now on, in one transaction."""
    with store.writing() as connection:
        version = notices.keep(connection, notices.facts_of(settings), now_ms)
        for household_id, code in codes.items():
            try:
                resident_codes.renew(connection, household_id, version, now_ms, code)
            except NoOrderError as error:
                home = " · ".join(_labels_in(connection, [household_id]))
                raise CommandError(f"the order on {home} has just ended") from error


def _labels(store: Store, households: list[str]) -> list[str]:
    """Each household by what its doors are called; by an id, which is random, only where a door has
    no label that can be read."""
    with store.reading() as connection:
        return _labels_in(connection, households)


def _labels_in(connection: Connection, households: list[str]) -> list[str]:
    homes = [resident_views.doors_of(connection, one) for one in households]
    return [" · ".join(row.label or row.door_id for row in home) for home in homes]


def _say_waiting(store: Store, households: list[str], wanted: list[str]) -> None:
    if not households:
        say("Every household under an order has its sheet. To print one again, name its door.")
        return
    say(f"{counted(len(households), 'sheet')} to print: {named(_labels(store, households))}.")
    say(f"To print: {' '.join(('menshen notice', *wanted, '--out sheets.pdf'))}")
    if wanted:
        say("Their codes of now are dead then.")
