"""The seals' logins at the broker, as the database has them."""

from contextlib import closing
from pathlib import Path

from sqlalchemy import select

from gateway.provisioning.broker_config import Login
from gateway.store import tables
from gateway.store.database import Store


def logins(database: Path) -> tuple[list[Login], int]:
    """Who may log in, and how many seals have no password. Nobody, where no seal is enrolled.
    It only looks: an older database stays as it is. StoreError if it cannot be read."""
    if not database.exists():
        return [], 0
    c = tables.seals.c
    with closing(Store(database)) as store, store.reading() as connection:
        in_use = select(c.seal_id, c.broker_hash).where(c.ended_ms.is_(None))
        rows = connection.execute(in_use.order_by(c.seal_id)).all()
    known = [Login(seal_id, password_hash) for seal_id, password_hash in rows if password_hash]
    return known, len(rows) - len(known)
