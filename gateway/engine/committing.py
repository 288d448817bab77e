"""Commits a unit of work, however long that takes, and tells people when it takes too long."""

import logging
import time
from collections.abc import Callable

from gateway.core.evidence import Evidence
from gateway.core.reasons import Reason
from gateway.engine import unstored
from gateway.engine.clock import Clock
from gateway.engine.health import Metrics
from gateway.engine.outgoing import Addressing
from gateway.engine.state import CommittedSite
from gateway.engine.unit_of_work import UnitOfWork
from gateway.store.database import StoreError
from gateway.store.outbox import Entry
from gateway.store.writer import Writer

log = logging.getLogger("menshen.engine")

STORE_FAILING_MS = 10_000  # so long nothing could be stored: people are told,
STORE_AGAIN_MS = 600_000  # and again
RETRY_MS = (200, 500, 1_000, 2_000, 5_000)  # then every 5 s


class Committing:
    """Writes through the site's one writer. `offers`: take entries that are due."""

    def __init__(
        self,
        writer: Writer,
        state: CommittedSite,
        addressing: Addressing,
        clock: Clock,
        metrics: Metrics,
        trouble: Callable[..., None],
    ) -> None:
        self._writer, self._state, self._addressing = writer, state, addressing
        self._clock, self._metrics, self._trouble = clock, metrics, trouble
        self.offers: list[Callable[[list[Entry]], None]] = []

    async def commit(self, unit: UnitOfWork) -> Exception | None:
        """Return when the unit of work is on the disk, however long that takes.

        Returns:
            None, or what was raised where the store will never take what is in it: nothing of it is
            stored then.
        """
        waits, began_ms, told_ms = iter(RETRY_MS), self._clock.now_ms(), None
        while True:
            started = time.perf_counter()
            try:
                await self._writer.write(unit.writes)
            except StoreError as error:
                if self._metrics.store_error != str(error):
                    log.error("nothing can be stored, and so nothing is acknowledged: %s", error)
                self._metrics.store_error = str(error)
                told_ms = self._tell_unstored(began_ms, told_ms)
                await self._clock.sleep(next(waits, RETRY_MS[-1]))
            except Exception as error:  # noqa: BLE001 - whatever stored data can do to a row
                return error
            else:
                self._stored(unit, started, began_ms, told_ms)
                return None

    def _stored(self, unit: UnitOfWork, started: float, began_ms: int, told_ms: int | None) -> None:
        if self._metrics.store_error is not None:
            log.info("the store works again")
        took_ms = (time.perf_counter() - started) * 1000
        self._metrics.committed(took_ms, unit.reports, unit.refused)
        self._metrics.evidence[Evidence.RECEIVED] += unit.signed
        self._metrics.evidence[Evidence.SEEN] += unit.acted
        if told_ms is not None:  # the case of it, now that there can be one
            failing_ms = self._clock.now_ms() - began_ms
            self._trouble(Reason.STORE_FAILING, True, age_ms=failing_ms)
            self._trouble(Reason.STORE_FAILING, False)

    def _tell_unstored(self, began_ms: int, told_ms: int | None) -> int | None:
        """Page those who must know that nothing can be stored, if it is time; when that was."""
        now_ms = self._clock.now_ms()
        next_ms = began_ms + STORE_FAILING_MS if told_ms is None else told_ms + STORE_AGAIN_MS
        if now_ms < next_ms:
            return told_ms
        told = unstored.entries(self._state, self._addressing, now_ms, now_ms - began_ms)
        for offer in self.offers if told else ():
            offer(told)
        return now_ms
