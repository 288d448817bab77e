"""What a household's page shows, read from one snapshot: never a name or an address of theirs."""

from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, select

from gateway.core.cases.number import case_number
from gateway.core.duration import DAY_MS
from gateway.core.households import health
from gateway.core.households.model import RecordKind, Windows
from gateway.core.model import Permit
from gateway.core.rules import Rulebook
from gateway.store import (
    case_views,
    household_views,
    resident_views,
    seal_views,
    states,
    tables,
    views,
)
from gateway.store.case_views import CaseRow
from gateway.store.household_views import DisputeRow, RequestRow, SealAnswerRow
from gateway.store.resident_views import OrderSpan, Told
from gateway.store.views import OpeningRow
from gateway.web.resident import announcing, words
from gateway.web.resident.words import DoorShown

OPENINGS_MAX: Final = 50  # on one page, of each door
CASES_MAX: Final = 100
DISPUTES_MAX: Final = 100
REQUESTS_MAX: Final = 5  # on the first page


class HomeShown(Struct, frozen=True):
    """The first page: how long it still lasts, how the seals do, what is announced."""

    order: OrderSpan
    days_left: int  # begun ones count
    has_begun: bool
    doors: list[DoorShown]
    permits: list[Permit]
    requests: list[RequestRow]  # the latest
    said_of_seals: dict[int, list[SealAnswerRow]]  # lately, of each of the doors
    asks_health: bool  # its order wants to know today how they are, and they have not said


class OpeningShown(Struct, frozen=True):
    """One opening of the record, with who was told of it, and the dispute about it."""

    number: int  # of the household's doors, from 1
    row: OpeningRow
    words: str  # a key of the catalogues
    told: list[Told]
    case: CaseRow | None
    case_number: str | None
    dispute: DisputeRow | None


class CaseShown(Struct, frozen=True):
    """A case that is about no opening: silence, a seal that was touched."""

    number: int
    case: CaseRow
    case_number: str
    told: list[Told]
    dispute: DisputeRow | None


def home(
    connection: Connection, household_id: str, order: OrderSpan, now_ms: int, rulebook: Rulebook
) -> HomeShown:
    """Of an order that is not over."""
    rows = resident_views.doors_of(connection, household_id)
    doors, said = [], {}
    for number, row in enumerate(rows, 1):
        answers = household_views.seal_answers_at(connection, row.door_id, now_ms)
        said[number] = [one for one in answers if one.at_ms >= order.since_ms]
        seal = next(iter(seal_views.seals(connection, 1, row.door_id)), None)
        doors.append(words.shown(number, row.state, seal, now_ms, rulebook))
    permits = announcing.live(rows[0].state.permits, now_ms) if rows else []
    left = max(0, -(-(order.to_ms - now_ms) // DAY_MS))
    asked = household_views.requests_of(connection, household_id, REQUESTS_MAX, order.since_ms)
    has_begun, asks = (
        order.from_ms <= now_ms,
        _asks_health(connection, household_id, now_ms, rulebook),
    )
    return HomeShown(order, left, has_begun, doors, permits, asked, said, asks)


def _asks_health(
    connection: Connection, household_id: str, now_ms: int, rulebook: Rulebook
) -> bool:
    known = states.household(connection, household_id)
    if health.is_said(known, now_ms, rulebook.rules):
        return False  # and if they are not well, somebody asks them
    return known.health.is_reminded or known.health.question is not None


def openings(
    connection: Connection, household_id: str, order: OrderSpan, before_ms: int | None = None
) -> list[OpeningShown]:
    """The latest openings of a household under this order, newest first; those before a time, if
    it is given."""
    found: list[OpeningShown] = []
    contested = _contested(connection, household_id)
    for number, door_id in enumerate(resident_views.door_ids_of(connection, household_id), 1):
        rows = views.openings(connection, door_id, OPENINGS_MAX, before_ms, order.from_ms)
        latest = case_views.cases_at(connection, door_id, CASES_MAX, order.from_ms)
        cases = {case.case_id: case for case in latest}
        told = resident_views.told_of(connection, {row.opening_id: row.opened_ms for row in rows})
        for row in rows:
            case, dispute = cases.get(row.opening_id), contested.get(row.opening_id)
            called = None if case is None else case_number(case.case_id)
            said, whom = words.opening_words(row), told.get(row.opening_id, [])
            found.append(OpeningShown(number, row, said, whom, case, called, dispute))
    found.sort(key=lambda one: one.row.opened_ms, reverse=True)
    return found[:OPENINGS_MAX]


def other_cases(
    connection: Connection, household_id: str, order: OrderSpan, known: set[str]
) -> list[CaseShown]:
    """The latest cases under this order but for those of these openings, newest first."""
    found: list[CaseShown] = []
    contested = _contested(connection, household_id)
    for number, door_id in enumerate(resident_views.door_ids_of(connection, household_id), 1):
        cases = case_views.cases_at(connection, door_id, CASES_MAX, order.from_ms)
        cases = [case for case in cases if case.case_id not in known]
        told = resident_views.told_of(connection, {case.case_id: case.since_ms for case in cases})
        for case in cases:
            called, whom = case_number(case.case_id), told.get(case.case_id, [])
            found.append(CaseShown(number, case, called, whom, contested.get(case.case_id)))
    found.sort(key=lambda one: one.case.raised_ms, reverse=True)
    return found


def has_older_cases(connection: Connection, household_id: str, order: OrderSpan) -> bool:
    """Whether there are cases under this order that `other_cases` does not look at."""
    door_ids = resident_views.door_ids_of(connection, household_id)
    cases = (case_views.cases_at(connection, one, CASES_MAX + 1, order.from_ms) for one in door_ids)
    return any(len(found) > CASES_MAX for found in cases)


def record(
    connection: Connection, household_id: str, order: OrderSpan, kind: RecordKind, record_id: str
) -> OpeningShown | CaseShown | None:
    """One record of the household; None for none, and for one of another."""
    if kind is RecordKind.OPENING:
        o = tables.openings.c
        query = select(o.opened_ms).where(o.opening_id == record_id)
        opened_ms = connection.execute(query).scalar()
        if opened_ms is None:
            return None
        beside = openings(connection, household_id, order, opened_ms + 1)  # however old it is
        return next((one for one in beside if one.row.opening_id == record_id), None)
    others = other_cases(connection, household_id, order, set())
    return next((one for one in others if one.case.case_id == record_id), None)


def quiet(connection: Connection, household_id: str) -> Windows:
    """The hours that the household itself wants to be left alone in."""
    rows = resident_views.doors_of(connection, household_id)
    return rows[0].state.quiet if rows else ()


def abouts(connection: Connection, household_id: str, order: OrderSpan) -> list[str]:
    """What the audit calls that which is a household's: its order, what it asked for and contested,
    and what was asked after it; its doors, and their cases."""
    matters = household_views.matters_of(connection, household_id, CASES_MAX, order.since_ms)
    found = [f"order {order.order_id}", *(f"{kind} {matter_id}" for kind, matter_id in matters)]
    for door_id in resident_views.door_ids_of(connection, household_id):
        cases = case_views.case_ids_at(connection, door_id, CASES_MAX, order.since_ms)
        found += [f"door {door_id}", *(f"case {case_id}" for case_id in cases)]
    return found


def _contested(connection: Connection, household_id: str) -> dict[str, DisputeRow]:
    """The latest dispute about each record."""
    latest = household_views.disputes_of(connection, household_id, DISPUTES_MAX)
    return {one.record_id: one for one in reversed(latest)}
