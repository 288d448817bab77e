"""A door's whole life at random: the truth, what survives of it, and what must hold at each step.

Reports are lost, repeated, late and out of order; seals and gateways restart; people act at any
moment, and settings change. Time that passes without deadlines is a gateway that stood still. The
gateway's clock jumps ahead of the truth and is slowed down behind it (gateway/engine/clock.py);
seals know only how long ago a thing was."""

from collections.abc import Callable

from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace

from gateway.core.actor import actor_of
from gateway.core.commissioning import Purpose, Visit
from gateway.core.commissioning_events import VisitAnnounced, WalkTestBegan, WalkTestEnded
from gateway.core.doors import visits
from gateway.core.doors.step import next_deadline, step
from gateway.core.effects import CaseMoved, Effect, OpeningBegan, OpeningEnded, PageDue
from gateway.core.effects import OpeningResumed as Resumed
from gateway.core.events import (
    CaseAcknowledged,
    CaseAssessed,
    CaseHandedOver,
    CaseReported,
    CaseShelved,
    CaseSignedOff,
    DeadlineCame,
    DoorClassed,
    Event,
    MessageRefused,
    OrderPlaced,
    OutageBegan,
    OutageEnded,
    PageReceived,
    PageWentOut,
    PermitAnnounced,
    PersonOnSite,
    PersonOnTheWay,
    ReportCame,
    ReportTakenBack,
    SealBound,
)
from gateway.core.model import CaseState, Contact, Door, Order, Permit, Policy
from gateway.core.outcome import Outcome
from gateway.core.reasons import TAMPER, Reason
from gateway.core.rules import CANARY, Rules
from tests.core.actors import DAY, HOUR, MINUTE, SECOND, Seal
from tests.core.cases.case_moves import BY_PERSON, BY_RULE, UNANSWERED
from tests.core.story import NOON
from tests.core.two_clocks import TwoClocks

S = CaseState
STATE_MAX = 12_000  # bytes, with every place filled: 8 orders, 32 permits, 16 in review, 8 visits
SETTINGS = (
    Rules(),
    Rules(off_delay_ms=500, settle_ms=10_000, chatter_openings=2, open_after_restart_ms=30_000),
    Rules(off_delay_ms=30_000, grace_ms=HOUR, sign_off=False, silence_ms=MINUTE, lost_heartbeats=2),
    Rules(second_ms=5_000, deputy_ms=60_000, captain_ms=90_000, centre_ms=120_000),
)


