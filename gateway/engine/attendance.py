"""How long the gateway has listened on each way, in all its lives.

Whoever waits for a seal to speak asks how long anybody was there to hear it. Of one life that is
known by its beginning; a village whose power goes every few hours has no life that is long enough,
so each hour's minutes are stored, now and then: a life that ends at any moment loses half of its
own at most, and none of those before.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from gateway.core.duration import HOUR_MS, MINUTE_MS, SECOND_MS
from gateway.core.model import Path
from gateway.engine.clock import Clock
from gateway.store import states
from gateway.store.database import Store, StoreError
from gateway.store.states import Listened

log = logging.getLogger("menshen.engine")

LOOK_EVERY_MS: Final = 20 * SECOND_MS
FIRST_SAVED_MS: Final = MINUTE_MS  # of a life; then each time when it is twice as old,
SAVE_EVERY_MS: Final = 15 * MINUTE_MS  # and so often at least
KEPT_HOURS: Final = 8 * 24
BELIEVED_MAX: Final = 20_000  # ways of seals; those of a site that is larger begin anew


class Attendance:
    """Counts, by the gateway's clock.

    Args:
        store: keeps it through the lives.
        clock: the gateway's.

    `listens`: by way, whether anybody can be heard there now; nobody, where it is not said.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self.listens: dict[Path, Callable[[], bool]] = {}
        with store.reading() as connection:
            known = states.listened(connection)
        self._hours = {path: dict(known.hours.get(path, {})) for path in Path}
        self._believed = dict(known.believed)
        self._looked_ms = self._began_ms = clock.now_ms()
        self._saves_ms = self._began_ms + FIRST_SAVED_MS

    def listened_ms(self, path: Path, since_ms: int) -> int:
        """How long somebody was there to hear what came that way since a time (ms of UTC), at the
        least: its first hour is not counted, nor what a clock that was ahead has left."""
        first, latest = since_ms // HOUR_MS + 1, self._clock.now_ms() // HOUR_MS
        return sum(ms for hour, ms in self._hours[path].items() if first <= hour <= latest)

    def believed_ms(self, name: str) -> int:
        """Since when something is believed that nobody has seen: since this is first asked."""
        if len(self._believed) >= BELIEVED_MAX:
            return self._believed.get(name, self._began_ms)
        return self._believed.setdefault(name, self._clock.now_ms())

    def seen(self, name: str) -> None:
        """It is believed no more, for it was seen."""
        self._believed.pop(name, None)

    def moved(self, by_ms: int) -> None:
        """The gateway's clock was set by so much. Hours stay whole."""
        by_hours = round(by_ms / HOUR_MS)
        for path, hours in self._hours.items():
            self._hours[path] = {hour + by_hours: ms for hour, ms in hours.items()}
        self._believed = {name: at_ms + by_ms for name, at_ms in self._believed.items()}
        self._looked_ms += by_ms
        self._began_ms += by_ms
        self._saves_ms += by_ms

    def look(self) -> None:
        """Count the time since the last look, on the ways on which somebody listens."""
        now_ms = self._clock.now_ms()
        passed_ms = min(max(0, now_ms - self._looked_ms), 2 * LOOK_EVERY_MS)
        self._looked_ms = now_ms
        hour = (now_ms - passed_ms) // HOUR_MS
        for path, hours in self._hours.items():
            if passed_ms and path in self.listens and self.listens[path]():
                hours[hour] = min(hours.get(hour, 0) + passed_ms, HOUR_MS)
            for old in [one for one in hours if one <= hour - KEPT_HOURS]:
                del hours[old]

    async def run(self) -> None:
        """Count, and store it now and then, until cancelled."""
        try:
            while True:
                self.look()
                if self._clock.now_ms() >= self._saves_ms:
                    await asyncio.to_thread(self._write, self._known())
                await self._clock.sleep(LOOK_EVERY_MS)
        finally:
            self.save()

    def save(self) -> None:
        """Store it now. Blocks on the disk."""
        self._write(self._known())

    def _known(self) -> Listened:
        """All of it, to be stored now."""
        now_ms = self._clock.now_ms()
        self._saves_ms = now_ms + min(max(FIRST_SAVED_MS, now_ms - self._began_ms), SAVE_EVERY_MS)
        hours = {path: dict(of) for path, of in self._hours.items()}
        return Listened(hours, dict(self._believed))

    def _write(self, known: Listened) -> None:
        """A disk that does not let it is logged: the next time may do better."""
        try:
            with self._store.writing() as connection:
                states.write_listened(connection, known)
        except StoreError as error:
            log.warning("how long was listened cannot be stored now: %s", error)
