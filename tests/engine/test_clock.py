"""The gateway's clock against a machine whose clock is set forward, back, and nowhere."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.model import SURE, Doubt
from gateway.engine.clock import MachineClock
from gateway.engine.clock_states import MAY_MOVE, NEAR_MS, RELEASED_MS, SLEW, ClockState, Word
from tests.engine.two_times import DAY, HOUR, MINUTE, NOON_MS, SECOND, Machine

LATER = 5 * MINUTE


@dataclass
class Row:
    """A story: what the machine does, and what the gateway's time is worth `LATER`."""

    happens: Callable[["Life"], None]
    state: ClockState
    error_ms: int = 0  # of the gateway's time, against the true one
    behind_ms: int = 0  # the doubt
    ahead_ms: int = 0
    is_told: bool = False


class Life:
    """A gateway on a machine; it starts again as often as the story wants."""

    def __init__(self) -> None:
        self.machine = Machine()
        self.clock = self.machine.clock(NOON_MS)

    def wrong(self, ms: int, vouched: bool = False) -> None:
        """The machine's clock is set wrong by so much, or right by 0."""
        self.machine.wrong_ms, self.machine.is_vouched = ms, vouched

    def passes(self, ms: int) -> int:
        return self.machine.passes(self.clock, ms)

    def starts_again(self, off_ms: int = 0) -> None:
        """With what the last life wrote."""
        floor_ms, doubt = self.clock.now_ms(), self.clock.doubt
        self.machine.true_ms += off_ms
        self.clock = self.machine.clock(floor_ms, doubt)

    def error_ms(self) -> int:
        return self.clock.now_ms() - self.machine.true_ms


