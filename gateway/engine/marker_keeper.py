"""Keeps the markers of the database fresh: seldom enough to cost nothing, and at the end."""

import asyncio
import logging
from pathlib import Path

from gateway.engine.clock import Clock
from gateway.store import marker
from gateway.store.life import Life

log = logging.getLogger("menshen.store")


class MarkerKeeper:
    """Writes what a life knows to the places of its markers."""

    def __init__(self, life: Life, places: list[Path]) -> None:
        self._life, self._places = life, places
        self._failed = False

    async def run(self, clock: Clock) -> None:
        """Write every `marker.WRITE_EVERY_MS`, until cancelled."""
        while True:
            await clock.sleep(marker.WRITE_EVERY_MS)
            await asyncio.to_thread(self.write)

    def write(self, is_stopped: bool = False) -> None:
        """Write now. A disk that does not let it is logged; the next time may do better."""
        try:
            self._life.settle()
            marker.write(self._places, self._life.marker(is_stopped))
        except OSError as error:
            if not self._failed:
                log.warning("the marker beside the database: %s", error.strerror)
            self._failed = True
        else:
            self._failed = False
