"""`menshen canary`: the seal that proves the way to the phone, and the phone, in words."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from typing import NamedTuple

from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.output import say
from gateway.settings import secret
from gateway.virtual_seal.canary import CanarySeal, RobotPhone, run_canary


class Wanted(NamedTuple):
    """What was asked for."""

    seal: Path
    flash: Path | None
    console: str
    warden_id: str
    every_s: int


def canary(wanted: Wanted) -> None:
    """Run both until SIGTERM or Ctrl-C."""
    flash = wanted.flash or wanted.seal.with_suffix(".flash")
    try:
        seal = CanarySeal(wanted.seal, flash)
    except OSError as error:
        raise CommandError(f"{wanted.seal} cannot be read: {error.strerror}", MISUSED) from error
    except ValueError as error:
        raise CommandError(f"{wanted.seal} is no seal's settings file: {error}", MISUSED) from error
    phone = RobotPhone(wanted.console, wanted.warden_id, _password())
    say(f"Seal {seal.seal_id} opens every {wanted.every_s} s. Ctrl-C ends it.")
    asyncio.run(_until_told(seal, phone, wanted.every_s))


def _password() -> str | None:
    """The console's, from the environment or the file that it names."""
    given = secret.found(os.environ).get("console", {}).get("password")
    if isinstance(given, secret.Broken):
        raise CommandError(given.sentence, MISUSED)
    return given


async def _until_told(seal: CanarySeal, phone: RobotPhone, every_s: int) -> None:
    singing = asyncio.ensure_future(run_canary(seal, phone, every_s, _line))
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, singing.cancel)
    await singing


def _line(words: str) -> None:
    say(f"{time.strftime('%H:%M:%SZ', time.gmtime())} {words}")  # it knows no site: UTC
    sys.stdout.flush()
