"""`menshen restore`: put a copy of the whole site back."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.backup import passing, restoring
from gateway.backup.restoring import Keys
from gateway.backup.site import Site
from gateway.cli import acting
from gateway.cli.backup import Identity, words_of
from gateway.cli.exit_codes import CommandError
from gateway.cli.options import CONFIG, Config
from gateway.cli.output import counted, say
from gateway.keys.ring import FOLDER
from gateway.settings import load


def restore(
    file: Annotated[Path, typer.Argument(help="The copy, as `menshen backup list` names it.")],
    identity: Identity = None,
    why: Annotated[str, typer.Option(help="What for, in your words, for the audit.")] = "",
    config: Config = CONFIG,
) -> None:
    """Put a copy of the whole site back. What it does not know is told once, and accuses nobody.

    Stop the gateway first. Databases are exchanged, and those that were there set aside; files that
    are there stay as they are. On a new machine name with --config where the settings are to lie.
    Seals that were flashed since the copy must be flashed again.
    """
    from gateway.store.one_gateway import alone

    if not config.exists():
        with passing.work_folder(config, 0) as work:
            if not restoring.settings_of(file, identity, config, work):
                raise CommandError(f"there are no settings at {config}, and none in {file}")
        say(f"{config} is back")
    site = Site(config, load(config))
    try:
        site.database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"{site.database.parent} cannot be made: {error.strerror}") from error
    with alone(site.database):
        done = restoring.restore(site, file, identity)
    acting.note_done(config, "menshen restore", f"file {file.name}", why)
    say(f"Restored: {words_of(done.tried, site)}.")
    say(f"{counted(len(done.placed), 'file')} put in place.")
    for path in done.aside:
        say(f"{path} is what was there before: remove it when all is well.")
    for path in done.kept:
        say(f"{path} differs from the copy's and stays as it is.")
    for month in done.tried.missing:
        say(f"The journal of {month} is neither here nor beside the copy.")
    _say_keys(done.keys, site)
    say("Start the gateway: one case says where its memory ends, and seals are believed from where")
    say("they were heard last. Whoever signed in since signs in anew.")


def _say_keys(keys: Keys, site: Site) -> None:
    """What can be read of it: a copy holds what is sealed, and never a key."""
    if keys.destroyed:
        say(f"{counted(keys.destroyed, 'key')} destroyed since this copy was made: what was sealed")
        say("stays destroyed.")
    if keys.lost:
        say(f"{keys.lost} of {counted(keys.named, 'key')} not in {site.database.parent / FOLDER}:")
        say("labels, telephones and notes that they sealed cannot be read. Put back the second")
        say("folder of keys, if the site has one.")
