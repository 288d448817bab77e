"""*Coverage*: how much of the time the doors were really watched, and where they were not."""
# ruff: noqa: S608 - every query is made of constants

from grafana_foundation_sdk.builders import bargauge, dashboard, stat, timeseries
from grafana_foundation_sdk.models import units

from dashboards import board, limits, panels
from dashboards.board import GRID, IN_VIEW
from dashboards.influxql import Query
from gateway.feeds.influx_schema import SITE_1M

NAME = "coverage"
# Of a mean by a mean: a sum of integers by another one is cut to an integer within a subquery.
COVERED = 'mean("covered_ms") / mean("sealed_ms")'

_MINUTES = f'"{SITE_1M.name}"'
_OURS = f"{IN_VIEW} AND {GRID}"


def build() -> dashboard.Dashboard:
    """The whole dashboard."""
    return board.board(
        NAME,
        "Coverage",
        "A sealed door is covered within two heartbeats after a report. What is not covered, "
        "nobody can speak for.",
        [board.site(), board.grid(), board.console()],
        [*_share(), _over_time(), _heard(), *_places(), _late()],
        since="now-7d",
    )


def _share() -> list[stat.Panel]:
    goal = limits.COVERAGE_GOAL
    return [
        panels.number(
            "Covered",
            f"SELECT {COVERED} FROM {_MINUTES} WHERE {_OURS}",
            "Share of the sealed doors' time in this range.",
            panels.bad_below(goal - 0.04, goal),
            unit=units.PercentUnit,
            decimals=2,
            span=6,
        ),
        panels.number(
            "Not covered, in door-hours",
            'SELECT (sum("sealed_ms") - sum("covered_ms")) / 3600000.0 '
            f"FROM {_MINUTES} WHERE {_OURS}",
            "All doors together: an hour of one door is one.",
            decimals=1,
            span=6,
        ),
        panels.number(
            "Sealed, in door-days",
            f'SELECT sum("sealed_ms") / 86400000.0 FROM {_MINUTES} WHERE {_OURS}',
            "What could have been covered.",
            decimals=1,
            span=6,
        ),
        panels.number(
            "Worst hour",
            f'SELECT min("share") FROM (SELECT {COVERED} AS "share" FROM {_MINUTES} '
            f"WHERE {_OURS} GROUP BY time(1h) fill(none))",
            "The smallest share of all hours.",
            panels.bad_below(goal - 0.2, goal - 0.04),
            unit=units.PercentUnit,
            decimals=1,
            span=6,
        ),
    ]


def _over_time() -> timeseries.Panel:
    query = (
        f"SELECT {COVERED} FROM {_MINUTES} WHERE {_OURS} "
        'GROUP BY time($__interval), "building" fill(none)'
    )
    return panels.chart(
        "Covered, by building",
        Query(query, alias="$tag_building"),
        "Buildings that fall together share a broker or the power; one alone, an access point.",
        unit=units.PercentUnit,
        span=12,
        height=9,
        least=None,
        most=1,
        interval="15m",
    )


def _heard() -> timeseries.Panel:
    query = (
        'SELECT 1 - mean("heard") / mean("doors") AS "not heard", '
        'mean("open_now") / mean("doors") AS "open" '
        f"FROM {_MINUTES} WHERE {_OURS} GROUP BY time($__interval) fill(none)"
    )
    return panels.chart(
        "Doors not heard, and open",
        Query(query, alias="$col"),
        "Share of the sealed doors, as the mean of the minutes. A step up of the first is an "
        "outage.",
        unit=units.PercentUnit,
        span=12,
        height=9,
        interval="5m",
    )


def _places() -> list[bargauge.Panel]:
    return [
        panels.lengths(
            f"Not covered, by {tag}",
            Query(
                f'SELECT 1 - {COVERED} FROM {_MINUTES} WHERE {_OURS} GROUP BY "{tag}"',
                alias=f"$tag_{tag}",
            ),
            description,
            panels.warns_at(1 - limits.COVERAGE_GOAL, 0.05),
            unit=units.PercentUnit,
        )
        for tag, description in (
            ("grid", "The console has the legend of these names."),
            ("building", "One that stands out: look at its access points."),
            ("batch", "One that stands out: its seals came together, and may fail together."),
        )
    ]


def _late() -> timeseries.Panel:
    query = (
        f'SELECT max("age_max_ms") FROM {_MINUTES} WHERE {_OURS} '
        "GROUP BY time($__interval) fill(none)"
    )
    return panels.chart(
        "The oldest edge that came",
        Query(query, alias="age"),
        "Edges that waited in a seal, for its radio failed. They are told late, and not lost.",
        unit=units.Milliseconds,
        span=24,
        height=7,
        bars=True,
        interval="15m",
    )
