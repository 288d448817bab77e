"""The gateway is killed while a door opens: what happened, step by step, each with its time.

Steps are noted when they happen and by whom they happen to; none is drawn because it was due.
"""

import time
from enum import StrEnum

from msgspec import Struct

from gateway.demo.building import Edge, Sign
from gateway.demo.seen import Happening


class Turn(StrEnum):
    """A step of the story."""

    KILLED = "killed"
    OPENED = "opened"
    KEPT = "kept"
    BACK = "back"
    STORED = "stored"
    SHOWN = "shown"


class Step(Struct, frozen=True):
    """A turn and when it came, in milliseconds of UTC."""

    turn: Turn
    at_ms: float


class Story:
    """One run of it, on one door."""

    def __init__(self, door_id: str, old_pid: int) -> None:
        self.door_id, self.old_pid, self.new_pid = door_id, old_pid, 0
        self.steps: list[Step] = []
        self.edge: Edge | None = None
        self.happening: Happening | None = None
        self.failed = ""
        self._is_receipted = False

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to come. A page that nobody sees is not shown."""
        return bool(self.failed) or self._has(Turn.STORED)

    @property
    def off_ms(self) -> float | None:
        """By how much the journal's time of the opening differs from when it was."""
        if self.edge is None or self.happening is None:
            return None
        return self.happening.opened_ms - self.edge.at_ms

    def note(self, turn: Turn, at_ms: float | None = None) -> None:
        """A step came, now if it is not said when. A second time is no step."""
        if not self._has(turn):
            self.steps.append(Step(turn, time.time_ns() / 1_000_000 if at_ms is None else at_ms))

    def edge_came(self, edge: Edge) -> None:
        """The door opened, and its seal has that in its flash."""
        if self.edge or edge.door_id != self.door_id or not edge.open:
            return
        if self._has(Turn.KILLED):
            self.edge = edge
            self.note(Turn.OPENED, edge.at_ms)
            self.note(Turn.KEPT, edge.spooled_ms)

    def sign_came(self, sign: Sign) -> None:
        """A seal with nothing left to say has its receipt."""
        if self.edge is not None and sign.door_id == self.door_id and not sign.waiting:
            self._is_receipted = True
            self._store()

    def happening_came(self, happening: Happening) -> None:
        """The journal has an opening; perhaps this one."""
        if self.edge is not None and happening.opening_id == self.edge.page_id:
            self.happening = happening
            self._store()

    def page_shown(self, page_id: str, at_ms: float) -> None:
        """A page appeared on the phone; perhaps this one."""
        if self.edge is not None and page_id == self.edge.page_id:
            self.note(Turn.SHOWN, at_ms)

    def _store(self) -> None:
        """In the journal, and receipted for it. The page may stand on the phone before both are
        known here; the step has the journal's own time."""
        if self._is_receipted and self.happening is not None:
            self.note(Turn.STORED, self.happening.heard_ms)

    def _has(self, turn: Turn) -> bool:
        return any(step.turn is turn for step in self.steps)
