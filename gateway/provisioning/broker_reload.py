"""The broker reads its logins anew. Where systemd runs, a path unit sees the file change and does
that; elsewhere whoever wrote the file says so, by the broker's pid."""

import os
import signal
from pathlib import Path

LET_IN_S_MAX = 15.0  # a broker with 10,000 seals takes 1.5 s over its logins
ASK_EVERY_S = 0.3


def reload(pid_file: Path | None) -> str | None:
    """None if the broker was told, or a unit tells it; else why not, as half a sentence."""
    if pid_file is None:
        return None
    try:
        os.kill(int(pid_file.read_text(encoding="ascii")), signal.SIGHUP)
    except (OSError, ValueError) as error:
        return (
            f"{pid_file} (broker.pid_file) names no process that we may signal ({error}); does "
            "the broker run?"
        )
    return None
