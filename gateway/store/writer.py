"""The single writer: one thread, one connection, one commit at a time.

The thread exists because a full sync takes 0.2 ms on a good disk and 50 ms on an SD card, and the
loop has reports to read meanwhile; what they bring makes the next commit. A second thread moves
what was committed from the write-ahead log into the database file, so that no commit waits for it.
"""

import asyncio
import logging
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread

from sqlalchemy import Connection

from gateway.store.batch import WriteBatch
from gateway.store.database import Store, StoreError, as_store_error
from gateway.store.life import Life

log = logging.getLogger("menshen.store")

SETTLE_EVERY = 100  # rows of the journal and the outbox, some 1,000 pages of the log

Job = Callable[[], None]


class WorkerThread:
    """A thread that does one job after the other. A job must not raise."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def do(self, job: Job) -> None:
        """Do it after what was given before."""
        self._jobs.put(job)

    def finish(self) -> None:
        """Return when everything is done."""
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


class Writer:
    """Commits for the gateway, in the order in which they are handed in.

    Args:
        store: The database. The writer takes a connection of its own, in a thread of its own.
        life: Whose commits these are; its markers are told of each.
    """

    def __init__(self, store: Store, life: Life | None = None) -> None:
        self._store, self._life = store, life
        self._connection: Connection | None = None
        self._in_doubt: WriteBatch | None = None
        self._unsettled_rows = 0
        self._writing, self._settling = (
            WorkerThread("menshen-writer"),
            WorkerThread("menshen-settler"),
        )

    async def write(self, batch: WriteBatch) -> None:
        """Return when the commit is on the disk.

        Args:
            batch: What was handed in and failed may be handed in again: it is not doubled.

        Raises:
            StoreError: It is not there: nothing was stored, or nobody knows; hand it in again.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def job() -> None:
            error: BaseException | None = None
            try:
                self._write(batch)
            except BaseException as failure:  # noqa: BLE001 - the loop raises it
                error = failure
            loop.call_soon_threadsafe(_finish, done, error)

        self._writing.do(job)
        await done

    def _write(self, batch: WriteBatch) -> None:
        with as_store_error(self._store.path):
            try:
                if self._connection is None:
                    self._connection = self._store.connection()
                if self._life is not None:
                    self._life.begins_commit(batch)
                if self._in_doubt is not batch or not self._is_written(batch):
                    with self._store.committing(self._connection):
                        batch.write(self._connection)
            except Exception:
                self._in_doubt = batch
                self._let_go()  # a broken connection is no start for the next try
                raise
        if self._life is not None:
            self._life.committed(batch)
        self._unsettled_rows += batch.log_rows()
        if self._unsettled_rows >= SETTLE_EVERY:
            self._unsettled_rows = 0
            self._settling.do(self._settle)

    def _is_written(self, batch: WriteBatch) -> bool:
        """Whether a commit that seemed to fail had reached the disk after all."""
        with self._store.reading() as connection:
            return batch.is_written(connection)

    def _settle(self) -> None:
        try:
            self._store.settle()
        except StoreError as error:
            log.warning("the write-ahead log grows: %s", error)

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def close(self) -> None:
        """Finish what was handed in, and let go of the database."""
        self._writing.do(self._let_go)
        self._writing.finish()
        self._settling.finish()


def _finish(done: asyncio.Future[None], error: BaseException | None) -> None:
    if done.cancelled():  # nobody waits any more; what is on the disk stays there
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
