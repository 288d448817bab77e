"""The actors of a timeline: seals that live as real ones do, and people who act on cases.

A seal keeps its edges in a spool and tells them oldest first as soon as its radio carries; it
sends its heartbeats by its own clock; without power it sees nothing, and it comes back with a first
reading."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import NamedTuple

from gateway.core.actor import Actor, actor_of
from gateway.core.events import (
    ArrivalProved,
    CaseAcknowledged,
    CaseAssessed,
    CaseHandedOver,
    CaseReported,
    CaseShelved,
    CaseSignedOff,
    Event,
    OrderPlaced,
    PageReceived,
    PermitAnnounced,
    PersonOnSite,
    PersonOnTheWay,
    ReportCame,
    ReportTakenBack,
    SealBound,
)
from gateway.core.model import Contact, Order, Permit, Policy
from gateway.core.outcome import Outcome
from gateway.core.proof import Scan

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
DAY = 24 * HOUR
SPOOL_MAX = 64
_actions = count(1)


def action_id() -> str:
    """An id that no action had before."""
    return f"{next(_actions):016x}"


class Spooled(NamedTuple):
    """A report that waits in the seal; without a time if the seal lost count of it."""

    seq: int
    at_ms: int | None
    contact: Contact
    edges: int
    kind: str  # edge, first, tamper


@dataclass
class Seal:
    """What hangs on the door, and the door's leaf as it truly is."""

    seal_id: str
    heartbeat_ms: int
    leaf: Contact = Contact.SHUT
    edges: int = 0
    seq: int = 0
    cover: bool = False
    magnet: bool = False
    power: bool = True
    radio: bool = True
    next_heartbeat_ms: int = 0
    spool: list[Spooled] = field(default_factory=list)

    def moves(self, leaf: Contact, now_ms: int) -> None:
        self.leaf = leaf
        if self.power:
            self.edges += 1
            self.keep("edge", now_ms)

    def keep(self, kind: str, now_ms: int) -> None:
        self.seq += 1
        self.spool.append(Spooled(self.seq, now_ms, self.leaf, self.edges, kind))
        del self.spool[:-SPOOL_MAX]

    def boots(self, now_ms: int) -> None:
        """It lost count of all times, and its first reading takes the place of an older one."""
        self.power = True
        self.spool = [kept._replace(at_ms=None) for kept in self.spool if kept.kind != "first"]
        self.keep("first", now_ms)

    def speaks(self, now_ms: int) -> list[ReportCame]:
        """What arrives now: all that waited, or the heartbeat if it is time for one."""
        if not (self.power and self.radio):
            return []
        if self.spool:
            reports = [self._told(kept, now_ms) for kept in self.spool]
            self.spool = []
            return reports
        if now_ms < self.next_heartbeat_ms:
            return []
        self.next_heartbeat_ms = now_ms + self.heartbeat_ms
        return [self._report(0, self.leaf, self.edges)]

    def _told(self, kept: Spooled, now_ms: int) -> ReportCame:
        age_ms = None if kept.at_ms is None else now_ms - kept.at_ms
        is_edge, is_first = kept.kind != "tamper", kept.kind == "first"
        return self._report(kept.seq, kept.contact, kept.edges, is_edge, is_first, age_ms)

    def _report(
        self,
        seq: int,
        contact: Contact,
        edges: int,
        edge: bool = False,
        first: bool = False,
        age_ms: int | None = 0,
    ) -> ReportCame:
        signs = {"cover": self.cover, "magnet": self.magnet}
        flags = {"first": first, "age_ms": age_ms, **signs}
        return ReportCame(self.seal_id, seq, contact, edges % 0x10000, edge, **flags)  # type: ignore[arg-type]


