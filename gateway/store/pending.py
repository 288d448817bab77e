"""Pending events: what other programs (enrolment) leave for the gateway, which takes them into its
loop and deletes them in the commit that journals them."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from gateway.core.events import Event
from gateway.core.subject import Subject
from gateway.store import tables
from gateway.store.journal import decode_event, encode_event, whose

PENDING_AT_ONCE = 5_000


def leave(connection: Connection, events: Iterable[tuple[Subject, Event]]) -> None:
    """Leave events for the gateway, in this order. The caller's transaction."""
    rows = [
        {"subject_kind": subject.kind, "subject_id": subject.id, "body": encode_event(event)}
        for subject, event in events
    ]
    if rows:
        connection.execute(tables.pending_events.insert(), rows)


def pending_events(connection: Connection, after_id: int) -> list[tuple[int, Subject, Event]]:
    """(pending_id, subject, event) of what was left after an id, the oldest first; PENDING_AT_ONCE
    at most."""
    c = tables.pending_events.c
    rows = connection.execute(
        select(c.pending_id, c.subject_kind, c.subject_id, c.body)
        .where(c.pending_id > after_id)
        .order_by(c.pending_id)
        .limit(PENDING_AT_ONCE)
    )
    return [
        (pending_id, whose(kind, subject_id), decode_event(body))
        for pending_id, kind, subject_id, body in rows
    ]
