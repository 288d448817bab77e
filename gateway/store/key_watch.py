"""Looks after the keys beside a running gateway: the second folder, what a kill left undone, and
what an older release wrote readable."""

import asyncio
import logging
import time
from pathlib import Path
from typing import Final

from gateway.keys import keeping
from gateway.keys.ring import KeyRingError
from gateway.store import sealing_up
from gateway.store.database import Store, StoreError
from gateway.store.order_keys import OrderKeys

log = logging.getLogger("menshen.keys")

REST: Final = 20  # times as long as a step took, before the next one
REST_S_MIN: Final = 0.05


class KeyWatch:
    """The keys of one site."""

    def __init__(self, store: Store, second_folder: Path | None) -> None:
        self._store, self._second = store, second_folder
        self._owed = 0

    def begin(self) -> None:
        """Before anything is read for work: the folders are the same again, and rows that an older
        release wrote are sealed. StoreError where that cannot be."""
        try:
            self._store.keys.use_copy(self._second)
        except KeyRingError as error:  # its drive is not there; `check` says so
            log.warning("%s", error)
        self.look()
        now_ms = time.time_ns() // 1_000_000
        sealing_up.rows(self._store, now_ms)
        with self._store.writing() as connection:
            OrderKeys(connection, now_ms).provide_all()

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.look)
                await self._seal_up()
            except (KeyRingError, StoreError) as error:
                log.warning("%s", error)
            except Exception:  # the next start may be far
                log.exception("keys are looked after again in a while, after a fault of ours")
            await asyncio.sleep(keeping.KEEP_EVERY_S)

    def look(self) -> None:
        """Once. What is not possible is logged, for no page hangs on it."""
        try:
            kept = keeping.keep(self._store.keys, time.time())
        except (KeyRingError, OSError) as error:
            log.warning("keys: %s", error)
            return
        if kept.owed != self._owed:
            self._owed = kept.owed
            log.warning("%d destroyed keys may still lie in %s", kept.owed, self._second)

    async def _seal_up(self) -> None:
        """What an older release wrote, a little at a time: a twentieth of the writer's time."""
        while True:
            began_s = time.monotonic()
            if not await asyncio.to_thread(sealing_up.step, self._store):
                return
            await asyncio.sleep(max(REST_S_MIN, REST * (time.monotonic() - began_s)))
