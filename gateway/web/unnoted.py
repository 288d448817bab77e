"""Tries of nobody in particular, in the audit: the first of them one by one, a flood as a number.

What is about an account is noted each time, and patience bounds it. A link or a passkey that nobody
has may be sent as fast as a line allows, and the audit is kept for years.
"""

import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from gateway.web.clients import Rate

NOTED: Final = 1 / 30, 60.0  # a second of each kind, from wherever, and at once
_MORE: Final = re.compile(r"\+(\d{1,12})$")


class Unnoted:
    """Counts what is not noted, by what it was.

    Args:
        steady_s: A clock that only ever goes forward.
    """

    def __init__(self, steady_s: Callable[[], float] = time.monotonic) -> None:
        self._steady_s, self._rate = steady_s, Rate(*NOTED)
        self._count: Counter[str] = Counter()

    def why(self, what: str, why: str = "") -> str | None:
        """What to note of one more: why it was refused, and how many were not noted before it. None
        where it is only counted."""
        if not self._rate.allows(what, self._steady_s()):
            self._count[what] += 1
            return None
        count = self._count.pop(what, 0)
        return f"{why} +{count}".strip() if count else why


def more_in(why: str) -> int:
    """How many were not noted before this one."""
    found = _MORE.search(why)
    return int(found[1]) if found else 0
