"""What a household's page shows, read from one snapshot: never a name or an address of theirs."""

from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from gateway.core.cases.number import case_number
from gateway.core.duration import DAY_MS
from gateway.core.model import CaseState, Permit
from gateway.core.rules import Rulebook
from gateway.store import case_views, resident_views, seal_views, views
from gateway.store.case_views import CaseRow
from gateway.store.resident_views import OrderSpan, Told
from gateway.store.views import OpeningRow
from gateway.web.resident import announcing, words
from gateway.web.resident.words import DoorShown

OPENINGS_MAX: Final = 50  # on one page, of each door
CASES_MAX: Final = 100


class HomeShown(Struct, frozen=True):
    """The first page: how long it still lasts, how the seals do, what is announced."""

    order: OrderSpan
    days_left: int  # begun ones count
    has_begun: bool
    doors: list[DoorShown]
    permits: list[Permit]


class OpeningShown(Struct, frozen=True):
    """One opening of the record, with who was told of it."""

    number: int  # of the household's doors, from 1
    row: OpeningRow
    words: str  # a key of the catalogues
    told: list[Told]
    case: CaseRow | None
    case_number: str | None

    @property
    def is_settled(self) -> bool:
        """Whether the case that was made of it is over."""
        return self.case is None or self.case.state in (CaseState.SIGNED_OFF, CaseState.CLOSED)


def home(
    connection: Connection, household_id: str, order: OrderSpan, now_ms: int, rulebook: Rulebook
) -> HomeShown:
    """Of an order that is not over."""
    rows = resident_views.doors_of(connection, household_id)
    doors = []
    for number, row in enumerate(rows, 1):
        seal = next(iter(seal_views.seals(connection, 1, row.door_id)), None)
        doors.append(words.shown(number, row.state, seal, now_ms, rulebook))
    permits = announcing.live(rows[0].state.permits, now_ms) if rows else []
    left = -(-(order.to_ms - now_ms) // DAY_MS)
    return HomeShown(order, left, order.from_ms <= now_ms, doors, permits)


def openings(
    connection: Connection, household_id: str, order: OrderSpan, before_ms: int | None = None
) -> list[OpeningShown]:
    """The latest openings of a household under this order, newest first; those before a time, if
    it is given."""
    found: list[OpeningShown] = []
    for number, door_id in enumerate(resident_views.door_ids_of(connection, household_id), 1):
        rows = views.openings(connection, door_id, OPENINGS_MAX, before_ms)
        rows = [row for row in rows if row.opened_ms >= order.from_ms]
        cases = {case.case_id: case for case in case_views.cases_at(connection, door_id, CASES_MAX)}
        told = resident_views.told_of(connection, [row.opening_id for row in rows])
        found += [
            _opening(number, row, told.get(row.opening_id, []), cases.get(row.opening_id))
            for row in rows
        ]
    found.sort(key=lambda one: one.row.opened_ms, reverse=True)
    return found[:OPENINGS_MAX]


def abouts(connection: Connection, household_id: str) -> list[str]:
    """What the audit calls that which is a household's: its doors, and their cases."""
    found = []
    for door_id in resident_views.door_ids_of(connection, household_id):
        cases = case_views.cases_at(connection, door_id, CASES_MAX)
        found += [f"door {door_id}", *(f"case {case.case_id}" for case in cases)]
    return found


def _opening(number: int, row: OpeningRow, told: list[Told], case: CaseRow | None) -> OpeningShown:
    called = None if case is None else case_number(case.case_id)
    return OpeningShown(number, row, words.opening_words(row), told, case, called)
