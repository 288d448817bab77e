"""What is old leaves the database, a little at a time: heartbeats into their spans, months into
their archives, archives and what people need no longer for good.

Everything has its limit in the settings (`[retention]`). It takes one part in twenty of the
writer's time at most, and never a page's: each step is one small transaction, and rests after it.
While the clock is in doubt nothing is moved and nothing destroyed.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from msgspec import Struct
from sqlalchemy import delete, select

from gateway.core.duration import DAY_MS
from gateway.core.model import SURE
from gateway.store import archiving, states, thinning
from gateway.store.database import Store, StoreError
from gateway.store.tables import openings, outages, outbox, refusals

log = logging.getLogger("menshen.store")

EVERY_S: Final = 600.0
REST: Final = 20  # times as long as a step took, before the next one
REST_S_MIN: Final = 0.05
STEP_ROWS: Final = 500


class Limits(Struct, frozen=True):
    """How long what is kept."""

    heartbeats_days: int = 7  # in the journal, before their spans alone speak for them
    journal_months: int = 2  # whole ones in the database, beside the running one
    archive_months: int = 12  # whole ones in all, then destroyed
    pages_days: int = 90  # pages that went out or were given up


class Retention:
    """Thins, archives and forgets, now and then.

    Args:
        store: the site's database.
        limits: how long what is kept.
        now_ms: the gateway's time.
    """

    def __init__(self, store: Store, limits: Limits, now_ms: Callable[[], int]) -> None:
        self._store, self._limits, self._now_ms = store, limits, now_ms

    async def run(self) -> None:
        """Look every EVERY_S until cancelled."""
        while True:
            try:
                steps = self.steps()
                while (step := await asyncio.to_thread(next, steps, None)) is not None:
                    began_s = time.monotonic()
                    await asyncio.to_thread(_alone, step)
                    await asyncio.sleep(max(REST_S_MIN, REST * (time.monotonic() - began_s)))
            except StoreError as error:
                log.warning("what is old is still in the database: %s", error)
            await asyncio.sleep(EVERY_S)

    def steps(self) -> Iterator[Callable[[], object]]:
        """All that is to be done now, each a call that may be made in any thread. StoreError where
        the disk does not let it."""
        now_ms = self._now_ms()
        with self._store.reading() as connection:
            if states.doubt(connection) != SURE:
                return
        for does in (self._thin, self._move, self._archive, self._move, self._forget, self._end):
            while True:
                is_last: list[bool] = []
                yield partial(_note, is_last, does, now_ms)
                if is_last != [False]:
                    break

    # Each does one step, and says whether there may be more of it.

    def _thin(self, now_ms: int) -> bool:
        before_ms = now_ms - self._limits.heartbeats_days * DAY_MS
        return not thinning.step(self._store, before_ms, now_ms).is_last

    def _move(self, now_ms: int) -> bool:
        return archiving.move(self._store, now_ms)

    def _archive(self, now_ms: int) -> bool:
        return archiving.make(self._store, now_ms, self._limits.journal_months) is not None

    def _forget(self, now_ms: int) -> bool:
        return bool(forget_old(self._store, now_ms, self._limits))

    def _end(self, now_ms: int) -> bool:
        archiving.end(self._store, now_ms, self._limits.archive_months)
        return False


def _alone(step: Callable[[], object]) -> None:
    """A step whose fault is its own: one spoilt row must not keep all that is old."""
    try:
        step()
    except StoreError:
        raise
    except Exception:
        log.exception("some of what is old stays by a fault of ours, and is tried again")


def _note(is_last: list[bool], does: Callable[[int], bool], now_ms: int) -> None:
    is_last.append(not does(now_ms))


def forget_old(store: Store, now_ms: int, limits: Limits) -> int:
    """Delete some of the rows that nobody may need any more; how many they were.

    Pages that are done with, and, with the archive of their month: openings, outages that are over,
    and how often what was refused. Cases stay: what people did is looked up by them.
    """
    pages_ms = now_ms - limits.pages_days * DAY_MS
    past_ms = archiving.begins_ms(archiving.month_of(now_ms), -limits.archive_months)
    o = outbox.c
    old = (
        (o.entry_id, (o.made_ms < pages_ms) & (o.done_ms.is_not(None) | o.gave_up)),
        (openings.c.opening_id, (openings.c.latest_ms < past_ms) & openings.c.shut_ms.is_not(None)),
        (outages.c.outage_id, outages.c.over_ms < past_ms),
        (refusals.c.hour_ms, refusals.c.hour_ms < past_ms),
    )
    gone = 0
    for key, is_old in old:
        with store.reading() as connection:
            ids = connection.execute(select(key).where(is_old).limit(STEP_ROWS)).scalars().all()
        if ids:
            with store.writing() as connection:
                gone += connection.execute(delete(key.table).where(key.in_(ids), is_old)).rowcount
    return gone
