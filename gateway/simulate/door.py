"""One door's days: its life, its seal, the gateway's authentication and rules, its people, in
order."""

from collections.abc import Callable
from random import Random

from msgspec.structs import replace

from gateway.core import replay_window
from gateway.core.doors import silence
from gateway.core.doors.step import next_deadline
from gateway.core.duration import DAY_MS, SECOND_MS
from gateway.core.effects import Effect, PageDue
from gateway.core.events import (
    DeadlineCame,
    Event,
    MessageRefused,
    OrderPlaced,
    PermitAnnounced,
    ReportCame,
    SealBound,
)
from gateway.core.model import Contact, Door, Order, Permit
from gateway.core.replay_window import ReplayWindow
from gateway.core.rules import Rules
from gateway.core.site import Step
from gateway.core.subject import of_door
from gateway.simulate.ground_truth import START_MS, GroundTruth, Shared, live
from gateway.simulate.households import parted
from gateway.simulate.page_user import PageUser
from gateway.simulate.radio import HEARTBEAT_DELAY_MS, Air
from gateway.simulate.scenario import Scenario
from gateway.simulate.scorer import Scorer
from gateway.simulate.seal import Seal, Transmission
from gateway.simulate.site_run import SiteRun
from gateway.simulate.skipped_heartbeats import SkippedHeartbeats
from gateway.simulate.staff import Staff

RULES = Rules(zone=((0, 0),))  # the city's clocks show UTC
_TURNS = (Contact.OPEN, Contact.SHUT)

Log = Callable[[int, str], None]


