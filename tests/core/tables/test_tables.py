"""Rules that depend on nothing but what they are given, over all inputs about which they could be
wrong: the millisecond before and at each end, the night in which a clock goes back, one too many.

As with the lives of sites, of each row a checksum is kept. That a row is right is shown by the
stories; that it stays so, for an old journal as for a new one, by these.
`python -m tests.core.tables` writes them anew.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.core.checksums import otherwise
from tests.core.tables import of_records as records
from tests.core.tables import of_time as time

TABLES: dict[str, Callable[[], Iterator[str]]] = {
    made.__name__: made
    for made in (
        time.walls,
        time.duties,
        time.ends,
        records.replays,
        records.deadlines,
        records.words,
        records.buttons,
        records.certified,
        records.worked,
        records.permitted,
        records.places_taken,
        records.counted,
        records.unpacked,
    )
}


def path_of(name: str) -> Path:
    return Path(__file__).with_name(f"{name}.sums")


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_as_it_was_written_down(name: str) -> None:
    told = otherwise(path_of(name), list(TABLES[name]()))
    assert not told, told
