"""The alerts: what is asked, from where on it is wrong, and what whoever hears it should look at.

An alert is evaluated where there is no dashboard, so no query has a variable or a macro of Grafana
in it; and Grafana puts environment variables in place of every `$NAME` in a provisioned file.
"""
# ruff: noqa: S608 - every query is made of constants

from typing import NamedTuple

from dashboards import limits
from gateway.feeds.influx_schema import GATEWAY_STATS, SEAL_EVENT

ABOVE, BELOW = "gt", "lt"


class Alert(NamedTuple):
    """One rule. It is wrong where the last value of the query's series is beyond the limit.

    `name` is its section in docs/runbook.md. `lasts` is how long it must be wrong. Where no data
    is itself what it is about, `tells_no_data`.
    """

    name: str
    title: str
    query: str
    limit: float
    summary: str
    board: str
    look_back_s: int
    beyond: str = ABOVE
    lasts: str = "0s"
    tells_no_data: bool = False
    severity: str = "warning"

    def holds(self, value: float | None) -> bool:
        """Whether this value is beyond the limit."""
        if value is None:
            return False
        return value > self.limit if self.beyond == ABOVE else value < self.limit


FRESH_S = 120  # twelve of the gateway's figures
SPEAKS_S = 7_200  # two of the longest heartbeats that a seal is asked for
_EVENT, _STATS = f'"{SEAL_EVENT.name}"', f'"{GATEWAY_STATS.name}"'


def _figure(columns: str, look_back_s: int = FRESH_S) -> str:
    return f'SELECT {columns} FROM {_STATS} WHERE time > now() - {look_back_s}s GROUP BY "site"'


ALERTS = (
    Alert(
        "tamper",
        "A seal is tampered with",
        # Not what it said last: a magnet that was held to it for a second must be told too.
        f'SELECT max("tamper") FROM {_EVENT} WHERE time > now() - {SPEAKS_S}s '
        'GROUP BY "site", "seal"',
        0,
        "Within two hours a seal has said that its cover is off or a foreign magnet is near.",
        "seal",
        SPEAKS_S,
        severity="critical",
    ),
    Alert(
        "open-too-long",
        "A door stands open",
        f'SELECT last("state") FROM {_EVENT} WHERE time > now() - {SPEAKS_S}s '
        'GROUP BY "site", "seal"',
        0,
        "What a seal said last has been for half an hour that its door is open.",
        "seal",
        SPEAKS_S,
        lasts="30m",
    ),
    Alert(
        "silent-share",
        "Many seals are silent",
        _figure('last("doors_silent") / last("doors_sealed")'),
        limits.SILENT_SHARE,
        "More than a tenth of a site's seals are lost.",
        "site",
        FRESH_S,
        lasts="5m",
        severity="critical",
    ),
    Alert(
        "battery",
        "A battery ends within 30 days",
        _figure('min("battery_days")'),
        limits.BATTERY_DAYS,
        "By its latest weeks, the first battery of a site is empty within 30 days.",
        "batteries",
        FRESH_S,
        beyond=BELOW,
        lasts="1h",
    ),
    Alert(
        "outbox-age",
        "A page waits",
        _figure('max("outbox_oldest_ms")'),
        limits.OUTBOX_LATE_MS,
        "A page to a warden has waited over five minutes to go out.",
        "gateway",
        FRESH_S,
        severity="critical",
    ),
    Alert(
        "dead-letters",
        "A page failed for good",
        _figure('last("outbox_dead") - min("outbox_dead")', 3_600),
        0,
        "Within the last hour a page was given up: its person was not told by that channel.",
        "ladder",
        3_600,
        severity="critical",
    ),
    Alert(
        "broker-away",
        "The broker is away",
        _figure('last("broker_away_ms")'),
        limits.BROKER_AWAY_MS,
        "The gateway has had no connection to its broker for a minute: it hears no seal.",
        "gateway",
        FRESH_S,
        severity="critical",
    ),
    Alert(
        "disk",
        "The disk is full within 14 days",
        _figure('min("disk_days")'),
        limits.DISK_DAYS,
        "As its database grew of late, a gateway's disk lasts less than 14 days.",
        "gateway",
        FRESH_S,
        beyond=BELOW,
        lasts="1h",
    ),
    Alert(
        "certificate",
        "A certificate ends within 21 days",
        _figure('min("certificate_days")'),
        limits.CERTIFICATE_DAYS,
        "The first of a gateway's certificates ends within 21 days.",
        "gateway",
        FRESH_S,
        beyond=BELOW,
        lasts="1h",
    ),
    Alert(
        "clock",
        "A gateway's clock is in doubt",
        _figure('min("clock_doubted")', 300),
        0,
        "For five minutes a gateway has doubted its own clock: orders hold by both readings.",
        "gateway",
        300,
    ),
    Alert(
        "history-lag",
        "The history is late",
        _figure('min("history_lag_ms")', 300),
        limits.HISTORY_LATE_MS,
        "What these dashboards show of reports and cases is more than ten minutes old.",
        "gateway",
        300,
    ),
    Alert(
        "no-data",
        "A gateway sends nothing",
        f'SELECT count("uptime_s") FROM {_STATS} WHERE time > now() - 86400s '
        'GROUP BY "site", time(5m) fill(0)',
        1,
        "A gateway that sent figures within the last day sends none: it is down, or its way to "
        "InfluxDB is.",
        "fleet",
        86_400,
        beyond=BELOW,
        lasts="6m",
        tells_no_data=True,
        severity="critical",
    ),
)
