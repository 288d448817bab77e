"""Pages on their way to people, as points: from the outbox, whose rows change until the receipt.

Everything up to the durable place is as it will stay. Above it, what was written is remembered by
its line, and written once more when that has changed: onto itself, for its time and tags stay. A
page is as it will stay once it was given up, or the person acted on it, or a day after it was made.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, bindparam, or_, select

from gateway.core.cases.number import case_number
from gateway.core.duration import DAY_MS
from gateway.core.evidence import TOLD, Evidence
from gateway.core.reasons import Reason
from gateway.feeds.cursor import Cursor, Unwritten
from gateway.feeds.delivery_cause import cause_of
from gateway.feeds.influx_line import LineMaker, Value, time_ns
from gateway.feeds.influx_schema import DELIVERY
from gateway.feeds.stream import Batch, Line
from gateway.store.database import Store
from gateway.store.tables import outbox

READER: Final = "influx-deliveries"
SETTLED_MS: Final = DAY_MS  # a receipt that comes later is not in the history
OPEN_MAX: Final = 20_000  # pages that may still change; the oldest are taken as they are
LOOK_EVERY_S: Final = 2.0  # at those that may have changed
_OF_NO_CASE: Final = frozenset({Reason.GROUPED, Reason.TEST, Reason.TEST_PAGE})


class DeliveryStream:
    """Reads and makes the lines.

    Args:
        store: has the outbox.
        site_id: the site's random id.
        clock: seconds that never go back.
    """

    reader = READER

    def __init__(
        self, store: Store, site_id: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store, self._clock = store, clock
        self._maker = LineMaker(DELIVERY, site_id)
        self._cursor = Cursor(store, READER, clock)
        self._place = -1  # where the memory below begins
        self._top = 0  # all entries up to it are written, or remembered
        self._open: dict[int, str] = {}  # entry_id -> its line as it was written; "" for none yet
        self._looks_s = 0.0
        self._taken: dict[int, str] = {}  # of the batch that is under way: what may still change
        self._final: set[int] = set()  # and what no longer may

    def take(self, size: int, now_ms: int) -> Batch:
        """As `Stream.take`."""
        with self._store.reading() as connection:
            self._begin(self._cursor.place(connection))
            rows = self._changed(connection, now_ms)
            fresh = connection.execute(_NEW.limit(size), {"top": self._top}).mappings().all()
        is_more = len(fresh) == size
        batch = Batch([], [], fresh[-1]["entry_id"] if fresh else self._top, is_more)
        self._taken, self._final = {}, set()
        for row in (*rows, *fresh):
            self._add(row, now_ms, batch)
        return batch

    def settle(self, batch: Batch, never: list[Unwritten]) -> None:
        """As `Stream.settle`."""
        known = {**self._open, **self._taken}
        numbers = sorted(known.keys() - self._final)[-OPEN_MAX:]
        top = max(self._top, batch.place)
        place = numbers[0] - 1 if numbers else top
        self._cursor.advance(place, never, batch.is_more)
        self._open = {number: known[number] for number in numbers}
        self._top, self._place = top, place

    def _begin(self, place: int) -> None:
        """Forget what is remembered where somebody has put the place back."""
        if place != self._place:
            self._place = self._top = place
            self._open, self._looks_s = {}, self._clock()

    def _changed(self, connection: Connection, now_ms: int) -> list[Mapping[Any, Any]]:
        """Those of which something may have changed."""
        now_s = self._clock()
        if not self._open or now_s < self._looks_s:
            return []
        self._looks_s = now_s + LOOK_EVERY_S
        span = {"place": self._place, "top": self._top}
        found = connection.execute(_OPEN, span).mappings()
        return [row for row in found if row["entry_id"] in self._open]

    def _add(self, row: Mapping[Any, Any], now_ms: int, batch: Batch) -> None:
        entry_id = row["entry_id"]
        try:
            text = self._line(row) if row["tries"] or _is_done(row) else ""
            stays = _stays(row, now_ms)
        except Exception as error:  # noqa: BLE001 - whatever a spoilt row makes of it
            words = f"page {entry_id} cannot be read: {error}"
            batch.unreadable.append(Unwritten(entry_id, 0, "", words))
            self._final.add(entry_id)
            return
        if text and text != self._open.get(entry_id):
            batch.lines.append(Line(entry_id, row["made_ms"], text))
        if stays:
            self._final.add(entry_id)
        else:
            self._taken[entry_id] = text

    def _line(self, row: Mapping[Any, Any]) -> str:
        step = row["step_index"]
        tags = {
            "channel": row["channel"],
            "step": "" if step is None else str(step),
            "role": row["role"],
            "reason": row["reason"],
        }
        return self._maker.line(tags, _fields(row), time_ns(row["made_ms"], row["entry_id"]))


def _is_done(row: Mapping[Any, Any]) -> bool:
    return row["done_ms"] is not None or bool(row["gave_up"])


def _stays(row: Mapping[Any, Any], now_ms: int) -> bool:
    """Whether the row is as it will stay."""
    if row["gave_up"]:
        return True
    if row["done_ms"] is None:
        return False
    is_old: bool = now_ms - row["made_ms"] > SETTLED_MS
    return is_old or row["evidence"] == Evidence.SEEN


def _fields(row: Mapping[Any, Any]) -> dict[str, Value]:
    is_sent, has_case = row["done_ms"] is not None, row["reason"] not in _OF_NO_CASE
    is_ended = row["ended"] is not None
    failures = max(0, row["tries"] - is_sent)
    fields: dict[str, Value] = {
        "case": case_number(row["case_id"]) if has_case and row["case_id"] else None,
        "tries": row["tries"],
        "failures": failures,
        "cause": cause_of(row["error"]),
    }
    if not _is_done(row):
        return fields
    fields |= {
        "pages": 1,
        "sent": is_sent,
        "received": is_sent and row["evidence"] in TOLD,
        "seen": is_sent and row["evidence"] == Evidence.SEEN,
        "gave_up": bool(row["gave_up"]) and not is_ended,
        "ended": is_ended,
    }
    return fields | (_times(row) if is_sent else {})


def _times(row: Mapping[Any, Any]) -> dict[str, Value]:
    """How long each part of its way took; of what the clock was set under, nothing is said."""
    made_ms, done_ms, received_ms = row["made_ms"], row["done_ms"], row["received_ms"]
    # A later step or round was told late on purpose: it says nothing of the way from the edge.
    is_first = row["step_index"] == 0 and row["round"] == 0
    since_ms = row["since_ms"] if is_first else None
    spans = {
        "edge_commit_ms": (since_ms, made_ms),
        "commit_sent_ms": (made_ms, done_ms),
        "sent_receipt_ms": (done_ms, received_ms),
        "edge_sent_ms": (since_ms, done_ms),
        "edge_receipt_ms": (since_ms, received_ms),
    }
    return {
        name: to_ms - from_ms
        for name, (from_ms, to_ms) in spans.items()
        if from_ms is not None and to_ms is not None and to_ms >= from_ms
    }


_o = outbox.c
_COLUMNS = (
    *(_o.entry_id, _o.case_id, _o.channel, _o.reason, _o.since_ms, _o.made_ms, _o.tries),
    *(_o.done_ms, _o.gave_up, _o.error, _o.evidence, _o.ended, _o.received_ms),
    *(_o.step_index, _o.round, _o.role),
)
_NEW = select(*_COLUMNS).where(_o.entry_id > bindparam("top")).order_by(_o.entry_id)
_OPEN = (
    select(*_COLUMNS)
    .where(
        _o.entry_id > bindparam("place"),
        _o.entry_id <= bindparam("top"),
        or_(_o.tries > 0, _o.done_ms.is_not(None), _o.gave_up),
    )
    .order_by(_o.entry_id)
)
