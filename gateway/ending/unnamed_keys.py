"""Keys that no row of the database names: of orders that a copy put back does not know, or of a
program that was killed before its rows were written.

Who would put a newer copy back has `destroy_days` for it. Then such a key is destroyed like any
other, and with it what copies from between say of a household whose end nobody knows any more.
"""

import logging

from sqlalchemy import select

from gateway.core.model import SURE
from gateway.keys import unnamed
from gateway.store import states
from gateway.store.database import Store
from gateway.store.key_tables import order_keys

log = logging.getLogger("menshen.ending")


def destroy(store: Store, after_ms: int, now_ms: int) -> int:
    """Look once, and destroy what is due; how many that were. While the clock is in doubt nothing
    is noted or destroyed.

    Args:
        store: the site's database.
        after_ms: how long a key is kept that nothing names.
        now_ms: the gateway's time.

    Raises:
        KeyRingError, OSError: a folder cannot be read or written, or a key may still be there.
        StoreError: the database cannot be read.
    """
    ring = store.keys
    here, known = ring.key_ids(), unnamed.since(ring.folder)  # before the rows: none is too new
    with store.reading() as connection:
        if states.doubt(connection) != SURE:
            return 0
        named = set(connection.execute(select(order_keys.c.key_id)).scalars())
    without = here - named
    unnamed.forget(ring.folder, known.keys() - without)
    fresh = {key_id for key_id in without if known.get(key_id, now_ms + 1) > now_ms}
    if fresh:
        unnamed.note(ring.folder, fresh, now_ms)
    due = [key_id for key_id in sorted(without - fresh) if now_ms - known[key_id] >= after_ms]
    for key_id in due:
        ring.destroy(key_id)
    unnamed.forget(ring.folder, due)
    if due:
        log.warning("keys that no order of this database has had for long: %d destroyed", len(due))
    return len(due)
