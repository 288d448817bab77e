"""What a channel is: one method, and one failure that says whether trying again soon can help."""

from typing import Protocol

from gateway.store.outbox import Entry


class DeliveryError(Exception):
    """A page did not go out. `permanent`: only a person can mend it, so try seldom."""

    def __init__(self, text: str, permanent: bool = False) -> None:
        super().__init__(text)
        self.permanent = permanent


class Channel(Protocol):
    """A way to reach somebody. Adding one is one file, one test and one line in service.py."""

    name: str

    async def send(self, entry: Entry) -> None:
        """Return when the other end has taken the page. DeliveryError if it has not."""

    async def close(self) -> None:
        """Let go of connections."""
