"""The gateway's end of the link: tells each console of commits and how it does, and takes actions.

Nobody here is waited for: a console that does not read is cut off, and comes again.
"""

import asyncio
import logging
from pathlib import Path
from typing import Final

from gateway.core.subject import Subject
from gateway.engine.broadcast import Subscription, merged
from gateway.engine.gateway import Gateway
from gateway.engine.ports import Committed
from gateway.link import frames, place

BEAT_S: Final = 1.0
AFTER_S: Final = 0.02  # what was committed goes out to a person first
SUBMISSIONS_MAX: Final = 256  # of one console, at work at once
NAMED_MAX: Final = 2_000  # names in one frame; beyond it, everything is to be read anew
UNREAD_BYTES_MAX: Final = 4_194_304  # of a console that does not read
STUCK_S: Final = 4.0  # work that waits so long without a commit is stuck
CONSOLES_MAX: Final = 4

log = logging.getLogger("menshen.link")


class LinkServer:
    """Serves consoles on the socket beside the database."""

    def __init__(self, gateway: Gateway, database: Path) -> None:
        self._gateway, self._database = gateway, database
        self._lines: set[_Line] = set()
        self._stuck = _Stuck()

    async def run(self) -> None:
        """Serve until cancelled. Without a socket the gateway goes on, and the log says so."""
        try:
            listener = place.listening(self._database)
        except OSError as error:
            path = place.socket_path(self._database)
            log.error("no console can be served, %s cannot be made: %s", path, error.strerror)
            return
        server = await asyncio.start_unix_server(self._serve, sock=listener)
        try:
            while True:
                self._beat()
                await asyncio.sleep(BEAT_S)
        finally:
            server.close()
            for line in list(self._lines):
                line.cut()
            place.socket_path(self._database).unlink(missing_ok=True)

    def _beat(self) -> None:
        health = self._gateway.health()
        now_s = asyncio.get_running_loop().time()
        is_stuck = self._stuck.says(health.commits, health.queue_depth, now_s)
        beat = frames.framed(frames.Beat(self._gateway.clock.now_ms(), health, is_stuck))
        for line in list(self._lines):
            line.send(beat)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._lines) >= CONSOLES_MAX:
            writer.transport.abort()
            return
        line = _Line(self._gateway, reader, writer)
        self._lines.add(line)
        try:
            self._beat()
            await line.run()
        finally:
            self._lines.discard(line)


class _Stuck:
    """Whether work waits and nothing is committed."""

    def __init__(self) -> None:
        self._commits, self._since_s = -1, 0.0

    def says(self, commits: int, queue_depth: int, now_s: float) -> bool:
        if commits != self._commits or not queue_depth:
            self._commits, self._since_s = commits, now_s
        return now_s - self._since_s > STUCK_S


class _Line:
    """One console."""

    def __init__(
        self, gateway: Gateway, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._gateway, self._reader, self._writer = gateway, reader, writer
        self._submissions: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve it until it is gone."""
        subscription = self._gateway.broadcast.subscribe()
        telling = asyncio.ensure_future(self._tell(subscription))
        try:
            while True:
                self._take(await frames.read(self._reader, frames.submission))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except frames.FrameError as error:
            log.warning("a console was cut off: %s", error)
        finally:
            telling.cancel()
            self._gateway.broadcast.unsubscribe(subscription)
            self.cut()

    def cut(self) -> None:
        """End it now."""
        self._writer.transport.abort()

    def send(self, frame: bytes) -> None:
        """Send it, or cut off a console that does not read."""
        transport = self._writer.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > UNREAD_BYTES_MAX:
            log.warning("a console did not read for too long and was cut off")
            transport.abort()
            return
        transport.write(frame)

    async def _tell(self, subscription: Subscription) -> None:
        while True:
            await subscription.wake.wait()
            await asyncio.sleep(AFTER_S)
            if news := subscription.take():
                self.send(frames.framed(frames.News(_short(merged(news)))))

    def _take(self, submission: frames.Submission) -> None:
        if len(self._submissions) >= SUBMISSIONS_MAX:
            self.send(frames.framed(frames.Answered(submission.number, None, is_refused=True)))
            return
        task = asyncio.ensure_future(self._do(submission))
        self._submissions.add(task)
        task.add_done_callback(self._submissions.discard)

    async def _do(self, submission: frames.Submission) -> None:
        """An action is done even if the console that asked for it is gone meanwhile."""
        subject = Subject(submission.kind, submission.subject_id)
        try:
            answer = await self._gateway.submit(subject, submission.event)
        except KeyError:
            answer = None
        self.send(frames.framed(frames.Answered(submission.number, answer)))


def _short(news: Committed) -> Committed:
    named = sum(map(len, (news.doors, news.cases, news.pages, news.sent)))
    return news if named <= NAMED_MAX else Committed(news.at_ms, all=True)
