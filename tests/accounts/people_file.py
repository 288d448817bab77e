"""A file of accounts of its own, with somebody of each role in it."""

import functools
import tempfile
from pathlib import Path

from gateway.accounts import persons
from gateway.accounts.file import CHAIN, file_of
from gateway.accounts.persons import Account
from gateway.accounts.roles import OF_THE_REGISTRY, Role
from gateway.store.database import Store

NOW_MS = 1_900_000_000_000
GOOD = "four plums on a roof"


@functools.cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        Store.open(path, chain=CHAIN).close()
        return path.read_bytes()


def new_accounts(database: Path) -> Store:
    """An accounts' file beside a database, with nobody in it."""
    path = file_of(database)
    path.write_bytes(_empty())
    path.chmod(0o600)
    return Store.open(path, chain=CHAIN)


def add(
    store: Store,
    name: str,
    *roles: Role,
    warden_id: str | None = None,
    grids: list[str] | None = None,
) -> Account:
    """Somebody, as a person of the registry of the same name where the role wants one."""
    if warden_id is None and set(roles) & OF_THE_REGISTRY:
        warden_id = name
    with store.writing() as connection:
        return persons.add(connection, name, list(roles), NOW_MS, warden_id, grids)
