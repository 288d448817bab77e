"""The seals' logins at the broker: those of the database, and the spare ones beside them."""

from contextlib import closing
from pathlib import Path

from sqlalchemy import select

from gateway.provisioning.broker_config import Login
from gateway.provisioning.spare_logins import SpareLogins
from gateway.store import tables
from gateway.store.database import Store


def logins(database: Path, folder: Path) -> tuple[list[Login], int]:
    """Who may log in at the broker of `folder`, and how many seals have no password.
    It only looks: an older database stays as it is. StoreError if it cannot be read."""
    seals = enrolled(database)
    known = [Login(seal_id, password_hash) for seal_id, password_hash in seals if password_hash]
    spares = SpareLogins(folder).all({seal_id for seal_id, _ in seals})
    waiting = [Login(spare.user, spare.password_hash) for spare in spares]
    return [*known, *waiting], len(seals) - len(known)


def enrolled(database: Path) -> list[tuple[str, str]]:
    """The seals in use with their passwords' hashes, "" for none; no seal where there is no
    database yet."""
    if not database.exists():
        return []
    c = tables.seals.c
    with closing(Store(database)) as store, store.reading() as connection:
        in_use = select(c.seal_id, c.broker_hash).where(c.ended_ms.is_(None), c.make == "")
        rows = connection.execute(in_use.order_by(c.seal_id)).all()
    return [(row.seal_id, row.broker_hash) for row in rows]
