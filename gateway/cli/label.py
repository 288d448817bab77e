"""`menshen label`: a seal's label again, on the terminal or as files for a printer."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.output import say
from gateway.provisioning.flash_screen import write_label
from gateway.provisioning.label import terminal
from gateway.registry import fields


def label(
    seal: Annotated[str, typer.Argument(help="The seal's id.")],
    folder: Annotated[
        Path | None, typer.Option("--out", help="Write SVG and PNG into this folder instead.")
    ] = None,
) -> None:
    """Print a seal's label again. It holds no secret."""
    try:
        seal_id = fields.seal_id(fields.tidy(seal))
    except ValueError as error:
        raise CommandError(f"{seal!r} is no seal's id: {error}", MISUSED) from None
    if folder is None:
        say(terminal(seal_id))
        return
    try:
        for path in write_label(folder, seal_id):
            say(str(path))
    except OSError as error:
        raise CommandError(f"{folder} cannot be written: {error.strerror}") from error
