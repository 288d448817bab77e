"""A case of a household with several contacts: what each of those that it is about did."""

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, select

from gateway.store import states, tables
from gateway.store.case_views import CaseRow
from gateway.store.records import in_cell

OPENINGS_MAX: Final = 200  # of all contacts of a case; what is older is not looked at
_CONTACTS_OF: Final = select(tables.cases.c.contacts).where(
    tables.cases.c.case_id == bindparam("its_case_id")
)
_decode_names = msgspec.json.Decoder(list[str]).decode


class CaseContact(msgspec.Struct, frozen=True):
    """A door that a case is about, and what it did since what raised it: when it first opened (at
    the latest at `latest_ms`), how often, and when it last shut, no earlier than at `shut_from_ms`
    (None: it stands open, or never opened). `make`: whose contact
    watches it now, where that is none of our seals: weaker evidence."""

    door_id: str
    label: str
    opened_ms: int | None = None
    latest_ms: int | None = None
    shut_from_ms: int | None = None
    shut_ms: int | None = None
    openings: int = 0
    make: str = ""


def contacts_of(connection: Connection, case: CaseRow) -> list[CaseContact]:
    """The contacts of the household that a case is about, its own door first; none where that is
    the only one."""
    d = tables.doors.c
    told = connection.execute(_CONTACTS_OF, {"its_case_id": case.case_id}).scalar()
    if case.door_id is None or not told or told == "[]":  # nearly always
        return []
    others: list[str] = []
    door_ids = [case.door_id, *in_cell(told, _decode_names, others)]
    query = select(d.door_id, d.label, d.state).where(d.door_id.in_(door_ids))
    doors = {row.door_id: row for row in connection.execute(query)}
    opened = _openings(connection, case, door_ids)
    return [_contact(doors[one], opened.get(one, [])) for one in door_ids if one in doors]


def _contact(door: Any, openings: list[Any]) -> CaseContact:
    make = states.door(door.door_id, door.state).make
    if not openings:
        return CaseContact(door.door_id, door.label, make=make)
    first, last = openings[0], max(openings, key=lambda o: o.shut_ms or 0)
    shut = (None, None)
    if all(opening.shut_ms is not None for opening in openings):
        shut = last.shut_ms if last.shut_from_ms is None else last.shut_from_ms, last.shut_ms
    times = first.opened_ms, first.latest_ms, *shut
    return CaseContact(door.door_id, door.label, *times, len(openings), make)


def _openings(connection: Connection, case: CaseRow, door_ids: list[str]) -> dict[str, list[Any]]:
    """What each door did from then on until the case closed, the earliest first; of a door that did
    nothing any more (it was heard of late), its latest before."""
    o = tables.openings.c
    query = select(o.door_id, o.opened_ms, o.latest_ms, o.shut_from_ms, o.shut_ms).where(
        o.door_id.in_(door_ids)
    )
    if case.closed_ms is not None:
        query = query.where(o.opened_ms <= case.closed_ms)
    newest = connection.execute(query.order_by(o.opened_ms.desc()).limit(OPENINGS_MAX)).all()
    of_doors: dict[str, list[Any]] = {}
    for row in newest:
        known = of_doors.setdefault(row.door_id, [])
        if not known or row.shut_ms is None or row.shut_ms >= case.since_ms:
            known.append(row)
    return {door_id: rows[::-1] for door_id, rows in of_doors.items()}
