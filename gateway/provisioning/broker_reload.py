"""The broker reads its logins anew. Where systemd runs, a path unit sees the file change and does
that; elsewhere whoever wrote the file says so, by the broker's pid."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from gateway.language.error_words import why_not

LET_IN_S_MAX = 15.0  # a broker with 10,000 seals takes 1.5 s over its logins
ASK_EVERY_S = 0.3
TELL_AGAIN_S = 3.0


def reload(pid_file: Path | None) -> str | None:
    """None if the broker was told, or a unit tells it; else why not, as half a sentence."""
    if pid_file is None:
        return None
    try:
        os.kill(int(pid_file.read_text(encoding="ascii")), signal.SIGHUP)
    except (OSError, ValueError) as error:
        return (
            f"{pid_file} (broker.pid_file) names no process that we may signal "
            f"({why_not(error)}); does the broker run?"
        )
    return None


def tries(
    tell: Callable[[], object],
    lasts_s: float = LET_IN_S_MAX,
    every_s: float = ASK_EVERY_S,
    steady_s: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> Iterator[bool]:
    """The tries at a broker until it has read its logins anew; each says whether it is the last.

    A broker that was only starting when it was told (it listens before it hears signals) heard
    nothing, so it is told again in between.

    Args:
        tell: tells it.
        lasts_s: how long it may take.
        every_s: between two tries.
        steady_s: seconds that never go back.
        wait: for so many seconds.
    """
    told_s = began_s = steady_s()
    while (now_s := steady_s()) < began_s + lasts_s:
        if now_s - told_s >= TELL_AGAIN_S:
            tell()
            told_s = now_s
        yield False
        wait(every_s)
    yield True
