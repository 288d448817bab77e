"""How many things with a name or an address somebody has looked at lately: more than a hundred in a
minute is no work at a door, but reading the site out. It stops there, and is told once an hour.

The same thing again is no other thing: a phone reads what it keeps anew with each change of it."""

from collections import OrderedDict
from typing import Final

from gateway.core.duration import HOUR_MS, MINUTE_MS

LOOKS_MAX: Final = 100  # a minute
ACCOUNTS_MAX: Final = 1_024  # remembered


class Looks:
    """Counts by account."""

    def __init__(self) -> None:
        self._looks: OrderedDict[str, OrderedDict[str, int]] = OrderedDict()  # thing -> when
        self._told_ms: dict[str, int] = {}

    def allows(self, account_id: str, thing: str, now_ms: int) -> bool:
        """Whether somebody may look at this now; counts it if so, from its first look on."""
        looks = self._looks.setdefault(account_id, OrderedDict())
        self._looks.move_to_end(account_id)
        if len(self._looks) > ACCOUNTS_MAX:
            gone, _ = self._looks.popitem(last=False)
            self._told_ms.pop(gone, None)
        while looks and not now_ms - MINUTE_MS < next(iter(looks.values())) <= now_ms:
            looks.popitem(last=False)
        if thing not in looks and len(looks) >= LOOKS_MAX:
            return False
        looks.setdefault(thing, now_ms)
        return True

    def is_news(self, account_id: str, now_ms: int) -> bool:
        """Whether it is to be told that somebody was stopped: once an hour."""
        told_ms = self._told_ms.get(account_id)
        if told_ms is not None and 0 <= now_ms - told_ms < HOUR_MS:
            return False
        self._told_ms[account_id] = now_ms
        return True
