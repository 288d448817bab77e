"""Rows of a query as frozen records."""

import logging
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Select

log = logging.getLogger("menshen.store")
R = TypeVar("R", bound=msgspec.Struct)


def records(connection: Connection, query: Select[Any], kind: type[R]) -> list[R]:
    """Rows as records of a kind: words become its enums, and what no column says is its default. A
    row that cannot be one is left out and logged; `menshen check` names it."""
    names, made = kind.__struct_fields__, []
    for row in connection.execute(query):
        cells = row._mapping
        try:
            made.append(
                msgspec.convert({name: cells[name] for name in names if name in cells}, kind)
            )
        except msgspec.ValidationError as error:
            log.warning("a row of %s is left out: %s", kind.__name__, error)
    return made
