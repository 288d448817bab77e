"""What befell cases, as points: from their milestones, above a durable place among them.

The milestones of thirty days are kept (milestone_log.py): what InfluxDB has not taken by then is in
the journal, and not in the history.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import bindparam, select

from gateway.core.cases.milestones import Happened
from gateway.core.cases.number import case_number
from gateway.core.outcome import FALSE_ALARMS
from gateway.core.proof import Proof
from gateway.feeds.cursor import Cursor, Unwritten
from gateway.feeds.influx_line import LineMaker, Value, time_ns
from gateway.feeds.influx_schema import CASE_EVENT
from gateway.feeds.stream import Batch, Line
from gateway.store.database import Store
from gateway.store.feed_tables import milestones
from gateway.store.place_names import GRID, PlaceNames

READER: Final = "influx-cases"
PARTS: Final = 16  # of one event, that keep different times; more of a case never are


class CaseStream:
    """Reads and makes the lines.

    Args:
        store: has the milestones.
        site_id: the site's random id.
        names: of grids.
    """

    reader = READER

    def __init__(self, store: Store, site_id: str, names: PlaceNames) -> None:
        self._store, self._names = store, names
        self._maker = LineMaker(CASE_EVENT, site_id)
        self._cursor = Cursor(store, READER)

    def take(self, size: int, now_ms: int) -> Batch:
        """As `Stream.take`. One event's milestones are taken together."""
        with self._store.reading() as connection:
            place = self._cursor.place(connection)
            query = _AFTER.limit(size)
            found = connection.execute(query, {"place": place}).mappings().all()
        is_more = len(found) == size
        whole = [row for row in found if row["journal_id"] != found[-1]["journal_id"]]
        rows = whole if is_more and whole else found
        batch = Batch([], [], rows[-1]["journal_id"] if rows else place, is_more)
        for row in rows:
            try:
                text = self._line(row)
            except Exception as error:  # noqa: BLE001 - whatever a spoilt row makes of it
                words = f"milestone {row['journal_id']} cannot be read: {error}"
                batch.unreadable.append(Unwritten(row["journal_id"], row["at_ms"], "", words))
            else:
                batch.lines.append(Line(row["journal_id"], row["at_ms"], text))
        return batch

    def settle(self, batch: Batch, never: list[Unwritten]) -> None:
        """As `Stream.settle`."""
        self._cursor.advance(batch.place, never, batch.is_more)

    def _line(self, row: Mapping[Any, Any]) -> str:
        step = row["step_index"]
        tags = {
            "grid": self._names.name(GRID, row["grid_id"]),
            "reason": row["reason"],
            "event": row["happened"],
            "step": "" if step is None else str(step),
            "role": row["role"],
        }
        at_ns = time_ns(row["at_ms"], row["journal_id"] * PARTS + row["part"])
        return self._maker.line(tags, _fields(row), at_ns)


def _fields(row: Mapping[Any, Any]) -> dict[str, Value]:
    happened, at_ms, raised_ms = Happened(row["happened"]), row["at_ms"], row["raised_ms"]
    is_known = raised_ms is not None  # an earlier release wrote less
    fields: dict[str, Value] = {
        "case": case_number(row["case_id"]),
        "cases": 1,
        "after_ms": at_ms - raised_ms if is_known else None,
        "edge_ms": at_ms - row["since_ms"],
        "openings": row["openings"],
        "by_person": row["by_person"] if is_known else None,
    }
    if happened is Happened.RAISED and is_known:
        fields["new"] = at_ms == raised_ms
    if happened is Happened.ON_SITE:
        fields["proved"] = row["proof"] == Proof.PROVED
    if happened is Happened.CLOSED:
        fields["outcome"] = row["outcome"]
        fields["false_page"] = row["outcome"] in FALSE_ALARMS if is_known else None
    return fields


_m = milestones.c
_AFTER = (
    select(milestones).where(_m.journal_id > bindparam("place")).order_by(_m.journal_id, _m.part)
)
