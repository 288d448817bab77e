"""The gateway's clock against a machine that is set forward and back."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.engine.clock import SLOWER, MachineClock

SECOND_NS, HOUR_S, NOON_MS = 1_000_000_000, 3_600, 2_000_000_000_000


class Machine:
    """A machine whose clock anybody may set, while time goes on."""

    def __init__(self) -> None:
        self.time_ns, self.set_ns = 0, NOON_MS * 1_000_000

    def machine_ns(self) -> int:
        return self.time_ns + self.set_ns

    def steady_ns(self) -> int:
        return self.time_ns

    def clock(self, floor_ms: int = 0) -> MachineClock:
        return MachineClock(floor_ms, self.machine_ns, self.steady_ns)


steps = st.lists(st.tuples(st.integers(0, 9_999), st.integers(-HOUR_S, HOUR_S)), max_size=30)


@settings(max_examples=100, deadline=None, derandomize=True, print_blob=True)
@given(steps)
def test_it_never_goes_back_and_never_stands_still(steps: list[tuple[int, int]]) -> None:
    machine = Machine()
    clock = machine.clock()
    before_ms = clock.now_ms()
    for passed_s, set_s in steps:
        machine.set_ns += set_s * SECOND_NS
        machine.time_ns += passed_s * SECOND_NS
        now_ms = clock.now_ms()
        assert now_ms >= before_ms + passed_s * 1000 // SLOWER
        assert now_ms >= machine.machine_ns() // 1_000_000
        before_ms = now_ms
    ahead_ns = before_ms * 1_000_000 - machine.machine_ns()
    machine.time_ns += SLOWER * ahead_ns + SECOND_NS
    assert clock.now_ms() == machine.machine_ns() // 1_000_000, "it has come back to the machine's"


def test_a_machine_that_starts_in_1970_goes_on_where_the_journal_ends() -> None:
    machine = Machine()
    machine.set_ns = 0
    clock = machine.clock(floor_ms=NOON_MS)
    machine.time_ns += 10 * SECOND_NS
    assert clock.now_ms() == NOON_MS + 5_000
    machine.set_ns = NOON_MS * 1_000_000 + HOUR_S * SECOND_NS  # the network told it
    assert clock.now_ms() == NOON_MS + (HOUR_S + 10) * 1_000
