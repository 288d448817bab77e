"""The options that most commands have, spelt the same everywhere."""

import os
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway.cli.exit_codes import CommandError

CONFIG = Path("menshen.toml")
INSTALLED: Final = Path("/etc/menshen/menshen.toml")  # where `menshen install` puts them
ROOT_UID: Final = 0


def whole(path: Path) -> Path:
    """A path as the messages name it: from the root on, for nobody may have typed it."""
    return path.absolute()


def settings_of(ctx: typer.Context, param: typer.CallbackParam, typed: Path) -> Path:
    """Which settings hold: those that were named; else menshen.toml in this folder; else those of
    the machine that was made a gateway. What root's command leaves beside the site's database is
    given to the service when it is over.

    Raises:
        CommandError: the machine's site is not for whoever asks.
    """
    source = ctx.get_parameter_source(str(param.name))
    is_named = source is not None and source.name != "DEFAULT"
    path = typed if is_named or typed.exists() or not INSTALLED.exists() else INSTALLED
    if os.geteuid() == ROOT_UID:
        ctx.call_on_close(partial(_give_to_service, path.absolute()))
    elif path == INSTALLED and not _may_use(path):
        raise CommandError(f"the site of this machine ({path}) is its gateway's: begin with sudo")
    return path.absolute()


def _may_use(config: Path) -> bool:
    """Whether we may write where the site's database lies."""
    from gateway.settings import SettingsError, load

    try:
        return os.access(load(config).store.path.parent, os.W_OK | os.X_OK)
    except SettingsError:
        return True  # the command itself says what is wrong with them


def _give_to_service(config: Path) -> None:
    """Where the folder of the database is another's, what root made there becomes that other's."""
    from gateway.installation.owned_files import own_new
    from gateway.installation.place import Owner
    from gateway.settings import SettingsError, load

    try:
        if not config.exists():
            return
        database = load(config).store.path
        folder = database.parent.stat()
        own_new(database, config.parent, Owner(folder.st_uid, folder.st_gid))
    except (SettingsError, OSError):
        return  # the command itself has said so


Config = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        envvar="MENSHEN_CONFIG",
        help=f"The settings, a TOML file; at an installed gateway {INSTALLED}.",
        callback=settings_of,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="For scripts: JSON on standard output.")]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")]
Port = Annotated[int, typer.Option(min=1, max=65_535)]
