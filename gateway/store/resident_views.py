"""What is read for a household's page: its doors, the order that holds there, what was recorded,
and who was told. Never a label or a name of theirs; whoever finds the code learns neither."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, Select, func, select

from gateway.core import doubted_time
from gateway.core.model import SURE, Doubt
from gateway.core.paging.schedule import Role
from gateway.store import households, states, tables, views
from gateway.store.records import records
from gateway.store.resident_tables import resident_codes
from gateway.store.sealed_columns import revealed
from gateway.store.views import DoorRow

DOORS_MAX: Final = 8  # of one household
_d, _o, _x = tables.doors.c, tables.orders.c, tables.outbox.c


class OrderSpan(msgspec.Struct, frozen=True):
    """An order, from (included) to (excluded), in ms of UTC. `since_ms`: when the order before it
    at this home had ended, under which others may have lived there: what is older is none of
    theirs. 0 where none is known."""

    order_id: str
    from_ms: int
    to_ms: int
    since_ms: int = 0  # when the order before it was over
    doubt: Doubt = SURE  # of the gateway's clock

    @property
    def over_ms(self) -> int:
        """When it is over by the gateway's clock; until then nothing is refused to its
        household."""
        return doubted_time.over_ms(self, self.doubt)


class Told(msgspec.Struct, frozen=True):
    """By which duty somebody was told of a case, and when first. None: the site itself."""

    role: Role | None
    told_ms: int


def household_of(connection: Connection, door_id: str) -> str | None:
    """Whose door it is; None if there is no such door in use."""
    return households.of_doors(connection, [door_id]).get(door_id)


def doors_of(connection: Connection, household_id: str) -> list[DoorRow]:
    """The doors of a household that are in use, always in the same order."""
    found = views.doors_of(connection, door_ids_of(connection, household_id))
    return sorted(found, key=lambda row: row.door_id)


def door_ids_of(connection: Connection, household_id: str) -> list[str]:
    """Their ids, in order."""
    return households.doors_of(connection, household_id)[:DOORS_MAX]


def order_of(connection: Connection, household_id: str, now_ms: int) -> OrderSpan | None:
    """The order that runs at a household, else the next to come; None without one."""
    doubt = states.doubt(connection)
    query = select(_o.order_id, _o.from_ms, _o.to_ms).where(*_is_to_be(doubt, now_ms))
    query = query.where(_o.household_id == household_id)
    query = query.order_by(_o.to_ms <= now_ms, _o.from_ms)  # what is over by one reading comes last
    return _span(connection, household_id, query.limit(1))


def order_span(connection: Connection, order_id: str) -> OrderSpan | None:
    """One order; None once its rows are gone."""
    query = select(_o.order_id, _o.from_ms, _o.to_ms).where(_o.order_id == order_id)
    whose = select(_o.household_id).where(_o.order_id == order_id)
    household_id = connection.execute(whose).scalar()
    return None if household_id is None else _span(connection, household_id, query)


def _span(connection: Connection, household_id: str, query: Select[Any]) -> OrderSpan | None:
    row = next(iter(records(connection, query, OrderSpan)), None)
    if row is None:
        return None
    is_before = _o.household_id == household_id, _o.to_ms <= row.from_ms, _o.from_ms < _o.to_ms
    ended = select(func.max(_o.to_ms)).where(*is_before, _o.order_id != row.order_id)
    found = connection.execute(ended).scalar()
    since_ms = found if isinstance(found, int) else 0
    return replace(row, since_ms=since_ms, doubt=states.doubt(connection))


def without_code(connection: Connection, now_ms: int) -> list[str]:
    """The households with an order that runs or is to come, and no code for it, as an installer
    walks: by building, stair and label."""
    c, label = resident_codes.c, revealed(_d.label)
    query = (
        select(_d.household_id)
        .join(tables.orders, _o.household_id == _d.household_id)
        .join(resident_codes, c.order_id == _o.order_id, isouter=True)
        .where(*_is_to_be(states.doubt(connection), now_ms), _d.ended_ms.is_(None))
        .where(c.order_id.is_(None))
        .order_by(_d.building, _d.stair, func.length(label), label, _d.door_id)
    )
    return list(dict.fromkeys(connection.execute(query).scalars()))


def telephones(connection: Connection, now_ms: int) -> list[tuple[str, str]]:
    """The households with an order that runs or is to come and a telephone, each with its
    number."""
    query = (
        select(_d.household_id, _d.telephone)
        .join(tables.orders, _o.household_id == _d.household_id)
        .where(*_is_to_be(states.doubt(connection), now_ms), _d.ended_ms.is_(None))
        .where(_d.telephone.is_not(None))
        .distinct()
    )
    return [(household_id, number) for household_id, number in connection.execute(query)]


def telephone(connection: Connection, door_id: str) -> str | None:
    """The number of a door's household; None where it has none, or nobody knows any more."""
    its = select(_d.household_id).where(_d.door_id == door_id).scalar_subquery()
    query = select(_d.telephone).where(_d.household_id == its, _d.telephone.is_not(None))
    found = connection.execute(query.order_by(_d.door_id).limit(1)).scalar()
    return None if found is None else str(found)


def _is_to_be(doubt: Doubt, now_ms: int) -> tuple[ColumnElement[bool], ...]:
    """An order that runs or is to come: `core.doubted_time.over_ms`, in SQL."""
    return _o.to_ms > now_ms - doubt.ahead_ms, _o.from_ms < _o.to_ms


def told_of(connection: Connection, began_ms: Mapping[str, int]) -> dict[str, list[Told]]:
    """Who was told of these cases: by which duty, and when first; in the order in which they
    were. `began_ms`: when each of them began."""
    if not began_ms:
        return {}
    first_ms = func.min(_x.done_ms)
    # The index leads with warden_id and made_ms: name those who can have been told, and since when.
    people = select(tables.wardens.c.warden_id)
    query = (
        select(_x.case_id, _x.role, first_ms)
        .where(_x.warden_id.in_(people), _x.made_ms >= min(began_ms.values()))
        .where(_x.case_id.in_(began_ms), _x.done_ms.is_not(None))
        .group_by(_x.case_id, _x.role)
        .order_by(first_ms, _x.role)
    )
    told: dict[str, list[Told]] = {}
    for case_id, role, at_ms in connection.execute(query):
        known = Role(role) if role in set(Role) else None
        told.setdefault(case_id, []).append(Told(known, at_ms))
    return told
