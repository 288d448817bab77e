"""Writes notes into the audit: all that come while one batch is written go together in the next, so
that five hundred phones cost one sync of the disk and not five hundred."""

import asyncio
from collections.abc import Callable
from typing import Final

from gateway.accounts import audit, audit_names
from gateway.accounts.audit import Note
from gateway.store.database import Store, StoreError

WAITING_MAX: Final = 2_000  # notes; what comes then is refused, and so is the look it is of


class AuditWriter:
    """The one writer of this process.

    Args:
        store: Gives the accounts' file.
        site: The site's own database, which knows whose key seals what a note names.
    """

    def __init__(self, store: Callable[[], Store], site: Store) -> None:
        self._store, self._site = store, site
        self._waiting: list[tuple[Note, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def add(self, note: Note) -> None:
        """Returns when it is on the disk. StoreError if it cannot be."""
        if len(self._waiting) >= WAITING_MAX:
            raise StoreError(f"{WAITING_MAX} notes wait to be written into the audit")
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((note, written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.ensure_future(self._write())
        await written

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await asyncio.to_thread(self._write_batch, [note for note, _ in batch])
            except Exception as error:  # noqa: BLE001 - each of those who wait is told it
                for _, written in batch:
                    if not written.done():
                        written.set_exception(error)
            else:
                for _, written in batch:
                    if not written.done():
                        written.set_result(None)

    def _write_batch(self, notes: list[Note]) -> None:
        sealed = audit_names.sealed(self._site, notes)
        with self._store().writing() as connection:
            audit.add(connection, sealed)
