"""What every page of one phone asks of the store alike, read once for all pages of a snapshot.

A phone asks for the names of some thirty pages at a time; each shows how many more cases wait for
her, which pages she has not signed for, and who has duty.
"""

from functools import cached_property
from typing import Final

from sqlalchemy import Connection

from gateway.core.rules import Rules
from gateway.store import case_views, delivery_views, hand_over_views, page_views, views
from gateway.store.case_views import CaseRow
from gateway.store.delivery_views import DeliveryRow, Told
from gateway.store.page_views import ToldCases
from gateway.store.views import DoorRow, WardenRow
from gateway.web.inbox_parts import CASES_MAX, waiting_of
from gateway.web.pages.warden_inbox import unsigned

DELIVERIES_MAX: Final = 50  # of one case


class SharedReads:
    """Each is read when it is asked for first. For as long as the snapshot lasts, and no longer."""

    def __init__(self, connection: Connection, warden_id: str, now_ms: int) -> None:
        self._connection, self._warden_id, self._now_ms = connection, warden_id, now_ms
        self._may_take_over: dict[str, list[WardenRow]] = {}
        self._cases: dict[str, CaseRow] = {}
        self._doors: dict[str, DoorRow] = {}
        self._told: dict[str, Told] = {}

    def look_up(self, case_ids: list[str]) -> None:
        """Read these cases, their doors, and who was told of them: three questions for all."""
        found = case_views.cases_of(self._connection, case_ids)
        self._cases |= {case.case_id: case for case in found}
        door_ids = [case.door_id for case in found if case.area is None and case.door_id]
        doors = views.doors_of(self._connection, list(dict.fromkeys(door_ids)))
        self._doors |= {door.door_id: door for door in doors}
        self._told |= delivery_views.of_cases(self._connection, found, DELIVERIES_MAX)

    def case(self, case_id: str) -> CaseRow | None:
        """A case, or None."""
        if case_id not in self._cases:
            self.look_up([case_id])
        return self._cases.get(case_id)

    def door(self, door_id: str) -> DoorRow | None:
        """The door of a case that was looked up."""
        return self._doors.get(door_id)

    def deliveries(self, case_id: str) -> list[DeliveryRow]:
        """Who was told of a case that was looked up, the newest first."""
        return self._told[case_id].rows if case_id in self._told else []

    def may_be_more(self, told: list[DeliveryRow]) -> bool:
        """Whether somebody may have been told before all these."""
        return len(told) >= DELIVERIES_MAX

    def first_told_ms(self, case_id: str) -> int | None:
        """When the first page of a case that was looked up was taken."""
        return self._told[case_id].first_ms if case_id in self._told else None

    @cached_property
    def warden(self) -> WardenRow | None:
        """Whose phone it is; None if there is nobody of this id."""
        return views.warden(self._connection, self._warden_id)

    @cached_property
    def told(self) -> ToldCases:
        """All open cases that she was told of."""
        return page_views.told_cases(self._connection, self._warden_id, CASES_MAX)

    @cached_property
    def waiting(self) -> list[str]:
        """The cases that wait for her, the newest first."""
        return waiting_of(self.told.cases, self._warden_id)

    @cached_property
    def unsigned(self) -> list[str]:
        """The pages that want this phone's receipt."""
        return unsigned(self._connection, self._warden_id, self._now_ms)

    def may_take_over(self, grid_id: str, rules: Rules) -> list[WardenRow]:
        """To whom a case of a grid can be handed now."""
        if grid_id not in self._may_take_over:
            found = hand_over_views.may_take_over(self._connection, grid_id, self._now_ms, rules)
            self._may_take_over[grid_id] = found
        return self._may_take_over[grid_id]