class DoorRun(SkippedHeartbeats):
    """Everything of one door of a site, from a seed to what the scorer saw.

    `log` gets each line. With another `beside` it is the household's first contact, and that one
    the second (`second_contact`), whose openings are some of this one's.
    """

    def __init__(
        self,
        number: int,
        scenario: Scenario,
        seed: int,
        days: int,
        site: SiteRun,
        shared: Shared,
        areas: tuple[str, ...],
        compressed: bool = True,
        beside: "DoorRun | None" = None,
        is_second: bool = False,
    ) -> None:
        self.rules = RULES
        self.steps = 0
        self.log: Log | None = None
        self.keeps_journal = False
        self.journal: list[tuple[int, Event]] = []
        self.number, self._days, self._scenario = number, days, scenario
        self._compressed, self.shared = compressed, shared
        chance = Random(f"{seed}/{number}")  # noqa: S311 - a simulation
        self.truth: GroundTruth = live(scenario, chance, days, shared)
        self.beside, self.is_second = beside, is_second
        if beside is not None:
            self.truth, beside.truth.openings = parted(
                self.truth,
                Random(f"{seed}/contacts/{number}"),  # noqa: S311 - a simulation
            )
            beside.beside = self
            beside.truth.chatter, beside.truth.tampers = [], []
        self._site, self._calendar, self._at = site, site.calendar, site.calendar.at
        self._end_ms = START_MS + days * DAY_MS
        air = Air(scenario.radio, self.truth.fades, chance, shared.dark)
        self._heartbeat_ms = scenario.radio.heartbeat_s * SECOND_MS
        seal_id = f"{number:016x}"
        self.seal = Seal(seal_id, air, chance, self._heartbeat_ms, self._at, self._deliver)
        self._subject = of_door(str(number))
        self.staff = Staff(
            scenario.warden, chance, site.calendar, lambda: self.door, self.tell, self._repaired
        )
        self.scorer = Scorer(self.truth, scenario.radio, self.seal)
        self._window = ReplayWindow()
        self._due_ms: int | None = None
        self._leaf = Contact.SHUT
        self.door = Door(self._subject.id)  # as the gateway would have it
        own = Random(f"{seed}/{number}/page")  # noqa: S311 - a simulation
        has_page = own.random() < scenario.page.share and not is_second
        self.user = PageUser(self._subject.id, scenario.page, own, site) if has_page else None
        if beside is not None:
            self.scorer.beside, beside.scorer.beside = beside.scorer, self.scorer
            of_second = beside.door.door_id, areas, beside._stepped, beside.tell
            site.hang(*of_second, (self._subject.id,))
        others = () if beside is None else (beside.door.door_id,)
        if not is_second:  # the first hangs both
            site.hang(self._subject.id, areas, self._stepped, self.tell, others)

    def begin(self) -> None:
        """Hang the seal, place the order, and put the whole truth on the calendar."""
        self.tell(SealBound(self.seal.seal_id, self._heartbeat_ms))
        if self.is_second:
            self._plan_life()  # its order and its permits are the household's
            return
        order_ms = max(self._days, self._scenario.breach.order_days) * DAY_MS
        self.tell(OrderPlaced(Order("order", START_MS, START_MS + order_ms, self.truth.policy)))
        for permit in self.truth.permits:
            self.tell(PermitAnnounced(permit))
        for said_ms, permit in self.shared.rounds:
            self._at(said_ms, self._announced, permit)
        self._plan_life()

    def _plan_life(self) -> None:
        self._plan_openings()
        for edges in self.truth.chatter:
            for n, at_ms in enumerate(edges):
                self._at(at_ms, self._chatters, _TURNS[n % 2])
        self._plan_faults()
        if self.user is not None:
            self.user.begin(self.truth, self._days)
        self._at(START_MS, self._power, True)
        if not self._compressed:
            self._at(self.seal.heartbeat_after(START_MS), self._heartbeats, None)

    def _plan_openings(self) -> None:
        for owner, opening in enumerate(self.truth.openings):
            for n, at_ms in enumerate(opening.edges):
                self._at(at_ms, self._moves, (_TURNS[n % 2], owner))
            if opening.permit is not None:
                self._at(opening.announced_ms, self._announced, opening.permit)

    def _plan_faults(self) -> None:
        for off_ms, on_ms in self.truth.cuts:
            self._at(off_ms, self._power, False)
            self._at(on_ms, self._power, True)
        for at_ms, sign in self.truth.tampers:
            self._at(at_ms, self._tampers, sign)
        if self.truth.dies_ms is not None:
            self._at(self.truth.dies_ms, self._dies, None)

    def end(self) -> "DoorRun":
        """All days are over; returns itself."""
        if self._compressed:
            self.seal.last_of_quiet(self._end_ms - HEARTBEAT_DELAY_MS)
            self._hear_last_heartbeat()
        return self

    # The truth.

    def _moves(self, moved: tuple[Contact, int]) -> None:
        contact, owner = moved
        self._leaf = contact
        self._line(f"truth    {contact}: {self.truth.openings[owner].kind}")
        self.scorer.leaf(self._calendar.now_ms, contact)
        self._contact(contact, owner)

    def _chatters(self, contact: Contact) -> None:
        self._line(f"truth    the contact says {contact} by itself")
        self._contact(contact, -1)

    def _contact(self, contact: Contact, owner: int) -> None:
        if not self.seal.on or contact is self.seal.contact:
            return
        self._quiet_ends()
        self.seal.edge(self._calendar.now_ms, contact)
        self.scorer.counted(self._calendar.now_ms, contact, owner)

    def _power(self, on: bool) -> None:
        now_ms = self._calendar.now_ms
        if self.truth.dies_ms is not None and now_ms > self.truth.dies_ms:
            return
        self._line(f"truth    power {'on' if on else 'off'}")
        if on:
            self.seal.boot(now_ms, self._leaf)
            return
        self._quiet_ends()
        self.seal.power_fails(now_ms)

    def _dies(self, _: None) -> None:
        self._line("truth    the battery is dead")
        self._quiet_ends()
        self.seal.power_fails(self._calendar.now_ms)

    def _tampers(self, sign: str) -> None:
        self._line(f"truth    {sign} tampered with")
        self._quiet_ends()
        setattr(self.seal, sign, True)
        self.scorer.tampered(self._calendar.now_ms)
        self._seal_tells()

    def _repaired(self) -> None:
        if self.seal.cover or self.seal.magnet:
            self._quiet_ends()
            self.seal.cover = self.seal.magnet = False
            self._seal_tells()

    def _seal_tells(self) -> None:
        if self.seal.on:
            self.seal.tampered(self._calendar.now_ms)

    def _announced(self, permit: Permit) -> None:
        self.tell(PermitAnnounced(permit))

    # The air.

    def _heartbeats(self, _: None) -> None:
        now_ms = self._calendar.now_ms
        report = self.seal.heartbeat(now_ms)
        if report is not None:
            self._at(now_ms + HEARTBEAT_DELAY_MS, self.tell, report)
        self._at(self.seal.heartbeat_after(now_ms), self._heartbeats, None)

    def _deliver(self, sent: Transmission) -> None:
        """The gateway's authentication: the replay window, then the rules, then the receipt."""
        epoch, counter, event = sent
        not_new = replay_window.refusal(self._window, epoch, counter)
        if not_new is not None:
            self.tell(MessageRefused(event.seal_id, not_new))
            return
        self._window, repeated = replay_window.accept(self._window, epoch, counter, event.seq)
        # A seal sends its oldest first, so what the window has forgotten was taken long ago.
        if repeated is False:
            if self._compressed and self._heartbeat_matters(event):
                self._hear_last_heartbeat()
            self.tell(event)
            if self._compressed:  # until its receipt, and perhaps the next report, it is not quiet
                self._plan_silence(silence.lost_ms(self.door, self.rules))
        now_ms = self._calendar.now_ms
        for crossing_ms in self.seal.air.crossings(now_ms):
            self._at(now_ms + crossing_ms, self._receipt, event.seq)

    def _receipt(self, seq: int) -> None:
        self.seal.receipted(self._calendar.now_ms, seq)
        if self._compressed and self.seal.is_quiet():
            self._look_for_silence()
            self._wait_for_heartbeat()

    # The rules.

    def tell(self, event: Event) -> None:
        """An event for the door, now. A heartbeat that was left out speaks first, where it is
        missed."""
        now_ms = self._calendar.now_ms
        if self.beside is not None and self._compressed:
            self.beside.catch_up(now_ms)  # what it is told of this one must find it as it is
        self.catch_up(now_ms)
        self._step(event, now_ms)

    def catch_up(self, now_ms: int) -> None:
        """A heartbeat that was left out speaks, where it is missed."""
        if self._compressed and self._is_stale(now_ms):
            self._catch_up()

    def _correct(self, door: Door) -> None:
        self.door = self._site.turn.doors[self._subject.id] = door

    def _step(self, event: Event, now_ms: int) -> None:
        self._site.apply(self._subject, event, now_ms)

    def _stepped(self, now_ms: int, step: Step) -> None:
        """The door has made a step, of its own or because of what others did."""
        self.door = step.after
        if self.keeps_journal:
            self.journal.append((now_ms, step.event))
        self.steps += 1
        if self.log is not None:
            self._lines(self.log, step.event, step.effects, now_ms)
        if step.effects or isinstance(step.event, ReportCame):
            self.scorer.stepped(now_ms, step.event, step.before, step.after, step.effects)
        for effect in step.effects:
            if isinstance(effect, PageDue):
                self.staff.paged(effect)
        if self.user is not None and step.effects:
            self.user.saw(step)
        self._plan_deadline()

    def _plan_deadline(self) -> None:
        due_ms = self._next_deadline()
        if due_ms is not None and due_ms != self._due_ms:
            self._at(max(due_ms, self._calendar.now_ms), self._deadline, due_ms)
        self._due_ms = due_ms

    def _next_deadline(self) -> int | None:
        """Its next time; where heartbeats are left out, that of silence has a way of its own."""
        due_ms = next_deadline(self.door, self.rules)
        if not self._compressed or due_ms is None:
            return due_ms
        if due_ms == silence.lost_ms(self.door, self.rules):
            return next_deadline(replace(self.door, heartbeat_ms=None), self.rules)
        return due_ms

    def _deadline(self, due_ms: int) -> None:
        if self._due_ms != due_ms:
            return
        self._due_ms = None
        if self._compressed:
            self._catch_up()
        self.tell(DeadlineCame())
        if self._compressed:
            self._wait_for_heartbeat()

    def _line(self, text: str) -> None:
        if self.log:
            self.log(self._calendar.now_ms, text)

    def _lines(self, log: Log, event: Event, effects: tuple[Effect, ...], now_ms: int) -> None:
        if effects or not (isinstance(event, ReportCame) and not event.seq):
            log(now_ms, f"event    {event}")
        for effect in effects:
            log(now_ms, f"effect     {effect}")
