"""Seals at the mercy of chance: a door, a lossy link, power cuts, and what must hold throughout.

Each life has a printed seed; MENSHEN_SEED repeats one. The link is the outermost call, so it alone
is fake: what goes out may be lost or doubled, and the receipts may be lost or late.
"""

import os
import random
from pathlib import Path

import pytest

from sealnode import link as link_states
from sealnode.hardware import REED
from sealnode.seal import Seal
from sealnode.settings import Settings
from sealwire.report import EDGE, OPEN, SHUT
from tests.bench_board import BenchBoard
from tests.firmware import seal_bench
from tests.firmware.fake_world import Gateway, LossyLink

LIVES = int(os.environ.get("MENSHEN_LIVES", "20"))
STEPS = 1000
SEED = os.environ.get("MENSHEN_SEED")


class Life:
    """One seal over many boots on one flash, stepped by hand."""

    def __init__(self, folder: Path, seed: int, mains: bool) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.now_ms = 1_000_000
        self.gateway = Gateway()
        self.link = LossyLink(self.chance, self.gateway)
        self.settings = Settings(seal_bench.seal_settings(1, mains=mains, heartbeat_s=60))
        self.board = BenchBoard(f"{folder}/", lambda: self.now_ms, seed=seed)
        self.opened: list[tuple[int, int]] = []  # (contact, at_ms) of every edge the seal could see
        self.boots: list[int] = []
        self.boot()

    def boot(self) -> None:
        self.boots.append(self.now_ms)
        self.link.state = link_states.DOWN
        self.link.inbox = []
        self.seal = Seal(self.board, self.settings, self.now_ms)
        self.seal.link = self.link  # type: ignore[assignment]
        self.seal.poll(self.now_ms)

    def cut_power(self) -> None:
        if self.chance.random() < 0.5:  # a reset may leave the board's memory as it was
            self.board.memory = b""
        self.boot()

    def wake(self) -> None:
        assert self.board.slept_ms is not None
        self.now_ms += self.chance.randrange(1, self.board.slept_ms + 1)
        self.boot()

    def step(self) -> None:
        dice = self.chance.random()
        if dice < 0.10:
            self.toggle()
        elif dice < 0.11:
            self.cut_power()
        self.now_ms += self.chance.choice((5, 30, 200, 1000, 7000))
        self.poll()

    def poll(self) -> None:
        wait_ms = self.seal.poll(self.now_ms)
        assert 0 <= wait_ms <= 30_000
        if self.seal.asleep:
            self.wake()

    def toggle(self) -> None:
        self.now_ms += 300
        self.poll()  # at rest, and seen as it is
        contact = 1 - self.board.level(REED)
        self.board.set_switch(REED, contact, self.chance.choice((0, 2, 4)))
        self.opened.append((contact, self.now_ms))
        self.now_ms += 50
        self.seal.poll(self.now_ms)

    def calm_down(self) -> None:
        """Nothing is lost any more; run until nothing waits."""
        self.link.loss = 0.0
        for _ in range(5000):
            self.now_ms += 200
            self.poll()
            if not self.seal.waiting:
                return
        raise AssertionError(f"{self.seal.waiting} reports wait for ever")


@pytest.mark.parametrize("mains", [True, False], ids=["mains", "battery"])
@pytest.mark.parametrize("number", range(1 if SEED else LIVES))
def test_whatever_happens_every_edge_is_told_once_and_no_number_comes_twice(
    tmp_path: Path, number: int, mains: bool
) -> None:
    seed = int(SEED) if SEED else random.SystemRandom().randrange(1 << 30)
    print(f"MENSHEN_SEED={seed}")
    life = Life(tmp_path, seed, mains)
    for _ in range(STEPS):
        life.step()
    life.calm_down()
    edges = sorted(
        (told for told in life.gateway.journal.values() if told.kind == EDGE and not told.first),
        key=lambda told: told.seq,
    )
    dropped = life.seal.spool.dropped
    assert [told.edges for told in edges] == list(range(1, len(edges) + 1)) or dropped
    assert [told.contact for told in edges] == [contact for contact, _ in life.opened] or dropped
    for told, (_, at_ms) in zip(edges, life.opened, strict=True):
        if told.seq in life.gateway.edge_ms:
            assert abs(life.gateway.edge_ms[told.seq] - at_ms) <= 60
    assert {told.contact for told in edges} <= {OPEN, SHUT}
    assert life.seal.spool.edges == len(life.opened)
