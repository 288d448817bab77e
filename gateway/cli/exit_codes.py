"""How a command ends: its exit code, and one clear sentence instead of a traceback.

    0  done, or all is well
    1  it failed, or something that was checked is not well
    2  the command line or the settings are wrong
    130  Ctrl-C ended it: as shells have it, 128 and the signal's number

What a person or the weather did wrong gets its sentence here. Anything else is our own mistake and
keeps its traceback, for somebody has to repair it.
"""

from errno import EACCES, EDQUOT, EIO, ELOOP, ENAMETOOLONG, ENOSPC, ENOTDIR, EPERM, EROFS

OK, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130
STOPPED = (
    "stopped by you. What it has not said may be done or not, and nothing is done by halves: look, "
    "then say it again"
)

EPILOG = (
    "Exit codes: 0 done, or all is well · 1 it failed, or something is not well · "
    "2 the command line or the settings are wrong."
)


# What a machine, its disk or its rights do not let anybody do at a path: no mistake of ours.
_OF_THE_MACHINE = frozenset(
    {EACCES, EPERM, EROFS, ENOSPC, EDQUOT, EIO, ENAMETOOLONG, ENOTDIR, ELOOP}
)


class CommandError(Exception):
    """A command cannot do what was asked. The text is a sentence for whoever asked."""

    def __init__(self, sentence: str, code: int = FAILED) -> None:
        super().__init__(sentence)
        self.code = code


def causes_of(error: Exception) -> list[Exception]:
    """What is inside a group, for the gateway's parts run in one; else the error itself."""
    if not isinstance(error, ExceptionGroup):
        return [error]
    return [cause for part in error.exceptions for cause in causes_of(part)]


def sentence_of(error: Exception) -> str:
    """What is said of an error that has an exit code."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def exit_code(error: Exception) -> int | None:
    """The exit code for what is not our own mistake, else None.

    The rooms are imported here and not above: `menshen --help`, which ends by an exception of
    Typer's, must not wait for them.
    """
    if isinstance(error, CommandError):
        return error.code
    if isinstance(error, OSError) and error.filename is not None:
        return FAILED if error.errno in _OF_THE_MACHINE else None
    if not type(error).__module__.startswith("gateway."):
        return None
    from gateway.settings import SettingsError

    if isinstance(error, SettingsError):
        return MISUSED
    from gateway.backup.tape import TapeError
    from gateway.installation.steps import InstallError
    from gateway.provisioning.board_link import BoardError
    from gateway.provisioning.broker_config import BrokerConfigError
    from gateway.provisioning.firmware_bundle import FirmwareError
    from gateway.provisioning.spare_logins import SpareLoginsError
    from gateway.registry.rows import EnrolError
    from gateway.store.database import StoreError
    from gateway.store.one_gateway import AlreadyRunningError

    not_ours = (
        StoreError,
        TapeError,
        EnrolError,
        BoardError,
        FirmwareError,
        BrokerConfigError,
        SpareLoginsError,
        AlreadyRunningError,
        InstallError,
    )
    return FAILED if isinstance(error, not_ours) else None
