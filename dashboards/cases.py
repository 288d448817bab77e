"""*Cases*: what called for people, how often for nothing, and how soon somebody took it."""
# ruff: noqa: S608 - every query is made of constants

from collections.abc import Iterable

from grafana_foundation_sdk.builders import bargauge, dashboard, stat, table, timeseries
from grafana_foundation_sdk.models import units

from dashboards import board, limits, panels
from dashboards.board import IN_VIEW
from dashboards.influxql import Query
from gateway.core.cases.milestones import Happened
from gateway.core.outcome import Outcome
from gateway.core.reasons import BREACHES, FAULTS, QUESTIONS, TROUBLES
from gateway.feeds.influx_schema import CASE_EVENT
from gateway.language.reasons import outcome_word, reason_word

NAME = "cases"
# As the console calls them; Grafana speaks one language.
WORDS = {
    one.value: reason_word(one, "en") for one in sorted(BREACHES | FAULTS | QUESTIONS | TROUBLES)
}
FALSE_SHARE = 0.1  # above it people stop running

_CASE = f'"{CASE_EVENT.name}"'
_BEFELL = f'{IN_VIEW} AND "event"'
_RAISED, _CLOSED = f"{_BEFELL} = 'raised' AND \"new\" = 1", f"{_BEFELL} = 'closed'"
# A rule that closes a case says nothing of what there was to see.
_JUDGED = f'{_CLOSED} AND "outcome" =~ /^({"|".join(Outcome)})$/'
# What was raised once more counts from its first raising, so it says nothing of how soon.
_TAKEN = f"{_BEFELL} = 'acknowledged' AND \"openings\" <= 1"


def build() -> dashboard.Dashboard:
    """The whole dashboard."""
    return board.board(
        NAME,
        "Cases",
        "Cases by their numbers; who and which door, the console says to whoever may know.",
        [board.site(), board.console()],
        [*_numbers(), _days(), _reasons(), _false(), _taken(), _outcomes(), _latest()],
        since="now-7d",
    )


def _numbers() -> list[stat.Panel]:
    return [
        panels.number(
            "Raised", f'SELECT sum("cases") FROM {_CASE} WHERE {_RAISED}', "In this time range."
        ),
        panels.number(
            "Closed", f'SELECT sum("cases") FROM {_CASE} WHERE {_CLOSED}', "In this time range."
        ),
        panels.number(
            "Open now",
            board.last_figures('last("cases_open")'),
            "Not closed, whenever they were raised.",
            panels.warns_at(1),
        ),
        panels.number(
            "False pages",
            f'SELECT mean("false_page") FROM {_CASE} WHERE {_JUDGED}',
            "Of the cases that a person reported: there was nothing to see at the door.",
            panels.warns_at(FALSE_SHARE, 0.5),
            unit=units.PercentUnit,
            decimals=1,
        ),
        panels.number(
            "Acknowledged after, median",
            f'SELECT percentile("after_ms", 50) FROM {_CASE} WHERE {_TAKEN}',
            "Since the case was raised.",
            panels.warns_at(limits.ACKNOWLEDGED_MS),
            unit=units.Milliseconds,
        ),
        panels.number(
            "Acknowledged after, p95",
            f'SELECT percentile("after_ms", 95) FROM {_CASE} WHERE {_TAKEN}',
            "Since the case was raised.",
            unit=units.Milliseconds,
        ),
    ]


def _days() -> timeseries.Panel:
    query = f'SELECT sum("cases") FROM {_CASE} WHERE {_RAISED} GROUP BY time(1d), "reason" fill(0)'
    panel = panels.chart(
        "Raised in a day, by reason",
        Query(query, alias="$tag_reason"),
        "By the day of UTC.",
        bars=True,
        stacked=True,
        span=16,
        height=9,
        interval="1d",
        decimals=0,
    )
    return panels.called(panel, WORDS)


def _reasons() -> bargauge.Panel:
    query = f'SELECT sum("cases") FROM {_CASE} WHERE {_RAISED} GROUP BY "reason"'
    panel = panels.lengths(
        "Raised, by reason",
        Query(query, alias="$tag_reason"),
        "In this time range.",
        height=9,
    )
    return panels.called(panel, WORDS)


def _false() -> bargauge.Panel:
    query = f'SELECT mean("false_page") FROM {_CASE} WHERE {_JUDGED} GROUP BY "reason"'
    panel = panels.lengths(
        "Share of false pages, by reason",
        Query(query, alias="$tag_reason"),
        "A long bar is a rule, or a kind of contact, that cries wolf.",
        panels.warns_at(FALSE_SHARE, 0.5),
        unit=units.PercentUnit,
        height=9,
    )
    return panels.called(panel, WORDS)


def _taken() -> table.Panel:
    columns = ", ".join(f'percentile("after_ms", {rank}) AS "p{rank}"' for rank in (50, 95, 99))
    return panels.rows(
        "Time to acknowledge, by reason",
        f'SELECT {columns} FROM {_CASE} WHERE {_TAKEN} GROUP BY "reason"',
        "Since the case was raised, of those that were acknowledged.",
        height=9,
        columns={
            "Time": panels.HIDDEN,
            "reason": panels.worded(WORDS),
            **{f"p{rank}": panels.column(units.Milliseconds, decimals=0) for rank in (50, 95, 99)},
        },
    )


def _outcomes() -> bargauge.Panel:
    return panels.lengths(
        "What was found",
        list(_found()),
        "As it was reported at the door, of the cases that were closed.",
        height=9,
    )


def _found() -> Iterable[Query]:
    """A query for each outcome: it is a text, and InfluxQL groups by tags only."""
    for number, outcome in enumerate(Outcome):
        query = f'SELECT sum("cases") FROM {_CASE} WHERE {_CLOSED} AND "outcome" = \'{outcome}\''
        yield Query(query, alias=outcome_word(outcome, "en"), ref_id=chr(ord("A") + number))


def _latest() -> table.Panel:
    query = (
        f'SELECT "case", "event", "reason", "step", "role", "after_ms" FROM {_CASE} '
        f"WHERE {IN_VIEW} ORDER BY time DESC LIMIT 100"
    )
    return panels.rows(
        "The latest hundred things that befell cases",
        query,
        "The number leads to the console.",
        span=24,
        height=10,
        columns={
            "Time": panels.column(units.DatetimeISO),
            "event": panels.worded({one.value: one.replace("_", " ") for one in Happened}),
            "reason": panels.worded(WORDS),
            "case": panels.column(link=("Console", board.to_console("/c/${__value.raw}"))),
            "after_ms": panels.column(units.Milliseconds, name="since raised"),
        },
    )
