"""Enrolment of the on-call schedule: shifts and overrides, and whether who is named in them can be
reached.

The shifts of a grid's role are enrolled together: what stands in the files is all of them, so that
a changed schedule is imported by importing it.
"""

from collections import defaultdict
from datetime import tzinfo

from msgspec.structs import asdict
from sqlalchemy import Connection, delete, select

from gateway.core.duration import DAY_MS
from gateway.registry.enrolled_table import EnrolledTable
from gateway.registry.rows import EnrolError, NewOverride, NewShift, RowResult, local, need_future
from gateway.store import schedule_tables, views
from gateway.store.statements import Row, upsert

SHIFTS_MAX = 200  # of a grid's role
OVERRIDES_MAX = 100  # of a person, that are not over
OVERRIDE_DAYS_MAX = 366


class ScheduleRows:
    """Shifts and overrides gathered against one snapshot.

    Args:
        connection: The snapshot.
        at_ms: Now, in milliseconds of UTC.
        zone: Where the site's clocks stand.
        grids: Where somebody can have a duty; may still grow.
        wardens: Who can have one; may still grow.
    """

    def __init__(
        self,
        connection: Connection,
        at_ms: int,
        zone: tzinfo,
        grids: EnrolledTable,
        wardens: EnrolledTable,
    ) -> None:
        self._at_ms, self._zone = at_ms, zone
        self._grids, self._wardens = grids, wardens
        shifts = connection.execute(select(schedule_tables.shifts)).mappings()
        self._shifts: list[Row] = [dict(row) for row in shifts]
        overrides = connection.execute(select(schedule_tables.overrides)).mappings()
        self._overrides: dict[tuple[str, int], Row] = {
            (row["warden_id"], row["from_ms"]): dict(row) for row in overrides
        }
        self._unreached = views.unreached(connection)
        self._taken: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
        self._fresh: list[Row] = []
        self._leavers: list[str] = []

    def is_changed(self) -> bool:
        """Whether `write` has anything to do."""
        return bool(self._fresh or self._leavers) or any(map(self._is_replaced, self._taken))

    def take(self, row: NewShift | NewOverride) -> RowResult:
        """Check a row and keep it for `write`. EnrolError if it does not fit."""
        return self._shift(row) if isinstance(row, NewShift) else self._override(row)

    def _shift(self, row: NewShift) -> RowResult:
        """A weekly duty. EnrolError if nobody is there to do it."""
        self._grids.need("grid_id", row.grid_id)
        self._need_reachable("warden_id", row.warden_id)
        values = {**asdict(row), "role": row.role.value}
        taken = self._taken[row.grid_id, row.role]
        if len(taken) >= SHIFTS_MAX:
            raise EnrolError(
                "role", row.role, f"has {SHIFTS_MAX} shifts in this grid, which is the limit"
            )
        taken.append(values)
        return RowResult.UNCHANGED if values in self._shifts else RowResult.ADDED

    def _override(self, row: NewOverride) -> RowResult:
        """Leave, or cover. EnrolError if it is over, or nobody is there to do it."""
        self._wardens.need("warden_id", row.warden_id)
        values = asdict(row)
        key = row.warden_id, row.from_ms
        before = self._overrides.get(key)
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
        self._overrides[key] = values
        self._fresh.append(values)
        return RowResult.ADDED if before is None else RowResult.CHANGED

    def leave(self, warden_id: str) -> None:
        """A person has left: no duty is theirs any more, and none falls to them."""
        self._leavers.append(warden_id)

    def write(self, connection: Connection) -> None:
        """Store them, and drop the shifts that are no longer there. The caller's transaction."""
        s, o = schedule_tables.shifts.c, schedule_tables.overrides.c
        if self._leavers:
            left = tuple(self._leavers)
            connection.execute(delete(schedule_tables.shifts).where(s.warden_id.in_(left)))
            theirs = o.warden_id.in_(left) | o.by.in_(left)
            connection.execute(delete(schedule_tables.overrides).where(theirs))
        for grid_id, role in self._taken:
            stored = delete(schedule_tables.shifts).where(s.grid_id == grid_id, s.role == role)
            connection.execute(stored)
        dialect = connection.dialect.name
        shifts = [values for taken in self._taken.values() for values in taken]
        for table, rows in (
            (schedule_tables.shifts, shifts),
            (schedule_tables.overrides, self._fresh),
        ):
            if rows:
                connection.execute(upsert(dialect, table), rows)

    def _need_reachable(self, column: str, warden_id: str) -> None:
        if self._wardens.need(column, warden_id)["channels"] == "[]":
            raise EnrolError(
                column, warden_id, "has no channel and would not hear of anything; give them one"
            )
        if warden_id in self._unreached:
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
        overrides = self._overrides.values()
        return sum(
            row["warden_id"] == warden_id and row["to_ms"] > self._at_ms for row in overrides
        )

    def _is_replaced(self, place: tuple[str, str]) -> bool:
        """Whether the shifts of a grid's role are not those that are stored."""
        stored = [row for row in self._shifts if (row["grid_id"], row["role"]) == place]
        return sorted(map(str, stored)) != sorted(map(str, self._taken[place]))