class RandomDoor(TwoClocks):
    """One door; every step is checked."""

    def __init__(self) -> None:
        super().__init__(NOON)
        self.rules = SETTINGS[0]
        self.door = Door("3-201")
        self.seal = Seal("seal", 100 * SECOND)
        self.opened: list[tuple[int, int | None]] = []  # when in truth, and the seal's count
        self.shut: list[int] = []
        self.uncounted: list[int] = []  # at which counts it moved without power
        self.air: list[tuple[int, ReportCame]] = []  # what may still arrive, or arrive again
        self.heard: set[int] = set()  # the numbers that came
        self.journal: list[tuple[int, Event, Rules]] = []
        self.effects: list[Effect] = []
        self.states: dict[str, CaseState] = {}
        self.begun: set[str] = set()
        self.tell(SealBound("seal", 100 * SECOND))
        self.tell(OrderPlaced(Order("order", NOON - DAY, NOON + 2 * DAY)))

    # Living.

    def act(self, name: str, number: int) -> None:
        self.now_ms += 1
        HAPPENINGS[name](self, number)

    def tell(self, event: Event) -> None:
        before = self.door
        self.journal.append((self.now_ms, event, self.rules))
        self.door, effects = step(before, event, self.now_ms, self.rules)
        self.effects += effects
        self.check(before, event, effects)

    def lives(self, ms: int) -> None:
        until_ms = self.now_ms + ms
        while (due_ms := next_deadline(self.door, self.rules)) is not None and due_ms <= until_ms:
            self.now_ms = max(self.now_ms, due_ms)
            self.tell(DeadlineCame())
        self.now_ms = until_ms

    def moves(self, _: int) -> None:
        is_open = self.seal.leaf is not Contact.OPEN
        self.seal.moves(Contact.OPEN if is_open else Contact.SHUT, self.true_ms)
        if not self.seal.power:
            self.uncounted.append(self.seal.edges)
        if not is_open:
            self.shut.append(self.true_ms)
        else:
            self.opened.append((self.true_ms, self.seal.edges if self.seal.power else None))

    def tells(self, number: int) -> None:
        self.moves(number)
        self.speaks(number)

    def speaks(self, _: int) -> None:
        """All that waits is sent, or a heartbeat; it stays in the air for a while."""
        self.seal.next_heartbeat_ms = 0
        reports = self.seal.speaks(self.true_ms)
        self.air = [*self.air, *((self.now_ms, report) for report in reports)][-12:]
        for report in reports:
            self.hears(report)

    def is_lost(self, _: int) -> None:
        """What waits in the seal never arrives."""
        self.seal.spool.clear()

    def is_late(self, number: int) -> None:
        """What was sent arrives later, or once more, in any order; its wait is known.

        A number that was heard is not heard again (the receiver's mark). Nothing else would tell a
        copy without an age from news, so only for those it is kept here.
        """
        sent_ms, report = self.air[number % len(self.air)] if self.air else (0, None)
        if report is None or (report.age_ms is None and report.seq in self.heard):
            return
        self.hears(replace(report, waited_ms=self.now_ms - sent_ms))

    def hears(self, report: ReportCame) -> None:
        self.heard.add(report.seq)
        self.tell(report)

    def delays(self, _: int) -> None:
        self.seal.next_heartbeat_ms = 0
        self.air = [*self.air, *((self.now_ms, r) for r in self.seal.speaks(self.true_ms))][-12:]

    def cuts(self, _: int) -> None:
        if self.seal.power:
            self.seal.power = False
        else:
            self.seal.boots(self.true_ms)

    def tampers(self, number: int) -> None:
        self.seal.cover, self.seal.magnet = bool(number & 1), bool(number & 2)
        if self.seal.power:
            self.seal.keep("tamper", self.true_ms)

    def permits(self, number: int) -> None:
        times = self.now_ms - MINUTE, self.now_ms + (number % 60 + 1) * MINUTE
        daily = ((number % 1440, (number * 7) % 1440),) if number % 3 == 0 else ()
        name = f"p{number % 40}"
        permit = Permit(name, *times, number % 3, number % 9 * MINUTE, "Li", "meal", daily)
        self.tell(PermitAnnounced(permit))

    def visited(self, number: int) -> None:
        """Work at the seal is announced, or ends; somebody tests it, or leaves off."""
        seal_id, test_id = self.seal.seal_id, f"t{number % 4}"
        begins_ms = self.now_ms + (number % 7 - 3) * MINUTE
        ends_ms = begins_ms + number % 50 * MINUTE
        purpose = list(Purpose)[number % 3]
        visit = Visit(f"v{number % 12}", seal_id, begins_ms, ends_ms, "Li", purpose)
        events: tuple[Event, ...] = (
            VisitAnnounced(visit),
            WalkTestBegan(test_id, seal_id, actor_of("Li"), self.now_ms + number * MINUTE),
            WalkTestEnded(test_id),
        )
        self.tell(events[number // 3 % 3])

    def orders(self, number: int) -> None:
        start_ms = self.now_ms + (number % 5 - 3) * HOUR
        longest_ms = 5 * MINUTE if number & 1 else None
        policy = Policy(number % 3, longest_ms, ((0, number % 1440),))
        order = Order(f"o{number % 9}", start_ms, start_ms + number % 4 * HOUR, policy)
        self.tell(OrderPlaced(order))

    def person(self, number: int) -> None:
        """Anybody does anything to any case, if it makes sense or not."""
        names = list(self.states) or ["none"]
        case_id, by = names[-1 - number % min(3, len(names))], ("Wang", "Zhao", "Qian")[number % 3]
        pages = [e.page_id for e in self.effects if isinstance(e, PageDue)] or ["none"]
        action_id = f"a{len(self.journal) - number % 5 % 2}"  # now and then an id that was before
        age_ms = (0, 0, 5 * MINUTE, 48 * HOUR)[number % 4]
        what = case_id, actor_of(by), action_id, age_ms
        until_ms = self.now_ms + (number % 90 - 10) * MINUTE
        events: tuple[Event, ...] = (
            CaseAcknowledged(*what),
            PersonOnTheWay(*what),
            PersonOnSite(*what),
            CaseReported(*what, outcome=Outcome.IN_ORDER, despite_seal=number % 2 == 0),
            ReportTakenBack(*what),
            CaseHandedOver(*what, to=("Wang", "Zhao", "Qian")[number % 7 % 3]),
            CaseAssessed(*what),
            CaseSignedOff(*what),
            CaseShelved(*what, why="later", until_ms=until_ms),
            PageWentOut(case_id, pages[-1]),
            PageReceived(case_id, pages[-1], by),
        )
        self.tell(events[number // 3 % len(events)])

    def site(self, number: int) -> None:
        events: tuple[Event, ...] = (
            OutageBegan("outage"),
            OutageEnded("outage"),
            DoorClassed(CANARY if number & 8 else ""),
            PageReceived("", "page", "phone"),
            MessageRefused("seal", Reason.WRONG_KEY),
        )
        for _ in range(11 if number % 5 == 4 else 1):
            self.tell(events[number % 5])

    def replaced(self, number: int) -> None:
        """Another seal hangs here; it knows nothing of the time before it."""
        leaf = self.seal.leaf
        self.seal, self.air = Seal(f"seal-{self.now_ms}", 100 * SECOND, leaf), []
        self.heard = set()
        self.opened = [(at_ms, None) for at_ms, _ in self.opened]
        self.seal.boots(self.true_ms)
        self.tell(SealBound(self.seal.seal_id, 100 * SECOND if number & 1 else None))

    # What must hold at every step.

    def check(self, before: Door, event: Event, effects: tuple[Effect, ...]) -> None:
        due_ms = next_deadline(self.door, self.rules)
        assert due_ms is None or due_ms > self.now_ms, "a deadline that has passed"
        assert len(json.encode(self.door)) <= STATE_MAX
        self.check_visit(before, effects)
        for effect in effects:
            if isinstance(effect, CaseMoved):
                self.check_move(effect)
            elif isinstance(effect, PageDue):
                self.check_page(effect)
            elif isinstance(effect, OpeningBegan):
                self.check_opening(effect)
            elif isinstance(effect, OpeningEnded):
                self.check_end(effect)
        case = self.door.case
        if case is not None and case.state in UNANSWERED:
            assert case.escalation or case.shelf, "a case that nobody will hear of"
        if isinstance(event, ReportCame):
            self.check_nothing_lost(before, event, effects)

    def check_visit(self, before: Door, effects: tuple[Effect, ...]) -> None:
        """Of nothing that a visit covers is anybody told anew; what it left is always looked at."""
        if visits.until_ms(self.door, self.now_ms) is not None:
            assert self.door.visited_until_ms is not None, "nobody looks what a visit leaves"
            was_visited = visits.until_ms(before, self.now_ms - 1) is not None
            raised = [e.case for e in effects if isinstance(e, CaseMoved) and e.by is None]
            if was_visited and before.case is None:
                assert not any(
                    case.state is S.RAISED and case.reason in TAMPER | {Reason.SILENT}
                    for case in raised
                    if case.raised_ms == self.now_ms
                ), "told, though somebody works there"
        elif self.door.signs_excused:
            raise AssertionError("signs that nobody was told of outlived their visit")

    def check_move(self, moved: CaseMoved) -> None:
        case = moved.case
        was = self.states.get(case.case_id)
        assert was is not S.CLOSED, "a case was reopened"
        if was is None:
            assert case.state is S.RAISED
        elif was is not case.state:
            may = BY_RULE if moved.by is None else BY_PERSON
            assert (was, case.state) in may or not self.rules.sign_off, (was, case.state, moved.by)
        if case.state is S.CLOSED:
            assert case.outcome, "it ended, and nobody and nothing said so"
            assert moved.by or case.outcome in set(Reason) or case.reported_by
        self.states[case.case_id] = case.state

    def check_page(self, page: PageDue) -> None:
        assert page.since_ms <= self.now_ms
        if page.reason is not Reason.CANARY:
            assert self.states[page.case_id] is not S.CLOSED, "a page about no open case"

    def check_opening(self, began: OpeningBegan) -> None:
        assert began.opening_id not in self.begun, "one opening, told twice"
        self.begun.add(began.opening_id)
        opened = [at_ms for at_ms, _ in self.opened]
        if "-standing-" in began.opening_id:  # nobody says when it opened: it did before
            assert any(at_ms <= self.true_ms for at_ms in opened)
            return
        assert self.is_shown(opened, began.opened_ms, began.latest_ms), "no door opened then"

    def check_end(self, ended: OpeningEnded) -> None:
        assert ended.opening_id in self.begun
        is_true = self.is_shown(self.shut, ended.shut_from_ms, ended.shut_ms)
        assert is_true or self.door.chattering, "no door shut then"

    def check_nothing_lost(
        self, before: Door, event: ReportCame, effects: tuple[Effect, ...]
    ) -> None:
        """Openings of which the report is the first to tell are told, joined, or chatter."""
        if before.edges is None or before.seal_id != event.seal_id:
            return
        counted = self.door.edges or 0
        new = [n for _, n in self.opened if n is not None and before.edges < n <= counted]
        if not new or any(before.edges <= n <= counted for n in self.uncounted):
            return  # nothing, or what the counter alone cannot show
        is_told = any(isinstance(e, OpeningBegan | Resumed) for e in effects)
        joined = (
            self.door.opening
            and before.opening
            and (self.door.opening.joined > before.opening.joined)
        )
        assert is_told or joined or before.chattering or self.door.chattering, "an opening was lost"


def _settings(life: RandomDoor, number: int) -> None:
    life.rules = SETTINGS[number % len(SETTINGS)]


HAPPENINGS: dict[str, Callable[[RandomDoor, int], None]] = {
    "moves": RandomDoor.moves,
    "moves and says so": RandomDoor.tells,
    "speaks": RandomDoor.speaks,
    "lives": lambda life, n: life.lives(n * SECOND),
    "lives long": lambda life, n: life.lives(n * MINUTE),
    "sleeps": lambda life, n: setattr(life, "now_ms", life.now_ms + n * SECOND),
    "jumps": lambda life, n: life.jumps(n * MINUTE),
    "slows": lambda life, n: life.slows(n * SECOND),
    "is lost": RandomDoor.is_lost,
    "is late": RandomDoor.is_late,
    "delays": RandomDoor.delays,
    "cuts": RandomDoor.cuts,
    "tampers": RandomDoor.tampers,
    "permits": RandomDoor.permits,
    "orders": RandomDoor.orders,
    "visited": RandomDoor.visited,
    "person": RandomDoor.person,
    "site": RandomDoor.site,
    "replaced": RandomDoor.replaced,
    "settings": _settings,
}
lives = st.lists(
    st.tuples(st.sampled_from(list(HAPPENINGS)), st.integers(0, 300)), min_size=5, max_size=40
)
