"""Rows of a query as frozen records."""

from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Select

R = TypeVar("R", bound=msgspec.Struct)


def records(connection: Connection, query: Select[Any], kind: type[R]) -> list[R]:
    """Rows as records of a kind: words become its enums, and what no column says is its default."""
    names = kind.__struct_fields__
    rows = (row._mapping for row in connection.execute(query))
    return [
        msgspec.convert({name: row[name] for name in names if name in row}, kind) for row in rows
    ]
