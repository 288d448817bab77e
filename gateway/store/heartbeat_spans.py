"""Heartbeat spans as rows, both ways; and their heartbeats as the journal has them."""

import heapq
import logging
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Select, func, select

from gateway.core.events import ReportCame
from gateway.core.heartbeat_spans import HeartbeatSpan, beats_of, event_of
from gateway.core.model import Contact
from gateway.core.subject import Subject, of_door
from gateway.store import archives
from gateway.store.poisoned import Findings
from gateway.store.span_tables import heartbeat_spans
from gateway.store.statements import Row

log = logging.getLogger("menshen.store")

Lived = tuple[int, int, Subject, ReportCame]  # its number, when it was stepped, whose, the event


def row_of(span: HeartbeatSpan) -> Row:
    """A span as a row."""
    return {
        "door_id": span.door_id,
        "from_id": span.from_id,
        "to_id": span.to_id,
        "from_ms": span.from_ms,
        "len_ms": span.to_ms - span.from_ms,
        "seal_id": span.seal_id,
        "contact": span.contact,
        "edges": span.edges,
        "beats": span.beats,
        "battery_last": span.battery_mv,
        "gap_max_ms": span.gap_max_ms,
        "packed": span.packed,
    }


def heartbeats(connection: Connection, door_id: str | None = None) -> Iterator[Lived]:
    """The heartbeats of one door's spans, or of all, in the journal's order.

    A span that cannot be read is named in the log and passed over: nothing is claimed from it.

    Args:
        connection: a reading one.
        door_id: whose; None for all doors.
    """
    going_on: list[tuple[int, Lived, Iterator[Lived]]] = []  # a heap, by the next one's number
    for span in _spans(connection, door_id):
        while going_on and going_on[0][0] < span.from_id:
            yield _next(going_on)
        beats = _lived(span)
        first = next(beats)
        heapq.heappush(going_on, (first[0], first, beats))
    while going_on:
        yield _next(going_on)


def ids_between(connection: Connection, door_id: str, first_id: int, last_id: int) -> set[int]:
    """The rows of the journal that the spans of a door give back, from the spans that may have any
    of those from one number to another."""
    c = heartbeat_spans.c
    before = select(func.max(c.from_id)).where(c.door_id == door_id, c.from_id <= first_id)
    query = select(heartbeat_spans).where(
        c.door_id == door_id,
        c.from_id >= func.coalesce(before.scalar_subquery(), first_id),
        c.from_id <= last_id,
    )
    return {
        beat.journal_id
        for span in _readable(connection, query.order_by(c.from_id))
        for beat in beats_of(span)
    }


def _next(going_on: list[tuple[int, Lived, Iterator[Lived]]]) -> Lived:
    """The heap's first heartbeat; the next of the same span takes its place."""
    _, first, beats = going_on[0]
    following = next(beats, None)
    if following is None:
        heapq.heappop(going_on)
    else:
        heapq.heapreplace(going_on, (following[0], following, beats))
    return first


def _lived(span: HeartbeatSpan) -> Iterator[Lived]:
    subject = of_door(span.door_id)
    for beat in beats_of(span):
        yield beat.journal_id, beat.at_ms, subject, event_of(span, beat)


def _spans(connection: Connection, door_id: str | None) -> Iterator[HeartbeatSpan]:
    """Those that can be read, by the number of their first heartbeat."""
    for file, after_id in archives.files(connection):
        query = select(heartbeat_spans).order_by(heartbeat_spans.c.from_id)
        query = query.where(heartbeat_spans.c.from_id > after_id)
        if door_id is not None:
            query = query.where(heartbeat_spans.c.door_id == door_id)
        yield from _readable(file, query)


def _readable(connection: Connection, query: Select[Any]) -> Iterator[HeartbeatSpan]:
    """The spans that can be read; the log counts the others, and names no door."""
    name, found = heartbeat_spans.name, Findings()
    for row in found.rows(connection, query, name):
        try:
            span = _from(row)
            for _ in beats_of(span):
                pass
        except ValueError as error:
            found.note(name, f"{row['door_id']}.{row['from_id']}", error, row["packed"])
        else:
            yield span
    found.log(log)


def _from(row: Row) -> HeartbeatSpan:
    """A span from its row. ValueError: there is no such contact."""
    return HeartbeatSpan(
        row["door_id"],
        row["seal_id"],
        Contact(row["contact"]),
        row["edges"],
        row["from_id"],
        row["to_id"],
        row["from_ms"],
        row["from_ms"] + row["len_ms"],
        row["beats"],
        row["battery_last"],
        row["gap_max_ms"],
        row["packed"],
    )
