"""*Gateway*: the health of one gateway: its broker, its disk, its clock, what waits, what it
refuses."""
# ruff: noqa: S608 - every query is made of constants

from grafana_foundation_sdk.builders import dashboard, stat, statetimeline, timeseries
from grafana_foundation_sdk.models import units

from dashboards import board, limits, panels
from dashboards.board import EVERY, IN_VIEW
from dashboards.influxql import Query
from gateway.core.evidence import Evidence
from gateway.feeds.influx_schema import COUNTED, GATEWAY_STATS
from gateway.language.reasons import reason_word

NAME = "gateway"
PARTS = {"0": ("not well", panels.BAD), "1": ("well", panels.GOOD)}

_STATS = f'"{GATEWAY_STATS.name}"'


def build() -> dashboard.Dashboard:
    """The whole dashboard."""
    return board.board(
        NAME,
        "Gateway",
        "One gateway's own health, as it says it every ten seconds.",
        [board.site(), board.console()],
        [*_now(), _parts(), *_pages(), *_messages(), *_machine()],
        refresh="10s",
    )


def _now() -> list[stat.Panel]:
    ms, days = units.Milliseconds, units.Days
    return [
        panels.number(
            "Broker away for",
            board.last_figures('last("broker_away_ms")'),
            "How long the connection to the broker has been away; 0 while it stands.",
            panels.bad_from(limits.BROKER_AWAY_MS),
            unit=ms,
        ),
        panels.number(
            "Oldest page waits",
            board.last_figures('last("outbox_oldest_ms")'),
            "How long the oldest page has waited to go out. Over 5 minutes alerts.",
            panels.bad_from(limits.OUTBOX_LATE_MS),
            unit=ms,
        ),
        panels.number(
            "Pages failed for good",
            board.last_figures('last("outbox_dead")'),
            "Of the last seven days.",
            panels.bad_from(1),
        ),
        panels.number(
            "Disk lasts",
            board.last_figures('last("disk_days")'),
            "As the database grew of late.",
            panels.bad_below(limits.DISK_DAYS, limits.DISK_DAYS * 2),
            unit=days,
        ),
        panels.number(
            "Certificate lasts",
            board.last_figures('last("certificate_days")'),
            "Until the first of its certificates ends.",
            panels.bad_below(limits.CERTIFICATE_DAYS, limits.CERTIFICATE_DAYS * 2),
            unit=days,
        ),
        panels.number(
            "Up for",
            board.last_figures('last("uptime_s")'),
            "Since the gateway started.",
            unit=units.Seconds,
        ),
    ]


def _parts() -> statetimeline.Panel:
    columns = (
        'min("broker_connected") AS "broker", min("store_ok") AS "disk", '
        '1 - max("clock_doubted") AS "clock"'
    )
    return panels.states(
        "Broker, disk and clock",
        Query(board.figures(columns), alias="$col"),
        "Green: well. Red: the broker was away, a commit failed, the clock was in doubt. A gap: "
        "the gateway sent nothing.",
        PARTS,
        height=5,
        gap_ms=panels.LONG_GAP_MS,
    )


def _pages() -> list[timeseries.Panel]:
    proved = [f'non_negative_difference(last("pages_{one}")) AS "{one}"' for one in Evidence]
    return [
        panels.chart(
            "Oldest page in the outbox",
            Query(board.figures('max("outbox_oldest_ms")'), alias="waiting for"),
            "How long the oldest page has waited to go out. Over the line is an alert.",
            unit=units.Milliseconds,
            limit=panels.bad_from(limits.OUTBOX_LATE_MS),
        ),
        panels.chart(
            "Pages, by how far it was proved that they came",
            Query(_grown(proved), alias="$col"),
            "What each page got to, counted when it got there.",
            bars=True,
            stacked=True,
            interval="10m",
            decimals=0,
        ),
        panels.chart(
            "Cases",
            Query(
                board.figures('max("cases_open") AS "open", max("cases_untaken") AS "not taken"'),
                alias="$col",
            ),
            "Open ones, and those of them that nobody has acknowledged.",
            decimals=0,
        ),
    ]


def _messages() -> list[timeseries.Panel]:
    refused = [f'non_negative_difference(last("refused_{one}")) AS "{one}"' for one in COUNTED]
    return [
        panels.chart(
            "Commit",
            Query(
                board.figures('mean("commit_ms_p50") AS "median", max("commit_ms_max") AS "worst"'),
                alias="$col",
            ),
            "How long a commit takes to reach the disk, of the latest 512.",
            unit=units.Milliseconds,
        ),
        panels.called(
            panels.chart(
                "Refused, by reason",
                Query(_grown(refused), alias="$col"),
                "Messages that changed no door. One wrong key is a seal that was flashed anew; "
                "many are an attack.",
                bars=True,
                stacked=True,
                interval="10m",
                decimals=0,
            ),
            {one: reason_word(one, "en") for one in COUNTED},
        ),
        panels.chart(
            "Echo through the broker, and what waits",
            Query(
                board.figures('max("echo_ms") AS "echo (ms)", max("queue_depth") AS "waiting"'),
                alias="$col",
            ),
            "The way out and back, in ms; and messages that wait for the gateway's loop.",
        ),
    ]


def _machine() -> list[timeseries.Panel]:
    return [
        panels.chart(
            "Journal rows missing here",
            Query(
                board.figures('max("cursor_lag") AS "not yet here", max("unwritten") AS "never"'),
                alias="$col",
            ),
            "Not yet written to InfluxDB; and refused by it, in table unwritten.",
            decimals=0,
        ),
        panels.chart(
            "Disk",
            Query(
                board.figures(
                    'min("disk_free") AS "free", max("database_bytes") AS "the database"'
                ),
                alias="$col",
            ),
            "Free where the database lies, and the database with its log.",
            unit=units.BytesIEC,
        ),
        panels.chart(
            "Memory and processor",
            [
                Query(board.figures('max("rss_bytes") / 1048576 AS "memory (MiB)"'), alias="$col"),
                Query(
                    board.figures(
                        'non_negative_derivative(last("cpu_s"), 1s) * 100 AS "processor (%)"'
                    ),
                    alias="$col",
                    ref_id="B",
                ),
            ],
            "Of the gateway's process; 100 % is one core.",
        ),
    ]


def _grown(columns: list[str]) -> str:
    """How much counters grew between two points."""
    return f"SELECT {', '.join(columns)} FROM {_STATS} WHERE {IN_VIEW} {EVERY}"
