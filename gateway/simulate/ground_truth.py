"""The truth of one door, made before anybody sees it: who opened it, when, and what failed.

Nothing here depends on what the gateway makes of it, save that tampering lasts until a person comes
to the door. Times are milliseconds of UTC.
"""

from dataclasses import dataclass, field
from random import Random

from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from gateway.core.model import Permit, Policy
from gateway.simulate.scenario import Lawful, Scenario

START_MS = 1_767_571_200_000  # a Monday, midnight
APART_MS = 5_000  # between two openings; nearer ones would be one
_Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class TrueOpening:
    """The door really opened. `edges` alternate open, shut; more than two if it slammed."""

    edges: tuple[int, ...]
    kind: str  # a word of the household, or "leaves" or "returns"
    breach: int = -1  # which breach it belongs to
    permit: Permit | None = None
    announced_ms: int = 0
    recurs: bool = False  # a permit that stands covers it

    @property
    def was_announced(self) -> bool:
        """Whether somebody had said so before it began."""
        return self.recurs or (self.permit is not None and self.announced_ms < self.edges[0])


@dataclass(frozen=True, slots=True)
class Shared:
    """What a door shares with others: spans of time, and a postman's permits for a stair."""

    dark: list[_Span] = field(default_factory=list)  # its access point is out
    stair_cuts: list[_Span] = field(default_factory=list)  # its stair has no power
    rounds: list[tuple[int, Permit]] = field(default_factory=list)  # announced when, for all doors
    in_box: bool = False  # its seal came in the building's box, and has its firmware ...
    dead: list[_Span] = field(default_factory=list)  # ... which is dead in these times


@dataclass(slots=True)
class GroundTruth:
    """Everything that happens to one door and its seal."""

    openings: list[TrueOpening] = field(default_factory=list)
    breaches: int = 0
    chatter: list[tuple[int, ...]] = field(default_factory=list)  # edges, while the door is shut
    fades: list[tuple[int, int]] = field(default_factory=list)
    cuts: list[tuple[int, int]] = field(default_factory=list)
    on_mains: bool = False
    dies_ms: int | None = None
    tampers: list[tuple[int, str]] = field(default_factory=list)
    permits: list[Permit] = field(default_factory=list)  # that stand from the first day
    policy: Policy = field(default_factory=Policy)


def live(scenario: Scenario, chance: Random, days: int, shared: Shared) -> GroundTruth:
    """A door's life of so many days."""
    maker, building = _Maker(scenario, chance, days), scenario.building
    recurs = chance.random() < building.recurring
    allows = chance.random() < building.allowing
    wanted = [
        maker.lawful(word, kind, day, recurs and word == "meal")
        for day in range(days)
        for word, kind in scenario.household.kinds().items()
        for _ in range(_count(chance, kind.per_day))
    ]
    wanted += maker.rounds(shared.rounds) + maker.breaches()
    truth = GroundTruth(openings=_apart(wanted))
    truth.permits = [maker.meals()] if recurs else []
    truth.policy = Policy(building.openings_a_day, 20 * MINUTE_MS) if allows else Policy()
    seen = sorted({opening.breach for opening in truth.openings} - {-1})
    truth.breaches = len(seen)
    truth.fades = maker.spans(scenario.radio.fades_per_day, scenario.radio.fade_min, MINUTE_MS)
    cuts = maker.spans(scenario.power.cuts_per_day, scenario.power.off_s, SECOND_MS)
    truth.on_mains = chance.random() < building.mains
    truth.cuts = merged(cuts + shared.dead + (shared.stair_cuts if truth.on_mains else []))
    truth.dies_ms = maker.moment(scenario.power.batteries_die_per_day)
    tamper_ms = maker.moment(scenario.contact.tampers_per_day)
    if tamper_ms is not None:
        truth.tampers.append((tamper_ms, chance.choice(("cover", "magnet"))))
    truth.chatter = maker.chatter(truth.openings)
    return truth