@dataclass
class AtDoor:
    """What happens at a door at one time."""

    door_id: str
    seal: Seal
    now_ms: int
    tell: Callable[[str, Event], None]
    time: Callable[[str], int]

    def opens(self) -> "AtDoor":
        return self._moves(Contact.OPEN)

    def shuts(self) -> "AtDoor":
        return self._moves(Contact.SHUT)

    def _moves(self, leaf: Contact) -> "AtDoor":
        self.seal.moves(leaf, self.now_ms)
        return self.speaks()

    def speaks(self) -> "AtDoor":
        for report in self.seal.speaks(self.now_ms):
            self.tell(self.door_id, report)
        return self

    def cover(self, off: bool = True) -> "AtDoor":
        self.seal.cover = off
        self.seal.keep("tamper", self.now_ms)
        return self.speaks()

    def magnet(self, swapped: bool = True) -> "AtDoor":
        self.seal.magnet = swapped
        self.seal.keep("tamper", self.now_ms)
        return self.speaks()

    def loses_power(self) -> "AtDoor":
        self.seal.power = False
        return self

    def gets_power(self) -> "AtDoor":
        self.seal.boots(self.now_ms)
        return self.speaks()

    def loses_radio(self) -> "AtDoor":
        self.seal.radio = False
        return self

    def gets_radio(self) -> "AtDoor":
        self.seal.radio, self.seal.next_heartbeat_ms = True, self.now_ms
        return self.speaks()

    def says(self, report: ReportCame) -> "AtDoor":
        """Whatever arrives under its seal's name: repeated, late, or never said."""
        self.tell(self.door_id, report)
        return self

    def gets_seal(self, seal: Seal) -> "AtDoor":
        self.tell(self.door_id, SealBound(seal.seal_id, seal.heartbeat_ms))
        return self

    def gets_order(
        self, start: str, end: str, policy: Policy | None = None, name: str = "order"
    ) -> "AtDoor":
        order = Order(name, self.time(start), self.time(end), policy or Policy())
        self.tell(self.door_id, OrderPlaced(order))
        return self

    def may_open(
        self, start: str, end: str, openings: int = 1, longest_min: int = 10, **more: object
    ) -> "AtDoor":
        """A permit is announced, now, for openings between the two times."""
        times = self.time(start), self.time(end), openings, longest_min * MINUTE
        fields = {"permit_id": f"permit-{start}-{self.now_ms}", "who": "Li", "why": "meal", **more}
        name, who, why = (str(fields.pop(key)) for key in ("permit_id", "who", "why"))
        self.tell(self.door_id, PermitAnnounced(Permit(name, *times, who, why, **fields)))  # type: ignore[arg-type]
        return self


@dataclass
class Person:
    """Somebody acts, by name, on the case of a door (or of an outage)."""

    name: str
    place: str
    case_id: str
    page_id: str
    tell: Callable[[str, Event], None]
    time: Callable[[str], int]
    age_ms: int = 0

    def ago(self, ms: int) -> "Person":
        """The same person, whose handheld tells so late what they did."""
        return replace(self, age_ms=ms)

    def _action(self) -> tuple[str, Actor, str, int]:
        return self.case_id, actor_of(self.name), action_id(), self.age_ms

    def acknowledges(self) -> None:
        self.tell(self.place, CaseAcknowledged(*self._action()))

    def is_on_the_way(self) -> None:
        self.tell(self.place, PersonOnTheWay(*self._action()))

    def is_there(self, scan: Scan | None = None) -> None:
        self.tell(self.place, PersonOnSite(*self._action(), scan=scan))

    def proves(self, scan: Scan) -> None:
        self.tell(self.place, ArrivalProved(*self._action(), scan=scan))

    def reports(self, outcome: str, note: str = "", despite_seal: bool = False) -> None:
        said = {"outcome": Outcome(outcome), "note": note, "despite_seal": despite_seal}
        self.tell(self.place, CaseReported(*self._action(), **said))  # type: ignore[arg-type]

    def takes_back(self) -> None:
        self.tell(self.place, ReportTakenBack(*self._action()))

    def hands_over(self, to: str) -> None:
        self.tell(self.place, CaseHandedOver(*self._action(), to=to))

    def assesses(self) -> None:
        self.tell(self.place, CaseAssessed(*self._action()))

    def signs_off(self) -> None:
        self.tell(self.place, CaseSignedOff(*self._action()))

    def shelves(self, until: str, why: str) -> None:
        until_ms = self.time(until)
        self.tell(self.place, CaseShelved(*self._action(), why=why, until_ms=until_ms))

    def receives(self) -> None:
        """The handheld signs for the latest page."""
        self.tell(self.place, PageReceived(self.case_id, self.page_id, self.name))
