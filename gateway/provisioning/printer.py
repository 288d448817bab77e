"""Labels to a printer of this machine, by CUPS' own commands in their own process.

A printer that is not there is found before a board is touched. One that fails afterwards takes
nothing back: the seals are good, and their labels can be printed again.
"""

import shutil
import subprocess
from collections.abc import Sequence

_ANSWER_S_MAX = 30.0
_AS_IT_IS = ("-o", "print-scaling=none", "-o", "media=A4")  # else a label would not fit its place


class PrinterError(RuntimeError):
    """The printer, or the way to it, is not there; the text is a sentence without its full stop."""


def need_printer(name: str) -> None:
    """PrinterError unless this machine knows a printer of this name."""
    status, words = _run(["lpstat", "-p", name])
    if status != 0:
        raise PrinterError(
            f"this machine knows no printer {name!r} ({words}); `lpstat -p` lists them, and "
            "--labels writes the sheets into a folder instead"
        )


def print_sheets(name: str, sheets: bytes) -> None:
    """Send sheets of labels (PDF) to a printer, at their full size. PrinterError if it takes none;
    what becomes of them in its queue is the queue's."""
    status, words = _run(["lp", "-d", name, *_AS_IT_IS, "-t", "Menshen labels"], sheets)
    if status != 0:
        raise PrinterError(f"the printer {name!r} took no labels ({words})")


def _run(command: Sequence[str], given: bytes = b"") -> tuple[int, str]:
    """Its exit code, and the last that it said."""
    program = shutil.which(command[0])
    if program is None:
        raise PrinterError(
            f"this machine cannot print, for it has no {command[0]}: `sudo apt install "
            "cups-client`, or let --labels write the sheets into a folder"
        )
    try:
        done = subprocess.run(  # noqa: S603 - a name and no words of others
            [program, *command[1:]],
            input=given,
            capture_output=True,
            timeout=_ANSWER_S_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 1, f"{command[0]} gave no answer in {_ANSWER_S_MAX:.0f} s"
    words = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
    return done.returncode, words[-1] if words else "it gave no reason"