class _Maker:
    def __init__(self, scenario: Scenario, chance: Random, days: int) -> None:
        self._scenario, self._chance, self._days = scenario, chance, days
        self._end_ms = START_MS + days * DAY_MS
        self._permits = 0

    def lawful(self, word: str, kind: Lawful, day: int, recurs: bool) -> TrueOpening:
        """A lawful opening, announced before, afterwards, or forgotten; or each day for good."""
        chance = self._chance
        since, until = chance.choice(kind.hours)
        open_ms = START_MS + day * DAY_MS + int(chance.uniform(since, until) * HOUR_MS)
        edges = self._edges(open_ms, kind.lasts_s)
        how = chance.random()
        if recurs:
            return TrueOpening(edges, word, announced_ms=START_MS, recurs=True)
        if how >= kind.announced + kind.late:
            return TrueOpening(edges, word)
        window_ms = int(kind.window_min * MINUTE_MS)
        from_ms = open_ms - int(chance.random() * window_ms * 0.9)
        self._permits += 1
        permit = Permit(
            f"p{self._permits}",
            from_ms,
            from_ms + window_ms,
            1,
            int(kind.longest_min * MINUTE_MS),
            "resident",
            word,
        )
        said_ms = from_ms - int(chance.uniform(0, 2 * HOUR_MS))
        if how >= kind.announced:  # late, though within the ten minutes' grace
            said_ms = open_ms + int(chance.uniform(20, 570) * SECOND_MS)
        return TrueOpening(edges, word, -1, permit, max(said_ms, START_MS + SECOND_MS))

    def meals(self) -> Permit:
        """One permit for every meal of the order."""
        kind = self._scenario.household.meal
        daily = tuple((int(since * 60), int(until * 60) + 10) for since, until in kind.hours)
        most = 1 + int(kind.per_day)
        longest_ms = int(kind.longest_min * MINUTE_MS)
        end_ms = self._end_ms + DAY_MS
        return Permit("meals", START_MS, end_ms, most, longest_ms, "resident", "meal", daily)

    def rounds(self, rounds: list[tuple[int, Permit]]) -> list[TrueOpening]:
        """The postman is in the stair; some doors open for him."""
        openings = []
        for said_ms, permit in rounds:
            if self._chance.random() < self._scenario.building.round_share:
                open_ms = self._chance.randint(permit.from_ms, permit.to_ms - MINUTE_MS)
                edges = self._edges(open_ms, self._scenario.household.parcel.lasts_s)
                openings.append(TrueOpening(edges, "round", announced_ms=said_ms, recurs=True))
        return openings

    def breaches(self) -> list[TrueOpening]:
        """People who leave, and most of whom come back."""
        chance, breach = self._chance, self._scenario.breach
        openings: list[TrueOpening] = []
        for number in range(_count(chance, breach.per_order * self._days / breach.order_days)):
            out_ms = START_MS + int(chance.random() * self._days * DAY_MS)
            openings.append(TrueOpening(self._edges(out_ms, (4, 10, 60)), "leaves", number))
            back_ms = out_ms + int(chance.uniform(*breach.away_min) * MINUTE_MS) + 2 * MINUTE_MS
            if chance.random() < breach.returns and back_ms < self._end_ms:
                openings.append(TrueOpening(self._edges(back_ms, (4, 10, 60)), "returns", number))
        return openings

    def spans(self, per_day: float, length: tuple[float, float], unit_ms: int) -> list[_Span]:
        """Times from and to, apart from each other; short ones more often than long ones."""
        return spans(self._chance, self._days, per_day, length, unit_ms)

    def moment(self, per_day: float) -> int | None:
        """One moment, or None if it does not come in these days."""
        at_ms = self._chance.random() * self._days * DAY_MS
        comes = self._chance.random() < per_day * self._days
        return START_MS + int(at_ms) if comes else None

    def chatter(self, openings: list[TrueOpening]) -> list[tuple[int, ...]]:
        """A contact at fault while the door is shut; a true opening interrupts it."""
        chance, contact = self._chance, self._scenario.contact
        bursts: list[tuple[int, ...]] = []
        for from_ms, to_ms in self.spans(contact.chatters_per_day, contact.lasts_min, MINUTE_MS):
            edges, at_ms = [], from_ms
            until_ms = _shut_until(openings, from_ms, to_ms)
            while at_ms < until_ms:
                edges.append(at_ms)
                at_ms += max(int(chance.uniform(*contact.every_s) * SECOND_MS), 100)
            if len(edges) > 1:
                bursts.append(tuple(edges[: len(edges) // 2 * 2]))
        return bursts

    def _edges(self, open_ms: int, lasts_s: tuple[float, float, float]) -> tuple[int, ...]:
        """When it opens and shuts; some stand open for long, some slam and open again at once."""
        chance, household = self._chance, self._scenario.household
        low, usual, high = lasts_s
        lasts_ms = int(chance.triangular(low, high, usual) * SECOND_MS)
        if chance.random() < household.stands_open:
            lasts_ms = int(chance.uniform(15, 60) * MINUTE_MS)
        edges = [open_ms, open_ms + max(lasts_ms, 500)]
        if chance.random() < household.slams:
            for _ in range(chance.randint(1, 2)):
                again_ms = edges[-1] + chance.randint(60, 1_400)
                edges += [again_ms, again_ms + chance.randint(60, 900)]
        return tuple(edges)


def spans(
    chance: Random, days: int, per_day: float, length: tuple[float, float], unit_ms: int
) -> list[_Span]:
    """Times from and to, apart from each other; short ones more often than long ones."""
    low, high = length
    spans_ms: list[_Span] = []
    for _ in range(_count(chance, per_day * days)):
        from_ms = START_MS + int(chance.random() * days * DAY_MS)
        spans_ms.append((from_ms, from_ms + 1 + int(_skewed(chance, low, high) * unit_ms)))
    spans_ms.sort()
    return [span for n, span in enumerate(spans_ms) if n == 0 or span[0] > spans_ms[n - 1][1]]


def merged(spans: list[_Span]) -> list[_Span]:
    """In order, those that overlap as one."""
    spans_ms: list[_Span] = []
    for from_ms, to_ms in sorted(spans):
        if spans_ms and from_ms <= spans_ms[-1][1]:
            spans_ms[-1] = (spans_ms[-1][0], max(spans_ms[-1][1], to_ms))
        else:
            spans_ms.append((from_ms, to_ms))
    return spans_ms


def _count(chance: Random, rate: float) -> int:
    """How many times, on average `rate`."""
    whole = int(rate)
    return whole + (chance.random() < rate - whole)


def _skewed(chance: Random, low: float, high: float) -> float:
    """Between the two, near the lower one most of the time."""
    return low + (high - low) * chance.random() ** 3


def _apart(wanted: list[TrueOpening]) -> list[TrueOpening]:
    """In order and apart. An opening that falls into another one is not made, breaches always."""
    kept: list[TrueOpening] = []
    for opening in sorted(wanted, key=lambda opening: opening.edges[0]):
        while kept and opening.edges[0] - kept[-1].edges[-1] < APART_MS:
            if opening.breach < 0 or kept[-1].breach >= 0:
                break
            kept.pop()
        else:
            kept.append(opening)
    return kept


def _shut_until(openings: list[TrueOpening], from_ms: int, to_ms: int) -> int:
    """How long from then on the door is truly shut: not at all, if it is open then."""
    for opening in openings:
        if opening.edges[-1] + APART_MS <= from_ms:
            continue
        return min(to_ms, opening.edges[0] - APART_MS)
    return to_ms
