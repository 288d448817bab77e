"""A part of a long list of doors, in which no label is opened but of those that stand near it.

What a list goes by first (how urgent a door is) needs no label, and the grid of a door neither. So
it is put in order by these; only among doors that are alike in both, and of which some are shown,
does the label decide.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Connection

from gateway.store import views
from gateway.store.views import DoorRow

T = TypeVar("T")


class Listed(NamedTuple, Generic[T]):
    """A door of a list, by its id and grid, and what is said of it there."""

    door_id: str
    grid: str
    grid_id: str
    said: T


class Named(NamedTuple, Generic[T]):
    """The same with what people call the door."""

    door_id: str
    label: str
    said: T


def listed(row: DoorRow, said: T) -> Listed[T]:
    """A door that was read without its label."""
    return Listed(row.door_id, row.grid, row.grid_id, said)


def part(
    connection: Connection,
    every: Iterable[Listed[T]],
    rank: Callable[[T], Any],
    begin: int,
    count: int,
) -> list[Named[T]]:
    """Some of a list in a row, with their labels: by rank, and among those of one rank in the order
    of the lists of doors.

    Args:
        connection: of the snapshot that the doors were read from.
        every: all of the list, in no order.
        rank: what the list goes by first; no label is in it.
        begin: how many of the list stand before the part.
        count: how many are wanted.
    """

    alike = defaultdict[tuple[Any, str, str], list[Listed[T]]](list)
    for one in every:  # to sort all of them takes longer than to read them
        alike[rank(one.said), one.grid, one.grid_id].append(one)
    found: list[Named[T]] = []
    before = skipped = 0
    for near in sorted(alike):
        size = len(alike[near])
        if before + size > begin:
            skipped = skipped if found else begin - before
            found += _named(connection, alike[near])
        before += size
        if before >= begin + count:
            break
    return found[skipped : skipped + count]


def _named(connection: Connection, alike: list[Listed[T]]) -> list[Named[T]]:
    """Doors of one grid, short labels first as in every list."""
    labels: dict[str, str] = {}
    for start in range(0, len(alike), views.READ_AT_ONCE):
        some = [one.door_id for one in alike[start : start + views.READ_AT_ONCE]]
        labels |= views.labels_of(connection, some)
    named = [Named(one.door_id, labels[one.door_id], one.said) for one in alike]
    return sorted(named, key=lambda one: (len(one.label), one.label, one.door_id))
