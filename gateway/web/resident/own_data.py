"""All that is kept of a household, as one file for it: at once, and not within a day."""

from collections.abc import Callable
from datetime import tzinfo
from typing import Any, Final

import msgspec
from msgspec.structs import asdict
from sqlalchemy import Connection, select

from gateway.core.cases.number import case_number
from gateway.ending import holds
from gateway.language import times
from gateway.registry import consents
from gateway.store import case_views, household_views, resident_views, tables, views
from gateway.store.records import records
from gateway.store.resident_views import OrderSpan
from gateway.web.resident.looks import Look

ROWS_MAX: Final = 10_000  # of each kind; an order has some hundred


def of_household(
    connection: Connection, household_id: str, order: OrderSpan, zone: tzinfo
) -> dict[str, Any]:
    """What the database keeps of a household under this order, in words and times of the site."""

    def at(at_ms: int | None) -> str | None:
        return None if at_ms is None else times.iso(at_ms, zone)

    doors, limits = resident_views.doors_of(connection, household_id), (ROWS_MAX, order.since_ms)
    return {
        "order": {"from": at(order.from_ms), "to": at(order.to_ms)},
        "doors": [_door(connection, row.door_id, row.label) for row in doors],
        "announced": [
            {"from": at(permit.from_ms), "to": at(permit.to_ms), "who": permit.who}
            | {"why": permit.why, "openings": permit.openings}
            for permit in _permits(connection, household_id, order)
        ],
        "openings": [
            {"door": row.label, "opened": at(one.opened_ms), "opened_by": at(one.latest_ms)}
            | {"shut": at(one.shut_ms), "shut_not_before": at(one.shut_from_ms)}
            | {"reason": one.reason.value, "announced": one.why}
            for row in doors
            for one in views.openings(connection, row.door_id, ROWS_MAX, None, order.from_ms)
        ],
        "cases": [one for row in doors for one in _cases(connection, row.door_id, order, at)],
        "requests": [
            {"kind": one.kind.value, "asked": at(one.asked_ms), "state": one.state.value}
            | {"words": one.words, "answer": one.why}
            for one in household_views.requests_of(connection, household_id, *limits)
        ],
        "disputes": [
            {"raised": at(one.raised_ms), "state": one.state.value, "about": one.record.value}
            | {"words": one.words, "answer": one.answer}
            for one in household_views.disputes_of(connection, household_id, *limits)
        ],
        "health": [
            {"said": at(one.at_ms), "is_well": one.is_well, "words": one.words}
            | {"symptoms": [symptom.value for symptom in one.of]}
            for one in household_views.reports_of(connection, household_id, *limits)
        ],
        "consent": [
            {"given": at(one.given_ms), "by": one.given_by, "notice": one.notice}
            | {"withdrawn": at(one.withdrawn_ms)}
            for one in consents.given(connection, household_id, order.order_id)
        ],
        "held": [
            {"by": one.by, "why": one.why, "from": at(one.made_ms), "until": at(one.until_ms)}
            | {"ended": at(one.ended_ms)}
            for one in holds.of_order(connection, order.order_id)
        ],
    }


def _door(connection: Connection, door_id: str, label: str) -> dict[str, Any]:
    query = select(tables.doors.c.telephone).where(tables.doors.c.door_id == door_id)
    return {"label": label, "telephone": connection.execute(query).scalar()}


class _Announced(msgspec.Struct, frozen=True):
    """What was announced, by whom and why."""

    from_ms: int
    to_ms: int
    who: str
    why: str
    openings: int


def _permits(connection: Connection, household_id: str, order: OrderSpan) -> list[_Announced]:
    p = tables.permits.c
    query = select(p.from_ms, p.to_ms, p.who, p.why, p.openings)
    query = query.where(p.household_id == household_id, p.to_ms > order.from_ms)
    return records(connection, query.order_by(p.from_ms).limit(ROWS_MAX), _Announced)


def _cases(
    connection: Connection, door_id: str, order: OrderSpan, at: Callable[[int | None], str | None]
) -> list[dict[str, Any]]:
    cases = case_views.cases_at(connection, door_id, ROWS_MAX, order.from_ms)
    told = resident_views.told_of(connection, {case.case_id: case.since_ms for case in cases})
    return [
        {
            "number": case_number(case.case_id),
            "reason": case.reason.value,
            "raised": at(case.raised_ms),
            "state": case.state.value,
            "outcome": case.outcome,
            "note": case.note,
            "told": [
                {"role": one.role and one.role.value, "at": at(one.told_ms)}
                for one in told.get(case.case_id, [])
            ],
        }
        for case in cases
    ]


def as_file(data: dict[str, Any], looked: list[Look] | None, zone: tzinfo) -> bytes:
    """The file: JSON that people can read too. `looked`: who looked; None where nobody signs in."""
    if looked is not None:
        data = data | {
            "looked": [{**asdict(look), "at_ms": times.iso(look.at_ms, zone)} for look in looked]
        }
    return msgspec.json.format(msgspec.json.encode(data), indent=2)
