"""*Seal*: one seal's days: its door, its battery, its radio, and every edge that it told."""
# ruff: noqa: S608 - every query is made of constants

from grafana_foundation_sdk.builders import dashboard, stat, table, timeseries
from grafana_foundation_sdk.models import units

from dashboards import board, limits, panels
from dashboards.board import IN_VIEW
from dashboards.influxql import Query
from dashboards.site import DOORS
from gateway.feeds.influx_schema import SEAL_EVENT

NAME = "seal"

_EVENT = f'"{SEAL_EVENT.name}"'
_OURS = f'{IN_VIEW} AND "seal" =~ /^$seal$/'


def build() -> dashboard.Dashboard:
    """The whole dashboard."""
    return board.board(
        NAME,
        "Seal",
        "One seal. Which door it hangs on, the console says.",
        [board.site(), board.seal(), board.console()],
        [*_now(), _door(), _battery(), _signal(), _reports(), _late(), _edges()],
        since="now-7d",
    )


def _now() -> list[stat.Panel]:
    return [
        panels.number(
            "Door",
            _last("state"),
            "As the seal said last in this time range.",
            words=DOORS,
        ),
        panels.number(
            "Battery",
            _last("battery_mv"),
            "Under load. A seal on mains has none.",
            panels.bad_below(limits.EMPTY_MV, limits.LOW_MV),
            unit=units.MilliVolt,
        ),
        panels.number(
            "Signal",
            f'SELECT mean("signal_dbm") FROM {_EVENT} WHERE {_OURS}',
            "The mean over this time range.",
            panels.bad_below(limits.WEAK_DBM - 5, limits.WEAK_DBM),
            unit=units.DecibelMilliWatt,
        ),
        panels.number(
            "Firmware",
            _last("firmware"),
            "The release that it runs, where it said so.",
            unit="string",
            decimals=None,
        ),
        panels.number("Openings", _sum("opened"), "In this time range."),
        panels.number(
            "Reports of tampering",
            f'SELECT sum("tamper") FROM {_EVENT} WHERE {_OURS} AND "seq" > 0',
            "In this time range; heartbeats are left out.",
            panels.bad_from(1),
        ),
    ]


def _door() -> object:
    query = f'SELECT "state" FROM {_EVENT} WHERE {_OURS} GROUP BY "seal"'
    return panels.states(
        "Its door",
        Query(query, alias="$tag_seal"),
        "Seen shut, seen open. A gap: not seen for twenty minutes.",
        DOORS,
        height=4,
    )


def _battery() -> timeseries.Panel:
    query = (
        f'SELECT mean("battery_mv") FROM {_EVENT} WHERE {_OURS} '
        "GROUP BY time($__interval) fill(none)"
    )
    return panels.chart(
        "Battery over time",
        Query(query, alias="battery"),
        "The line is empty: 2.4 V under load.",
        unit=units.MilliVolt,
        limit=panels.bad_from(limits.EMPTY_MV),
        least=None,
        interval="10m",
    )


def _signal() -> timeseries.Panel:
    query = (
        f'SELECT mean("signal_dbm") AS "mean", min("signal_dbm") AS "weakest" FROM {_EVENT} '
        f"WHERE {_OURS} GROUP BY time($__interval) fill(none)"
    )
    return panels.chart(
        "Signal over time",
        Query(query, alias="$col"),
        "How strongly its transmissions were heard. Below the line some are lost.",
        unit=units.DecibelMilliWatt,
        limit=panels.bad_from(limits.WEAK_DBM),
        least=None,
        interval="10m",
    )


def _reports() -> timeseries.Panel:
    query = f'SELECT count("seq") FROM {_EVENT} WHERE {_OURS} GROUP BY time($__interval) fill(0)'
    return panels.chart(
        "Reports",
        Query(query, alias="reports"),
        "Heartbeats and edges, by the hour; in a long view by more. A hole: it was not heard.",
        bars=True,
        interval="1h",
        decimals=0,
    )


def _late() -> timeseries.Panel:
    query = (
        f'SELECT max("age_ms") FROM {_EVENT} WHERE {_OURS} AND "seq" > 0 '
        "GROUP BY time($__interval) fill(none)"
    )
    return panels.chart(
        "Age of its edges",
        Query(query, alias="oldest"),
        "How old an edge was when the seal sent it: its radio failed so long.",
        unit=units.Milliseconds,
        span=12,
        bars=True,
        interval="10m",
    )


def _edges() -> table.Panel:
    query = (
        f'SELECT "ev", "edges", "bounces", "age_ms", "battery_mv" FROM {_EVENT} WHERE {_OURS} '
        'AND "seq" > 0 ORDER BY time DESC LIMIT 50'
    )
    return panels.rows(
        "The latest 50 reports that are no heartbeat",
        query,
        "`first` is what it read when it started.",
        span=12,
        columns={
            "Time": panels.column(units.DatetimeISO),
            "age_ms": panels.column(units.Milliseconds, name="age"),
            "battery_mv": panels.column(units.MilliVolt, name="battery"),
            "ev": panels.column(name="report"),
        },
    )


def _last(field: str) -> str:
    return f'SELECT last("{field}") FROM {_EVENT} WHERE {_OURS}'


def _sum(field: str) -> str:
    return f'SELECT sum("{field}") FROM {_EVENT} WHERE {_OURS}'
