"""Which seals hung on a household's doors, and when: a seal goes from household to household, and
what it says at each is that one's."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, func, select

from gateway.core.events import SealBound, SealUnbound
from gateway.core.no_json import NO_JSON
from gateway.core.subject import SubjectKind
from gateway.store import archives, tables
from gateway.store.span_tables import heartbeat_spans

_BOUND, _UNBOUND = (str(one.__struct_config__.tag) for one in (SealBound, SealUnbound))


class Hung(Struct, frozen=True, array_like=True):
    """A seal on one of the doors from a time (included) to another (excluded), ms of UTC; None: it
    hangs there. Before and after that it may hang at others, whose its words are then."""

    seal_id: str
    from_ms: int
    to_ms: int | None

    def ends_ms(self, before_ms: int | None) -> int | None:
        """Until when it is of an order of which that alone is to go that was before a time."""
        ends = [at_ms for at_ms in (self.to_ms, before_ms) if at_ms is not None]
        return min(ends, default=None)

    def holds(self, at_ms: int, before_ms: int | None) -> bool:
        """Whether it is such an order's at a time."""
        ends_ms = self.ends_ms(before_ms)
        return self.from_ms <= at_ms and (ends_ms is None or at_ms < ends_ms)


class _Bind(Struct, frozen=True):
    """Which seal an event is about, and which it was before."""

    seal_id: str
    was: str | None = None


def of_doors(connection: Connection, doors: tuple[str, ...], since_ms: int) -> tuple[Hung, ...]:
    """Every seal that hung on these doors, as the journal has it, or hangs there now; and when.

    Args:
        connection: a reading one.
        doors: of one household.
        since_ms: since when one counts whose beginning nobody knows any more: it went with an
            earlier order.
    """
    found = [*_as_journaled(connection, doors, since_ms)]
    s, known = tables.seals.c, {hung.seal_id for hung in found}
    hangs = connection.execute(select(s.seal_id).where(s.door_id.in_(doors))).scalars()
    found += [Hung(seal_id, since_ms, None) for seal_id in hangs if seal_id not in known]
    known = {hung.seal_id for hung in found}
    found += [hung for hung in _in_spans(connection, doors) if hung.seal_id not in known]
    return tuple(sorted(set(found), key=_order))


def _order(hung: Hung) -> tuple[str, int]:
    return hung.seal_id, hung.from_ms


def _as_journaled(connection: Connection, doors: tuple[str, ...], since_ms: int) -> Iterator[Hung]:
    hangs: dict[str, tuple[str, int]] = {}  # by door: which, and since when
    for at_ms, door_id, kind, body in _binds(connection, doors):
        bind = _read(body) if isinstance(at_ms, int) else None
        before = hangs.get(door_id)
        is_bound = kind == _BOUND
        if bind is None or (is_bound and before is not None and before[0] == bind.seal_id):
            continue  # unreadable, or the same one under another promise
        left = bind.was if is_bound else bind.seal_id
        if before is None and left is not None:
            before = left, since_ms
        if before is not None:
            yield Hung(*before, at_ms)
        hangs.pop(door_id, None)
        if is_bound:
            hangs[door_id] = bind.seal_id, at_ms
    yield from (Hung(*each, None) for each in hangs.values())


def _binds(connection: Connection, doors: tuple[str, ...]) -> Iterator[Any]:
    j = tables.journal.c
    bound = (
        select(j.at_ms, j.subject_id, j.kind, j.body)
        .where(j.subject_kind == SubjectKind.DOOR, j.subject_id.in_(doors))
        .where(j.kind.in_((_BOUND, _UNBOUND)))
        .order_by(j.journal_id)
    )
    for file, after_id in archives.files(connection):
        yield from file.execute(bound.where(j.journal_id > after_id)).all()


def _in_spans(connection: Connection, doors: tuple[str, ...]) -> Iterator[Hung]:
    s = heartbeat_spans.c
    spans = select(s.seal_id, func.min(s.from_ms), func.max(s.from_ms + s.len_ms))
    for file, _ in archives.files(connection):
        for seal_id, from_ms, to_ms in file.execute(
            spans.where(s.door_id.in_(doors)).group_by(s.seal_id)
        ):
            yield Hung(seal_id, from_ms, to_ms + 1)


def _read(body: Any) -> _Bind | None:
    """None where nobody can read it: whoever loads it tells of that."""
    try:
        return msgspec.json.decode(body, type=_Bind)
    except (*NO_JSON, TypeError):
        return None
