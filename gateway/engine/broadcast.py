"""Those who watch: what each commit changed, handed to everybody who subscribed.

A watcher is never waited for. One that lags too far behind is told to read everything anew.
"""

import asyncio
from collections import deque

from gateway.engine.ports import Committed

LAG_MAX = 256  # commits that a slow watcher may lag behind


class Subscription:
    """What was committed since a watcher last looked; at most LAG_MAX commits of it."""

    def __init__(self) -> None:
        self.wake = asyncio.Event()  # set as long as there is something to take
        self._news: deque[Committed] = deque()

    def __len__(self) -> int:
        return len(self._news)

    def take(self) -> list[Committed]:
        """Everything that came, the oldest first; nothing if nothing came.

        Returns:
            The commits since the last call. One of them with `all` stands for those that found no
            place.
        """
        news = list(self._news)
        self._news.clear()
        self.wake.clear()
        return news

    def post(self, news: Committed) -> None:
        """One more commit; whoever waits for `wake` is woken."""
        if len(self._news) >= LAG_MAX:
            self._news.clear()
            news = Committed(news.at_ms, all=True)
        self._news.append(news)
        self.wake.set()


def merged(news: list[Committed]) -> Committed:
    """Several commits as one, each name once, in order."""

    def names(field: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for commit in news for name in getattr(commit, field)))

    return Committed(
        news[-1].at_ms,
        names("doors"),
        names("cases"),
        names("pages"),
        names("sent"),
        any(commit.all for commit in news),
    )


class Broadcast:
    """The subscriptions to one engine's commits."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []

    def __len__(self) -> int:
        return len(self._subscriptions)

    def subscribe(self) -> Subscription:
        """Watch from now on, until `unsubscribe`."""
        subscription = Subscription()
        self._subscriptions.append(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Watch no more.

        Raises:
            ValueError: it is not subscribed.
        """
        self._subscriptions.remove(subscription)

    def post(self, news: Committed) -> None:
        """Tell everybody of a commit, at once and without waiting for anybody."""
        for subscription in self._subscriptions:
            subscription.post(news)
