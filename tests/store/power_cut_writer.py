"""Plain commits for the recorder: python -m tests.store.power_cut_writer FILE QUERY SYNCHRONOUS.

It shows that the recorder finds what is wrong: with settings that are not ours rows must be lost.
"""

import ctypes
import sqlite3
import sys

COMMITS = 300
ROW_BYTES = 200


def main(path: str, query: str, synchronous: str) -> None:
    """One row a commit, each marked when it is promised."""
    mark = ctypes.CDLL(None).recorder_mark
    mark.argtypes = [ctypes.c_uint64]
    connection = sqlite3.connect(f"file:{path}{query}", uri=True, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute("PRAGMA wal_autocheckpoint=50")
    connection.execute("CREATE TABLE rows (number INTEGER PRIMARY KEY, content BLOB)")
    for number in range(1, COMMITS + 1):
        connection.execute("INSERT INTO rows VALUES (?, zeroblob(?))", (number, ROW_BYTES))
        mark(number)
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
