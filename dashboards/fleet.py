"""*Fleet*: every site at a glance, and which of them needs somebody."""
# ruff: noqa: S608 - every query is made of constants

from grafana_foundation_sdk.builders import dashboard, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models import units

from dashboards import board, limits, panels
from dashboards.board import FIGURES_NOW
from dashboards.influxql import Query
from gateway.feeds.influx_schema import CASE_EVENT, DELIVERY, GATEWAY_STATS, SITE_1M

NAME = "fleet"

_STATS, _MINUTES = f'"{GATEWAY_STATS.name}"', f'"{SITE_1M.name}"'


def build() -> dashboard.Dashboard:
    """The whole dashboard."""
    return board.board(
        NAME,
        "Fleet",
        "All sites. A row that is not grey needs somebody; its site's id leads on.",
        [board.console()],
        [*_now(), _sites(), _gateways(), _silent(), _coverage(), _openings(), _raised(), _dead()],
        since="now-7d",
    )


def _now() -> list[stat.Panel]:
    return [
        _sum("Doors with a seal", "doors_sealed", "Of all sites that sent figures of late."),
        _sum("Doors open now", "doors_open", "By what each gateway knows.", panels.warns_at(1)),
        _sum(
            "Seals silent",
            "doors_silent",
            "Doors whose seal is lost.",
            panels.warns_at(1),
        ),
        _sum("Cases open", "cases_open", "Cases that are not closed.", panels.warns_at(1)),
        _sum(
            "Cases nobody has taken",
            "cases_untaken",
            "Open, and nobody has acknowledged them.",
            panels.bad_from(1),
        ),
        panels.number(
            "Gateways heard",
            f'SELECT count("up") FROM (SELECT last("uptime_s") AS "up" FROM {_STATS} '
            f'WHERE {FIGURES_NOW} GROUP BY "site")',
            f"Gateways that sent their figures within {board.FIGURES_LAST}.",
        ),
    ]


def _sum(
    title: str, field: str, description: str, steps: tuple[panels.Step, ...] = panels.ALWAYS_QUIET
) -> stat.Panel:
    last = f'SELECT last("{field}") AS "n" FROM {_STATS} WHERE {FIGURES_NOW} GROUP BY "site"'
    return panels.number(title, f'SELECT sum("n") FROM ({last})', description, steps)


def _sites() -> table.Panel:
    shown = {
        "doors": "doors_sealed",
        "open": "doors_open",
        "silent": "doors_silent",
        "cases": "cases_open",
        "untaken": "cases_untaken",
        "oldest page": "outbox_oldest_ms",
        "failed pages": "outbox_dead",
        "broker away": "broker_away_ms",
        "clock": "clock_doubted",
        "history late": "history_lag_ms",
        "disk": "disk_days",
        "certificate": "certificate_days",
        "battery": "battery_days",
    }
    # One selector, and the rest of the same point beside it: the row is one moment, and its time.
    first, *others = (f'"{field}" AS "{name}"' for name, field in shown.items())
    columns = ", ".join([first.replace('"doors_sealed"', 'last("doors_sealed")'), *others])
    query = f'SELECT {columns} FROM {_STATS} WHERE $timeFilter GROUP BY "site"'
    ms, days = units.Milliseconds, units.Days
    look = {
        "Time": panels.column(units.DateTimeFromNow, name="last heard"),
        "site": panels.column(link=("Site", board.to_board("site", site="${__value.raw}"))),
        "open": panels.column(steps=panels.warns_at(1)),
        "silent": panels.column(steps=panels.warns_at(1)),
        "cases": panels.column(steps=panels.warns_at(1)),
        "untaken": panels.column(steps=panels.bad_from(1)),
        "oldest page": panels.column(ms, panels.bad_from(limits.OUTBOX_LATE_MS)),
        "failed pages": panels.column(steps=panels.bad_from(1)),
        "broker away": panels.column(ms, panels.bad_from(limits.BROKER_AWAY_MS)),
        "clock": panels.column(steps=panels.bad_from(1)),
        "history late": panels.column(ms, panels.warns_at(limits.HISTORY_LATE_MS)),
        "disk": panels.column(days, panels.bad_below(limits.DISK_DAYS, limits.DISK_DAYS * 2), 0),
        "certificate": panels.column(
            days, panels.bad_below(limits.CERTIFICATE_DAYS, limits.CERTIFICATE_DAYS * 2), 0
        ),
        "battery": panels.column(
            days, panels.bad_below(limits.BATTERY_DAYS, limits.BATTERY_DAYS * 2), 0
        ),
    }
    return panels.rows(
        "Sites",
        query,
        "As each gateway said last. Its first column says when that was.",
        span=24,
        height=5,
        columns=look,
    )


