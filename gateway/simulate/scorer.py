"""Who knows the truth and sees what the rules made of it. What is counted, and what the words mean.

- `openings_true`: a household's or a leaver's act on the door; slams belong to it. Chatter is none.
- A *breach* is a person who leaves under an order, with the return. It is *shown* when a report
  arrived whose edge counter includes an edge of it, or a first reading that finds its door open.
  It is *told* if a page was raised for one of its openings. If none was, it is *excused* where the
  rules let it spend somebody's permit or the order's allowance (they cannot know better), or where
  a seal that came back saw its door open for less than half a minute; *behind a fault* where it
  happened while the contact chattered by the rules; and else *missed*.
- A *page* goes to a warden, and is the first telling of something (what escalates after that, or
  comes back because nobody has finished it, is an *escalation*). It is true if a true opening or
  tampering is behind it, else false: there was nothing to see. A lawful opening that nobody
  announced is a true page. A page that an opening has outlasted its permit is false where the door
  had shut in time; one about a silent seal with its door open is false where the door is shut by
  then, and so is a warden's question by day about one that fell silent after a lawful opening.
  `needless` are true pages for openings that were announced beforehand: an unannounced one has
  spent their permit, or one was taken for two.
- A *question* is for the household: nobody is paged by it.
- A *fault page* goes to the installer. It is true if the contact really chattered, or the seal
  really had no power or no air when it was paged.
- *Time to page*: of a true page, from the edge (tampering; the end of the permit) to the step that
  raised it. Delivery and phones are not in it.
- A *false coverage claim*: a report is heard, and the door's state then says that it stood shut, or
  open, at the time up to which its edges are known (`observed_until_ms`), contact not chattering;
  the truth was the other from 10 s before that time until 10 s after it. What a contact at fault
  says in its first minute is left out, and so is what it said at a time that nobody knows: until
  then nobody can know that it is.
- A *false interval*: an opening is recorded between two times, and was not between them (with the
  slowest crossing of the air allowed for).
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass, field
from operator import itemgetter

from gateway.core.cases.case import BACK
from gateway.core.duration import MINUTE_MS, SECOND_MS
from gateway.core.effects import Effect, OpeningBegan, PageDue, QuestionDue
from gateway.core.events import Event, ReportCame
from gateway.core.model import Contact, Door
from gateway.core.reasons import FAULTS, QUESTIONS, TAMPER, Reason
from gateway.simulate.causes import Answer
from gateway.simulate.ground_truth import GroundTruth
from gateway.simulate.scenario import Radio
from gateway.simulate.seal import Seal
from sealwire.report import EDGES_MODULUS

EXCUSES = frozenset({Reason.PERMIT, Reason.ALLOWANCE, Reason.OPEN_AFTER_RESTART, Reason.FOUND_OPEN})
OF_NOW = QUESTIONS | frozenset(
    {
        Reason.OPEN_AFTER_RESTART,
        Reason.FOUND_OPEN,
        Reason.SILENT_OPEN,
        Reason.SILENT_TAMPERED,
    }
)
STALE_MS = 10 * SECOND_MS
FAULT_MS = MINUTE_MS
SLACK_MS = 10
_WHEN = itemgetter(0)


@dataclass(slots=True)
class Seen:
    """What became of one door. Breaches are numbered from 0."""

    pages: list[tuple[int, Reason]] = field(default_factory=list)  # when, and of what
    fault_pages: Counter[Reason] = field(default_factory=Counter)
    false_fault_pages: Counter[Reason] = field(default_factory=Counter)
    escalations: int = 0
    questions: int = 0  # for households
    questions_of_shut: int = 0  # of them, where the door was shut by then
    false: Counter[Reason] = field(default_factory=Counter)
    needless: Counter[Reason] = field(default_factory=Counter)
    waits_ms: list[int] = field(default_factory=list)  # of true pages
    answers: list[Answer] = field(default_factory=list)  # true pages for openings
    shown: set[int] = field(default_factory=set)
    told: set[int] = field(default_factory=set)
    excused: set[int] = field(default_factory=set)
    faulty: set[int] = field(default_factory=set)
    false_claims: list[int] = field(default_factory=list)  # when each began
    false_intervals: list[int] = field(default_factory=list)

    def missed(self) -> set[int]:
        """Breaches that a report showed, and of which nobody was told for no reason known here."""
        return self.shown - self.told - self.excused - self.faulty


class Scorer:
    """SecondaryFault one door, from the first event to the last."""

    def __init__(self, truth: GroundTruth, radio: Radio, seal: Seal) -> None:
        self.seen, self._seal = Seen(), seal
        self.beside: Scorer | None = None  # of the household's other contact
        self._life = truth
        self._slack_ms = radio.late_ms[1] + 2_000 + SLACK_MS  # a repeat may be 2 s later still
        # For each value of the seal's edge counter: when, what the contact said, whose edge.
        self._edges: list[tuple[int, Contact, int]] = [(0, Contact.SHUT, -1)]
        self._owners: dict[str, tuple[int, ...]] = {}  # opening_id -> counts of its edges
        self._came_ms: dict[int, int] = {}  # count of an edge -> when its first report arrived
        self._leaf, self._leaf_ms = Contact.SHUT, 0
        self.leaves: list[tuple[int, Contact]] = [(0, Contact.SHUT)]
        self._tampered_ms = 0

    def counted(self, at_ms: int, contact: Contact, owner: int) -> None:
        """The seal counted an edge; `owner` is the true opening's number, -1 for the fault's."""
        self._edges.append((at_ms, contact, owner))

    def leaf(self, at_ms: int, contact: Contact) -> None:
        """The door itself moved."""
        self._leaf, self._leaf_ms = contact, at_ms
        self.leaves.append((at_ms, contact))

    def tampered(self, at_ms: int) -> None:
        """Somebody plays with the seal."""
        self._tampered_ms = at_ms

    def stepped(
        self, now_ms: int, event: Event, before: Door, door: Door, effects: tuple[Effect, ...]
    ) -> None:
        """The rules took a step."""
        counts: tuple[int, ...] = ()
        if isinstance(event, ReportCame):
            counts = self._news(before, event)
            self._came_ms.update(dict.fromkeys(counts, now_ms))
            self._shown(before, event, counts)
            if event.seq:
                self._claims(now_ms, door, event.age_ms is not None)
        for effect in effects:
            if isinstance(effect, OpeningBegan):
                self._began(effect, event, before, counts)
            elif isinstance(effect, PageDue):
                is_theirs = self.beside is not None and self.beside.began(effect)
                (self.beside if self.beside and is_theirs else self)._page(now_ms, effect)
            elif isinstance(effect, QuestionDue):
                self.seen.questions += 1
                self.seen.questions_of_shut += self._leaf is not Contact.OPEN

    def began(self, page: PageDue) -> bool:
        """Whether a page is about an opening of this contact."""
        return page.page_id.removesuffix("-overstay") in self._owners

    def _news(self, before: Door, event: ReportCame) -> tuple[int, ...]:
        """The counts that this report is the first to show."""
        return tuple(range(self._count(before.edges) + 1, self._count(event.edges) + 1))

    def _count(self, edges: int | None) -> int:
        """The whole count of the seal's edges behind what it says of it, which goes round."""
        last = len(self._edges) - 1
        return last - (last - (edges or 0)) % EDGES_MODULUS

    def _breach(self, count: int) -> int:
        owner = self._edges[count][2]
        return self._life.openings[owner].breach if owner >= 0 else -1

    def _shown(self, before: Door, event: ReportCame, counts: tuple[int, ...]) -> None:
        breaches = {self._breach(count) for count in counts} - {-1}
        finds_open = event.first and event.contact is Contact.OPEN is self._leaf
        if finds_open and before.contact is Contact.SHUT:
            breaches |= self._breach_now()
        self.seen.shown |= breaches
        if before.chattering is not None:
            self.seen.faulty |= breaches

    def _began(
        self, began: OpeningBegan, event: Event, before: Door, counts: tuple[int, ...]
    ) -> None:
        """Whose opening it is, whether it was excused, whether it was then."""
        settled = not counts and before.chattering is not None
        if settled:
            mine: tuple[int, ...] = (self._count(before.edges),)
        elif began.reason is Reason.OPENED_BLIND:
            last_opens = isinstance(event, ReportCame) and event.contact is Contact.OPEN
            mine = counts[:-1] if last_opens else counts
        else:
            mine = counts[-1:]
        self._owners[began.opening_id] = mine
        if began.reason in EXCUSES:
            self.seen.excused |= {self._breach(count) for count in mine} - {-1}
            if not mine:  # a first reading found it open, or no longer
                self.seen.excused |= self._breach_now()
        times = [self._edges[n][0] for n in mine if self._edges[n][1] is Contact.OPEN]
        low, high = began.opened_ms - SLACK_MS, began.latest_ms + SLACK_MS
        if any(not low - self._slack_ms <= at_ms <= high for at_ms in times):
            self.seen.false_intervals.append(began.latest_ms)

    def _page(self, now_ms: int, page: PageDue) -> None:
        seen = self.seen
        is_back = page.page_id.startswith(page.case_id + BACK)
        if page.step_index or page.round or is_back:
            seen.escalations += 1
            return
        if page.reason in FAULTS:
            self._fault(now_ms, page)
            return
        seen.pages.append((now_ms, page.reason))
        if page.reason in OF_NOW:
            self._page_of_now(page.reason)
        elif page.reason in TAMPER:
            seen.waits_ms.append(now_ms - self._tampered_ms)
        else:
            self._page_of_opening(now_ms, page)

    def _page_of_opening(self, now_ms: int, page: PageDue) -> None:
        seen = self.seen
        mine = self._behind(page)
        owners = [self._edges[count][2] for count in mine if self._edges[count][2] >= 0]
        if not owners:
            seen.false[page.reason] += 1
            return
        openings = [self._life.openings[owner] for owner in owners]
        breaches = {opening.breach for opening in openings} - {-1}
        seen.told |= breaches
        overstay = page.reason in (Reason.PERMIT_OVERSTAYED, Reason.OPEN_TOO_LONG)
        if overstay and openings[0].edges[-1] < page.since_ms - self._slack_ms:
            seen.false[page.reason] += 1
            return
        since_ms = page.since_ms if overstay else openings[0].edges[0]
        seen.waits_ms.append(now_ms - since_ms)
        if not overstay:
            took_ms = now_ms - min(self._came_ms[count] for count in mine)
            seen.answers.append(Answer(since_ms, took_ms))
        if not overstay and all(opening.was_announced for opening in openings):
            seen.needless[page.reason] += 1

    def _fault(self, now_ms: int, page: PageDue) -> None:
        """For the installer: a contact that chatters, or a seal that is silent."""
        seen = self.seen
        seen.fault_pages[page.reason] += 1
        if page.reason is Reason.CHATTER:
            since_ms = page.since_ms - self._slack_ms
            owners = [owner for at_ms, _, owner in self._edges if at_ms >= since_ms]
            seen.faulty |= {self._life.openings[owner].breach for owner in owners if owner >= 0} - {
                -1
            }
            is_true = -1 in owners
        else:
            is_true = not self._seal.on or self._seal.air.is_bad(now_ms)
        seen.false_fault_pages[page.reason] += not is_true

    def _page_of_now(self, reason: Reason) -> None:
        """What is said of how the door stands now: found open, or silent with an open door."""
        tampered = self._seal.cover or self._seal.magnet
        if reason is Reason.SILENT_TAMPERED and tampered:
            return
        if self._leaf is not Contact.OPEN:
            self.seen.false[reason] += 1
        self.seen.told |= self._breach_now()

    def _breach_now(self) -> set[int]:
        """The breach whose opening has the door open now, as a set of one or none."""
        if self._leaf is not Contact.OPEN:
            return set()
        return {o.breach for o in self._life.openings if self._leaf_ms in o.edges} - {-1}

    def _behind(self, page: PageDue) -> tuple[int, ...]:
        """The counts of the edges that the page is about."""
        opening_id = page.page_id.removesuffix("-overstay")
        return self._owners.get(opening_id, ())

    def _claims(self, now_ms: int, door: Door, has_age: bool) -> None:
        """Whether the state, having just heard, says the opposite of what was true then. A report
        that has lost count of its age claims no more than that it was so at some time since."""
        contact, observed_until_ms = door.contact, door.observed_until_ms
        until_ms = observed_until_ms if has_age else now_ms
        if door.chattering is not None or contact is Contact.UNKNOWN:
            return
        if observed_until_ms is None or until_ms is None:
            return
        first = max(0, bisect_right(self.leaves, observed_until_ms - STALE_MS, key=_WHEN) - 1)
        last = bisect_right(self.leaves, until_ms + STALE_MS, key=_WHEN)
        if any(leaf is contact for _, leaf in self.leaves[first:last]):
            return
        since = bisect_left(self._edges, observed_until_ms - FAULT_MS, key=_WHEN)
        until = bisect_right(self._edges, until_ms, key=_WHEN)
        if all(owner >= 0 for _, _, owner in self._edges[since:until]):
            self.seen.false_claims.append(now_ms)
