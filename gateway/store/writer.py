"""The single writer: one thread, one connection, one commit at a time.

The thread exists because a full sync takes 0.2 ms on a good disk and 50 ms on an SD card, and the
loop has reports to read meanwhile; what they bring makes the next commit.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection

from gateway.store.commit import Commit
from gateway.store.engine import Store, told


class Writer:
    """Commits for the gateway, in the order in which they are handed in."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="menshen-writer")
        self._connection: Connection | None = None

    async def write(self, commit: Commit) -> None:
        """Return when the commit is on the disk. StoreError if it is not: nothing was stored."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._write, commit)

    def _write(self, commit: Commit) -> None:
        with told(self._store.path):
            try:
                if self._connection is None:
                    self._connection = self._store.connection()
                with self._connection.begin():
                    commit.write(self._connection)
            except Exception:
                self._let_go()  # a broken connection is no start for the next try
                raise

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def close(self) -> None:
        """Finish what was handed in, and let go of the database."""
        self._thread.submit(self._let_go).result()
        self._thread.shutdown()
