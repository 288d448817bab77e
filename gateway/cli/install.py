"""`menshen install`: this machine becomes a gateway, by one command that can be repeated."""

import getpass
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gateway.installation.place import Place
    from gateway.installation.site import Site
    from gateway.installation.wish import Wish

from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.output import say

ROOT = Path("/")


class Language(StrEnum):
    """What people at the site read."""

    ZH = "zh"
    EN = "en"


Root = Annotated[
    Path,
    typer.Option(
        "--root",
        metavar="FOLDER",
        help="Another root than /: a card in this machine, or a folder for a try.",
        callback=lambda path: path.absolute(),
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only say what would be done; change nothing.")
]


def install(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Host names and addresses by which seals and phones reach this machine."
        ),
    ] = None,
    administrator: Annotated[
        str, typer.Option(metavar="NAME", help="By which the first administrator signs in.")
    ] = "admin",
    language: Annotated[
        Language, typer.Option(help="Of a new site: what its people read.")
    ] = Language.ZH,
    dry_run: DryRun = False,
    root: Root = ROOT,
) -> None:
    """Make this machine a gateway: user, settings, broker, TLS, database, services, first account.

    As root. What is there already stays, so it may be repeated: after a new release, with other
    names, or where it was broken off. The administrator's password is asked for, or a line of
    standard input.
    """
    from gateway.installation import machine
    from gateway.installation.place import SETTINGS, Place
    from gateway.installation.services import Services
    from gateway.installation.site import Site
    from gateway.installation.steps import carry_out
    from gateway.installation.wish import Wish

    place, password = Place(root), _Password(administrator)
    if place.is_this_machine and (not dry_run or SETTINGS.exists()):  # which root alone can read
        machine.need_root(" ".join(["menshen install", *(names or ()), *["--dry-run"] * dry_run]))
    machine.need_packages(place)
    if place.is_this_machine:
        machine.need_reachable(machine.program())
    wish = Wish(
        place,
        tuple(names or _names_before(place)),
        administrator,
        password.ask,
        Path(sys.executable).absolute(),
        datetime.now(UTC),
        language,
    )
    _check(wish)
    site = Site(wish)
    if not dry_run and not site.has_people():
        password.ask()  # now, so that nobody must wait for the question
    services = Services(wish, site, say)
    tell = told("there", "made", "to make")
    made = carry_out([*site.steps(), *services.steps()], tell, dry_run)
    if machine.systemd_runs(place):
        made |= carry_out([services.start(anew=bool(made))], tell, dry_run)
    elif made and not dry_run:
        say("No systemd runs here, so nothing was started: the services start with the machine.")
    say("")
    for sentence in _last_words(wish, site, bool(made), dry_run):
        say(sentence)


def _names_before(place: "Place") -> tuple[str, ...]:
    """Those of the certificates that were made before. CommandError at a machine without any."""
    from gateway.installation import machine
    from gateway.installation.place import CONSOLE, SETTINGS
    from gateway.provisioning.certificates import (
        ALWAYS_NAMED,
        CONSOLE_CRT,
        SERVER_CRT,
        chain_in,
        names_in,
    )
    from gateway.settings import broker_folder

    config = place.inside(SETTINGS)
    broker = place.inside(broker_folder(config)) / SERVER_CRT
    for file in (broker, place.inside(CONSOLE) / CONSOLE_CRT):
        try:
            named = names_in(chain_in(file)[0])
        except (OSError, ValueError):
            continue
        return tuple(name for name in named if name not in ALWAYS_NAMED)
    proposed = " ".join(machine.own_names() or ["gateway.local", "192.168.1.20"])
    raise CommandError(
        "name the hosts and addresses by which seals and phones will reach this machine, for the "
        "certificates are made for them. As far as it knows itself: "
        f"sudo menshen install {proposed}",
        MISUSED,
    )


def _check(wish: "Wish") -> None:
    """CommandError for what was typed and can never be."""
    from gateway.accounts.persons import AccountError, check_name
    from gateway.provisioning.certificates import check_names

    try:
        check_names(wish.names)
        check_name(wish.administrator)
    except (ValueError, AccountError) as error:
        raise CommandError(str(error), MISUSED) from None


def _last_words(wish: "Wish", site: "Site", is_changed: bool, dry_run: bool) -> list[str]:
    from gateway.provisioning.certificates import CA_CRT, CA_KEY, chain_in, fingerprint

    if dry_run:
        return ["Nothing was changed." if is_changed else "Nothing is to be done."]
    if not is_changed:
        return ["All of it was there already; nothing was changed."]
    settings = wish.settings()
    address, folder = settings.console.public_url, site.broker().folder
    said = [f"Pages: {address or 'console.public_url of the settings is empty'}"]
    if site.console_files() is not None:
        said += [
            f"A phone opens {address}/trust first, and comes to trust the authority with this",
            f"fingerprint: {fingerprint(chain_in(folder / CA_CRT)[0])}",
        ]
    if (folder / CA_KEY).exists():
        said.append(
            f"Take {folder / CA_KEY} off this machine and keep it safe: it renews the certificates,"
            " and who has it can pose as this site."
        )
    said.append(
        "Next: doors and people (`menshen enrol --example doors`), seals (`sudo menshen flash`). "
        "`sudo menshen check` says at any time whether all is well."
    )
    return said


class _Password:
    """The administrator's, asked for once."""

    def __init__(self, name: str) -> None:
        self._name, self._text = name, ""

    def ask(self) -> str:
        """CommandError if it is none that is taken."""
        if self._text:
            return self._text
        from gateway.accounts import passwords

        text = self._typed()
        try:
            passwords.check(text, (self._name, "menshen"))
        except passwords.PasswordError as error:
            raise CommandError(f"the password of {self._name}: {error}") from None
        self._text = text
        return text

    def _typed(self) -> str:
        if not sys.stdin.isatty():
            text = sys.stdin.readline().rstrip("\r\n")
            if not text:
                raise CommandError(
                    f"the first administrator, {self._name}, needs a password: run it in a "
                    "terminal, or give the password as a line of standard input",
                    MISUSED,
                )
            return text
        say(f"{self._name} is the first administrator, and signs in with a password of 12 or more")
        first = getpass.getpass(f"characters. Password of {self._name}: ")
        if getpass.getpass("Again: ") != first:
            raise CommandError("the two are not the same; nothing was changed")
        return first


def told(there: str, made: str, to_make: str) -> Callable[[str, str], None]:
    """Says each step in a line, in a command's own words for how it stands."""
    words = {"there": there, "made": made, "to make": to_make}
    return lambda state, what: say(f"{words[state]:<8} {what}")
