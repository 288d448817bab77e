"""The audit's oldest entries go when the law wants no more of them: a whole beginning of the chain.

First the *cut* is written: the last entry that goes, with its hash. The chain is verified from
there on, so that it still shows every edit, gap and change of order; that somebody cut more than
was due would show by the cut's time and by the printed anchors, which stay.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from sqlalchemy import delete, insert, select, tuple_

from gateway.accounts import tables
from gateway.accounts.audit import things
from gateway.accounts.file import AccountsFile
from gateway.core.duration import DAY_MS
from gateway.core.model import SURE
from gateway.store import states
from gateway.store.database import Store, StoreError

log = logging.getLogger("menshen.audit")

EVERY_S: Final = 3_600.0
STEP_EVERY_S: Final = 1.0
STEP_ROWS: Final = 500
MONTH_MS: Final = 31 * DAY_MS
_a, _t = tables.audit.c, tables.audit_things.c


class AuditEnding:
    """Forgets what is over, now and then.

    Args:
        file: where the audit lies.
        site: the site's own database, which knows whether the clock is in doubt.
        months: how long an entry is kept.
        now_ms: the gateway's time.
    """

    def __init__(
        self, file: AccountsFile, site: Store, months: int, now_ms: Callable[[], int]
    ) -> None:
        self._file, self._site, self._months, self._now_ms = file, site, months, now_ms

    async def run(self) -> None:
        """Look every EVERY_S until cancelled."""
        while True:
            try:
                is_more = await asyncio.to_thread(self.look)
            except StoreError as error:
                log.warning("audit entries whose time is over are still there: %s", error)
                is_more = False
            except Exception:  # the next start may be far
                log.exception("audit entries whose time is over stay by a fault of ours")
                is_more = False
            await asyncio.sleep(STEP_EVERY_S if is_more else EVERY_S)

    def look(self) -> bool:
        """Forget some; whether there may be more. StoreError."""
        now_ms = self._now_ms()
        with self._site.reading() as connection:
            if states.doubt(connection) != SURE:
                return False
        return self._file.is_used() and forget(
            self._file.store(), now_ms - self._months * MONTH_MS, now_ms
        )


def forget(store: Store, before_ms: int, now_ms: int) -> bool:
    """Cut off what came before a time, then delete some of it; whether there may be more."""
    c = tables.cuts.c
    with store.reading() as connection:
        last_cut = connection.execute(select(c.entry_id).order_by(c.entry_id.desc())).scalar() or 0
        first_kept = connection.execute(
            select(_a.entry_id).where(_a.at_ms >= before_ms).order_by(_a.entry_id).limit(1)
        ).scalar()
        over = select(_a.entry_id, _a.hash, _a.at_ms).where(_a.entry_id > last_cut)
        if first_kept is not None:  # without one the last entry stays, for the next hangs on it
            over = over.where(_a.entry_id < first_kept)
            cut = connection.execute(over.order_by(_a.entry_id.desc()).limit(1)).first()
        else:
            cut = connection.execute(over.order_by(_a.entry_id.desc()).offset(1).limit(1)).first()
    with store.writing() as connection:
        if cut is not None:
            connection.execute(insert(tables.cuts), {**cut._asdict(), "cut_ms": now_ms})
            last_cut = cut.entry_id
        going = select(_a.entry_id, _a.about).where(_a.entry_id <= last_cut).order_by(_a.entry_id)
        rows = connection.execute(going.limit(STEP_ROWS)).all()
        pairs = [(thing, row.entry_id) for row in rows for thing in things(row.about)]
        if pairs:
            these = tuple_(_t.thing, _t.entry_id).in_(pairs)
            connection.execute(delete(tables.audit_things).where(these))
        if rows:
            connection.execute(delete(tables.audit).where(_a.entry_id <= rows[-1].entry_id))
    if cut is not None:
        log.warning("the audit begins after entry %d now, for its age", last_cut)
    return len(rows) == STEP_ROWS
