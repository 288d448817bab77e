"""The first that was heard of a seal: what proves that it works, from its contact to our disk."""

from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, select

from gateway.core.events import REPORT
from gateway.store import archives, tables


class FirstReport(NamedTuple):
    """When it was committed, and what it said of itself; None for what it did not say."""

    at_ms: int
    battery_mv: int | None = None
    signal_dbm: int | None = None


class _Body(msgspec.Struct, frozen=True):
    """Of a report, as the journal has it, what is asked for here."""

    battery_mv: int | None = None
    signal_dbm: int | None = None


_decode = msgspec.json.Decoder(_Body).decode


def first_report(connection: Connection, seal_id: str) -> FirstReport | None:
    """The first report in the journal under a seal's name; None while there is none."""
    c = tables.journal.c
    query = (
        select(c.at_ms, c.body)
        .where(c.seal_id == seal_id, c.kind == REPORT)
        .order_by(c.journal_id)
        .limit(1)
    )
    found = (file.execute(query).first() for file, _ in archives.files(connection))
    row = next((row for row in found if row is not None), None)
    if row is None:
        return None
    body = _decode(row.body)
    return FirstReport(row.at_ms, body.battery_mv, body.signal_dbm)
