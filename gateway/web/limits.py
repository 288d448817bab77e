"""What the console's process takes of this machine, set before anything large is imported."""

import contextlib
import os
import resource
import sys
from typing import Final

CONNECTIONS_MAX: Final = 2_000  # where the machine gives so many descriptors
RESERVE: Final = 128  # descriptors for database, link, templates
NICE: Final = 10  # a page that somebody looks at gives way to one that somebody must get
TURN_S: Final = 0.0005  # a thread that draws gives way to the loop so soon


def humble() -> None:
    """Give way to the gateway, and take no more descriptors than pages need."""
    sys.setswitchinterval(TURN_S)
    with contextlib.suppress(OSError):
        os.nice(NICE)
    most = CONNECTIONS_MAX + RESERVE
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def connections_max() -> int:
    """How many connections this process has descriptors for."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(16, min(CONNECTIONS_MAX, soft - RESERVE))
