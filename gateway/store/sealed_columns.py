"""Columns whose cells are sealed text: every select answers them revealed, wherever it is written.

`database` gives each of its connections the function `revealed`, which asks the ring of the site.
So no list can forget to reveal, and a list may be ordered and searched by what people read. In a
where, an order or a comparison say `revealed(column)`: alone in a select the column does it itself.
Writing seals nothing by itself, for only who writes knows under which key (`sealing`).
"""

from typing import Any

from sqlalchemy import Column, ColumnElement, String, Text, func

from gateway.keys.ring import KeyRing

FUNCTION = "revealed"  # of SQL


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
    """The column as people read it, for a where or an order."""
    return func.revealed(column, type_=Text())


def function_of(ring: KeyRing) -> Any:
    """What `revealed` does of SQL: anything but text is nothing of ours, and stays as it is."""
    shown = ring.shown

    def reveal(cell: object) -> object:
        return shown(cell) if isinstance(cell, str) else cell

    return reveal
