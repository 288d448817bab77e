"""The history writer: the journal and the gateway's health, written to InfluxDB for engineers.

1. Read the reports above the cursor, at most a batch.
2. Make lines of them (`influx_points.py`), the same ones whenever they are made again.
3. Write them in one request and wait for the answer (`influx_server.py`).
4. Only then move the cursor, in the same small transaction as the lines that were refused for good.

A crash between 3 and 4 writes the same lines once more, onto themselves. While InfluxDB is away
the journal is the buffer, so nothing is lost and no memory grows; of the gateway's own figures the
latest hour is kept. Nobody else waits for this writer: a slow chart never delays a page.

Import this only where charts are wanted: the client library takes 0.7 s and 35 MB.
"""

import asyncio
import logging
import random
import shutil
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from gateway.core.evidence import Evidence
from gateway.engine.health import Health
from gateway.feeds import influx_points
from gateway.feeds.cursor import Cursor, Page, Unwritten
from gateway.feeds.influx_server import Refused, Server, Unavailable
from gateway.settings.sections import Influx
from gateway.store.database import Store, StoreError

log = logging.getLogger("menshen.history")
_T = TypeVar("_T")
_chance = random.SystemRandom()


class Pace(msgspec.Struct, frozen=True):
    """How fast and how much. Seconds, lines."""

    batch: int = 1_000  # lines in one request
    poll_s: float = 1.0  # how often a journal that was read to its end is checked
    figures_s: float = 10.0  # how often the gateway's health is written
    figures_kept: int = 360  # an hour of it, while InfluxDB is away
    timeout_s: float = 10.0  # how long an answer may take
    retry_s: float = 1.0  # first wait after a failure; it doubles
    retry_s_max: float = 60.0


class History:
    """Writes until cancelled. `health` is asked in the event loop's thread."""

    def __init__(
        self,
        influx: Influx,
        store: Store,
        health: Callable[[], Health],
        site_id: str,
        pace: Pace | None = None,
    ) -> None:
        self._pace = pace or Pace()
        self._store, self._health = store, health
        self._tags = influx_points.tags(site_id)
        self._cursor = Cursor(store)
        self._server = Server(influx, self._pace.timeout_s)
        self.unwritten_figures: deque[str] = deque(maxlen=self._pace.figures_kept)
        self._said = ServerLog(f"InfluxDB at {urlsplit(influx.url).hostname}")
        # Its own threads: a server that hangs must not hold up those of others.
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="menshen-history")

    async def run(self) -> None:
        """Carry until cancelled. A request that is under way then is left to its time limit."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._measure_often(), name="history-figures")
                tasks.create_task(self._carry(), name="history-lines")
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._server.close()

    async def _carry(self) -> None:
        failures = 0
        while True:
            try:
                more = await self._events()
                await self._write_figures()
            except (Unavailable, StoreError) as error:
                failures += 1
                self._said.problem(error)
                await asyncio.sleep(self._wait_s(failures, error))
                continue
            failures = 0
            self._said.well()
            await asyncio.sleep(0 if more else self._pace.poll_s)

    async def _events(self) -> bool:
        """Write the next reports and move the cursor. True if there are more."""
        page = await self._in_thread(lambda: self._cursor.page(self._pace.batch))
        if page.newest == page.cursor:
            return False
        lines, unwritten = self._lines(page)
        refused = await self._in_thread(lambda: self._server.write([line for _, line in lines]))
        unwritten += [Unwritten(*lines[at][0], lines[at][1], words) for at, words in refused]
        await self._in_thread(lambda: self._cursor.advance(page.newest, unwritten))
        self._said.refusing("reports", [row.error for row in unwritten])
        return page.more

    def _lines(self, page: Page) -> tuple[list[tuple[tuple[int, int], str]], list[Unwritten]]:
        """Each report's number, time and line; and the rows of which no line can be made."""
        lines, unreadable = [], []
        for row in page.rows:
            try:
                line = influx_points.event_line(self._tags, row)
            except influx_points.UnreadableRow as error:
                unreadable.append(Unwritten(row.journal_id, row.at_ms, "", str(error)))
            else:
                lines.append(((row.journal_id, row.at_ms), line))
        return lines, unreadable

    async def _measure_often(self) -> None:
        """Take the gateway's figures at a steady pace, whether or not they can be written now."""
        while True:
            try:
                self.unwritten_figures.append(await self._measure())
            except (StoreError, OSError) as error:
                self._said.problem(error)
            await asyncio.sleep(self._pace.figures_s)

    async def _measure(self) -> str:
        health = self._health()
        counts = await self._in_thread(self._cursor.counts)
        oldest_ms = health.outbox_oldest_ms
        figures = influx_points.Figures(
            at_ms=health.at_ms,
            broker_connected=health.broker_connected,
            echo_ms=health.echo_ms,
            store_ok=health.store_ok,
            queue_depth=health.queue_depth,
            reports=health.reports,
            commits=health.commits,
            refused=health.refused,
            turned_away=health.turned_away,
            commit_ms_p50=health.commit_ms_p50,
            commit_ms_max=health.commit_ms_max,
            outbox_due=health.outbox_due,
            pages={evidence: getattr(health, f"pages_{evidence}") for evidence in Evidence},
            outbox_oldest_ms=0 if oldest_ms is None else max(0, health.at_ms - oldest_ms),
            cursor_lag=counts.lag,
            unwritten=counts.unwritten,
            disk_free=_disk_free(self._store),
            refusals=counts.refusals,
        )
        return influx_points.stats_line(self._tags, figures)

    async def _write_figures(self) -> None:
        lines = list(self.unwritten_figures)
        if not lines:
            return
        refused: list[Refused] = await self._in_thread(lambda: self._server.write(lines))
        self._said.refusing("figures", [words for _, words in refused])
        while self.unwritten_figures and self.unwritten_figures[0] in lines:
            self.unwritten_figures.popleft()

    def _wait_s(self, failures: int, error: Exception) -> float:
        """Back off with jitter, at least as long as the server asks for, up to a ceiling."""
        backed_off_s = self._pace.retry_s * 2.0 ** min(failures - 1, 20)
        jittered_s = min(self._pace.retry_s_max, backed_off_s) * _chance.uniform(0.5, 1.0)
        asked_s = error.retry_after_s if isinstance(error, Unavailable) else 0.0
        return max(jittered_s, min(self._pace.retry_s_max, asked_s))

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


class ServerLog:
    """What was last said in the log, so that each change of state is one line, not each try."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._troubles: set[str] = set()  # kinds told since it last went well
        self._refusing: set[str] = set()

    def problem(self, error: Unavailable | StoreError | OSError) -> None:
        """A try failed. Told once a kind until it goes well again."""
        kind = error.kind if isinstance(error, Unavailable) else "store"
        if kind in self._troubles:
            return
        self._troubles.add(kind)
        if isinstance(error, Unavailable):
            log.warning("history: %s %s; kept, and tried again", self._server, error)
        else:
            log.warning("history: %s", error)

    def well(self) -> None:
        """A try went well."""
        if self._troubles:
            log.info("history: %s takes lines again", self._server)
        self._troubles.clear()

    def refusing(self, what: str, words: list[str]) -> None:
        """So many lines were refused for good. Told when that begins, not while it goes on."""
        if words and what not in self._refusing:
            log.warning("history: %d %s will never be written: %s", len(words), what, words[0])
        (self._refusing.add if words else self._refusing.discard)(what)


def _disk_free(store: Store) -> int:
    return shutil.disk_usage(store.path.parent).free
