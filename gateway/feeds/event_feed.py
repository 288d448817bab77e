"""The event feed: what befalls cases, posted to the site's own receiver, in order.

1. Read the milestones above the cursor, at most a batch.
2. Post them one after the other and wait for each answer.
3. Move the cursor, after a batch and before every wait: so few come twice after a crash.

Only one request is ever under way, so nothing overtakes anything. While the receiver is away one
milestone is tried, with longer and longer waits, and the others wait in the database. A page to a
person never waits for the feed: it has connections and threads of its own.

What a receiver refuses for good (400, 413, 422) three times is passed over only once it takes the
next one; if it refuses that too, it is not the event, and all of them wait.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import msgspec

from gateway.channels.channel import DeliveryError
from gateway.channels.http_answer import Answer
from gateway.channels.http_client import DEADLINE_S, HttpClient, Request, UnreachableError
from gateway.channels.signature import Signer
from gateway.channels.verdict import judged
from gateway.core.duration import SECOND_MS
from gateway.feeds.milestone_event import FeedEvent, Namer, UnreadableRowError, event
from gateway.feeds.milestone_log import MilestoneLog, MilestoneRow
from gateway.settings import Settings
from gateway.settings.web_address import web_address
from gateway.store.database import Store, StoreError

log = logging.getLogger("menshen.events")
T = TypeVar("T")
_chance = random.SystemRandom()

FOR_GOOD: Final = frozenset({400, 413, 422})
REFUSED_TRIES: Final = 3


class FeedPace(msgspec.Struct, frozen=True):
    """How fast and how much. Seconds, events."""

    batch: int = 50  # so many may come twice after a crash
    poll_s: float = 1.0  # how often a log that was read to its end is checked
    deadline_s: float = DEADLINE_S  # how long an answer may take
    retry_s: float = 1.0  # first wait after a failure; it doubles
    retry_s_max: float = 60.0
    forget_s: float = 3_600.0  # how often what is too old is dropped


class EventFeed:
    """Posts until cancelled.

    Args:
        settings: where to, with which secrets, and in which language.
        store: has the milestones.
        site_id: the site's random id.
        now_ms: the gateway's time, in milliseconds of UTC.
        pace: for tests.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        site_id: str,
        now_ms: Callable[[], int],
        pace: FeedPace | None = None,
    ) -> None:
        webhook = settings.webhook
        self._pace, self._now_ms = pace or FeedPace(), now_ms
        self._site_id, self._language = site_id, settings.site.language
        self._webhook, self._signer = webhook, Signer.of(webhook)
        self._target = web_address(webhook.events_url) if webhook.events_url else None
        self._log = MilestoneLog(store)
        self._client = HttpClient(self._pace.deadline_s)
        self._told: tuple[int, int] | None = None  # further than the cursor, within an event
        self._stored_id = 0  # where the cursor was put last
        self._refused: dict[str, int] = {}  # how often, by event; only of the first in line
        self._is_failing = False
        # Threads of its own: a disk that is slow for it must not hold up others.
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="menshen-events")

    async def run(self) -> None:
        """Post until cancelled; without an address, only keep the log short."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_short(), name="events-forget")
                if self._target is not None:
                    tasks.create_task(self._post_on(), name="events")
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)
            await self._client.close()

    async def _post_on(self) -> None:
        failures, namer = 0, None
        while True:
            try:
                namer = namer or Namer(await self._in_thread(self._log.begin))
                more = await self._batch(namer)
            except (DeliveryError, StoreError) as error:
                failures += 1
                self._say_failing(error)
                await asyncio.sleep(self._wait_s(failures, error))
                continue
            failures = 0
            await asyncio.sleep(0 if more else self._pace.poll_s)

    async def _batch(self, namer: Namer) -> bool:
        """Post the next milestones and move the cursor. True if there may be more.

        Raises:
            DeliveryError: one was not taken; those before it are done with.
            StoreError: it could not be read, or the cursor not moved.
        """
        size = self._pace.batch
        rows = await self._in_thread(lambda: self._log.page(size, self._told))
        done = 0
        try:
            while done < len(rows):
                done += await self._next(rows[done:], namer)
        finally:
            if done:
                self._told = rows[done - 1].journal_id, rows[done - 1].part
                await self._advance(_whole(rows, done, is_end=len(rows) < size))
        if not rows and self._told is not None:  # the last batch ended with the log
            await self._advance(self._told[0])
        return len(rows) == size

    async def _advance(self, journal_id: int) -> None:
        if journal_id != self._stored_id:
            await self._in_thread(lambda: self._log.advance(journal_id))
            self._stored_id = journal_id

    async def _next(self, rows: list[MilestoneRow], namer: Namer) -> int:
        """Post the first of the rows. How many of them are done with then."""
        first = self._event(rows[0], namer)
        if first is None:
            return 1
        try:
            await self._post(first)
        except RefusedError as error:
            tries = self._refused.get(first.event_id, 0) + 1
            self._refused = {first.event_id: tries}
            after = self._event(rows[1], namer) if len(rows) > 1 else None
            if tries < REFUSED_TRIES or after is None:
                raise
            await self._post(after)
            log.error("events: one is passed over, for it alone is refused: %s", error)
            return 2
        return 1

    def _event(self, row: MilestoneRow, namer: Namer) -> FeedEvent | None:
        try:
            return event(row, namer, self._site_id, self._language, self._webhook.routing_key)
        except UnreadableRowError as error:
            log.error("events: one is passed over, for it cannot be read: %s", error)
            return None

    async def _post(self, one: FeedEvent) -> None:
        """Post an event. DeliveryError if it is not proved that it was taken."""
        assert self._target is not None  # noqa: S101 - else nothing is posted
        headers = {"Content-Type": "application/json", "Idempotency-Key": one.event_id}
        headers |= self._signer.headers(one.event_id, one.body)
        if self._webhook.token and self._webhook.is_one_receiver:
            headers["Authorization"] = f"Bearer {self._webhook.token}"
        host = self._target.host
        try:
            answer = await self._client.post(Request(self._target, one.body, headers))
        except UnreachableError as error:
            raise DeliveryError(f"{host} cannot be reached ({error})") from error
        _need_taken(answer, host)
        self._refused.clear()
        self._say_well()

    async def _keep_short(self) -> None:
        """Drop what is too old or too much, a little at a time."""
        while True:
            try:
                if self._target is None:
                    await self._in_thread(self._log.end)
                await self._forget()
            except StoreError as error:
                log.warning("events: %s", error)
            await asyncio.sleep(self._pace.forget_s)

    async def _forget(self) -> None:
        lost = 0
        while await self._in_thread(lambda: self._log.is_long(self._now_ms())):
            lost += await self._in_thread(lambda: self._log.forget(self._now_ms()))
        if lost:
            log.error("events: %d were never taken and are dropped now, for their age", lost)

    def _wait_s(self, failures: int, error: Exception) -> float:
        """Back off with jitter, at least as long as the receiver asks for."""
        backed_off_s = self._pace.retry_s * 2.0 ** min(failures - 1, 20)
        jittered_s = min(self._pace.retry_s_max, backed_off_s) * _chance.uniform(0.5, 1.0)
        asked_ms = error.wait_ms if isinstance(error, DeliveryError) else None
        return max(jittered_s, (asked_ms or 0) / SECOND_MS)

    def _say_failing(self, error: Exception) -> None:
        if not self._is_failing:
            log.warning("events: %s; they are kept, and tried again", error)
        self._is_failing = True

    def _say_well(self) -> None:
        if self._is_failing:
            log.info("events: they are taken again")
        self._is_failing = False

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


class RefusedError(DeliveryError):
    """The receiver does not want this event, and says that it never will."""


def _need_taken(answer: Answer, host: str) -> None:
    """DeliveryError if the answer does not prove that the event was taken."""
    try:
        judged(answer, host)
    except DeliveryError as error:
        if answer.status in FOR_GOOD:
            raise RefusedError(str(error), permanent=True) from error
        raise


def _whole(rows: list[MilestoneRow], done: int, is_end: bool) -> int:
    """The newest event of the journal whose milestones are all told.

    Args:
        rows: milestones in their order.
        done: how many of them are told, at least one.
        is_end: nothing follows in the log.
    """
    newest_id = rows[done - 1].journal_id
    is_all = rows[done].journal_id != newest_id if done < len(rows) else is_end
    return newest_id if is_all else newest_id - 1
