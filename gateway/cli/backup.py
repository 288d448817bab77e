"""`menshen backup`: a copy of the whole site; which there are; whether one can be put back."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from gateway.backup import making, restoring, rotation, tape
from gateway.backup.restoring import Tried
from gateway.backup.site import Site
from gateway.cli import acting
from gateway.cli.command_time import site_ms
from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import counted, say, say_json, when
from gateway.settings import load

Identity = Annotated[
    Path | None,
    typer.Option("--identity", help="The file with the private key, for an encrypted copy."),
]
MIB = 1024 * 1024


class What(StrEnum):
    """What is done."""

    MAKE = "make"
    LIST = "list"
    VERIFY = "verify"
    KEY = "key"


def backup(
    what: Annotated[What, typer.Argument(help="What to do; see the list above.")] = What.MAKE,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="verify: a copy, else the newest; key: a new file."),
    ] = None,
    identity: Identity = None,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Copy the whole site beside the running gateway; list copies; try one; make a key.

    make · list · verify [FILE] [--identity KEY] · key FILE. A copy has the journal, accounts,
    photos, settings, secrets and the broker's files. It goes to backup.folder; older ones go as
    backup.daily and backup.weekly say. verify restores it to a passing place and opens it there.
    """
    if what is What.KEY:
        _key(file)
        return
    site = Site(config, load(config))
    match what:
        case What.MAKE:
            _make(site, as_json)
            acting.note_done(config, "menshen backup")
        case What.LIST:
            _list(site, as_json)
        case What.VERIFY:
            _verify(site, file, identity, as_json)


def words_of(tried: Tried, site: Site) -> str:
    """What a copy that was opened holds, in a sentence."""
    at, row = when(tried.manifest.at_ms, site.settings.zone), tried.manifest.journal_id
    ends = f"its memory ends at {at}, row {row} of the journal" if row else "its journal is empty"
    return (
        f"{counted(tried.doors, 'door')}, {counted(tried.seals, 'seal')}, "
        f"{counted(tried.accounts, 'account')}; {ends}"
    )


def _key(file: Path | None) -> None:
    if file is None:
        raise CommandError("name the new file: menshen backup key FILE", MISUSED)
    try:
        public = tape.make_key(file)
    except OSError as error:
        raise CommandError(f"{file} cannot be made: {error.strerror}") from error
    say(f"{file} holds the private key: keep it off this machine, twice. Without it no copy is")
    say("ever read again. Into the settings goes the public one:")
    say(f'[backup]\nrecipient = "{public}"')


def _make(site: Site, as_json: bool) -> None:
    made = making.make(site, site_ms(site.database))
    tried = None if site.settings.backup.recipient else restoring.verify(site, made.path, None)
    if as_json:
        say_json({"path": str(made.path), "bytes": made.size, "tried": tried is not None})
        return
    say(f"{made.path}: {made.size / MIB:.1f} MiB")
    if tried is None:
        say("Encrypted: whoever has the private key can try it (menshen backup verify --identity).")
    else:
        say(f"Restored to a passing place and opened: {words_of(tried, site)}.")
    for path, why in made.left_out:
        say(f"{path} is not in it: {why}. Begin with sudo.")
    if made.months:
        say(f"Months of the journal, copied once: {', '.join(made.months)}")
    for path in made.removed:
        say(f"{path.name} is over, and was removed")


def _list(site: Site, as_json: bool) -> None:
    try:
        found = rotation.copies(site.settings.backup.folder)
        sizes = [copy.path.stat().st_size for copy in found]
    except OSError as error:
        raise CommandError(f"{site.settings.backup.folder}: {error.strerror}") from error
    if as_json:
        pairs = zip(found, sizes, strict=True)
        say_json([{"path": str(copy.path), "bytes": size} for copy, size in pairs])
        return
    for copy, size in zip(found, sizes, strict=True):
        made = when(int(copy.made.timestamp() * 1000), site.settings.zone)
        lock = "encrypted" if copy.is_encrypted else "readable"
        say(f"{made}  {size / MIB:8.1f} MiB  {lock:9}  {copy.path}")
    if not found:
        say(f"There is no copy in {site.settings.backup.folder}; `menshen backup` makes one.")


def _verify(site: Site, file: Path | None, identity: Path | None, as_json: bool) -> None:
    if file is None:
        newest = next(iter(rotation.copies(site.settings.backup.folder)), None)
        if newest is None:
            raise CommandError(f"there is no copy in {site.settings.backup.folder}")
        file = newest.path
    tried = restoring.verify(site, file, identity)
    if as_json:
        facts: dict[str, Any] = msgspec.to_builtins(tried._asdict())
        say_json({"path": str(file), **facts})
    else:
        say(f"{file} can be put back: {words_of(tried, site)}.")
        say(f"Made by release {tried.manifest.release}.")
        for month in tried.missing:
            say(f"The journal of {month} is neither here nor beside it.")
    if tried.missing:
        raise CommandError(f"{counted(len(tried.missing), 'month')} of its journal missing")
