"""`menshen uninstall`: the services go; what the site knows stays, unless it is told to go too."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from gateway.accounts import audit_status
from gateway.cli.acting import NOT_DONE, note_done
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
    why: Annotated[str, typer.Option(help="What for, in your words, for the audit.")] = "",
) -> None:
    """Take the gateway's services off this machine. Its data stays.

    Seals then keep their reports, up to 64 each, and nobody is told of any door. The program itself
    goes as it came, by pipx or uv.
    """
    from gateway.installation import machine
    from gateway.installation.place import DATA, FOLDER, SETTINGS, Place
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
    is_done = place.is_this_machine and not dry_run
    with noted(place.inside(SETTINGS), why, is_done=is_done):
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


@contextmanager
def noted(settings: Path, why: str, *, is_done: bool) -> Iterator[None]:
    """In the audit that it begins, for the audit may go with the data; and what came of it."""
    note = settings, "menshen uninstall", "", why
    if is_done:
        note_done(*note, audit_status.BEGUN)
    try:
        yield
    except BaseException:
        if is_done:
            note_done(*note, NOT_DONE)
        raise
    if is_done:
        note_done(*note)
