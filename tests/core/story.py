"""A door, a clock and a journal of what the core made of them: tests read as stories."""

from gateway.core.actor import actor_of
from gateway.core.doors.step import next_deadline, step
from gateway.core.effects import CaseMoved, Effect, OpeningBegan, OpeningEnded, PageDue
from gateway.core.events import (
    CaseAcknowledged,
    CaseAssessed,
    CaseReported,
    CaseSignedOff,
    DeadlineCame,
    Event,
    MessageRefused,
    OrderPlaced,
    PermitAnnounced,
    PersonOnSite,
    ReportCame,
    SealBound,
)
from gateway.core.model import Contact, Door, Order, Permit
from gateway.core.outcome import Outcome
from gateway.core.reasons import NOTICES, Reason
from gateway.core.rules import Rules
from tests.core.actors import action_id

SEAL = "00112233aabbccdd"
NOON = 1_590_033_600_000  # of 21 May 2020, a Thursday, in Wuxi
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
DAY = 24 * HOUR


class Story:
    """One door under order, sealed and heard once as shut, unless told otherwise."""

    def __init__(self, rules: Rules | None = None, ordered: bool = True) -> None:
        self.rules = rules or Rules()
        self.door = Door("3-201")
        self.now_ms = NOON
        self.edges = 0
        self.seq = 0
        self.effects: list[Effect] = []
        self.journal: list[tuple[int, Event]] = []
        self.tell(SealBound(SEAL))
        if ordered:
            self.tell(OrderPlaced(Order("order-1", NOON - DAY, NOON + 13 * DAY)))
        self.heartbeat(Contact.SHUT)

    def after(self, ms: int) -> "Story":
        """Let time pass, firing what is due on the way."""
        until_ms = self.now_ms + ms
        while (due_ms := next_deadline(self.door, self.rules)) is not None and due_ms <= until_ms:
            self.now_ms = max(self.now_ms, due_ms)
            self.tell(DeadlineCame())
        self.now_ms = until_ms
        return self

    def tell(self, event: Event) -> list[Effect]:
        """An event now; returns what followed from it."""
        self.journal.append((self.now_ms, event))
        self.door, effects = step(self.door, event, self.now_ms, self.rules)
        self.effects += effects
        return list(effects)

    def report(self, contact: Contact, edges: int | None = None, **more: object) -> list[Effect]:
        """A report of an edge that makes the count `edges`, by default the next."""
        self.edges = (self.edges + 1 if edges is None else edges) % 0x10000
        self.seq += 1
        fields = {"edge": True, "seq": self.seq, **more}
        return self.tell(ReportCame(SEAL, contact=contact, edges=self.edges, **fields))  # type: ignore[arg-type]

    def opens(self, **more: object) -> list[Effect]:
        return self.report(Contact.OPEN, **more)  # type: ignore[arg-type]

    def shuts(self, **more: object) -> list[Effect]:
        return self.report(Contact.SHUT, **more)  # type: ignore[arg-type]

    def heartbeat(self, contact: Contact, edges: int | None = None, **more: object) -> list[Effect]:
        """A heartbeat: where the door is, and the count as it stands."""
        self.edges = self.edges if edges is None else edges
        fields = {"edge": False, "seq": 0, **more}
        return self.tell(ReportCame(SEAL, contact=contact, edges=self.edges, **fields))  # type: ignore[arg-type]

    def permit(self, openings: int = 1, longest_ms: int = 10 * MINUTE, name: str = "p1") -> None:
        """Announce openings within the hour around now."""
        hour = self.now_ms - HOUR // 2, self.now_ms + HOUR // 2
        self.tell(PermitAnnounced(Permit(name, *hour, openings, longest_ms, "Li", "lunch")))

    def refused(self, reason: Reason = Reason.WRONG_KEY) -> list[Effect]:
        return self.tell(MessageRefused(SEAL, reason))

    def acknowledge(self, case_id: str, by: str = "Wang") -> list[Effect]:
        return self.tell(CaseAcknowledged(case_id, actor_of(by), action_id()))

    def on_site(self, case_id: str, by: str = "Wang") -> list[Effect]:
        return self.tell(PersonOnSite(case_id, actor_of(by), action_id()))

    def report_outcome(
        self, case_id: str, by: str = "Wang", outcome: Outcome = Outcome.EXPLAINED
    ) -> list[Effect]:
        return self.tell(CaseReported(case_id, actor_of(by), action_id(), outcome=outcome))

    def file(self, case_id: str, outcome: Outcome = Outcome.EXPLAINED) -> list[Effect]:
        """The rest of the closed loop: reported by one person, assessed and signed off by two."""
        effects = self.report_outcome(case_id, "Wang", outcome)
        effects += self.tell(CaseAssessed(case_id, actor_of("Zhao"), action_id()))
        return effects + self.tell(CaseSignedOff(case_id, actor_of("Qian"), action_id()))

    def pages(self) -> list[PageDue]:
        """First tellings; `escalated` are those of higher steps and later rounds."""
        first = [p for p in self.escalated() if not p.step_index and not p.round]
        return [p for p in first if p.reason not in NOTICES]

    def notices(self) -> list[PageDue]:
        """What is told as knowledge."""
        return [e for e in self.effects if isinstance(e, PageDue) and e.reason in NOTICES]

    def escalated(self) -> list[PageDue]:
        return [e for e in self.effects if isinstance(e, PageDue)]

    def began(self) -> list[OpeningBegan]:
        return [e for e in self.effects if isinstance(e, OpeningBegan)]

    def ended(self) -> list[OpeningEnded]:
        return [e for e in self.effects if isinstance(e, OpeningEnded)]

    def moves(self) -> list[CaseMoved]:
        return [e for e in self.effects if isinstance(e, CaseMoved)]

    def replayed(self) -> Door:
        """The door as the journal alone makes it."""
        door = Door("3-201")
        for at_ms, event in self.journal:
            door, _ = step(door, event, at_ms, self.rules)
        return door
