"""The history writer: the journal and the gateway's health, written to InfluxDB for engineers.

1. Take what is next of a stream, at most a batch: reports, cases, pages, minutes (`stream.py`).
2. It comes as lines, the same ones whenever they are made again (`influx_schema.py`).
3. Write them in one request and wait for the answer (`influx_server.py`).
4. Only then move the stream's place, with the lines that were refused for good.

A crash between 3 and 4 writes the same lines once more, onto themselves. While InfluxDB is away
the database is the buffer, so nothing is lost and no memory grows; of the gateway's own figures the
latest hour is kept. Nobody else waits for this writer: a slow chart never delays a page.

Import this only where charts are wanted: the client library takes 0.7 s and 35 MB.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

import msgspec

from gateway.engine.health import Health
from gateway.feeds.case_stream import CaseStream
from gateway.feeds.cursor import Unwritten
from gateway.feeds.delivery_stream import DeliveryStream
from gateway.feeds.figures import Figures
from gateway.feeds.influx_server import Refused, Server, Unavailable
from gateway.feeds.minute_stream import MinuteStream
from gateway.feeds.report_stream import ReportStream
from gateway.feeds.stream import Stream
from gateway.settings.sections import Influx
from gateway.store.database import Store, StoreError
from gateway.store.place_names import PlaceNames, key_of
from gateway.store.retention import Limits

log = logging.getLogger("menshen.history")
_T = TypeVar("_T")
_chance = random.SystemRandom()


class Pace(msgspec.Struct, frozen=True):
    """How fast and how much. Seconds, lines."""

    batch: int = 1_000  # lines in one request
    pause_s: float = 0.0  # between two batches, while there is more
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
        limits: Limits | None = None,
    ) -> None:
        self._pace = pace or Pace()
        self._store, self._health, self._site_id = store, health, site_id
        self._server = Server(influx, self._pace.timeout_s)
        self._reports = ReportStream(store, site_id)
        self._minutes: MinuteStream | None = None  # from `_begin` on
        self._streams: tuple[Stream, ...] = ()
        self._figures = Figures(store, site_id, limits=limits)
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
            is_more = False
            try:
                is_more, wrong = await self._round()
                await self._write_figures()
            except Exception as error:  # noqa: BLE001 - told loudly, and no end of all charts
                wrong = error
            if wrong is None:
                failures = 0
                self._said.well()
            else:
                failures += 1
                self._said.problem(wrong)
            if is_more:  # of a stream that goes well
                await asyncio.sleep(self._pace.pause_s)
            else:
                idle_s = self._pace.poll_s
                await asyncio.sleep(idle_s if wrong is None else self._wait_s(failures, wrong))

    async def _round(self) -> tuple[bool, Exception | None]:
        """A batch of each stream: whether there is more of any, and what first went wrong at one of
        them, which holds up no other. Unavailable."""
        if not self._streams:
            await self._in_thread(self._begin)
        now_ms, is_more, wrong = self._health().at_ms, False, None
        for stream in self._streams:
            try:
                told = await self._in_thread(partial(self._write, stream, now_ms))
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 - handed on, behind the other streams
                wrong = wrong or error
                continue
            is_more |= told.is_more
            if told.is_any:
                self._said.refusing(stream.reader, told.refused)
        return is_more, wrong

    def _begin(self) -> None:
        names = PlaceNames(key_of(self._store))
        self._minutes = MinuteStream(self._store, self._site_id, names)
        self._streams = (
            self._reports,
            CaseStream(self._store, self._site_id, names),
            DeliveryStream(self._store, self._site_id),
            self._minutes,
        )

    def _write(self, stream: Stream, now_ms: int) -> "_Told":
        """Write a batch of a stream, and only then move its place. Blocks, in a thread of ours: no
        page waits while a thousand lines are made."""
        batch = stream.take(self._pace.batch, now_ms)
        refused = self._server.write([line.text for line in batch.lines], now_ms)
        never = [*batch.unreadable]
        never += [Unwritten(*batch.lines[at], words) for at, words in refused]
        stream.settle(batch, never)
        is_any = bool(batch.lines or batch.unreadable)
        return _Told(batch.is_more, is_any, [row.error for row in never])

    async def _measure_often(self) -> None:
        """Take the gateway's figures at a steady pace, whether or not they can be written now."""
        while True:
            try:
                self.unwritten_figures.append(await self._measure())
            except Exception as error:  # noqa: BLE001 - as above
                self._said.problem(error)
            await asyncio.sleep(self._pace.figures_s)

    async def _measure(self) -> str:
        health = self._health()
        standing = {} if self._minutes is None else self._minutes.standing
        return await self._in_thread(lambda: self._figure_line(health, standing))

    def _figure_line(self, health: Health, standing: dict[str, int]) -> str:
        with self._store.reading() as connection:
            behind = self._reports.behind(connection)
        return self._figures.line(health, standing, behind)

    async def _write_figures(self) -> None:
        lines, now_ms = list(self.unwritten_figures), self._health().at_ms
        if not lines:
            return
        refused: list[Refused] = await self._in_thread(lambda: self._server.write(lines, now_ms))
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


class _Told(NamedTuple):
    """What came of a batch: whether there is more, whether it held anything, what was given up."""

    is_more: bool
    is_any: bool
    refused: list[str]


class ServerLog:
    """What was last said in the log, so that each change of state is one line, not each try."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._troubles: set[str] = set()  # kinds told since it last went well
        self._refusing: set[str] = set()

    def problem(self, error: Exception) -> None:
        """A try failed. Told once a kind until it goes well again; a fault of ours, or what nobody
        foresaw in a row that is spoilt, with its traceback."""
        kind = error.kind if isinstance(error, Unavailable) else type(error).__name__
        if kind in self._troubles:
            return
        self._troubles.add(kind)
        if isinstance(error, Unavailable):
            log.warning("history: %s %s; kept, and tried again", self._server, error)
        elif isinstance(error, StoreError | OSError):
            log.warning("history: %s", error)
        else:
            log.error("history: a fault of ours; all else goes on, and it is tried", exc_info=error)

    def well(self) -> None:
        """A try went well."""
        if self._troubles:
            log.info("history: %s takes lines again", self._server)
        self._troubles.clear()

    def refusing(self, what: str, words: list[str]) -> None:
        """So many lines were refused for good. Told when that begins, not while it goes on."""
        if words and what not in self._refusing:
            log.warning("history: %d of %s will never be written: %s", len(words), what, words[0])
        (self._refusing.add if words else self._refusing.discard)(what)
