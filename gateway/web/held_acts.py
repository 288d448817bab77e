"""What was pressed and waits for a proof of who pressed it, in this process's memory.

It is never done by itself: who has proved it theirs sees it once more, with a button.
"""

import secrets
from collections import OrderedDict
from typing import Final, NamedTuple

HELD_MAX: Final = 256  # one for each session; where there are more, the oldest goes


class Held(NamedTuple):
    """What was pressed, and waits for a proof."""

    session_id: str
    path: str  # under our own root
    sentence: str  # to translate, with places for `facts`
    facts: dict[str, str]
    fields: list[tuple[str, str]]
    until_ms: int


class HeldActs:
    """Acts that wait, by a random number."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, Held] = OrderedDict()

    def hold(self, act: Held) -> str:
        """Keep it, in place of an older one of the same session; its number."""
        for number, other in list(self._held.items()):
            if other.session_id == act.session_id:
                del self._held[number]
        if len(self._held) >= HELD_MAX:
            self._held.popitem(last=False)
        number = secrets.token_hex(8)
        self._held[number] = act
        return number

    def of(self, number: str, session_id: str, now_ms: int) -> Held | None:
        """The one with this number, of this session, while it lasts."""
        act = self._held.get(number)
        is_there = act is not None and act.session_id == session_id and now_ms < act.until_ms
        return act if is_there else None
