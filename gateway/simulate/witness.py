"""Who knows the truth and sees what the rules made of it. What is counted, and what the words mean.

- `openings_true`: a household's or a leaver's act on the door; slams belong to it. Chatter is none.
- A *breach* is a person who leaves under an order, with the return. It is *shown* when a report
  arrived whose edge counter includes an edge of it, or a first reading that finds its door open.
  It is *told* if a page was raised for one of its openings. If none was, it is *excused* where the
  rules let it spend somebody's permit (they cannot know better), *behind a fault* where it happened
  while the contact was put aside as chattering, and else *missed*.
- A *page* is true if a true opening or tampering is behind it, else false: there was nothing to
  see. A lawful opening that nobody announced is a true page. A page that an opening has outlasted
  its permit is false where the door had shut in time. `needless` are true pages for openings that
  were announced beforehand: an unannounced one has spent their permit, or one was taken for two.
- *Time to page*: of a true page, from the edge (tampering; the end of the permit) to the step that
  raised it. Couriers and phones are not in it.
- A *false coverage claim*: a report is heard, the door's state then says shut or open, contact not
  put aside; the truth has been the other for 10 s, and stays so for 10 s while that state stands.
- A *false interval*: an opening is recorded between two times, and was not between them (with the
  slowest crossing of the air allowed for).
"""

from collections import Counter
from dataclasses import dataclass, field

from gateway.core.effects import Effect, OpeningBegan, PageDue
from gateway.core.events import Event, ReportCame
from gateway.core.model import Contact, Door
from gateway.core.reason import TAMPER, Reason
from gateway.simulate.habits import Radio
from gateway.simulate.life import Life

STALE_MS = 10_000
SLACK_MS = 10


@dataclass(slots=True)
class Seen:
    """What became of one door. Breaches are numbered from 0."""

    pages: list[tuple[int, Reason]] = field(default_factory=list)  # when, and of what
    false: Counter[Reason] = field(default_factory=Counter)
    needless: Counter[Reason] = field(default_factory=Counter)
    waits_ms: list[int] = field(default_factory=list)  # of true pages
    shown: set[int] = field(default_factory=set)
    told: set[int] = field(default_factory=set)
    excused: set[int] = field(default_factory=set)
    faulty: set[int] = field(default_factory=set)
    false_claims: list[int] = field(default_factory=list)  # when each began
    false_intervals: list[int] = field(default_factory=list)

    def missed(self) -> set[int]:
        """Breaches that a report showed, and of which nobody was told for no reason known here."""
        return self.shown - self.told - self.excused - self.faulty


