"""Columns whose cells are sealed text: every select answers them revealed, wherever it is written.

`database` gives each of its connections the function `revealed`, which asks the ring of the site.
So no list can forget to reveal, and a list may be ordered and searched by what people read. In a
where, an order or a comparison say `revealed(column)`: alone in a select the column does it itself.
Writing seals nothing by itself, for only who writes knows under which key (`sealing`).
"""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, LargeBinary, String, Text, cast, func

from gateway.keys.ring import KeyRing

RING: Final = "keys"  # in a connection's info: `database` puts it there
FUNCTION = "revealed"  # of SQL
AT_HAND: Final = "_at_hand"  # behind it: what was revealed already, else NULL


class _Revealed:
    """What makes a type of text one that is read revealed."""

    def column_expression(self, colexpr: ColumnElement[Any]) -> ColumnElement[Any]:
        """What a select says in the place of the column."""
        return revealed(colexpr)


class SealedText(_Revealed, Text):
    """Text that is stored sealed, and read revealed."""

    cache_ok = True


class SealedString(_Revealed, String):
    """The same in a column that was made for short text: SQLite takes text of any length there, and
    to make the column anew would mean to make its table anew."""

    cache_ok = True


def revealed(column: "Column[Any] | ColumnElement[Any]") -> ColumnElement[Any]:
    """The column as people read it, for a where or an order.

    It is handed over as bytes: a cell that is no text would cost the whole query on its way.
    """
    return _known_or_made(FUNCTION, cast(column, LargeBinary))


def functions_of(ring: KeyRing) -> dict[str, Callable[[Any], Any]]:
    """What SQL is given, by name: what reveals, and beside it what is at hand."""
    return {
        FUNCTION: function_of(ring),
        FUNCTION + AT_HAND: ring.at_hand.get,
    }


def _known_or_made(function: str, cell: ColumnElement[Any]) -> ColumnElement[Any]:
    """What is at hand by a look into a dict, with no line of ours: a list asks a thousand times."""
    known: ColumnElement[Any] = getattr(func, function + AT_HAND)(cell)
    made: ColumnElement[Any] = getattr(func, function)(cell)
    return func.coalesce(known, made, type_=Text())


def as_stored(column: "Column[Any]") -> ColumnElement[Any]:
    """The column as it is stored, in bytes, for a list that `reader` reveals row by row: there a
    call from SQLite for each mention of the column costs more than all the rest."""
    return cast(column, LargeBinary).label(column.name)


def reader(connection: Connection) -> Callable[[Any], Any]:
    """What reveals the cells of `as_stored` columns, as `revealed` does in SQL."""
    ring: KeyRing = connection.info[RING]
    return function_of(ring)


def function_of(ring: KeyRing) -> Callable[[Any], Any]:
    """What `revealed` does in SQL: text from its bytes; where there is none (NULL), none."""
    shown, at_hand = ring.shown, ring.at_hand.get

    def reveal(cell: Any) -> Any:  # some thousand times for a page: `database` has the ring look
        known = at_hand(cell)
        if known is not None or cell is None:
            return known
        return shown(cell.decode(errors="replace"))

    return reveal
