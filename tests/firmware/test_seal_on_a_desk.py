"""A seal as a whole, with its world played: what it says, remembers, and does when things fail."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import workbench
from played import Gateway, LossyLink

from desk_board import DeskBoard
from sealnode import link as link_states
from sealnode.hardware import COVER, REED
from sealnode.seal import FLASH_RETRY_MS, FORGET_MS, Seal
from sealnode.settings import Settings
from sealnode.spool import FILES, Spool, SpoolError
from sealwire.envelope import COUNTER_MAX
from sealwire.report import OPEN, SHUT, TAMPER


class Desk:
    """One board with its flash, a clock moved by hand, and the seal that runs on it."""

    def __init__(self, folder: Path, mains: bool = True) -> None:
        self.now_ms = 5_000_000
        self.gateway = Gateway()
        self.board = DeskBoard(f"{folder}/", lambda: self.now_ms)
        self.settings = Settings(workbench.seal_settings(1, mains=mains))
        self.link = LossyLink(random.Random(1), self.gateway)  # noqa: S311
        self.link.loss = 0.0

    def boot(self) -> Seal:
        self.link.state = link_states.DOWN
        self.board.slept_ms = None
        self.seal = Seal(self.board, self.settings)
        self.seal.link = self.link  # type: ignore[assignment]
        return self.seal

    def run(self, ms: int) -> "Desk":
        for _ in range(ms // 50):
            if self.seal.asleep:
                break
            self.seal.poll(self.now_ms)
            self.now_ms += 50
        return self

    def told(self) -> list[tuple[int, int, bool]]:
        return [(r.contact, r.edges, r.first) for r in self.gateway.journal.values()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def battery(tmp_path: Path) -> Desk:
    return Desk(tmp_path, mains=False)


def broken(desk: Desk) -> Callable[[], None]:
    """Make the flash refuse every write; the result heals it."""
    save = desk.seal.spool.save

    def refuse() -> None:
        raise OSError(28, "no space")

    desk.seal.spool.save = refuse  # type: ignore[method-assign]

    def heal() -> None:
        desk.seal.spool.save = save  # type: ignore[method-assign]

    return heal


def test_a_cold_boot_tells_contact_and_tampers_once_as_first(desk: Desk) -> None:
    desk.board.set_switch(REED, 1)
    desk.board.set_switch(COVER, 1)
    desk.boot()
    desk.run(5000)
    (told,) = desk.gateway.journal.values()
    assert (told.first, told.contact, told.cover, told.edges) == (True, OPEN, True, 0)


def test_an_edge_is_in_the_flash_before_it_is_on_the_air(desk: Desk) -> None:
    desk.boot()
    desk.run(3000)
    seen: list[int] = []
    publish = desk.link.publish

    def look(topic: str, payload: bytes, now_ms: int, qos: int = 0) -> bool:
        seen.append(Spool(desk.board.flash).edges)
        return publish(topic, payload, now_ms, qos)

    desk.link.publish = look  # type: ignore[method-assign]
    desk.board.open_door()
    desk.run(100)
    assert seen == [1]


def test_a_receipt_reaches_the_flash_soon_and_costs_no_write_of_its_own(desk: Desk) -> None:
    desk.boot()
    desk.run(3000)
    desk.board.open_door()
    desk.run(200)
    assert desk.seal.waiting == 0
    assert Spool(desk.board.flash).count == 1
    desk.run(FORGET_MS + 200)
    assert Spool(desk.board.flash).count == 0


def test_a_flash_that_fails_does_not_silence_the_seal(desk: Desk) -> None:
    desk.boot()
    desk.run(3000)
    heal = broken(desk)
    desk.board.open_door()
    desk.run(500)
    assert (OPEN, 1, False) in desk.told()
    assert desk.seal.flash_failures >= 1
    heal()
    desk.run(2 * FLASH_RETRY_MS + FORGET_MS)
    assert Spool(desk.board.flash).edges == 1


def test_an_epoch_that_is_not_in_the_flash_is_never_used(desk: Desk) -> None:
    desk.boot()
    desk.run(3000)
    desk.seal.spool.counter = COUNTER_MAX
    heal = broken(desk)
    desk.board.open_door()
    desk.run(20_000)
    assert desk.gateway.mark[0] == 1
    heal()
    desk.run(20_000)
    assert desk.gateway.mark[0] == 2
    assert (OPEN, 1, False) in desk.told()


def test_without_a_flash_for_its_first_epoch_there_is_no_seal(desk: Desk) -> None:
    for name in FILES:
        Path(desk.board.flash, name).mkdir()
    with pytest.raises(OSError, match="directory"):
        desk.boot()


def test_without_a_readable_spool_there_is_no_seal(desk: Desk) -> None:
    Path(desk.board.flash, FILES[0]).write_bytes(b"rubbish")
    with pytest.raises(SpoolError, match="with a new key"):
        desk.boot()


def test_a_network_that_goes_and_comes_back_is_found_again(desk: Desk) -> None:
    desk.boot()
    desk.run(3000)
    assert desk.seal.online
    desk.board.network = False
    desk.board.open_door()
    desk.run(90_000)
    assert not desk.seal.online
    assert desk.seal.waiting == 1
    desk.board.network = True
    desk.run(120_000)
    assert (OPEN, 1, False) in desk.told()
    assert desk.seal.waiting == 0


def test_a_sleeping_seal_wakes_in_its_epoch_and_tells_the_edge_that_woke_it(battery: Desk) -> None:
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


def test_a_sleeping_seal_wakes_for_its_beat(battery: Desk) -> None:
    battery.boot()
    battery.run(20_000)
    slept_ms = battery.board.slept_ms
    assert slept_ms is not None
    assert 0 < slept_ms <= battery.settings.beat_ms
    battery.now_ms += slept_ms
    seal = battery.boot()
    battery.run(10_000)
    assert seal.asleep
    assert (seal.sent, seal.receipts) == (1, 1)


def test_a_report_kept_through_deep_sleep_knows_its_age(battery: Desk) -> None:
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


def test_a_seal_does_not_fall_asleep_over_a_moving_switch(battery: Desk) -> None:
    battery.boot()
    battery.link.loss = 1.0  # nothing gets through yet
    battery.run(500)
    look = battery.seal._look
    battery.seal._look = lambda now_ms: None  # type: ignore[method-assign]
    battery.board.open_door(0)  # in the very moment between the last look and sleep
    battery.link.loss = 0.0
    battery.run(5000)
    assert not battery.seal.asleep
    battery.seal._look = look  # type: ignore[method-assign]
    battery.run(5000)
    assert battery.seal.asleep
    assert battery.told()[-1] == (OPEN, 1, False)


@pytest.mark.parametrize("memory", [b"", b"MSR1", bytes(30), b"\xff" * 64, b"MSR1" + bytes(22)])
def test_a_memory_that_is_rubbish_is_a_cold_boot(battery: Desk, memory: bytes) -> None:
    battery.boot()
    battery.board.memory = memory
    assert battery.boot().spool.epoch == 2


def test_any_flipped_bit_of_the_memory_is_a_cold_boot(battery: Desk) -> None:
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


def test_the_memory_is_forgotten_before_it_is_used(battery: Desk) -> None:
    battery.boot()
    battery.run(20_000)
    assert battery.board.memory
    assert battery.boot().spool.epoch == 1
    assert battery.board.memory == b""
    assert battery.boot().spool.epoch == 2


def test_a_tamper_is_told_with_both_its_edges(desk: Desk) -> None:
    desk.boot()
    desk.run(3000)
    desk.board.set_cover(True)
    desk.run(1000)
    desk.board.set_cover(False)
    desk.run(1000)
    desk.board.set_magnet(True)
    desk.run(1000)
    told = [(r.cover, r.magnet) for r in desk.gateway.journal.values() if r.kind == TAMPER]
    assert told == [(True, False), (False, False), (False, True)]
    assert {r.contact for r in desk.gateway.journal.values()} == {SHUT}


def test_a_seal_s_own_report_sent_back_to_it_is_no_receipt(desk: Desk) -> None:
    desk.boot()
    desk.link.loss = 1.0
    desk.run(3000)
    desk.link.loss = 0.0
    heard: list[bytes] = []
    publish = desk.link.publish

    def echo(topic: str, payload: bytes, now_ms: int, qos: int = 0) -> bool:
        heard.append(payload)
        desk.link.inbox.append(("", payload))
        return publish(topic, payload, now_ms, qos)

    desk.link.publish = echo  # type: ignore[method-assign]
    desk.board.open_door()
    desk.run(30_000)
    assert desk.seal.refused >= 1
    assert heard
    assert (OPEN, 1, False) in desk.told()
