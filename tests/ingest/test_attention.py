"""How long a message may have waited to be read, on a clock that is moved by hand."""

from gateway.ingest.attention import STALL_MS, WINDOW_MIN, Attention


class Loop:
    """A loop that looks and reads when the test says so."""

    def __init__(self) -> None:
        self.now_ms = 5_000
        self.attention = Attention(lambda: self.now_ms)
        self.attention.connected()

    def goes_on(self, ms: int) -> None:
        """Idle, looking five times a second."""
        for _ in range(ms // 200):
            self.now_ms += 200
            self.attention.look()

    def stands_still(self, ms: int) -> None:
        self.now_ms += ms


def test_in_ordinary_work_nothing_waits() -> None:
    loop = Loop()
    loop.goes_on(60_000)
    loop.stands_still(STALL_MS - 200)
    assert loop.attention.waited_ms() == 0


def test_what_is_read_behind_a_stop_may_have_come_at_its_beginning() -> None:
    loop = Loop()
    loop.goes_on(1_000)
    loop.stands_still(16_000)
    loop.attention.look()  # whichever runs first, the timer or the reader
    assert loop.attention.waited_ms() == 16_000
    loop.attention.read(is_empty=False)  # more than is read at once
    assert loop.attention.waited_ms() == 16_000
    loop.attention.read(is_empty=True)
    assert loop.attention.waited_ms() == 0


def test_a_broker_that_waits_for_us_holds_back_until_its_window_opens() -> None:
    loop = Loop()
    for token in range(WINDOW_MIN):
        loop.attention.taken(token)
    loop.attention.read(is_empty=True)
    loop.goes_on(40_000)
    assert loop.attention.waited_ms() == 40_000
    loop.attention.heard_echo(loop.now_ms - 3_000)  # it went the same way
    assert loop.attention.waited_ms() == 3_000
    loop.attention.acknowledged(0)
    loop.attention.read(is_empty=True)
    assert loop.attention.waited_ms() == 0


def test_an_empty_socket_proves_nothing_once_the_window_was_full() -> None:
    """The broker has our acknowledgements, and has sent only a part of what it held back."""
    loop = Loop()
    loop.goes_on(1_000)
    loop.stands_still(4_000)
    for token in range(WINDOW_MIN):
        loop.attention.taken(token)
    assert not loop.attention.wants_echo, "it would stand behind what is held back"
    for token in range(WINDOW_MIN):
        loop.attention.acknowledged(token)
    loop.attention.taken(99)
    loop.attention.read(is_empty=True)
    loop.goes_on(200)
    assert loop.attention.waited_ms() == 4_200
    assert loop.attention.wants_echo
    loop.attention.heard_echo(loop.now_ms - 4_300)  # sent before the stop
    assert loop.attention.wants_echo
    sent_ms = loop.now_ms
    loop.stands_still(100)
    loop.attention.heard_echo(sent_ms)
    loop.attention.read(is_empty=True)
    assert loop.attention.waited_ms() == 0
    assert not loop.attention.wants_echo


def test_a_new_connection_owes_nothing() -> None:
    loop = Loop()
    for token in range(2 * WINDOW_MIN):
        loop.attention.taken(token)
    loop.goes_on(2_000)
    loop.attention.connected()
    loop.goes_on(2_000)
    assert loop.attention.waited_ms() == 0
