"""A door that opens and shuts again while its seal's chip wakes, which takes 0.4 s."""

import random
from pathlib import Path

import pytest

from sealnode.seal import Seal
from sealnode.settings import Settings
from sealwire.report import OPEN, SHUT
from tests.bench_board import BenchBoard
from tests.firmware import seal_bench
from tests.firmware.fake_world import Gateway, LossyLink

WAKE_MS = 400


class Sleeper:
    """A battery seal and a chip that keeps, asleep, the first change of each switch."""

    def __init__(self, folder: Path) -> None:
        self.now_ms = 5_000_000
        self.board = BenchBoard(f"{folder}/", lambda: self.now_ms)
        self.settings = Settings(seal_bench.seal_settings(1, mains=False))
        self.gateway = Gateway()
        self.link = LossyLink(random.Random(1), self.gateway)  # noqa: S311
        self.link.loss = 0.0
        self.unreachable = 0

    def wake(self) -> Seal:
        self.board.wake()
        self.link.state, self.link.inbox = 0, []
        self.seal = Seal(self.board, self.settings)
        self.seal.link = self.link  # type: ignore[assignment]
        return self.seal

    def live(self) -> None:
        """Until it sleeps."""
        for _ in range(1000):
            self.seal.poll(self.now_ms)
            if self.seal.asleep:
                return
            self.now_ms += 20
        raise AssertionError("it does not sleep")

    def told(self) -> list[tuple[int, int]]:
        return [(one.contact, one.edges) for one in self.gateway.journal.values() if not one.first]


@pytest.fixture
def sleeper(tmp_path: Path) -> Sleeper:
    made = Sleeper(tmp_path)
    made.wake()
    made.live()
    made.now_ms += 20_000
    return made


@pytest.mark.parametrize("open_ms", [20, 100, 200, 390])
def test_an_opening_shorter_than_the_wake_is_told_with_its_age(
    sleeper: Sleeper, open_ms: int
) -> None:
    opened_ms = sleeper.now_ms
    sleeper.board.open_door(0)
    sleeper.now_ms += open_ms
    sleeper.board.shut_door(0)
    sleeper.now_ms = opened_ms + WAKE_MS
    sleeper.wake()
    sleeper.live()
    assert sleeper.told() == [(OPEN, 1), (SHUT, 2)]
    seq = min(seq for seq, one in sleeper.gateway.journal.items() if one.edges == 1)
    assert abs(sleeper.gateway.edge_ms[seq] - opened_ms) <= 40


def test_what_bounced_and_came_to_rest_before_it_woke_is_one_edge(sleeper: Sleeper) -> None:
    sleeper.board.open_door(4)
    sleeper.now_ms += WAKE_MS
    sleeper.wake()
    sleeper.live()
    assert sleeper.told() == [(OPEN, 1)]


def test_who_wakes_for_nothing_sleeps_on_without_the_radio(sleeper: Sleeper) -> None:
    sent = sleeper.gateway.mark
    seal = sleeper.wake()  # a finger on a wire, and nothing latched
    sleeper.live()
    assert (seal.sent, sleeper.gateway.mark) == (0, sent)
    assert sleeper.board.slept_ms is not None
    assert sleeper.board.slept_ms > 50_000  # until its heartbeat


def test_a_broker_out_of_reach_lets_the_board_doubt_the_network_it_remembered(
    sleeper: Sleeper,
) -> None:
    def unreachable() -> None:
        sleeper.unreachable += 1

    sleeper.board.unreachable = unreachable  # type: ignore[method-assign]
    sleeper.link.loss = 1.0
    sleeper.board.open_door(0)
    sleeper.now_ms += WAKE_MS
    sleeper.wake()
    sleeper.live()
    assert sleeper.unreachable >= 1
