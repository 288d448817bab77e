"""How much a database grows, reckoned from what came to it lately and from how long what is kept.

The sizes of a row are measured: `python -m bench.seal_year` lives a year of a seal through the real
store and says what is left of it.
"""

from typing import Final, NamedTuple

from sqlalchemy import Connection, func, select

from gateway.core.duration import DAY_MS, HOUR_MS
from gateway.core.events import REPORT
from gateway.store import journal as journals
from gateway.store.retention import Limits
from gateway.store.tables import journal

ROW_BYTES: Final = 320  # of the journal, its three indexes included
BEAT_BYTES: Final = 9  # of a heartbeat in a span
SAMPLE_ROWS: Final = 100_000  # looked at for what lasts
MONTH_DAYS: Final = 31
YEARS_DAYS: Final = 3_653  # further nobody looks


class Daily(NamedTuple):
    """What comes in a day: heartbeats that change nothing, and rows that last."""

    heartbeats: float
    lasting: float


def daily(connection: Connection) -> Daily | None:
    """By the newest rows; None for a site of less than an hour, or where a time is spoilt."""
    c = journal.c
    newest_id, newest_ms = journals.newest(connection)
    first_id = max(1, newest_id - SAMPLE_ROWS)
    query = select(c.journal_id, c.at_ms).where(c.journal_id >= first_id).order_by(c.journal_id)
    first = connection.execute(query.limit(1)).first()
    if first is None or not (isinstance(first.at_ms, int) and isinstance(newest_ms, int)):
        return None
    if newest_ms - first.at_ms < HOUR_MS:
        return None
    days = (newest_ms - first.at_ms) / DAY_MS
    is_heartbeat = (c.kind == REPORT) & c.seq.is_(None)
    count = select(func.count()).where(c.journal_id > first.journal_id, ~is_heartbeat)
    lasting = connection.execute(count).scalar_one()
    # By numbers, for of those that were thinned no row is left to be counted.
    heartbeats = newest_id - first.journal_id - lasting
    return Daily(heartbeats / days, lasting / days)


def bytes_after(rate: Daily, limits: Limits, days: float) -> float:
    """How many bytes stand in the database and its archives so many days after the first."""
    kept_days = (limits.archive_months + 1) * MONTH_DAYS
    as_rows = rate.heartbeats * min(days, limits.heartbeats_days) * ROW_BYTES
    as_spans = rate.heartbeats * min(days, kept_days) * BEAT_BYTES
    return as_rows + as_spans + rate.lasting * min(days, kept_days) * ROW_BYTES


def days_left(rate: Daily, limits: Limits, used: int, free: int) -> int | None:
    """In how many days the disk is full; None where what goes makes room for what comes.

    Args:
        rate: what comes.
        limits: how long what is kept.
        used: bytes of the database and its archives now.
        free: bytes that are free on their disk.
    """
    today = next((n for n in range(YEARS_DAYS) if bytes_after(rate, limits, n) >= used), YEARS_DAYS)
    base = bytes_after(rate, limits, today)
    if bytes_after(rate, limits, today + YEARS_DAYS) - base <= free:
        return None
    low, high = 0, YEARS_DAYS
    while high - low > 1:
        middle = (low + high) // 2
        is_full = bytes_after(rate, limits, today + middle) - base > free
        low, high = (low, middle) if is_full else (middle, high)
    return low
