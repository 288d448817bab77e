"""A seal as a whole, in a fake world: what it says, remembers, and does when things fail."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from sealnode import link as link_states
from sealnode.hardware import COVER, REED
from sealnode.seal import FLASH_RETRY_MS, FORGET_MS, Seal
from sealnode.settings import Settings
from sealnode.spool import FILES, Spool, SpoolError
from sealwire.envelope import COUNTER_MAX
from sealwire.report import OPEN, SHUT, TAMPER
from tests.bench_board import BenchBoard
from tests.firmware import seal_bench
from tests.firmware.fake_world import Gateway, LossyLink


class BenchSeal:
    """One board with its flash, a clock moved by hand, and the seal that runs on it."""

    def __init__(self, folder: Path, mains: bool = True) -> None:
        self.now_ms = 5_000_000
        self.gateway = Gateway()
        self.board = BenchBoard(f"{folder}/", lambda: self.now_ms)
        self.settings = Settings(seal_bench.seal_settings(1, mains=mains))
        self.link = LossyLink(random.Random(1), self.gateway)  # noqa: S311
        self.link.loss = 0.0

    def boot(self) -> Seal:
        self.link.state = link_states.DOWN
        self.board.slept_ms = None
        self.seal = Seal(self.board, self.settings)
        self.seal.link = self.link  # type: ignore[assignment]
        return self.seal

    def run(self, ms: int) -> "BenchSeal":
        for _ in range(ms // 50):
            if self.seal.asleep:
                break
            self.seal.poll(self.now_ms)
            self.now_ms += 50
        return self

    def told(self) -> list[tuple[int, int, bool]]:
        return [(r.contact, r.edges, r.first) for r in self.gateway.journal.values()]


@pytest.fixture
def bench(tmp_path: Path) -> BenchSeal:
    return BenchSeal(tmp_path)


@pytest.fixture
def battery(tmp_path: Path) -> BenchSeal:
    return BenchSeal(tmp_path, mains=False)


def broken(bench: BenchSeal) -> Callable[[], None]:
    """Make the flash refuse every write; the result heals it."""
    save = bench.seal.spool.save

    def refuse() -> None:
        raise OSError(28, "no space")

    bench.seal.spool.save = refuse  # type: ignore[method-assign]

    def heal() -> None:
        bench.seal.spool.save = save  # type: ignore[method-assign]

    return heal


def test_a_cold_boot_tells_contact_and_tampers_once_as_first(bench: BenchSeal) -> None:
    bench.board.set_switch(REED, 1)
    bench.board.set_switch(COVER, 1)
    bench.boot()
    bench.run(5000)
    (told,) = bench.gateway.journal.values()
    assert (told.first, told.contact, told.cover, told.edges) == (True, OPEN, True, 0)


def test_an_edge_is_in_the_flash_before_it_is_on_the_air(bench: BenchSeal) -> None:
    bench.boot()
    bench.run(3000)
    seen: list[int] = []
    publish = bench.link.publish

    def query(topic: str, payload: bytes, now_ms: int, qos: int = 0) -> bool:
        seen.append(Spool(bench.board.flash).edges)
        return publish(topic, payload, now_ms, qos)

    bench.link.publish = query  # type: ignore[method-assign]
    bench.board.open_door()
    bench.run(100)
    assert seen == [1]


def test_a_receipt_reaches_the_flash_soon_and_costs_no_write_of_its_own(bench: BenchSeal) -> None:
    bench.boot()
    bench.run(3000)
    bench.board.open_door()
    bench.run(200)
    assert bench.seal.waiting == 0
    assert Spool(bench.board.flash).count == 1
    bench.run(FORGET_MS + 200)
    assert Spool(bench.board.flash).count == 0


def test_a_flash_that_fails_does_not_silence_the_seal(bench: BenchSeal) -> None:
    bench.boot()
    bench.run(3000)
    heal = broken(bench)
    bench.board.open_door()
    bench.run(500)
    assert (OPEN, 1, False) in bench.told()
    assert bench.seal.flash_failures >= 1
    heal()
    bench.run(2 * FLASH_RETRY_MS + FORGET_MS)
    assert Spool(bench.board.flash).edges == 1


def test_an_epoch_that_is_not_in_the_flash_is_never_used(bench: BenchSeal) -> None:
    bench.boot()
    bench.run(3000)
    bench.seal.spool.counter = COUNTER_MAX
    heal = broken(bench)
    bench.board.open_door()
    bench.run(20_000)
    assert bench.gateway.mark[0] == 1
    heal()
    bench.run(20_000)
    assert bench.gateway.mark[0] == 2
    assert (OPEN, 1, False) in bench.told()


def test_without_a_flash_for_its_first_epoch_there_is_no_seal(bench: BenchSeal) -> None:
    for name in FILES:
        Path(bench.board.flash, name).mkdir()
    with pytest.raises(OSError, match="directory"):
        bench.boot()


def test_without_a_readable_spool_there_is_no_seal(bench: BenchSeal) -> None:
    Path(bench.board.flash, FILES[0]).write_bytes(b"rubbish")
    with pytest.raises(SpoolError, match="with a new key"):
        bench.boot()


def test_a_network_that_goes_and_comes_back_is_found_again(bench: BenchSeal) -> None:
    bench.boot()
    bench.run(3000)
    assert bench.seal.online
    bench.board.network = False
    bench.board.open_door()
    bench.run(90_000)
    assert not bench.seal.online
    assert bench.seal.waiting == 1
    bench.board.network = True
    bench.run(120_000)
    assert (OPEN, 1, False) in bench.told()
    assert bench.seal.waiting == 0


def test_a_sleeping_seal_wakes_in_its_epoch_and_tells_the_edge_that_woke_it(
    battery: BenchSeal,
) -> None:
    battery.boot()
    battery.run(20_000)
    assert battery.seal.asleep
    battery.now_ms += 40_000
    battery.board.open_door(0)
    battery.now_ms += 400
    seal = battery.boot()
    battery.run(10_000)
    assert seal.asleep
    assert battery.told()[-1] == (OPEN, 1, False)
    assert seal.spool.epoch == 1
    assert battery.gateway.mark[0] == 1
    assert len(battery.gateway.journal) == 2  # no second first report


def test_a_sleeping_seal_wakes_for_its_heartbeat(battery: BenchSeal) -> None:
    battery.boot()
    battery.run(20_000)
    slept_ms = battery.board.slept_ms
    assert slept_ms is not None
    assert 0 < slept_ms <= battery.settings.heartbeat_ms
    battery.now_ms += slept_ms
    seal = battery.boot()
    battery.run(10_000)
    assert seal.asleep
    assert (seal.sent, seal.receipts) == (1, 1)


def test_a_report_kept_through_deep_sleep_knows_its_age(battery: BenchSeal) -> None:
    battery.boot()
    battery.run(20_000)
    battery.now_ms += 10_000
    battery.board.network = False
    battery.board.open_door(0)
    seal = battery.boot()
    opened_ms = battery.now_ms
    battery.run(30_000)
    assert seal.asleep
    battery.now_ms += 30_000
    battery.board.network = True
    battery.boot()
    battery.run(10_000)
    (seq,) = (s for s, r in battery.gateway.journal.items() if r.edges == 1)
    assert abs(battery.gateway.edge_ms[seq] - opened_ms) < 100


def test_a_seal_does_not_fall_asleep_over_a_moving_switch(battery: BenchSeal) -> None:
    battery.boot()
    battery.link.loss = 1.0  # nothing gets through yet
    battery.run(500)
    sample = battery.seal._sample
    battery.seal._sample = lambda now_ms: None  # type: ignore[method-assign]
    battery.board.open_door(0)  # in the very moment between the last reading and sleep
    battery.link.loss = 0.0
    battery.run(5000)
    assert not battery.seal.asleep
    battery.seal._sample = sample  # type: ignore[method-assign]
    battery.run(5000)
    assert battery.seal.asleep
    assert battery.told()[-1] == (OPEN, 1, False)


@pytest.mark.parametrize("memory", [b"", b"MSR1", bytes(30), b"\xff" * 64, b"MSR1" + bytes(22)])
def test_a_memory_that_is_rubbish_is_a_cold_boot(battery: BenchSeal, memory: bytes) -> None:
    battery.boot()
    battery.board.memory = memory
    assert battery.boot().spool.epoch == 2


def test_any_flipped_bit_of_the_memory_is_a_cold_boot(battery: BenchSeal) -> None:
    battery.boot()
    battery.run(20_000)
    memory = battery.board.memory
    assert 0 < len(memory) <= 64
    for bit in range(len(memory) * 8):
        flipped = bytearray(memory)
        flipped[bit // 8] ^= 1 << bit % 8
        battery.board.memory = bytes(flipped)
        epoch = battery.seal.spool.epoch
        assert battery.boot().spool.epoch == epoch + 1


def test_the_memory_is_forgotten_before_it_is_used(battery: BenchSeal) -> None:
    battery.boot()
    battery.run(20_000)
    assert battery.board.memory
    assert battery.boot().spool.epoch == 1
    assert battery.board.memory == b""
    assert battery.boot().spool.epoch == 2


def test_a_tamper_is_told_with_both_its_edges(bench: BenchSeal) -> None:
    bench.boot()
    bench.run(3000)
    bench.board.set_cover(True)
    bench.run(1000)
    bench.board.set_cover(False)
    bench.run(1000)
    bench.board.set_magnet(True)
    bench.run(1000)
    told = [(r.cover, r.magnet) for r in bench.gateway.journal.values() if r.kind == TAMPER]
    assert told == [(True, False), (False, False), (False, True)]
    assert {r.contact for r in bench.gateway.journal.values()} == {SHUT}


def test_a_seal_s_own_report_sent_back_to_it_is_no_receipt(bench: BenchSeal) -> None:
    bench.boot()
    bench.link.loss = 1.0
    bench.run(3000)
    bench.link.loss = 0.0
    heard: list[bytes] = []
    publish = bench.link.publish

    def echo(topic: str, payload: bytes, now_ms: int, qos: int = 0) -> bool:
        heard.append(payload)
        bench.link.inbox.append(("", payload))
        return publish(topic, payload, now_ms, qos)

    bench.link.publish = echo  # type: ignore[method-assign]
    bench.board.open_door()
    bench.run(30_000)
    assert bench.seal.refused >= 1
    assert heard
    assert (OPEN, 1, False) in bench.told()
