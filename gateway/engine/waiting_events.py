"""What other programs left, and what is enrolled and not journaled yet: it waits here for the loop.

A large enrolment is a hundred thousand events, and doors are guarded meanwhile: the loop takes some
of them beside each batch of reports, a door's together. What a door's report is judged by stands
before the report, wherever it waits: it is brought forward.
"""

from collections import OrderedDict
from collections.abc import Iterator

from gateway.core.subject import Subject
from gateway.engine.ports import Command


class WaitingEvents:
    """Commands by their subject, in the order in which the subjects came. Each is handed out once,
    and those of one subject in their own order."""

    def __init__(self) -> None:
        self._by_subject: OrderedDict[Subject, list[Command]] = OrderedDict()

    def __len__(self) -> int:
        """How many subjects have something to wait for."""
        return len(self._by_subject)

    def add(self, command: Command) -> None:
        """Let one wait."""
        self._by_subject.setdefault(command.subject, []).append(command)

    def of(self, subject: Subject) -> list[Command]:
        """Those of one subject, brought forward."""
        return self._by_subject.pop(subject, [])

    def first(self, count: int) -> Iterator[Command]:
        """At least so many, if there are: whole subjects, the first ones first."""
        while count > 0 and self._by_subject:
            _, commands = self._by_subject.popitem(last=False)
            count -= len(commands)
            yield from commands
