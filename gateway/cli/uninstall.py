"""`menshen uninstall`: the services go; what the site knows stays, unless it is told to go too."""

from typing import Annotated

import typer

from gateway.cli.exit_codes import CommandError
from gateway.cli.install import ROOT, DryRun, Root, told
from gateway.cli.output import say


def uninstall(
    with_data: Annotated[
        bool,
        typer.Option(
            "--with-data",
            help="Also settings, keys, database, photos and user. Nothing brings them back.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --with-data: do not ask.")] = False,
    dry_run: DryRun = False,
    root: Root = ROOT,
) -> None:
    """Take the gateway's services off this machine. Its data stays.

    Seals then keep their reports, up to 64 each, and nobody is told of any door. The program itself
    goes as it came, by pipx or uv.
    """
    from gateway.installation import machine
    from gateway.installation.place import DATA, FOLDER, Place
    from gateway.installation.removal import Removal
    from gateway.installation.steps import carry_out

    place = Place(root)
    folder, data = place.inside(FOLDER), place.inside(DATA)
    if not dry_run and place.is_this_machine:
        machine.need_root("menshen uninstall")
    if with_data and not (yes or dry_run):
        say(f"{folder} and {data} hold the settings, the authority that every seal trusts, all")
        say("keys, and what happened at every door. Without them no seal is ever heard again.")
        if typer.prompt("To destroy them, type destroy", default="", show_default=False) != (
            "destroy"
        ):
            raise CommandError("nothing was changed")
    removal = Removal(place)
    kept = removal.edited()
    made = carry_out(removal.steps(with_data), told("gone", "gone", "to go"), dry_run)
    for path in kept:
        say(f"{path} was changed by hand, so it stays; remove it yourself.")
    if dry_run:
        say("Nothing was changed." if made else "Nothing is to be done.")
        return
    there = [str(path) for path in (folder, data) if path.exists()]
    if there:
        say(f"The site's data stays in {' and '.join(there)}: `menshen install` takes it up again,")
        say("and `menshen uninstall --with-data` destroys it.")
    say("The program itself: pipx uninstall menshen, or uv tool uninstall menshen, as it came.")
