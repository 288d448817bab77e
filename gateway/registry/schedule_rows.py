"""Enrolment of the on-call schedule: shifts and overrides, and whether who is named in them can be
reached.

The shifts of a grid's role are enrolled together: what stands in the files is all of them, so that
a changed schedule is imported by importing it.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select

from gateway.core.duration import DAY_MS
from gateway.core.paging.person import Person
from gateway.registry.rows import EnrolError, NewOverride, NewShift, RowResult, local, need_future
from gateway.store import tables
from gateway.store.statements import upsert

SHIFTS_MAX = 200  # of a grid's role
OVERRIDES_MAX = 100  # of a person, that are not over
OVERRIDE_DAYS_MAX = 366

Known = Mapping[str, dict[str, Any]]
_decode_person = msgspec.json.Decoder(Person).decode


class ScheduleRows:
    """Shifts and covers gathered against one snapshot. `grids` and `wardens` may still grow."""

    def __init__(
        self, connection: Connection, at_ms: int, zone: tzinfo, grids: Known, wardens: Known
    ) -> None:
        self._connection, self._at_ms, self._zone = connection, at_ms, zone
        self._grids, self._wardens = grids, wardens
        s = select(tables.shifts)
        self._shifts = [dict(row) for row in connection.execute(s).mappings()]
        c = select(tables.overrides)
        self._covers = {
            (row["warden_id"], row["from_ms"]): dict(row)
            for row in connection.execute(c).mappings()
        }
        people = connection.execute(select(tables.people.c.warden_id, tables.people.c.state))
        self._lost = {who for who, state in people if not _decode_person(state).working}
        self._taken: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        self._fresh: list[dict[str, Any]] = []

    @property
    def changed(self) -> bool:
        """Whether `write` has anything to do."""
        return bool(self._fresh) or any(self._dropped(place) for place in self._taken)

    def take(self, row: NewShift | NewOverride) -> RowResult:
        """Check a row and keep it for `write`. EnrolError if it does not fit."""
        return self._shift(row) if isinstance(row, NewShift) else self._override(row)

    def _shift(self, row: NewShift) -> RowResult:
        """A weekly duty. EnrolError if nobody is there to do it."""
        if row.grid_id not in self._grids:
            raise EnrolError("grid_id", row.grid_id, "there is no such grid; enrol the grids first")
        self._need_reachable("warden_id", row.warden_id)
        values = {**msgspec.structs.asdict(row), "role": row.role.value}
        taken = self._taken[row.grid_id, row.role]
        if len(taken) >= SHIFTS_MAX:
            raise EnrolError(
                "role", row.role, f"has {SHIFTS_MAX} shifts in this grid, which is the limit"
            )
        taken.append(values)
        return RowResult.UNCHANGED if values in self._shifts else RowResult.ADDED

    def _override(self, row: NewOverride) -> RowResult:
        """Leave, or cover. EnrolError if it is over, or nobody is there to do it."""
        if row.warden_id not in self._wardens:
            raise EnrolError(
                "warden_id", row.warden_id, "there is no such warden; enrol the wardens first"
            )
        values = msgspec.structs.asdict(row)
        key = row.warden_id, row.from_ms
        before = self._covers.get(key)
        if before == values:
            return RowResult.UNCHANGED
        self._need_sense(row)
        if row.by is not None:
            self._need_reachable("by", row.by)
        if before is None and self._count(row.warden_id) >= OVERRIDES_MAX:
            raise EnrolError(
                "warden_id",
                row.warden_id,
                f"has {OVERRIDES_MAX} covers already, which is the limit",
            )
        self._covers[key] = values
        self._fresh.append(values)
        return RowResult.ADDED if before is None else RowResult.CHANGED

    def write(self) -> None:
        """Store them, and drop the shifts that are no longer there. The caller's transaction."""
        s = tables.shifts.c
        for grid_id, role in self._taken:
            gone = delete(tables.shifts).where(s.grid_id == grid_id, s.role == role)
            self._connection.execute(gone)
        dialect = self._connection.dialect.name
        shifts = [values for there in self._taken.values() for values in there]
        for table, rows in ((tables.shifts, shifts), (tables.overrides, self._fresh)):
            if rows:
                self._connection.execute(upsert(dialect, table), rows)

    def _need_reachable(self, column: str, warden_id: str) -> None:
        warden = self._wardens.get(warden_id)
        if warden is None:
            raise EnrolError(column, warden_id, "there is no such warden; enrol the wardens first")
        if warden["channels"] == "[]":
            raise EnrolError(
                column, warden_id, "has no channel and would not hear of anything; give them one"
            )
        if warden_id in self._lost:
            raise EnrolError(
                column,
                warden_id,
                "was not reached by the daily test; mend their channel before giving them a duty",
            )

    def _need_sense(self, row: NewOverride) -> None:
        if row.by == row.warden_id:
            raise EnrolError("by", row.warden_id, "cannot cover for themselves")
        need_future(row, self._at_ms, self._zone)
        if row.to_ms - row.from_ms > OVERRIDE_DAYS_MAX * DAY_MS:
            to = local(row.to_ms, self._zone)
            raise EnrolError("to", to, f"a cover lasts {OVERRIDE_DAYS_MAX} days at most")

    def _count(self, warden_id: str) -> int:
        overrides = self._covers.values()
        return sum(
            row["warden_id"] == warden_id and row["to_ms"] > self._at_ms for row in overrides
        )

    def _dropped(self, place: tuple[str, str]) -> bool:
        """Whether the shifts of a grid's role are not those that are stored."""
        stored = [row for row in self._shifts if (row["grid_id"], row["role"]) == place]
        return sorted(map(str, stored)) != sorted(map(str, self._taken[place]))
