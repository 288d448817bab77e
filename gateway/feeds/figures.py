"""The gateway's own figures, every few seconds: what it counts itself, and what only the database
and the machine know."""

import os
import shutil
import time
from collections import deque
from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select

from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from gateway.core.evidence import Evidence
from gateway.core.model import CaseState
from gateway.engine.clock import steady_ms
from gateway.engine.clock_states import ClockState
from gateway.engine.health import Health
from gateway.feeds.battery_trend import days_left
from gateway.feeds.cursor import unwritten_count
from gateway.feeds.influx_line import NS_PER_MS, LineMaker, Value
from gateway.feeds.influx_schema import COUNTED, GATEWAY_STATS
from gateway.store import growth
from gateway.store.database import Store
from gateway.store.retention import Limits
from gateway.store.span_tables import heartbeat_spans
from gateway.store.tables import cases, outbox, refusals

DEAD_MS: Final = 7 * DAY_MS  # so long a page that failed for good is counted
SLOW_EVERY_MS: Final = MINUTE_MS  # what reads a whole table
BATTERIES_EVERY_MS: Final = 6 * HOUR_MS
BATTERIES_OF_MS: Final = 14 * DAY_MS
GROWTH_OF_MS: Final = DAY_MS  # over which the database's growth is taken,
GROWTH_MIN_MS: Final = HOUR_MS  # and over how much at least
GROWTHS_KEPT: Final = 49  # one a half hour
_STATM: Final = Path("/proc/self/statm")
_UNTAKEN: Final = frozenset({CaseState.RAISED, CaseState.PAGED})


class Figures:
    """Measures, and makes the line.

    Args:
        store: whose database is looked at.
        site_id: the site's random id.
        steady_ms: A clock that only ever goes forward.
        limits: how long what is kept: by them the disk is reckoned until it was measured, for a
            life may be shorter than that takes.
    """

    def __init__(
        self,
        store: Store,
        site_id: str,
        steady_ms: Callable[[], int] = steady_ms,
        limits: Limits | None = None,
    ) -> None:
        self._store, self._steady_ms = store, steady_ms
        self._maker = LineMaker(GATEWAY_STATS, site_id)
        self._sizes: deque[tuple[int, int]] = deque(maxlen=GROWTHS_KEPT)  # steady, bytes
        self._limits = limits or Limits()
        self._rate: growth.Daily | None = None  # as it was at the start
        self._slow: dict[str, Value] = {}
        self._slow_ms = self._batteries_ms = 0
        self._battery_days: float | None = None

    def line(
        self, health: Health, standing: Mapping[str, int], behind: tuple[int, int | None]
    ) -> str:
        """The figures as a line. Blocks on the disk. StoreError, or OSError of the disk.

        Args:
            health: what the gateway counts.
            standing: its doors at the end of the last minute.
            behind: how many rows of the journal the history is behind, and when the first was.
        """
        now_ms = health.at_ms
        with self._store.reading() as connection:
            if abs(now_ms - self._slow_ms) >= SLOW_EVERY_MS:
                self._slow, self._slow_ms = self._read(connection, now_ms), now_ms
            unwritten = unwritten_count(connection)
            counted = {reason: int(count) for reason, count in connection.execute(_REFUSALS)}
        lag, first_ms = behind
        sizes = self._disk(self._steady_ms())
        fields: dict[str, Value] = {
            **_counted(health),
            "cursor_lag": lag,
            "history_lag_ms": 0 if first_ms is None else max(0, now_ms - first_ms),
            "unwritten": unwritten,
            "doors_sealed": standing.get("doors", 0),
            "doors_silent": standing.get("doors", 0) - standing.get("heard", 0),
            "doors_open": standing.get("open_now", 0),
            "uptime_s": (now_ms - health.started_ms) / SECOND_MS,
            "rss_bytes": _rss(),
            "cpu_s": time.process_time(),
            "battery_days": self._battery_days,
            **self._slow,
            **sizes,
            **{f"refused_{reason}": counted.get(reason, 0) for reason in COUNTED},
        }
        return self._maker.line({}, fields, now_ms * NS_PER_MS)

    def _read(self, connection: Connection, now_ms: int) -> dict[str, Value]:
        by_state = {state: int(count) for state, count in connection.execute(_CASES)}
        dead = connection.execute(_DEAD, {"since": now_ms - DEAD_MS}).scalar_one()
        if self._rate is None:
            self._rate = growth.daily(connection)
        if abs(now_ms - self._batteries_ms) >= BATTERIES_EVERY_MS:
            self._batteries_ms = now_ms
            self._battery_days = _battery_days(connection, now_ms)
        return {
            "outbox_dead": dead,
            "cases_open": sum(by_state.values()),
            "cases_untaken": sum(by_state.get(state, 0) for state in _UNTAKEN),
        }

    def _disk(self, now_ms: int) -> dict[str, Value]:
        """What is free, and how long it lasts: as the database has grown by the steady clock, or,
        until that is known, as its rows say."""
        path = self._store.path
        free, size = shutil.disk_usage(path.parent).free, path.stat().st_size
        log = path.with_name(path.name + "-wal")
        log_size = log.stat().st_size if log.exists() else 0
        if not self._sizes or now_ms - self._sizes[-1][0] >= GROWTH_OF_MS // (GROWTHS_KEPT - 1):
            self._sizes.append((now_ms, size))
        first_ms, first = self._sizes[0]
        span_ms, grown = now_ms - first_ms, size - first
        days: float | None = None
        if span_ms < GROWTH_MIN_MS and self._rate is not None:
            days = growth.days_left(self._rate, self._limits, size, free)
        elif span_ms >= GROWTH_MIN_MS and grown > 0:
            days = free / (grown * DAY_MS / span_ms)
        return {
            "disk_free": free,
            "database_bytes": size + log_size,
            "disk_days": days,
        }


