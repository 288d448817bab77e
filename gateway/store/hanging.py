"""Which seal hangs on which door, and what would be said of it there."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, func, select

from gateway.core.duration import HOUR_MS
from gateway.core.events import SealBound
from gateway.core.no_json import NO_JSON
from gateway.core.subject import SubjectKind, of_door
from gateway.store import tables
from gateway.store.journal import decode_event
from gateway.store.pending import pending_events

LATELY_MS: Final = HOUR_MS  # so long somebody may be at the same thing still
_BOUND: Final = "seal_bound"


class Hanging(NamedTuple):
    """A seal in use. `door_id` and `label`: where it hangs, None if nowhere. `until_ms`: the end of
    that door's order, if one runs. `openings`: recorded there by this seal."""

    seal_id: str
    door_id: str | None
    label: str | None
    until_ms: int | None
    openings: int


def of_seal(connection: Connection, seal_id: str, now_ms: int) -> Hanging | None:
    """A seal in use; None if there is none of this id."""
    s, d = tables.seals.c, tables.doors.c
    query = (
        select(s.seal_id, s.door_id, d.label)
        .join_from(tables.seals, tables.doors, s.door_id == d.door_id, isouter=True)
        .where(s.seal_id == seal_id, s.ended_ms.is_(None))
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    if row.door_id is None:
        return Hanging(seal_id, None, None, None, 0)
    until_ms = order_until_ms(connection, row.door_id, now_ms)
    return Hanging(*row, until_ms, _openings(connection, row.door_id, seal_id))


def on_door(connection: Connection, door_id: str, now_ms: int) -> Hanging | None:
    """The seal that hangs on a door; None if none does."""
    c = tables.seals.c
    seal_id = connection.execute(
        select(c.seal_id).where(c.door_id == door_id, c.ended_ms.is_(None))
    ).scalar()
    return None if seal_id is None else of_seal(connection, seal_id, now_ms)


def order_until_ms(connection: Connection, door_id: str, now_ms: int) -> int | None:
    """The end of the order that runs on a door's household now."""
    c, d = tables.orders.c, tables.doors.c
    runs = (d.door_id == door_id) & (c.from_ms <= now_ms) & (c.to_ms > now_ms)
    query = select(func.max(c.to_ms)).join(tables.doors, d.household_id == c.household_id)
    return connection.execute(query.where(runs)).scalar()


class Bound(NamedTuple):
    """That a seal was hung on a door. `at_ms`: None where the gateway has not taken it yet."""

    seal_id: str
    at_ms: int | None


def bound_at(connection: Connection, door_id: str) -> list[Bound]:
    """What was hung on a door, the latest first, two at most; what lies in archives is not looked
    at, nor what nobody can read."""
    left = [
        Bound(event.seal_id, None)
        for _, subject, event in pending_events(connection, 0)
        if subject == of_door(door_id) and isinstance(event, SealBound)
    ]
    c = tables.journal.c
    query = select(c.at_ms, c.body).where(
        c.subject_kind == SubjectKind.DOOR, c.subject_id == door_id, c.kind == _BOUND
    )
    found = [*reversed(left)]
    for at_ms, body in connection.execute(query.order_by(c.journal_id.desc()).limit(2)):
        try:
            event = decode_event(body)
        except (*NO_JSON, ValueError):
            continue
        if isinstance(event, SealBound):
            found.append(Bound(event.seal_id, at_ms))
    return found[:2]


def was_exchanged(connection: Connection, seals: Sequence[Hanging], now_ms: int) -> bool:
    """Whether these two changed places with each other within LATELY_MS, and nothing was hung on
    either door since."""
    one, other = seals
    for seal, beside in ((one, other), (other, one)):
        if seal.door_id is None:
            return False
        last, *before = bound_at(connection, seal.door_id) or [Bound("", None)]
        is_late = last.at_ms is None or now_ms - last.at_ms < LATELY_MS
        if last.seal_id != seal.seal_id or not is_late:
            return False
        # What was hung there before may lie in an archive; what it told there says it as well.
        if before:
            was_there = before[0].seal_id == beside.seal_id
        else:
            was_there = _told_at(connection, beside.seal_id, seal.door_id)
        if not was_there:
            return False
    return True


def swapped_out(connection: Connection, seal: Hanging) -> str | None:
    """The seal that was retired for this one, which hangs on its door since; None for none."""
    last, *before = bound_at(connection, seal.door_id or "") or [Bound("", None)]
    if last.seal_id != seal.seal_id or not before:
        return None
    c = tables.seals.c
    query = select(c.seal_id).where(c.seal_id == before[0].seal_id, c.ended_ms.is_not(None))
    return connection.execute(query).scalar()


def _told_at(connection: Connection, seal_id: str, door_id: str) -> bool:
    """Whether a seal ever told of anything at a door, as far as that is kept."""
    c = tables.journal.c
    of_door_there = (c.subject_kind == SubjectKind.DOOR) & (c.subject_id == door_id)
    query = select(c.journal_id).where(of_door_there, c.seal_id == seal_id).limit(1)
    is_journaled = connection.execute(query).first() is not None
    return is_journaled or _openings(connection, door_id, seal_id) > 0


def _openings(connection: Connection, door_id: str, seal_id: str) -> int:
    c = tables.openings.c  # an opening's id begins with the seal that told of it
    theirs = (c.door_id == door_id) & c.opening_id.startswith(f"{seal_id}-", autoescape=True)
    return connection.execute(select(func.count()).where(theirs)).scalar() or 0
