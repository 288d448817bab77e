"""Pending events: what other programs (enrolment) leave for the gateway, which takes them into its
loop and deletes them in the commit that journals them."""

from collections.abc import Iterable
from functools import partial

from sqlalchemy import Connection, select

from gateway.core.events import Event
from gateway.core.subject import Subject
from gateway.store import tables
from gateway.store.journal import decode_event, encode_event, whose
from gateway.store.order_keys import OrderKeys
from gateway.store.poisoned import ANYTHING, Findings
from gateway.store.sealing import sealed

PENDING_AT_ONCE = 5_000


def leave(
    connection: Connection,
    events: Iterable[tuple[Subject, Event]],
    keys: OrderKeys | None = None,
) -> None:
    """Leave events for the gateway, in this order, with their free text sealed. The caller's
    transaction.

    Args:
        connection: one that writes.
        events: whose, and what.
        keys: those of the connection, if the caller has them at hand.
    """
    keys = keys or OrderKeys(connection)
    rows = [
        {
            "subject_kind": subject.kind,
            "subject_id": subject.id,
            "body": encode_event(sealed(keys, subject, event)),
        }
        for subject, event in events
    ]
    if rows:
        connection.execute(tables.pending_events.insert(), rows)


def pending_events(
    connection: Connection, after_id: int, findings: Findings | None = None
) -> list[tuple[int, Subject, Event]]:
    """(pending_id, subject, event) of what was left after an id, the oldest first; PENDING_AT_ONCE
    at most. What makes no sense is left out, and stands in the findings under its number."""
    c, name = tables.pending_events.c, tables.pending_events.name
    found = Findings() if findings is None else findings
    query = (
        select(c.pending_id, c.subject_kind, c.subject_id, c.body)
        .where(c.pending_id > after_id)
        .order_by(c.pending_id)
        .limit(PENDING_AT_ONCE)
    )
    events: list[tuple[int, Subject, Event]] = []
    for row in found.rows(connection, query, name, body=ANYTHING):
        pending_id, body = row["pending_id"], row["body"]
        of_subject = partial(_of, row["subject_kind"], row["subject_id"])
        event = found.decoded(name, pending_id, body, of_subject, None)
        if event is not None:
            events.append((pending_id, *event))
    return events


def _of(kind: str, subject_id: str, body: bytes) -> tuple[Subject, Event]:
    """Whose event, and what. ValueError where it is neither."""
    return whose(kind, subject_id), decode_event(body)
