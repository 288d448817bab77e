"""`python -m tests.core.tables`: write the tables anew, after a rule was changed on purpose."""

from tests.core.checksums import keep
from tests.core.tables.test_tables import TABLES, path_of

if __name__ == "__main__":
    for name, rows in TABLES.items():
        keep(path_of(name), list(rows()))
