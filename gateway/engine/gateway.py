"""What a console asks of a gateway, whether it shares the process with it or not."""

from typing import Protocol

from gateway.core.events import Event
from gateway.core.subject import Subject
from gateway.engine.broadcast import Broadcast
from gateway.engine.clock import Clock
from gateway.engine.health import Health
from gateway.engine.ports import Answer


class GatewayAwayError(Exception):
    """The gateway does not answer. `was_sent`: it may have done, or may still do, what was asked
    of it; the same under the same id is done once."""

    def __init__(self, was_sent: bool) -> None:
        super().__init__("the gateway does not answer")
        self.was_sent = was_sent


class Gateway(Protocol):
    """A gateway at work: `Engine` is one, and `link.client` is one in another process.

    `clock` is the gateway's time; `broadcast` where to watch its commits.
    """

    @property
    def clock(self) -> Clock:
        """The gateway's time."""

    @property
    def broadcast(self) -> Broadcast:
        """Where its commits are told."""

    def is_heard(self) -> bool:
        """Whether it is there now and gets on with its work."""

    def health(self) -> Health:
        """How it does, by its last word. GatewayAwayError if it never said one."""

    async def submit(self, subject: Subject, event: Event) -> Answer:
        """Do an action of a person.

        Args:
            subject: whom it concerns; the site for the case of an outage.
            event: what was done.

        Returns:
            What came of it, after the commit.

        Raises:
            KeyError: there is no such door.
            GatewayAwayError: nobody answers.
        """
