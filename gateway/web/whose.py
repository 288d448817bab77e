"""In whose name a request comes, so that what one uses up nobody else goes without.

An account's is the account's, a household's the household's, from wherever they come; only what is
nobody's is its address's. A street of phones shares one address, and so does whoever floods beside
them; and one stolen login may come from a hundred.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Final, NamedTuple
from weakref import WeakValueDictionary

from starlette.requests import HTTPConnection

from gateway.web.visitors import Visitors, visitor


class Counted(NamedTuple):
    """By what a request is counted. `is_known`: by who it is, and not by where it comes from."""

    by: str
    is_known: bool


NOBODY: Final = Counted("", is_known=False)
WHOSE: Final[ContextVar[Counted]] = ContextVar("whose", default=NOBODY)  # is answered here


def by_account(account_id: str) -> str:
    """By what an account's requests are counted."""
    return f"account {account_id}"


class Whose:
    """Knows it.

    Args:
        visitors: who signs in.
        household: whose page is open on whoever asks, by what this process remembers; None for
            nobody's.
    """

    def __init__(
        self, visitors: Visitors, household: Callable[[HTTPConnection], str | None]
    ) -> None:
        self._visitors, self._household = visitors, household

    def before(self, connection: HTTPConnection) -> Counted:
        """As it was when they came last, for no database is asked yet."""
        return self._counted(connection, self._visitors.lately(connection))

    def of(self, connection: HTTPConnection) -> Counted:
        """Once it is known who is signed in."""
        who = visitor(connection)
        return self._counted(connection, None if who is None else who.account.account_id)

    def _counted(self, connection: HTTPConnection, account_id: str | None) -> Counted:
        if account_id is not None:
            return Counted(by_account(account_id), is_known=True)
        household_id = self._household(connection)
        if household_id is not None:
            return Counted(f"household {household_id}", is_known=True)
        return Counted(self._visitors.source(connection), is_known=False)


class Shares:
    """How much each has of something that all share, of which nobody who is known has more than so
    much. Whoever is not known shares an address with others, and is held to what all may have.

    Args:
        of_one: so much.
    """

    def __init__(self, of_one: int) -> None:
        self._of_one = of_one
        self._taken: Counter[str] = Counter()

    def __len__(self) -> int:
        """How much all have of it."""
        return self._taken.total()

    def has_room(self, whose: Counted, count: int = 1) -> bool:
        """Whether they may have so much more."""
        return not whose.is_known or self._taken[whose.by] + count <= self._of_one

    def take(self, whose: Counted, count: int = 1) -> None:
        """They have so much more of it."""
        self._taken[whose.by] += count

    def give(self, whose: Counted, count: int = 1) -> None:
        """So much of it is free again."""
        self._taken[whose.by] -= count
        if not self._taken[whose.by]:
            del self._taken[whose.by]


class Turns:
    """A queue in which nobody stands more than so many times at once: their others wait outside.

    Args:
        of_one: so often.
    """

    def __init__(self, of_one: int) -> None:
        self._of_one = of_one
        self._gates: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, whose: Counted) -> AsyncIterator[None]:
        """A place in it."""
        gate = self._gates.get(whose.by)
        if gate is None:
            gate = self._gates[whose.by] = asyncio.Semaphore(self._of_one)
        async with gate:
            yield