def _gateways() -> statetimeline.Panel:
    query = (
        f'SELECT count("uptime_s") FROM {_STATS} WHERE $timeFilter '
        'GROUP BY time($__interval), "site" fill(0)'
    )
    return panels.states(
        "Gateways",
        Query(query, alias="$tag_site"),
        "Red: it sent nothing in an hour or, in a long view, more: it was down, or its way to "
        "InfluxDB was.",
        {"0": ("sent nothing", panels.BAD)},
        ((None, panels.BAD), (1, panels.GOOD)),
        height=5,
        gap_ms=panels.LONG_GAP_MS,
    )


def _silent() -> timeseries.Panel:
    query = (
        f'SELECT mean("doors_silent") / mean("doors_sealed") FROM {_STATS} WHERE $timeFilter '
        'GROUP BY time($__interval), "site" fill(none)'
    )
    return panels.chart(
        "Silent share",
        Query(query, alias="$tag_site"),
        "Share of the sealed doors whose seal is lost. The line is the alert's.",
        unit=units.PercentUnit,
        span=12,
        limit=panels.bad_from(limits.SILENT_SHARE),
    )


def _coverage() -> timeseries.Panel:
    query = (
        f'SELECT mean("covered_ms") / mean("sealed_ms") FROM {_MINUTES} WHERE $timeFilter '
        'GROUP BY time($__interval), "site" fill(none)'
    )
    return panels.chart(
        "Coverage",
        Query(query, alias="$tag_site"),
        "Share of the time in which a sealed door was within two heartbeats of a report.",
        unit=units.PercentUnit,
        span=12,
        least=None,
        most=1,
        interval="1h",
    )


def _openings() -> timeseries.Panel:
    query = (
        f'SELECT sum("opened") FROM {_MINUTES} WHERE $timeFilter '
        'GROUP BY time($__interval), "site" fill(0)'
    )
    return panels.chart(
        "Openings",
        Query(query, alias="$tag_site"),
        "Each time a contact opened, lawful or not: of a double door, each leaf. "
        "By the hour; in a long view by more.",
        bars=True,
        stacked=True,
        interval="1h",
        decimals=0,
    )


def _raised() -> timeseries.Panel:
    query = (
        f'SELECT sum("cases") FROM "{CASE_EVENT.name}" WHERE "event" = \'raised\' AND '
        '"new" = 1 AND $timeFilter GROUP BY time(1d), "site" fill(0)'
    )
    return panels.chart(
        "Cases in a day",
        Query(query, alias="$tag_site"),
        "Cases that were raised, by the day (of UTC).",
        bars=True,
        stacked=True,
        interval="1d",
        decimals=0,
    )


def _dead() -> timeseries.Panel:
    query = (
        f'SELECT sum("gave_up") FROM "{DELIVERY.name}" WHERE $timeFilter '
        'GROUP BY time(1d), "channel" fill(0)'
    )
    return panels.chart(
        "Pages that failed for good",
        Query(query, alias="$tag_channel"),
        "In a day, by channel. More than none is an alert.",
        bars=True,
        stacked=True,
        interval="1d",
        decimals=0,
    )
