"""`menshen canary`: the seal that proves the way to the phone, and the phone, in words."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.output import say
from gateway.settings import secret
from gateway.virtual_seal.canary import CanarySeal, RobotPhone, run_canary


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
    MENSHEN_CONSOLE_PASSWORD; at a site with accounts, the token of its account (`menshen account
    add canary --program --warden ID`, then `token`) from MENSHEN_CONSOLE_TOKEN.
    """
    password = _given("MENSHEN_CONSOLE_PASSWORD")
    token = _given(secret.PROGRAM_TOKEN)
    try:
        canary_seal = CanarySeal(seal, flash or seal.with_suffix(".flash"))
    except OSError as error:
        wanting = Path(error.filename or seal)
        why = f"{wanting} cannot be read: {error.strerror}"
        if wanting != seal and wanting.suffix == ".der":
            why += "; copy ca.der of the broker's folder beside the seal's file"
        raise CommandError(why, MISUSED) from error
    except ValueError as error:
        why = "it is no text" if isinstance(error, UnicodeError) else str(error)
        raise CommandError(f"{seal} is no seal's settings file: {why}", MISUSED) from error
    say(f"Seal {canary_seal.seal_id} opens every {every} s. Ctrl-C ends it.")
    asyncio.run(_until_told(canary_seal, RobotPhone(console, warden, password, token), every))


def _given(name: str) -> str | None:
    """A secret, from the environment or the file that it names."""
    found = secret.named(name, os.environ)
    if isinstance(found, secret.Broken):
        raise CommandError(found.sentence, MISUSED)
    return found


async def _until_told(seal: CanarySeal, phone: RobotPhone, every_s: int) -> None:
    running = asyncio.ensure_future(run_canary(seal, phone, every_s, _line))
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, running.cancel)
    await running


def _line(words: str) -> None:
    say(f"{time.strftime('%H:%M:%SZ', time.gmtime())} {words}")  # it knows no site: UTC
    sys.stdout.flush()
