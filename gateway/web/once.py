"""Made once for all who ask for the same thing in the same moment.

Nobody gets what was begun before they asked, so nothing is ever old: who asks while it is being
made shares the next making with all others who do. A thousand at once cost two.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class _Making:
    """One making. It begins when the one before it is done."""

    def __init__(self, make: Callable[[], Awaitable[Any]], before: "_Making | None") -> None:
        self.has_begun = False
        self.task = asyncio.ensure_future(self._made(make, before))

    async def _made(self, make: Callable[[], Awaitable[Any]], before: "_Making | None") -> Any:
        if before is not None:
            await asyncio.wait({before.task})
        self.has_begun = True
        return await make()


class Once:
    """What is being made now, by key."""

    def __init__(self) -> None:
        self._latest: dict[Hashable, _Making] = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """What `make` makes, or what another asker's makes that has not begun yet. What it raises,
        all get."""
        making = self._latest.get(key)
        if making is None or making.has_begun:
            making = self._latest[key] = _Making(make, making)
            making.task.add_done_callback(lambda task: self._done(key, task))
        made: T = await asyncio.shield(making.task)
        return made

    def _done(self, key: Hashable, task: "asyncio.Task[Any]") -> None:
        if not task.cancelled():
            task.exception()  # who asked may be gone, and then nobody else looks at it
        making = self._latest.get(key)
        if making is not None and making.task is task:
            del self._latest[key]
