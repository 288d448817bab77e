"""The options and the help of `menshen canary`; its body is imported when it is called."""

from pathlib import Path
from typing import Annotated

import typer


def canary(
    seal: Annotated[Path, typer.Argument(help="What `menshen enrol --seal new --door …` wrote.")],
    warden: Annotated[str, typer.Option(help="Whose inbox the robot phone reads.")],
    console: Annotated[
        str, typer.Option(metavar="URL", help="Where the gateway's console is reached.")
    ] = "http://127.0.0.1:8080",
    every: Annotated[
        int, typer.Option(min=10, max=3_600, metavar="SECONDS", help="The door opens so often.")
    ] = 600,
    flash: Annotated[
        Path | None, typer.Option(help="The seal's flash; else a folder beside its settings.")
    ] = None,
) -> None:
    """Open a door of class canary every ten minutes, and sign for its page, until Ctrl-C.

    Run it on another machine than the gateway. If its phone does not hear of two openings in a row,
    the gateway raises a case by its other channels. The console's password is taken from
    MENSHEN_CONSOLE_PASSWORD.
    """
    from gateway.cli.canary import Wanted
    from gateway.cli.canary import canary as body

    body(Wanted(seal, flash, console, warden, every))
