"""*Site*: the doors of one site, how well they are heard, and what calls for somebody.

What stands open *now* is asked within two heartbeats before the end of the time that is shown: a
seal repeats its state with every heartbeat, so a door that stays open in silence is still seen, and
a seal that has gone is not taken for a shut door.
"""
# ruff: noqa: S608 - every query is made of constants

from grafana_foundation_sdk.builders import dashboard, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models import units

from dashboards import board, limits, panels
from dashboards.board import HEARD_NOW, IN_VIEW
from dashboards.influxql import Query
from gateway.feeds.influx_schema import SEAL_EVENT, SITE_1M

NAME = "site"
DOORS = {"0": ("shut", panels.QUIET), "1": ("open", panels.WARN)}

_EVENT, _MINUTES = f'"{SEAL_EVENT.name}"', f'"{SITE_1M.name}"'


def build() -> dashboard.Dashboard:
    """The whole dashboard."""
    return board.board(
        NAME,
        "Site",
        "Doors and seals of one site. Ids are random; names are not here.",
        [board.site(), board.seal(multi=True), board.two_heartbeats(), board.console()],
        [*_now(), _openings(), _coverage(), _timeline(), _batteries(), _signals(), _tampers()],
    )


def _now() -> list[stat.Panel]:
    last = f'SELECT last("state") AS "state" FROM {_EVENT} WHERE {HEARD_NOW} GROUP BY "seal"'
    heard = f'SELECT last("edges") AS "edges" FROM {_EVENT} WHERE {HEARD_NOW} GROUP BY "seal"'
    tamper = f'SELECT last("tamper") AS "n" FROM {_EVENT} WHERE {HEARD_NOW} GROUP BY "seal"'
    return [
        panels.number(
            "Doors open now",
            f'SELECT sum("state") FROM ({last})',
            "Doors whose seal said open in its last report. A silent seal is not counted either "
            "way.",
            panels.warns_at(1),
        ),
        panels.number(
            "Seals heard in two heartbeats",
            f'SELECT count("edges") FROM ({heard})',
            "Seals that reported at least once within the last two heartbeats.",
        ),
        panels.number(
            "Seals silent",
            board.last_figures('last("doors_silent")'),
            "Doors whose seal is lost, as the gateway judges it.",
            panels.warns_at(1),
        ),
        panels.number(
            "Seals tampered with",
            f'SELECT sum("n") FROM ({tamper})',
            "Seals that last said: cover off, or a foreign magnet.",
            panels.bad_from(1),
        ),
        panels.number(
            "Cases open",
            board.last_figures('last("cases_open")'),
            "Cases that are not closed.",
            panels.warns_at(1),
        ),
        panels.number(
            "Cases nobody has taken",
            board.last_figures('last("cases_untaken")'),
            "Open, and nobody has acknowledged them.",
            panels.bad_from(1),
        ),
    ]


def _openings() -> timeseries.Panel:
    query = f'SELECT sum("opened") FROM {_EVENT} WHERE {IN_VIEW} GROUP BY time($__interval) fill(0)'
    return panels.chart(
        "Openings",
        Query(query, alias="openings"),
        "Each time a contact opened, lawful or not: of a double door, each leaf. "
        "At the time of the edge; by five minutes or, in a long view, more.",
        span=12,
        bars=True,
        interval="5m",
        decimals=0,
    )


def _coverage() -> timeseries.Panel:
    query = (
        f'SELECT mean("covered_ms") / mean("sealed_ms") FROM {_MINUTES} WHERE {IN_VIEW} '
        'GROUP BY time($__interval), "building" fill(none)'
    )
    return panels.chart(
        "Coverage, by building",
        Query(query, alias="$tag_building"),
        "Share of the time in which a sealed door was within two heartbeats of a report.",
        unit=units.PercentUnit,
        span=12,
        least=None,
        most=1,
        interval="5m",
    )


def _timeline() -> statetimeline.Panel:
    query = f'SELECT "state" FROM {_EVENT} WHERE {IN_VIEW} AND "seal" =~ /^$seal$/ GROUP BY "seal"'
    return panels.states(
        "Doors, by seal",
        Query(query, alias="$tag_seal"),
        "Seen shut, seen open. A gap: not seen for twenty minutes.",
        DOORS,
    )


def _batteries() -> table.Panel:
    last = f'SELECT last("battery_mv") AS "mv" FROM {_EVENT} WHERE {IN_VIEW} GROUP BY "seal"'
    steps = panels.bad_below(limits.EMPTY_MV, limits.LOW_MV)
    return panels.rows(
        "Lowest 20 batteries",
        f'SELECT bottom("mv", "seal", 20) AS "battery" FROM ({last})',
        "As last heard in this time range. Seals on mains have none.",
        columns={
            "battery": panels.column(units.MilliVolt, steps, 0),
            "Time": panels.HIDDEN,
            "seal": seal_column(),
        },
        sort=("battery", False),
    )


def _signals() -> table.Panel:
    mean = f'SELECT mean("signal_dbm") AS "dbm" FROM {_EVENT} WHERE {IN_VIEW} GROUP BY "seal"'
    steps = panels.bad_below(limits.WEAK_DBM - 5, limits.WEAK_DBM)
    return panels.rows(
        "Weakest 20 signals",
        f'SELECT bottom("dbm", "seal", 20) AS "signal" FROM ({mean})',
        "The mean over this time range.",
        columns={
            "signal": panels.column(units.DecibelMilliWatt, steps, 0),
            "Time": panels.HIDDEN,
            "seal": seal_column(),
        },
        sort=("signal", False),
    )


def _tampers() -> table.Panel:
    query = (
        f'SELECT "ev", "battery_mv" FROM {_EVENT} WHERE {IN_VIEW} AND "tamper" = 1 AND "seq" > 0 '
        'GROUP BY "seal" ORDER BY time DESC LIMIT 20'
    )
    return panels.rows(
        "Tampering",
        query,
        "Reports that said so, the newest 20 of each seal; heartbeats are left out.",
        columns={
            "Time": panels.column(units.DatetimeISO),
            "battery_mv": panels.column(units.MilliVolt, name="battery"),
            "ev": panels.column(name="report"),
            "seal": seal_column(),
        },
        sort=("Time", True),
    )


def seal_column() -> dict[str, object]:
    """A column of seals, each of which leads to its own dashboard."""
    address = board.to_board("seal", site="${site}", seal="${__value.raw}")
    return panels.column(link=("Seal", address))
