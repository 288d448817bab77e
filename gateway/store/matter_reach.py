"""Whose matters of households somebody sees, and how many of them go on."""

from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, bindparam, case, func, or_, select

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
    asked, about_health, contested = _counting(reach.grids is None, bool(reach.warden_id))
    its: dict[str, Any] = {}
    if reach.grids is not None:
        its = {"grids": tuple(reach.grids)}
        if reach.warden_id:
            its["its_warden_id"] = reach.warden_id
    [requests_open, requests_untaken] = connection.execute(asked, its).one()
    [questions_open, questions_untaken] = connection.execute(about_health, its).one()
    disputes_open = connection.execute(contested, its).scalar_one()
    return OpenCounts(
        requests_open, requests_untaken, questions_open, questions_untaken, disputes_open
    )


def within(
    query: Select[Any], reach: Reach, grid_id: Any, matter_id: Any, holder: Any
) -> Select[Any]:
    """Only what is within reach."""
    if reach.grids is None:
        return query
    return query.where(_is_within(reach.grids, reach.warden_id or None, grid_id, matter_id, holder))


def _is_within(grids: Any, warden_id: Any, grid_id: Any, matter_id: Any, holder: Any) -> Any:
    """The same as a condition; `grids` and `warden_id` (None: nobody's), or parameters for them."""
    is_within = grid_id.in_(grids)
    if warden_id is None:
        return is_within
    o = tables.outbox.c
    told = select(o.case_id).where(o.warden_id == warden_id)
    in_many = grouped_pages.names(warden_id, matter_id)
    return or_(is_within, holder == warden_id, matter_id.in_(told), in_many)


@cache
def _counting(sees_all: bool, is_person: bool) -> tuple[Select[Any], Select[Any], Select[Any]]:
    """What counts requests, questions and disputes, put together once: each drawing of a phone's
    list asks. Its parameters: `grids` unless all are seen, and of a person `its_warden_id`."""
    r, q, d = requests.c, health_questions.c, disputes.c
    asked = _untaken(r.state == RequestState.ASKED).where(r.state.in_(OPEN))
    about_health = _untaken(q.taken_by.is_(None)).where(q.is_over.is_(False))
    contested = select(func.count()).where(d.state.in_(OPEN_DISPUTES))
    if sees_all:
        return asked, about_health, contested
    reach: tuple[Any, Any] = (
        bindparam("grids", expanding=True),
        bindparam("its_warden_id") if is_person else None,
    )
    return (
        asked.where(_is_within(*reach, r.grid_id, r.request_id, r.taken_by)),
        about_health.where(_is_within(*reach, q.grid_id, q.question_id, q.taken_by)),
        contested.where(_is_within(*reach, d.grid_id, d.dispute_id, d.assigned_to)),
    )


def _untaken(is_untaken: Any) -> Select[Any]:
    counted: list[Any] = [func.count(), func.count(case((is_untaken, 1)))]
    return select(*counted)
