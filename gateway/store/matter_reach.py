"""Whose matters of households somebody sees, and how many of them go on."""

from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, case, func, or_, select

from gateway.core.households.model import DisputeState, RequestState
from gateway.core.households.requests import OPEN
from gateway.store import grouped_pages, tables
from gateway.store.household_tables import disputes, health_questions, requests

OPEN_DISPUTES: Final = (DisputeState.RAISED, DisputeState.ASSIGNED)


class Reach(NamedTuple):
    """Whose matters: those of these grids (None: of all), and what this person has or was told of
    elsewhere."""

    grids: frozenset[str] | None = None
    warden_id: str = ""


class OpenCounts(NamedTuple):
    """How many matters go on, and how many of them nobody has taken."""

    requests: int
    requests_untaken: int
    questions: int
    questions_untaken: int
    disputes: int


ALL: Final = Reach()


def open_counts(connection: Connection, reach: Reach = ALL) -> OpenCounts:
    """Count what goes on within reach."""
    r, q, d = requests.c, health_questions.c, disputes.c
    asked = _untaken(r.state == RequestState.ASKED).where(r.state.in_(OPEN))
    asked = within(asked, reach, r.grid_id, r.request_id, r.taken_by)
    about_health = _untaken(q.taken_by.is_(None)).where(q.is_over.is_(False))
    about_health = within(about_health, reach, q.grid_id, q.question_id, q.taken_by)
    contested = select(func.count()).where(d.state.in_(OPEN_DISPUTES))
    contested = within(contested, reach, d.grid_id, d.dispute_id, d.assigned_to)
    [requests_open, requests_untaken] = connection.execute(asked).one()
    [questions_open, questions_untaken] = connection.execute(about_health).one()
    disputes_open = connection.execute(contested).scalar_one()
    return OpenCounts(
        requests_open, requests_untaken, questions_open, questions_untaken, disputes_open
    )


def within(
    query: Select[Any], reach: Reach, grid_id: Any, matter_id: Any, holder: Any
) -> Select[Any]:
    """Only what is within reach."""
    if reach.grids is None:
        return query
    o, is_within = tables.outbox.c, grid_id.in_(reach.grids)
    if reach.warden_id:
        told = select(o.case_id).where(o.warden_id == reach.warden_id)
        in_many = grouped_pages.names(reach.warden_id, matter_id)
        is_within = or_(is_within, holder == reach.warden_id, matter_id.in_(told), in_many)
    return query.where(is_within)


def _untaken(is_untaken: Any) -> Select[Any]:
    counted: list[Any] = [func.count(), func.count(case((is_untaken, 1)))]
    return select(*counted)
