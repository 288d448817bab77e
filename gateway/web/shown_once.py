"""What is shown once and was pressed twice: a sheet with a code, a token, an invitation, a way in.

Each makes the one before worthless, or leaves one beside it that nobody has read; and an answer
that is lost on its way takes what it showed with it. So a form that is sent again, by a thumb that
slipped or by a browser that heard nothing, is answered as it was the first time.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from gateway.web.offers import id_of, is_offer
from gateway.web.whose import WHOSE

KEPT_S: Final = 120.0
KEPT_MAX: Final = 64  # answers; the oldest goes. A sheet has some 100 kB
OF_ONE_MAX: Final = 4  # of them, of one person or address


class _Kept(NamedTuple):
    """An answer, whose it is, and when it was begun."""

    making: "asyncio.Task[Response]"
    by: str
    at_s: float


class ShownOnce:
    """Answers by form, in this process's memory.

    Args:
        steady_s: A clock that only ever goes forward.
    """

    def __init__(self, steady_s: Callable[[], float] = time.monotonic) -> None:
        self._steady_s = steady_s
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()

    def __len__(self) -> int:
        """How many answers are kept; KEPT_MAX at most."""
        return len(self._kept)

    async def answer(
        self, request: Request, offered: str, words: object, make: Callable[[], Awaitable[Response]]
    ) -> Response:
        """What `make` answers, or what it answered to the same before. It goes on though whoever
        asked is gone; where it fails, it is made anew.

        Args:
            request: the form's, whose address is part of what it says.
            offered: the form's id, which nobody knows but whoever was shown it; without one it is
                made each time.
            words: all that the form says beside; JSON can hold it.
            make: does it.
        """
        if not is_offer(offered):
            return await make()
        self._forget()
        key, by = (request.url.path, id_of(offered, words)), WHOSE.get().by
        kept = self._kept.get(key)
        if kept is None:
            making = asyncio.ensure_future(make())
            making.add_done_callback(lambda task: self._done(key, task))
            kept = _Kept(making, by, self._steady_s())
            self._make_room(by)
            self._kept[key] = kept
        made = await asyncio.shield(kept.making)
        again = Response(bytes(made.body), made.status_code)
        again.raw_headers = list(made.raw_headers)
        return again

    def _done(self, key: tuple[str, str], task: "asyncio.Task[Response]") -> None:
        is_good = not (task.cancelled() or task.exception() or task.result().status_code >= 400)
        kept = self._kept.get(key)
        if kept is not None and kept.making is task and not is_good:
            del self._kept[key]

    def _make_room(self, by: str) -> None:
        own = [key for key, kept in self._kept.items() if kept.by == by]
        for key in own[: max(0, len(own) + 1 - OF_ONE_MAX)]:
            del self._kept[key]
        while len(self._kept) >= KEPT_MAX:
            self._kept.popitem(last=False)

    def _forget(self) -> None:
        """What is too old."""
        before_s = self._steady_s() - KEPT_S
        while self._kept and next(iter(self._kept.values())).at_s < before_s:
            self._kept.popitem(last=False)
