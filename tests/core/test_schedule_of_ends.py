"""When what ends: no order of events, clocks and re-orders leaves anything after its time, and none
destroys anything before it. The seed is printed; MENSHEN_SEED lives through one again."""

import os
import random
import secrets

import pytest

from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.core.model import SURE, Doubt
from gateway.core.schedule_of_ends import (
    Hold,
    Limits,
    Stage,
    Term,
    begins_living_ms,
    late_ms,
    stage,
)

T = 1_790_000_000_000
TERM = Term("o", "h", T - 14 * DAY_MS, T)
LOOK_EVERY_MS = 10 * MINUTE_MS


@pytest.mark.parametrize(
    ("after_ms", "wanted"),
    [
        (-1, Stage.RUNS),
        (0, Stage.OVER),
        (23 * HOUR_MS - 1, Stage.OVER),
        (23 * HOUR_MS, Stage.LINK),
        (13 * DAY_MS - 1, Stage.LINK),
        (13 * DAY_MS, Stage.ALL),
    ],
)
def test_p05_each_part_is_begun_before_its_limit_and_never_before_the_order_is_over(
    after_ms, wanted
):
    assert stage(TERM, [], Limits(), SURE, T + after_ms) is wanted


def test_p05_the_shortest_limits_are_kept_too():
    limits = Limits(HOUR_MS, DAY_MS)
    assert stage(TERM, [], limits, SURE, T - 1) is Stage.RUNS
    assert stage(TERM, [], limits, SURE, T) is Stage.ALL


def test_p05_in_doubt_nothing_is_destroyed_and_late_is_told():
    for doubt in (Doubt(behind_ms=1), Doubt(ahead_ms=HOUR_MS)):
        assert stage(TERM, [], Limits(), doubt, T + 30 * DAY_MS) is Stage.OVER
    assert late_ms(TERM, Limits(), Stage.OVER, T + 30 * DAY_MS) == 29 * DAY_MS
    assert late_ms(TERM, Limits(), Stage.LINK, T + 30 * DAY_MS) == 16 * DAY_MS
    assert late_ms(TERM, Limits(), Stage.ALL, T + 30 * DAY_MS) == 0
    assert late_ms(TERM, Limits(), Stage.OVER, T + HOUR_MS) == 0


def test_p05_a_clock_that_may_be_ahead_ends_no_order_early():
    assert stage(TERM, [], Limits(), Doubt(ahead_ms=HOUR_MS), T + HOUR_MS - 1) is Stage.RUNS


def test_p05_what_is_held_stays_until_its_hold_ends():
    hold = Hold("o", T + 40 * DAY_MS)
    assert stage(TERM, [hold], Limits(), SURE, T + 40 * DAY_MS - 1) is Stage.OVER
    assert stage(TERM, [hold], Limits(), SURE, T + 40 * DAY_MS) is Stage.ALL
    assert stage(TERM, [Hold("other", None)], Limits(), SURE, T + DAY_MS) is Stage.LINK


class Life:
    """A household of a few orders at random times; its clock is set, doubted and put right; older
    copies are put back; orders are extended, ended early, made again under their id, and held."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.true_ms = chance, T
        self.limits = Limits(chance.randint(1, 24) * HOUR_MS, chance.randint(1, 14) * DAY_MS)
        self.orders: dict[str, Term] = {}
        self.holds: list[Hold] = []
        self.doubt, self.off_ms = SURE, 0
        self.linked: dict[str, int] = {}
        self.destroyed: dict[str, int] = {}
        self.hindered_ms = 0  # time in which nothing could be destroyed, since the last look

    def step(self) -> None:
        act = self.chance.choice((self.order, self.end, self.extend, self.hold, self.clock))
        if self.chance.random() < 0.3:
            act()
        self.true_ms += self.chance.choice((LOOK_EVERY_MS, HOUR_MS, 6 * HOUR_MS))
        self.look()

    def order(self) -> None:
        if len(self.orders) < 4:
            from_ms = self.true_ms + self.chance.randint(-3, 5) * DAY_MS
            to_ms = from_ms + self.chance.randint(1, 10) * DAY_MS
            order_id = f"o{self.chance.randint(0, 5)}"
            if order_id not in self.orders:
                self.orders[order_id] = Term(order_id, "h", from_ms, max(to_ms, self.true_ms))
                self.linked.pop(order_id, None)
                self.destroyed.pop(order_id, None)

    def _one(self) -> Term | None:
        living = [t for t in self.orders.values() if t.order_id not in self.linked]
        return self.chance.choice(living) if living else None

    def end(self) -> None:
        term = self._one()
        if term is not None and term.to_ms > self.true_ms:
            self.orders[term.order_id] = Term(term.order_id, "h", term.from_ms, self.true_ms)

    def extend(self) -> None:
        term = self._one()
        if term is not None:
            later_ms = self.true_ms + self.chance.randint(1, 5) * DAY_MS
            self.orders[term.order_id] = Term(term.order_id, "h", term.from_ms, later_ms)

    def hold(self) -> None:
        term = self._one()
        if term is not None:
            self.holds.append(Hold(term.order_id, self.true_ms + 3 * DAY_MS))

    def clock(self) -> None:
        """It is known how far a clock may be off, or it is right."""
        if self.doubt == SURE:
            self.off_ms = self.chance.randint(-5, 5) * DAY_MS
            self.doubt = Doubt(max(-self.off_ms, 0), max(self.off_ms, 0))
            if self.doubt == SURE:
                self.off_ms = 0
        else:
            self.doubt, self.off_ms = SURE, 0

    def look(self) -> None:
        now_ms = self.true_ms + self.off_ms
        for term in list(self.orders.values()):
            its = stage(term, self.holds, self.limits, self.doubt, now_ms)
            if its >= Stage.LINK:
                self.linked.setdefault(term.order_id, self.true_ms)
            if its is Stage.ALL and term.order_id not in self.destroyed:
                others = self.orders.values()
                before_ms = begins_living_ms(others, [term.order_id])
                left = [t for t in others if t.order_id != term.order_id]
                # nothing that another order needs is destroyed with this one
                assert all(before_ms is not None and before_ms <= t.from_ms for t in left)
                self.destroyed[term.order_id] = self.true_ms
                del self.orders[term.order_id]
                assert term.to_ms <= self.true_ms
            elif term.order_id in self.linked:
                assert term.to_ms <= self.linked[term.order_id]
            self.none_is_late(term)

    def none_is_late(self, term: Term) -> None:
        """What is still there is before its limit, or could not go: in doubt, or held."""
        is_held = any(
            h.order_id == term.order_id and (h.until_ms or 0) > self.true_ms for h in self.holds
        )
        if self.doubt != SURE or is_held or term.order_id not in self.orders:
            return
        assert self.true_ms < term.to_ms + self.limits.destroy_ms
        if term.order_id not in self.linked:
            assert self.true_ms < term.to_ms + self.limits.link_ms


def test_p05_no_life_leaves_anything_after_its_time_or_destroys_it_before():
    seed = os.environ.get("MENSHEN_SEED") or secrets.token_hex(4)
    print(f"MENSHEN_SEED={seed}")
    chance = random.Random(seed)  # noqa: S311 - it repeats
    for _ in range(100):
        life = Life(chance)
        for _ in range(300):
            life.step()
