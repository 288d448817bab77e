"""Become another program that dies with the one who started it, even by kill -9.

    python -I -S parent_death_signal.py PARENT_PID PROGRAM [ARGUMENT ...]

A process asks the kernel for that itself, and the wish outlives its turning into another program.
Only Linux knows it; elsewhere a killed (not: an ended) demo leaves its children to the user.
"""

import ctypes
import os
import signal
import sys

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


def main() -> None:
    """Ask for the signal and go."""
    parent, program, *arguments = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, int(signal.SIGKILL))
        if os.getppid() != int(parent):
            sys.exit("whoever started this is gone already")
    os.execv(program, [program, *arguments])  # noqa: S606 - what this file is for


if __name__ == "__main__":
    main()
