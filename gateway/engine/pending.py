"""Pending events: what other programs leave in the database for the engine to take.

`menshen enrol`, `flash` and `announce` write rows of the registry and, in the same transaction, the
events that follow from them. They are read here, a registry that has changed first, and go through
the engine like everything else: a pending event is struck off in the commit that journals it.
"""

import asyncio
import logging

from gateway.core.events import Event
from gateway.core.subject import Subject
from gateway.engine.engine import Engine
from gateway.registry import load as registry
from gateway.store import left_by_others, pending, seal_commands
from gateway.store.database import Store, StoreError
from gateway.store.poisoned import Findings, Poisoned

log = logging.getLogger("menshen.engine")

READ_EVERY_MS = 500

Rows = list[tuple[int, Subject, Event]]  # number, whom it concerns, what happened


class PendingReader:
    """Hands pending events to an engine, each once."""

    def __init__(self, store: Store, engine: Engine) -> None:
        self._store, self._engine = store, engine
        self._last_id = 0
        self._asked = (0, 0)  # of commands to seals: how many are open, and the newest

    async def run(self) -> None:
        """Take what other programs leave, until cancelled."""
        while True:
            self._engine.look()
            if not await self.take():
                await self._engine.clock.sleep(READ_EVERY_MS)

    async def take(self) -> bool:
        """Take the oldest pending events.

        To be called before the first report is let in until there are none: an order that was
        placed while the gateway was stopped stands before an opening that waited in the broker.

        Returns:
            Whether there were any, so that more may follow. A store that cannot be read is logged,
            and has none.
        """
        try:
            rows, found, known, asked = await asyncio.to_thread(self._read)
        except StoreError as error:
            log.warning("pending events: %s", error)
            return False
        if known is not None:
            self._engine.enlarge(known)
        if asked is not None:
            self._engine.ask(asked)
        if found:
            self._engine.found(found)
        for pending_id, subject, event in rows:
            self._engine.take_pending(pending_id, subject, event)
        numbers = [int(one.row_key.partition(".")[0]) for one in found]
        self._last_id = max([self._last_id, *numbers, *(row[0] for row in rows)])
        return bool(rows or found)

    def _read(
        self,
    ) -> tuple[
        Rows, tuple[Poisoned, ...], registry.Registry | None, list[seal_commands.SealCommand] | None
    ]:
        """The rows that were not read yet, those without sense, and the registry and the commands
        to seals, if they are newer than the engine's."""
        findings = Findings()
        with self._store.reading() as connection:
            left = left_by_others.look(connection)
            commands = left.commands_open, left.command_id
            rows: Rows = []
            known: registry.Registry | None = None
            asked: list[seal_commands.SealCommand] | None = None
            if left.pending_id > self._last_id:
                rows = pending.pending_events(connection, self._last_id, findings)
            if left.enrolment != self._engine.state.registry.enrolment:
                known = registry.load(connection)
            if commands != self._asked:
                self._asked, asked = commands, seal_commands.open_commands(connection)
            return rows, findings.all(), known, asked
