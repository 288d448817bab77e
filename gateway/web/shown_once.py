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
from gateway.web.whose import WHOSE, Counted

KEPT_S: Final = 120.0
KEPT_MAX: Final = 64  # answers of those who are known, and as many of strangers; the oldest goes
OF_ONE_MAX: Final = 4  # of them, of one person or address. A sheet has some 100 kB

Key = tuple[str, str]


class _Kept(NamedTuple):
    """An answer, whose it is, and when it was done."""

    answer: Response
    whose: Counted
    at_s: float


class ShownOnce:
    """Answers by form, in this process's memory.

    Args:
        steady_s: A clock that only ever goes forward.
    """

    def __init__(self, steady_s: Callable[[], float] = time.monotonic) -> None:
        self._steady_s = steady_s
        self._making: dict[Key, asyncio.Task[Response]] = {}
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()  # what was done

    def __len__(self) -> int:
        """How many answers are kept; twice KEPT_MAX at most."""
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
        key = request.url.path, id_of(offered, words)
        if (kept := self._kept.get(key)) is not None:
            return _again(kept.answer)
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = asyncio.ensure_future(make())
            whose = WHOSE.get()
            making.add_done_callback(lambda task: self._done(key, whose, task))
        return _again(await asyncio.shield(making))

    def _done(self, key: Key, whose: Counted, task: "asyncio.Task[Response]") -> None:
        """Keep it, if it did something: of strangers, who may send what they like, a way in."""
        del self._making[key]
        if task.cancelled() or task.exception() is not None or task.result().status_code >= 400:
            return
        made = task.result()
        if whose.is_known or "set-cookie" in made.headers:
            self._make_room(whose)
            self._kept[key] = _Kept(made, whose, self._steady_s())

    def _make_room(self, whose: Counted) -> None:
        alike = [key for key, one in self._kept.items() if one.whose.is_known is whose.is_known]
        own = [key for key in alike if self._kept[key].whose.by == whose.by]
        if len(own) >= OF_ONE_MAX:
            del self._kept[own[0]]
        elif len(alike) >= KEPT_MAX:
            del self._kept[alike[0]]

    def _forget(self) -> None:
        """What is too old."""
        before_s = self._steady_s() - KEPT_S
        while self._kept and next(iter(self._kept.values())).at_s < before_s:
            self._kept.popitem(last=False)


def _again(made: Response) -> Response:
    """The same answer, for another connection."""
    again = Response(bytes(made.body), made.status_code)
    again.raw_headers = list(made.raw_headers)
    return again
