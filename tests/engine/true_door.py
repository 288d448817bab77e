"""A door as it truly is: when its leaf moved, what its seal meant, and what of that ever came."""

from collections import deque
from dataclasses import dataclass, field

from gateway.core.model import Contact
from sealwire import report
from tests.engine.small_site import HandSeal

BY_BROKER, BY_AIR, BY_CONTACT = 2, 1, 1
DOORS = BY_BROKER + BY_AIR + BY_CONTACT


@dataclass
class Meant:
    """What a report of a seal means: when its edge truly was (its reading, for a first)."""

    said: report.Report
    true_ms: int
    is_age_known: bool = True

    def now(self, now_ms: int) -> report.Report:
        """As it is said at a time."""
        s = self.said
        age_ms = now_ms - self.true_ms if self.is_age_known else None
        return report.Report(
            s.contact, s.kind, s.seq, s.edges, age_ms=age_ms, first=s.first, cover=s.cover
        )


@dataclass
class Said:
    """A transmission that the gateway got: when it was sent, when it came, what it knew."""

    sent_ms: int
    came_ms: int
    edges: int
    contact: Contact


@dataclass
class TrueDoor:
    """A door, and the seal that hangs on it."""

    number: int
    seal: HandSeal
    moves: list[int] = field(default_factory=list)  # it opened, shut, opened …
    spool: deque[Meant] = field(default_factory=deque)
    meant: dict[int, Meant] = field(default_factory=dict)  # by the number of the report
    got: list[Said] = field(default_factory=list)
    is_on: bool = True
    is_linked: bool = True  # its radio gets through
    beat_ms: int = 0
    told: bool | None = None  # how another maker's contact was last heard

    @property
    def door_id(self) -> str:
        return f"door-{self.number}"

    @property
    def is_counted(self) -> bool:
        """Whether its contact counts edges: another maker's does not."""
        return self.number < DOORS - BY_CONTACT

    @property
    def is_open(self) -> bool:
        return len(self.moves) % 2 == 1

    def stood_open(self, at_ms: int) -> bool:
        """Whether it truly stood open at a time."""
        return sum(move <= at_ms for move in self.moves) % 2 == 1

    def openings(self) -> list[tuple[int, int | None]]:
        """When it truly opened and shut."""
        shut: list[int | None] = [*self.moves[1::2]]
        if self.is_open:
            shut.append(None)
        return list(zip(self.moves[::2], shut, strict=True))
