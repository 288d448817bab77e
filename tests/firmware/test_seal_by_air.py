"""A battery seal that speaks both ways, through hours of sleep: what it costs, and its numbers."""

import random
from pathlib import Path

import pytest

from sealnode import link as link_states
from sealnode.hardware import REED
from sealnode.seal import Seal
from sealnode.settings import Settings
from sealwire import VERSION, advert, envelope, gateway_end, receipt
from sealwire.receipt import HEARD, HEARD_MS, STORED, Receipt
from sealwire.report import OPEN, SHUT, Report
from tests.bench_board import BenchBoard
from tests.firmware import seal_bench
from tests.firmware.fake_world import Gateway, LossyLink

HOUR_MS = 3_600_000
BEAT_MS = 100_000


class TwoEars(Gateway):
    """The receiving side of both ways: one mark, one ledger of numbers, and its word on the air."""

    def __init__(self) -> None:
        super().__init__()
        self.ids = advert.id_cipher(seal_bench.KEY)
        self.hears_air = True
        self.by_air: list[tuple[int, Report]] = []
        self.numbers: list[tuple[int, int]] = []
        self.frames: set[bytes] = set()

    def hear(self, frame: bytes, now_ms: int) -> bytes | None:
        _, epoch, counter, plain = envelope.open_up(self.cipher, self.seal_id, frame)
        if frame not in self.frames:  # the network may double it
            self.numbers.append((epoch, counter))
        self.frames.add(frame)
        if super().hear(frame, now_ms) is None:
            return None
        verdict = HEARD if self.hears_air and self.by_air else STORED
        said = gateway_end.unpack(plain, envelope.version_of(frame))
        answer = receipt.pack(Receipt(said.seq if isinstance(said, Report) else 0, verdict))
        return envelope.seal_up(self.cipher, self.seal_id, envelope.DOWN, epoch, counter, answer)

    def overhear(self, said: bytes, now_ms: int) -> None:
        """An advertisement: whose number it is, only who has the key can tell."""
        service = advert.service_data(said)
        epoch, known = max([(1, 0), *self.numbers])
        for next_epoch, counter in ((epoch, known + 1), (epoch + 1, 1)):
            if advert.rotating_id(self.ids, next_epoch, counter) != service[:4]:
                continue
            plain = advert.open_advert(self.cipher, self.seal_id, next_epoch, counter, service)
            self.numbers.append((next_epoch, counter))
            said = gateway_end.unpack(plain, VERSION)
            assert isinstance(said, Report)  # a note is for who can answer
            self.by_air.append((now_ms, said))
            return
        raise AssertionError("an advertisement whose number is not the next one")


class AirBench(BenchBoard):
    """A board whose advertisements are overheard."""

    ear: TwoEars

    def advertise(self, payload: bytes, repeats: int) -> int:
        if payload:
            self.ear.overhear(payload, self.now_ms())
        return super().advertise(payload, repeats)


class BySleep:
    """One battery seal, its clock moved by hand; its sleeps pass at once."""

    def __init__(self, folder: Path) -> None:
        self.now_ms = 5_000_000
        self.gateway = TwoEars()
        self.board = AirBench(f"{folder}/", lambda: self.now_ms, battery_mv=3000)
        self.board.ear = self.gateway
        self.settings = Settings(seal_bench.seal_settings(1, mains=False, bluetooth=True))
        self.connections: list[int] = []
        self.awake_ms = 0

    def wake(self) -> Seal:
        link = LossyLink(random.Random(1), self.gateway)  # noqa: S311 - it loses nothing
        link.loss, opened = 0.0, link.open

        def counted(now_ms: int) -> None:
            self.connections.append(now_ms)
            opened(now_ms)

        link.open = counted  # type: ignore[method-assign]
        seal = Seal(self.board, self.settings)
        seal.link = link  # type: ignore[assignment]
        self.board.slept_ms = None
        while not seal.asleep:
            assert not self.board.slept_ms
            seal.poll(self.now_ms)
            self.now_ms += 10
            self.awake_ms += 10
        assert self.board.on_air == b""  # nobody sleeps on the air, and the radio is let go
        assert link.state == link_states.DOWN
        return seal

    def live(self, ms: int) -> "BySleep":
        until_ms = self.now_ms + ms
        while self.now_ms < until_ms:
            self.wake()
            assert self.board.slept_ms is not None
            self.now_ms += self.board.slept_ms
        return self


@pytest.fixture
def battery(tmp_path: Path) -> BySleep:
    return BySleep(tmp_path)


def test_once_it_is_heard_by_air_the_network_has_a_beat_now_and_then(battery: BySleep) -> None:
    battery.live(HOUR_MS // 4)
    began = len(battery.connections)
    battery.gateway.by_air.clear()
    battery.gateway.by_air.append((0, Report(SHUT, 0, 0, 0)))
    battery.awake_ms = 0
    battery.live(3 * HEARD_MS)
    assert 2 <= len(battery.connections) - began <= 4
    beats = len(battery.gateway.by_air) - 1
    assert 3 * HEARD_MS / BEAT_MS <= beats <= 3 * HEARD_MS / BEAT_MS * 1.15
    assert battery.awake_ms / beats < 500  # ten advertisements, and hardly more
    assert len(set(battery.gateway.numbers)) == len(battery.gateway.numbers)


def test_while_nobody_hears_it_by_air_it_beats_over_the_network(battery: BySleep) -> None:
    battery.gateway.hears_air = False
    battery.live(HOUR_MS)
    assert len(battery.connections) >= HOUR_MS // BEAT_MS
    assert len(battery.gateway.by_air) >= HOUR_MS // BEAT_MS  # and is still to be heard
    battery.gateway.hears_air = True
    battery.live(HOUR_MS // 10)
    before = len(battery.connections)
    battery.live(HOUR_MS // 2)
    assert len(battery.connections) - before <= 1


def test_an_opening_is_heard_by_air_before_the_network_is_there(battery: BySleep) -> None:
    battery.live(HOUR_MS // 4)
    battery.board.play([(battery.now_ms, REED, 1)])
    opened_ms = battery.now_ms
    battery.wake()
    heard = [(at, said) for at, said in battery.gateway.by_air if said.contact == OPEN]
    assert heard[0][0] - opened_ms <= 100
    assert heard[0][1].edges == 1
    told = [said for said in battery.gateway.journal.values() if said.contact == OPEN]
    assert [said.edges for said in told] == [1]  # and over the network, with its receipt


def test_numbers_never_come_twice_over_cold_boots_and_sleeps(battery: BySleep) -> None:
    for boot in range(12):
        battery.live(HOUR_MS // 20)
        battery.board.play([(battery.now_ms, REED, boot % 2)])
        battery.wake()
        if boot % 3 == 2:
            battery.board.memory = b""  # the cells were out
    assert len(set(battery.gateway.numbers)) == len(battery.gateway.numbers)
    assert max(battery.gateway.numbers)[0] >= 4
