"""*Batteries*: which cells to change next, and how soon."""
# ruff: noqa: S608 - every query is made of constants

from grafana_foundation_sdk.builders import dashboard, stat, table, timeseries
from grafana_foundation_sdk.models import units

from dashboards import board, limits, panels
from dashboards.board import IN_VIEW
from dashboards.influxql import Query
from dashboards.site import seal_column
from gateway.feeds.influx_schema import SEAL_EVENT, SITE_1M

NAME = "batteries"
LISTED = 20
SPAN = "1d"  # a trend is drawn through means of so long

_EVENT, _MINUTES = f'"{SEAL_EVENT.name}"', f'"{SITE_1M.name}"'
_BY_SEAL = f'FROM {_EVENT} WHERE {IN_VIEW} GROUP BY "seal"'


def build() -> dashboard.Dashboard:
    """The whole dashboard."""
    return board.board(
        NAME,
        "Batteries",
        "Lithium cells hold their voltage for long and fall at the end: days left are those of a "
        "straight line through this time range, so choose weeks.",
        [board.site(), board.console()],
        [*_now(), _left(), _lowest(), _trend(), _batches()],
        since="now-30d",
        refresh="1h",
    )


def _now() -> list[stat.Panel]:
    last = f'SELECT last("battery_mv") AS "mv" {_BY_SEAL}'
    low, empty = (f'SELECT count("mv") FROM ({last}) WHERE "mv" < {mv}' for mv in _LIMITS)
    return [
        panels.number(
            "Seals with a battery",
            f'SELECT count("mv") FROM ({last})',
            "That were heard in this time range.",
            span=6,
        ),
        panels.number(
            f"Below {limits.LOW_MV / 1000:g} V",
            low,
            "Order cells: these are to be changed at the next round.",
            panels.warns_at(1),
            span=6,
        ),
        panels.number(
            f"Below {limits.EMPTY_MV / 1000:g} V",
            empty,
            "Change these now: the seal may fall silent at any time.",
            panels.bad_from(1),
            span=6,
        ),
        panels.number(
            "First is empty in",
            board.last_figures('last("battery_days")'),
            "As the gateway works it out from the latest weeks. Below 30 days is an alert.",
            panels.bad_below(limits.BATTERY_DAYS, limits.BATTERY_DAYS * 2),
            unit=units.Days,
            span=6,
        ),
    ]


_LIMITS = (limits.LOW_MV, limits.EMPTY_MV)


def _left() -> table.Panel:
    daily = (
        f'SELECT mean("battery_mv") AS "mv" FROM {_EVENT} WHERE {IN_VIEW} '
        f'GROUP BY "seal", time({SPAN}) fill(none)'
    )
    ends = (
        'SELECT first("mv") AS "first", last("mv") AS "last", count("mv") AS "days" '
        f'FROM ({daily}) GROUP BY "seal"'
    )
    left = (
        f'SELECT ("last" - {limits.EMPTY_MV}) * ("days" - 1) / ("first" - "last") AS "left" '
        f'FROM ({ends}) GROUP BY "seal"'
    )
    return panels.rows(
        "Days left, the shortest 20",
        f'SELECT bottom("left", "seal", {LISTED}) AS "days left" FROM ({left}) WHERE "left" > 0',
        "From the mean of the first day to that of the last, on to 2.4 V. Those that do not fall "
        "are not listed.",
        height=10,
        columns={
            "days left": panels.column(
                units.Days, panels.bad_below(limits.BATTERY_DAYS, limits.BATTERY_DAYS * 2), 0
            ),
            "Time": panels.HIDDEN,
            "seal": seal_column(),
        },
        sort=("days left", False),
    )


def _lowest() -> table.Panel:
    last = f'SELECT last("battery_mv") AS "mv" {_BY_SEAL}'
    return panels.rows(
        "Lowest 20 batteries",
        f'SELECT bottom("mv", "seal", {LISTED}) AS "battery" FROM ({last})',
        "As last heard in this time range.",
        height=10,
        columns={
            "battery": panels.column(
                units.MilliVolt, panels.bad_below(limits.EMPTY_MV, limits.LOW_MV), 0
            ),
            "Time": panels.HIDDEN,
            "seal": seal_column(),
        },
        sort=("battery", False),
    )


def _trend() -> timeseries.Panel:
    query = (
        f'SELECT min("battery_min_mv") FROM {_MINUTES} WHERE {IN_VIEW} '
        'GROUP BY time($__interval), "building" fill(none)'
    )
    return panels.chart(
        "The lowest battery, by building",
        Query(query, alias="$tag_building"),
        "The lowest that was reported in six hours or more. The line is empty.",
        unit=units.MilliVolt,
        height=10,
        least=None,
        limit=panels.bad_from(limits.EMPTY_MV),
        interval="6h",
    )


def _batches() -> timeseries.Panel:
    query = (
        f'SELECT min("battery_min_mv") FROM {_MINUTES} WHERE {IN_VIEW} '
        'GROUP BY time($__interval), "batch" fill(none)'
    )
    return panels.chart(
        "The lowest battery, by batch",
        Query(query, alias="$tag_batch"),
        "A batch that falls faster than the others has bad cells, or a firmware that never sleeps.",
        unit=units.MilliVolt,
        span=24,
        least=None,
        limit=panels.bad_from(limits.EMPTY_MV),
        interval="6h",
    )