class Witness:
    """Beside one door, from the first event to the last."""

    def __init__(self, life: Life, radio: Radio) -> None:
        self.seen = Seen()
        self._life = life
        self._slack_ms = radio.late_ms[1] + 2_000 + SLACK_MS  # a repeat may be 2 s later still
        # For each value of the seal's edge counter: when, what the contact said, whose edge.
        self._edges: list[tuple[int, Contact, int]] = [(0, Contact.SHUT, -1)]
        self._owners: dict[str, tuple[int, ...]] = {}  # opening_id -> counts of its edges
        self._leaf, self._leaf_ms = Contact.SHUT, 0
        self._claim_ms: int | None = None
        self._tampered_ms = 0

    def counted(self, at_ms: int, contact: Contact, owner: int) -> None:
        """The seal counted an edge; `owner` is the true opening's number, -1 for the fault's."""
        self._edges.append((at_ms, contact, owner))

    def leaf(self, at_ms: int, contact: Contact) -> None:
        """The door itself moved."""
        self._end_claim(at_ms)
        self._leaf, self._leaf_ms = contact, at_ms

    def tampered(self, at_ms: int) -> None:
        """Somebody plays with the seal."""
        self._tampered_ms = at_ms

    def ends(self, at_ms: int) -> None:
        """No more comes."""
        self._end_claim(at_ms)

    def stepped(
        self, now_ms: int, event: Event, before: Door, door: Door, effects: tuple[Effect, ...]
    ) -> None:
        """The rules took a step."""
        counts: tuple[int, ...] = ()
        if isinstance(event, ReportCame):
            counts = self._news(before, event)
            self._shown(before, event, counts)
            if event.seq:
                self._claims(now_ms, door)
        for effect in effects:
            if isinstance(effect, OpeningBegan):
                self._began(effect, event, before, counts)
            elif isinstance(effect, PageDue):
                self._page(now_ms, effect, counts)

    def _news(self, before: Door, event: ReportCame) -> tuple[int, ...]:
        """The counts that this report is the first to show."""
        return tuple(range((before.edges or 0) + 1, event.edges + 1))

    def _breach(self, count: int) -> int:
        owner = self._edges[count][2]
        return self._life.openings[owner].breach if owner >= 0 else -1

    def _shown(self, before: Door, event: ReportCame, counts: tuple[int, ...]) -> None:
        breaches = {self._breach(count) for count in counts} - {-1}
        finds_open = event.first and event.contact is Contact.OPEN is self._leaf
        if finds_open and before.contact is Contact.SHUT:
            breaches |= {
                opening.breach
                for opening in self._life.openings
                if opening.edges[0] == self._leaf_ms and opening.breach >= 0
            }
        self.seen.shown |= breaches
        if before.unsettled is not None:
            self.seen.faulty |= breaches

    def _began(
        self, began: OpeningBegan, event: Event, before: Door, counts: tuple[int, ...]
    ) -> None:
        """Whose opening it is, whether it was excused, whether it was then."""
        settled = not counts and before.unsettled is not None
        if settled:
            mine: tuple[int, ...] = (before.edges or 0,)
        elif began.reason is Reason.OPENED_BLIND:
            last_opens = isinstance(event, ReportCame) and event.contact is Contact.OPEN
            mine = counts[:-1] if last_opens else counts
        else:
            mine = counts[-1:]
        self._owners[began.opening_id] = mine
        if began.reason is Reason.PERMIT:
            self.seen.excused |= {self._breach(count) for count in mine} - {-1}
        times = [self._edges[n][0] for n in mine if self._edges[n][1] is Contact.OPEN]
        low, high = began.opened_ms - SLACK_MS, began.latest_ms + SLACK_MS
        if any(not low - self._slack_ms <= at_ms <= high for at_ms in times):
            self.seen.false_intervals.append(began.latest_ms)

    def _page(self, now_ms: int, page: PageDue, counts: tuple[int, ...]) -> None:
        seen = self.seen
        seen.pages.append((now_ms, page.reason))
        if page.reason in TAMPER:
            seen.waits_ms.append(now_ms - self._tampered_ms)
            return
        mine = self._behind(page, counts)
        owners = [self._edges[count][2] for count in mine if self._edges[count][2] >= 0]
        if not owners:
            seen.false[page.reason] += 1
            return
        openings = [self._life.openings[owner] for owner in owners]
        breaches = {opening.breach for opening in openings} - {-1}
        if page.reason is Reason.CHATTER:
            seen.faulty |= breaches
        else:
            seen.told |= breaches
        overstay = page.reason is Reason.PERMIT_OVERSTAYED
        if overstay and openings[0].edges[-1] < page.since_ms - self._slack_ms:
            seen.false[page.reason] += 1
            return
        since_ms = page.since_ms if overstay else openings[0].edges[0]
        seen.waits_ms.append(now_ms - since_ms)
        if not overstay and all(
            opening.permit is not None and opening.announced_ms < opening.edges[0]
            for opening in openings
        ):
            seen.needless[page.reason] += 1

    def _behind(self, page: PageDue, counts: tuple[int, ...]) -> tuple[int, ...]:
        """The counts of the edges that the page is about."""
        if page.reason is Reason.CHATTER:
            last = counts[-1] if counts else 0
            since_ms = page.since_ms - self._slack_ms
            return tuple(n for n in range(1, last + 1) if self._edges[n][0] >= since_ms)
        opening_id = page.page_id.removesuffix("-overstay")
        return self._owners.get(opening_id, ())

    def _claims(self, now_ms: int, door: Door) -> None:
        """Whether the state, having just heard, says the opposite of what has long been true."""
        self._end_claim(now_ms)
        said = door.contact
        wrong = door.unsettled is None and said is not Contact.UNKNOWN and said is not self._leaf
        if wrong and now_ms - self._leaf_ms >= STALE_MS:
            self._claim_ms = now_ms

    def _end_claim(self, at_ms: int) -> None:
        if self._claim_ms is not None and at_ms - self._claim_ms >= STALE_MS:
            self.seen.false_claims.append(self._claim_ms)
        self._claim_ms = None
