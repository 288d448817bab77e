"""Write anew what a new file is made from (`head.sql`), by the migrations: `python <this file>`."""

import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from gateway.accounts.file import CHAIN
from gateway.store import whole_schema
from gateway.store.database import SITE, Chain, Store

CHAINS = (SITE, CHAIN)


def by_migrations(chain: Chain, folder: Path) -> str:
    """The script of a database which all migrations of this chain made, one after the other."""
    path = folder / "made.db"
    path.touch()
    store = Store(path, chain)
    store.migrate()
    store.close()
    with closing(sqlite3.connect(path)) as raw:
        return whole_schema.script(raw, chain.head)


def main() -> None:
    """Write both."""
    for chain in CHAINS:
        with tempfile.TemporaryDirectory() as folder:
            text = by_migrations(chain, Path(folder))
        path = chain.folder / whole_schema.FILE
        path.write_text(text)
        sys.stdout.write(f"{path.relative_to(Path.cwd())}: {chain.head}\n")


if __name__ == "__main__":
    main()
