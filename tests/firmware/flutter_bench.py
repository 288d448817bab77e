"""A seal whose door's contact flutters for hours, in a world that loses nothing: what it costs."""

import random
from collections.abc import Callable
from pathlib import Path

from sealnode.hardware import REED
from sealnode.seal import Seal
from sealnode.settings import Settings
from sealwire.report import Report
from tests.bench_board import BenchBoard
from tests.firmware import seal_bench
from tests.firmware.fake_world import Gateway, LossyLink

STEP_MS = 50
HOUR_MS = 3_600_000


class Fluttering:
    """A seal on mains or batteries, stepped through its hours; what it asks of flash and radio."""

    def __init__(self, folder: Path, mains: bool) -> None:
        self.now_ms = 5_000_000
        self.gateway = Gateway()
        self.board = BenchBoard(f"{folder}/", lambda: self.now_ms)
        self.settings = Settings(seal_bench.seal_settings(1, mains=mains))
        self.link = LossyLink(random.Random(1), self.gateway)  # noqa: S311
        self.link.loss = 0.0
        self.edges = self.flash_writes = self.wakes = self.sent = 0
        self.heard: list[tuple[int, Report]] = []  # when, and what: once each
        self._toggled_ms = 0
        self._told = 0
        self.boot()

    def boot(self) -> None:
        self.board.wake()
        self.link.state = 0
        self.link.inbox = []
        self.seal = Seal(self.board, self.settings)
        self.seal.link = self.link  # type: ignore[assignment]
        self.wakes += 1
        save = self.seal.spool.save

        def counted() -> None:
            self.flash_writes += 1
            save()

        self.seal.spool.save = counted  # type: ignore[method-assign]

    def toggle(self) -> None:
        """The contact goes over."""
        self.board.set_switch(REED, 1 - self.board.level(REED))
        self._toggled_ms = self.now_ms
        self.edges += 1

    def live(self, ms: int, every_ms: int | None) -> None:
        """Let time pass; the contact toggles `every_ms`, or not at all."""
        end_ms = self.now_ms + ms
        while self.now_ms < end_ms:
            if every_ms is not None and self.now_ms - self._toggled_ms >= every_ms:
                self.toggle()
            if self.seal.asleep:
                if self._wakes():
                    self.sent += self.seal.sent
                    self.boot()
            else:
                self.seal.poll(self.now_ms)
                if self.seal.asleep:
                    self._slept_at_ms, self._stood = self.now_ms, self.board.level(REED)
            self._hear()
            self.now_ms += STEP_MS

    def calm(self, is_calm: Callable[[], bool]) -> None:
        """No more toggles, until `is_calm`; ten minutes at most."""
        for _ in range(600):
            if is_calm():
                return
            self.live(1000, None)
        raise AssertionError("it does not come to rest")

    def _wakes(self) -> bool:
        assert self.board.slept_ms is not None
        is_over = self.now_ms - self._slept_at_ms >= self.board.slept_ms
        free = not self.board.muted & 1
        return is_over or (free and self.board.level(REED) != self._stood)

    def _hear(self) -> None:
        told = list(self.gateway.journal.values())
        self.heard += [(self.now_ms, report) for report in told[self._told :]]
        self._told = len(told)