def glitch(life: Life) -> None:
    """Thirty days ahead for half a second, and a look right in it."""
    life.wrong(30 * DAY)
    life.passes(SECOND // 2)
    life.wrong(0)


def late_start(life: Life, off_ms: int, vouched_after_ms: int) -> None:
    """A power cut, and a machine that goes on from the time it saved until a server tells it."""
    life.starts_again(off_ms)
    life.wrong(-off_ms)
    life.starts_again()
    life.passes(vouched_after_ms)
    life.wrong(0, vouched=True)


def after_glitch_and_restart(life: Life) -> None:
    life.wrong(30 * DAY)
    life.passes(SECOND)
    life.starts_again()
    life.wrong(0)
    life.passes(SECOND)
    life.starts_again()


def copied_card(life: Life, wrong_ms: int) -> None:
    """The card was written elsewhere, by a clock that was ahead of ours."""
    life.clock = life.machine.clock(life.machine.true_ms + wrong_ms)


def lying_server(life: Life, ms: int) -> None:
    """The time service has been right, and now lies."""
    life.wrong(0, vouched=True)
    life.passes(MINUTE)
    life.wrong(ms, vouched=True)


SURE_, DOUBTED, SET_BACK = ClockState.SURE, ClockState.DOUBTED, ClockState.SET_BACK
ROWS = {
    "nothing": Row(lambda life: None, SURE_),
    "1970 in life": Row(lambda life: life.wrong(-NOON_MS), SET_BACK, is_told=True),
    "an hour back": Row(lambda life: life.wrong(-HOUR), SET_BACK, ahead_ms=HOUR, is_told=True),
    "an hour ahead": Row(lambda life: life.wrong(HOUR), DOUBTED, behind_ms=HOUR, is_told=True),
    "a minute ahead": Row(lambda life: life.wrong(MINUTE), DOUBTED, behind_ms=MINUTE),
    "30 days ahead for half a second": Row(glitch, SURE_),
    "the same, through two starts": Row(after_glitch_and_restart, SURE_),
    "years ahead": Row(
        lambda life: life.wrong(9999 * DAY), DOUBTED, behind_ms=9999 * DAY, is_told=True
    ),
    "a leap second": Row(lambda life: life.wrong(-SECOND), SURE_, error_ms=-SECOND),
    "a summer's time": Row(lambda life: None, SURE_),  # UTC knows none
    "suspended for a night": Row(lambda life: vars(life.machine).update(
        true_ms=life.machine.true_ms + 8 * HOUR), SURE_),
    "a power cut, with a clock of its own": Row(
        lambda life: life.starts_again(2 * HOUR), DOUBTED, ahead_ms=2 * HOUR, is_told=True
    ),
    "a short stop": Row(lambda life: life.starts_again(20 * SECOND), DOUBTED, ahead_ms=20_000),
    "a power cut, vouched late": Row(lambda life: late_start(life, 2 * HOUR, MINUTE), SURE_),
    "a week off, vouched late": Row(lambda life: late_start(life, 7 * DAY, MINUTE), SURE_),
    "a week without power, no time service": Row(
        lambda life: life.starts_again(7 * DAY), DOUBTED, -7 * DAY, behind_ms=7 * DAY, is_told=True
    ),
    "a card from elsewhere": Row(
        lambda life: copied_card(life, HOUR), SET_BACK, HOUR, ahead_ms=HOUR, is_told=True
    ),
    "a server that lies by hours": Row(lambda life: lying_server(life, 5 * HOUR), SURE_, 5 * HOUR),
    "a server that lies by days": Row(
        lambda life: lying_server(life, 5 * DAY), DOUBTED, behind_ms=5 * DAY, is_told=True
    ),
    "a server that lies back": Row(
        lambda life: lying_server(life, -5 * DAY), SET_BACK, ahead_ms=5 * DAY, is_told=True
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", ROWS)
def test_b1_what_the_clock_is_worth_behind_each_of_these(what: str) -> None:
    row, life = ROWS[what], Life()
    life.passes(MINUTE)
    row.happens(life)
    life.passes(LATER)
    clock = life.clock
    assert (clock.state, clock.look()[1]) == (row.state, row.is_told)
    assert abs(life.error_ms() - row.error_ms) <= SECOND
    assert abs(clock.doubt.behind_ms - row.behind_ms) <= SECOND
    assert abs(clock.doubt.ahead_ms - row.ahead_ms) <= SECOND


def test_b1_a_start_in_1970_goes_on_where_the_journal_ends_until_it_is_told() -> None:
    life = Life()
    life.wrong(-NOON_MS)
    life.starts_again(off_ms=10 * SECOND)
    life.passes(MINUTE)
    assert life.clock.doubt == Doubt(DAY, 0)
    assert life.error_ms() == -10 * SECOND
    life.wrong(0, vouched=True)
    assert life.passes(MINUTE) == 10 * SECOND
    assert (life.clock.state, life.clock.doubt, life.error_ms()) == (SURE_, SURE, 0)


def test_b1_a_first_start_in_1970_is_not_before_this_release() -> None:
    machine = Machine()
    machine.wrong_ms = -NOON_MS
    clock = machine.clock(0)
    assert clock.now_ms() == RELEASED_MS
    assert clock.state is SET_BACK


@pytest.mark.parametrize("wrong_ms", [HOUR, -HOUR, 3 * DAY, -3 * DAY, 400 * DAY])
def test_b1_a_persons_word_sets_any_clock_right(wrong_ms: int) -> None:
    """The gateway's clock is wrong, the machine's is set right, and somebody says so."""
    machine = Machine()
    clock = machine.clock(NOON_MS + wrong_ms)
    machine.passes(clock, MINUTE)
    clock.trust(machine.machine_ms())
    moved_ms = machine.passes(clock, SECOND)
    assert clock.now_ms() == machine.true_ms
    assert (clock.state, clock.doubt) == (SURE_, SURE)
    if wrong_ms != -HOUR:  # less than a day behind at a start is believed, and doubted only
        assert moved_ms == -wrong_ms


def test_b1_an_hour_that_lasts_ten_minutes_is_believed_and_a_day_is_not() -> None:
    life = Life()
    life.wrong(HOUR)
    assert life.passes(9 * MINUTE) == 0
    assert life.passes(2 * MINUTE) == HOUR
    life.wrong(3 * DAY)
    assert life.passes(3 * HOUR) == 0
    assert life.clock.state is DOUBTED


def test_b1_a_clock_that_toggles_is_doubted_once() -> None:
    life, doubts = Life(), set()
    for n in range(120):
        life.wrong(30 * DAY * (n % 2))
        life.passes(SECOND)
        doubts.add(life.clock.doubt)
    assert len(doubts) <= 2


def test_the_table_has_a_line_for_every_state_and_word() -> None:
    assert set(MAY_MOVE) == {(state, word) for state in (DOUBTED, SET_BACK) for word in Word}


jumps = st.lists(st.tuples(st.integers(0, 600), st.integers(-40 * DAY, 40 * DAY)), max_size=20)


@settings(max_examples=60, deadline=None, derandomize=True, print_blob=True)
@given(jumps)
def test_it_never_goes_back_nor_faster_than_time_unless_it_says_so(
    jumps: list[tuple[int, int]],
) -> None:
    life = Life()
    for passed_s, wrong_ms in jumps:
        before_ms = life.clock.now_ms()
        life.wrong(wrong_ms)
        moved_ms = life.passes(passed_s * SECOND)
        passed_ms = life.clock.now_ms() - before_ms - moved_ms
        want_ms = max(passed_s, 1) * SECOND if passed_s else 0
        assert abs(passed_ms - want_ms) <= want_ms // SLEW + NEAR_MS
        assert passed_ms >= 0


def test_between_two_looks_nobody_asks_the_machine() -> None:
    asked = []
    clock = MachineClock(0, SURE, lambda: asked.append(1) or NOON_MS, lambda: 5)  # type: ignore[func-returns-value]
    looks = len(asked)
    for _ in range(100):
        clock.now_ms()
    assert len(asked) == looks
