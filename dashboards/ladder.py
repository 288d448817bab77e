"""*Ladder*: how fast a page goes from the door's edge to a person, and who answers when."""
# ruff: noqa: S608 - every query is made of constants

from collections.abc import Iterable

from grafana_foundation_sdk.builders import bargauge, dashboard, stat, table, timeseries
from grafana_foundation_sdk.models import units

from dashboards import board, limits, panels
from dashboards.board import IN_VIEW
from dashboards.influxql import Query
from gateway.core.reasons import TAMPER, Reason
from gateway.feeds.delivery_cause import Cause
from gateway.feeds.influx_schema import CASE_EVENT, DELIVERY

NAME = "ladder"
RANKS = (50, 95, 99)
EDGES = TAMPER | {Reason.NO_PERMIT, Reason.OPENED_BLIND, Reason.OPENED_IN_DOUBT, Reason.CANARY}
LEGS = {
    "edge → commit": "edge_commit_ms",
    "commit → sent": "commit_sent_ms",
    "sent → receipt": "sent_receipt_ms",
    "edge → receipt": "edge_receipt_ms",
}

_DELIVERY, _CASE = f'"{DELIVERY.name}"', f'"{CASE_EVENT.name}"'
_ANSWERED = f"{IN_VIEW} AND \"event\" = 'acknowledged'"
# What was raised once more counts from its first raising, so it says nothing of how soon.
_ANSWERED_ONCE = f'{_ANSWERED} AND "openings" <= 1'
# What an edge raised: silence and what stands open too long began long before anybody could know.
_OF_AN_EDGE = f'{IN_VIEW} AND "reason" =~ /^({"|".join(sorted(EDGES))})$/'


def build() -> dashboard.Dashboard:
    """The whole dashboard."""
    return board.board(
        NAME,
        "Ladder",
        "From the door's edge to the commit, to the channel, to the person's own receipt.",
        [board.site(), board.console()],
        [*_ranks(), _legs(), _slow(), _sent(), _by_step(), _answered(), _acknowledged(), _tried()],
        since="now-7d",
    )


def _ranks() -> list[stat.Panel]:
    told = [
        panels.number(
            f"Edge to receipt, p{rank}",
            f'SELECT percentile("edge_receipt_ms", {rank}) FROM {_DELIVERY} WHERE {_OF_AN_EDGE}',
            f"{rank} of 100 pages had their receipt within this, all channels together.",
            unit=units.Milliseconds,
        )
        for rank in RANKS
    ]
    taken = [
        panels.number(
            f"Raised to acknowledged, p{rank}",
            f'SELECT percentile("after_ms", {rank}) FROM {_CASE} WHERE {_ANSWERED_ONCE}',
            f"{rank} of 100 cases that were acknowledged were so within this.",
            panels.warns_at(limits.ACKNOWLEDGED_MS) if rank == RANKS[0] else panels.ALWAYS_QUIET,
            unit=units.Milliseconds,
        )
        for rank in RANKS
    ]
    return told + taken


def _legs() -> table.Panel:
    columns = [
        f'percentile("{field}", {rank}) AS "{leg} p{rank}"'
        for leg, field in LEGS.items()
        for rank in RANKS
    ]
    look = {
        f"{leg} p{rank}": panels.column(units.Milliseconds, decimals=0)
        for leg in LEGS
        for rank in RANKS
    }
    return panels.rows(
        "Legs of the way, by channel",
        f'SELECT {", ".join(columns)} FROM {_DELIVERY} WHERE {_OF_AN_EDGE} GROUP BY "channel"',
        "Of pages that an edge raised. Only a person's own handheld gives a receipt. What a "
        "channel cannot prove stays empty.",
        span=24,
        height=5,
        columns=look | {"Time": panels.HIDDEN},
    )


def _slow() -> timeseries.Panel:
    query = (
        f'SELECT percentile("edge_sent_ms", 95) FROM {_DELIVERY} WHERE {_OF_AN_EDGE} '
        'GROUP BY time($__interval), "channel" fill(none)'
    )
    return panels.chart(
        "Edge to sent, p95",
        Query(query, alias="$tag_channel"),
        "Until the channel had taken the page, in six hours or more. One that lies above the "
        "others is slow.",
        unit=units.Milliseconds,
        span=12,
        interval="6h",
    )


def _sent() -> table.Panel:
    fields = ("pages", "sent", "received", "seen", "ended", "failures", "gave_up")
    columns = ", ".join(f'sum("{field}") AS "{field.replace("_", " ")}"' for field in fields)
    return panels.rows(
        "What became of pages, by channel",
        f'SELECT {columns} FROM {_DELIVERY} WHERE {IN_VIEW} GROUP BY "channel"',
        "ended: not needed any more before it went out. gave up: failed for good.",
        span=12,
        columns={
            "Time": panels.HIDDEN,
            "failures": panels.column(steps=panels.warns_at(1)),
            "gave up": panels.column(steps=panels.bad_from(1)),
        },
    )


def _by_step() -> bargauge.Panel:
    query = f'SELECT sum("cases") FROM {_CASE} WHERE {_ANSWERED} GROUP BY "step", "role"'
    return panels.lengths(
        "Who acknowledged, at which step",
        Query(query, alias="step $tag_step: $tag_role"),
        "Step 0 are those who are told first. Long bars further up: the first do not answer.",
    )


def _answered() -> timeseries.Panel:
    query = (
        f'SELECT sum("cases") FROM {_CASE} WHERE {IN_VIEW} AND "event" = \'escalated\' '
        'GROUP BY time(1d), "step" fill(0)'
    )
    return panels.chart(
        "Escalations in a day",
        Query(query, alias="step $tag_step"),
        "Nobody took the case in time, and the next step was told.",
        bars=True,
        stacked=True,
        interval="1d",
        decimals=0,
    )


def _acknowledged() -> bargauge.Panel:
    query = f'SELECT percentile("after_ms", 95) FROM {_CASE} WHERE {_ANSWERED_ONCE} GROUP BY "step"'
    return panels.lengths(
        "Raised to acknowledged, p95 by step",
        Query(query, alias="step $tag_step"),
        "Of cases that were acknowledged when so far had been told.",
        panels.warns_at(limits.ACKNOWLEDGED_MS),
        unit=units.Milliseconds,
    )


def _tried() -> bargauge.Panel:
    return panels.lengths(
        "Failed tries, by cause",
        list(_causes()),
        "By the latest failure of each page.",
        panels.warns_at(1),
        span=24,
        height=6,
    )


def _causes() -> Iterable[Query]:
    """A query for each cause: it is a text, and InfluxQL groups by tags only."""
    for number, cause in enumerate(Cause):
        query = f'SELECT sum("failures") FROM {_DELIVERY} WHERE {IN_VIEW} AND "cause" = \'{cause}\''
        yield Query(query, alias=cause.replace("_", " "), ref_id=chr(ord("A") + number))
