"""Safe mode: what is left of a seal after ten bad starts, and main.py that goes into it."""

import random
from pathlib import Path

import pytest

from sealnode.hardware import COVER, REED
from sealnode.safe_mode import SafeSeal
from sealnode.seal import Seal
from sealnode.settings import Settings
from sealwire import envelope, gateway_end
from sealwire.report import HEARTBEAT, OPEN, UNKNOWN, Report
from tests.bench_board import BenchBoard
from tests.firmware import seal_bench
from tests.firmware.fake_world import Gateway, LossyLink


class Listener(Gateway):
    """A gateway that remembers every transmission, heartbeats too."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Report] = []

    def hear(self, frame: bytes, now_ms: int) -> bytes | None:
        *_, plain = envelope.open_up(self.cipher, self.seal_id, frame)
        said = gateway_end.unpack(plain, envelope.version_of(frame))
        if isinstance(said, Report):
            self.heard.append(said)
        return super().hear(frame, now_ms)


class Bench:
    """A board with a flash, on which seals of either kind start."""

    def __init__(self, folder: Path, mains: bool) -> None:
        self.now_ms = 5_000_000
        self.board = BenchBoard(f"{folder}/", lambda: self.now_ms)
        self.settings = Settings(seal_bench.seal_settings(1, mains=mains))
        self.gateway = Listener()
        self.link = LossyLink(random.Random(1), self.gateway)  # noqa: S311
        self.link.loss = 0.0

    def start(self, kind: type[Seal]) -> Seal:
        self.link.state, self.link.inbox = 0, []
        self.seal = kind(self.board, self.settings)
        self.seal.link = self.link  # type: ignore[assignment]
        return self.seal

    def live(self, ms: int) -> None:
        for _ in range(ms // 50):
            if self.seal.asleep:
                return
            self.seal.poll(self.now_ms)
            self.now_ms += 50


@pytest.fixture
def mains(tmp_path: Path) -> Bench:
    return Bench(tmp_path, mains=True)


def test_it_beats_and_says_that_it_does_not_know_the_door(mains: Bench) -> None:
    mains.start(SafeSeal)
    mains.board.open_door()
    mains.board.set_cover(True)
    mains.live(250_000)
    assert len(mains.gateway.heard) >= 3
    assert {(one.kind, one.contact) for one in mains.gateway.heard} == {(HEARTBEAT, UNKNOWN)}
    assert mains.seal.receipts >= 3
    assert mains.seal.spool.edges == 0


def test_what_it_kept_before_still_goes_out_and_in_order(mains: Bench) -> None:
    mains.start(Seal)
    mains.live(2000)
    mains.link.loss = 1.0
    mains.board.open_door(0)
    mains.live(2000)
    mains.start(SafeSeal)
    mains.link.loss = 0.0
    before = len(mains.gateway.heard)
    mains.live(150_000)
    told = mains.gateway.heard[before:]
    assert (told[0].contact, told[0].edges, told[0].age_ms) == (OPEN, 1, None)
    assert told[-1].contact == UNKNOWN


def test_on_batteries_it_sleeps_and_no_switch_wakes_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path, mains=False)
    bench.start(SafeSeal)
    bench.live(20_000)
    assert bench.seal.asleep
    assert bench.board.muted == 1 << REED | 1 << COVER | 4
    assert bench.board.slept_ms is not None
    bench.now_ms += bench.board.slept_ms
    bench.start(SafeSeal)  # a wake is no start, so it stays what it is
    bench.live(20_000)
    assert bench.seal.spool.epoch == 1
    assert bench.gateway.heard[-1].contact == UNKNOWN


def test_a_whole_seal_after_it_begins_with_a_first_reading(mains: Bench) -> None:
    mains.start(SafeSeal)
    mains.live(5000)
    mains.board.memory = b""
    mains.board.open_door(0)
    mains.start(Seal)
    mains.live(5000)
    first = next(iter(mains.gateway.journal.values()))
    assert (first.first, first.contact) == (True, OPEN)
