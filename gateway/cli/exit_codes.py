"""How a command ends: its exit code, and one clear sentence instead of a traceback.

    0  done, or all is well
    1  it failed, or something that was checked is not well
    2  the command line or the settings are wrong

What a person or the weather did wrong gets its sentence here. Anything else is our own mistake and
keeps its traceback, for somebody has to repair it.
"""

import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

OK, FAILED, MISUSED = 0, 1, 2

EPILOG = (
    "Exit codes: 0 done, or all is well · 1 it failed, or something is not well · "
    "2 the command line or the settings are wrong."
)


class CommandError(Exception):
    """A command cannot do what was asked. The text is a sentence for whoever asked."""

    def __init__(self, sentence: str, code: int = FAILED) -> None:
        super().__init__(sentence)
        self.code = code


class CommandGroup(TyperGroup):
    """The group of all commands; turns what they raise into sentences and exit codes."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was chosen."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # `menshen doors | head` has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(OK) from None
        except Exception as error:
            causes = _causes(error)
            codes = [_code(cause) for cause in causes]
            if None in codes:
                raise
            for sentence in dict.fromkeys("\n".join(map(str, causes)).splitlines()):
                typer.echo(f"menshen: {sentence}", err=True)
            raise typer.Exit(codes[0] or FAILED) from error


def _causes(error: Exception) -> list[Exception]:
    """What is inside a group, for the gateway's parts run in one; else the error itself."""
    if not isinstance(error, ExceptionGroup):
        return [error]
    return [cause for part in error.exceptions for cause in _causes(part)]


def _code(error: Exception) -> int | None:
    """The exit code for what is not our own mistake, else None.

    The rooms are imported here and not above: `menshen --help` must not wait for them.
    """
    from gateway.settings import SettingsError

    if isinstance(error, CommandError):
        return error.code
    if isinstance(error, SettingsError):
        return MISUSED
    from gateway.provisioning.board_link import BoardError
    from gateway.provisioning.broker_config import BrokerConfigError
    from gateway.provisioning.firmware_bundle import FirmwareError
    from gateway.registry.rows import EnrolError
    from gateway.service import AlreadyRunningError
    from gateway.store.database import StoreError

    theirs = (
        StoreError,
        EnrolError,
        BoardError,
        FirmwareError,
        BrokerConfigError,
        AlreadyRunningError,
    )
    return FAILED if isinstance(error, theirs) else None
