"""How many things with a name or an address somebody has looked at lately: more than a hundred in a
minute is no work at a door, but reading the site out. It stops there, and is told once an hour."""

from collections import OrderedDict, deque
from typing import Final

from gateway.core.duration import HOUR_MS, MINUTE_MS

LOOKS_MAX: Final = 100  # a minute
ACCOUNTS_MAX: Final = 1_024  # remembered


class Looks:
    """Counts by account."""

    def __init__(self) -> None:
        self._looks: OrderedDict[str, deque[int]] = OrderedDict()
        self._told_ms: dict[str, int] = {}

    def allows(self, account_id: str, now_ms: int, count: int = 1) -> bool:
        """Whether somebody may look at so many more now; counts them if so."""
        looks = self._looks.setdefault(account_id, deque())
        self._looks.move_to_end(account_id)
        if len(self._looks) > ACCOUNTS_MAX:
            gone, _ = self._looks.popitem(last=False)
            self._told_ms.pop(gone, None)
        while looks and (looks[0] <= now_ms - MINUTE_MS or looks[0] > now_ms):
            looks.popleft()
        if len(looks) + count > LOOKS_MAX:
            return False
        looks.extend([now_ms] * count)
        return True

    def is_news(self, account_id: str, now_ms: int) -> bool:
        """Whether it is to be told that somebody was stopped: once an hour."""
        told_ms = self._told_ms.get(account_id)
        if told_ms is not None and 0 <= now_ms - told_ms < HOUR_MS:
            return False
        self._told_ms[account_id] = now_ms
        return True