def _counted(health: Health) -> dict[str, Value]:
    now_ms, oldest_ms = health.at_ms, health.outbox_oldest_ms
    since_ms = health.broker_since_ms or health.started_ms
    ends_ms = health.certificate_ends_ms
    is_sure = health.clock is ClockState.SURE and not health.clock_told
    return {
        "broker_connected": health.broker_connected,
        "broker_away_ms": 0 if health.broker_connected else max(0, now_ms - since_ms),
        "echo_ms": health.echo_ms,
        "store_ok": health.store_ok,
        "queue_depth": health.queue_depth,
        "reports": health.reports,
        "commits": health.commits,
        "refused": health.refused,
        "turned_away": health.turned_away,
        "commit_ms_p50": health.commit_ms_p50,
        "commit_ms_max": health.commit_ms_max,
        "outbox_due": health.outbox_due,
        "outbox_oldest_ms": 0 if oldest_ms is None else max(0, now_ms - oldest_ms),
        "certificate_days": None if ends_ms is None else (ends_ms - now_ms) / DAY_MS,
        "clock_doubted": not is_sure,
        "clock_behind_ms": health.clock_behind_ms,
        "clock_ahead_ms": health.clock_ahead_ms,
        **{f"pages_{evidence}": getattr(health, f"pages_{evidence}") for evidence in Evidence},
    }


def _battery_days(connection: Connection, now_ms: int) -> float | None:
    """Until the first battery is empty; None where none falls."""
    found = connection.execute(_BATTERIES, {"since": now_ms - BATTERIES_OF_MS})
    by_seal = groupby(found, key=lambda row: row[0])
    left = (days_left([(day, float(mv)) for _, day, mv in days]) for _, days in by_seal)
    return min((days for days in left if days is not None), default=None)


def _rss() -> int | None:
    """The process's memory; None where the machine does not say it."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


_h = heartbeat_spans.c
_day: Any = _h.from_ms // DAY_MS
_BATTERIES = (
    select(_h.seal_id, _day, func.avg(_h.battery_last))
    .where(_h.from_ms > bindparam("since"), _h.battery_last.is_not(None))
    .group_by(_h.seal_id, _day)
    .order_by(_h.seal_id, _day)
)
_REFUSALS = select(refusals.c.reason, func.sum(refusals.c.count)).group_by(refusals.c.reason)
_CASES = (
    select(cases.c.state, func.count())
    .where(cases.c.state != CaseState.CLOSED)
    .group_by(cases.c.state)
)
_DEAD = select(func.count()).where(
    outbox.c.gave_up, outbox.c.ended.is_(None), outbox.c.made_ms > bindparam("since")
)
