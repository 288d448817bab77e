"""What the gateway has written down about the building, read from its database.

The file outlives the gateway, so the page can show what was known when it was killed.
"""

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, and_, select

from gateway.core.model import CaseState, Door, Opening
from gateway.core.reasons import Reason
from gateway.demo.house import DOORS_A_FLOOR, FLOORS
from gateway.store import tables, views

HAPPENINGS_MAX = 12


class Happening(Struct, frozen=True):
    """An opening, with what became of it."""

    opening_id: str
    door_id: str
    label: str
    opened_ms: int
    heard_ms: int
    shut_ms: int | None
    joined: int
    reason: Reason
    who: str | None
    why: str | None
    warden: str | None  # who was paged for it
    case_id: str | None
    case_state: CaseState | None


class Seen(Struct, frozen=True):
    """One reading of the database: doors by label, happenings with the newest first."""

    doors: list[views.DoorRow] = []
    happenings: list[Happening] = []


def read(connection: Connection) -> Seen:
    """Everything that the page shows of it."""
    doors = views.doors(connection, FLOORS * DOORS_A_FLOOR)
    rows = connection.execute(_HAPPENINGS).mappings()
    plain = [{str(name): value for name, value in row.items()} for row in rows]
    tested_ms = {row.door_id: _tested_ms(row.state) for row in doors}
    happenings = [
        happening
        for happening in msgspec.convert(plain, list[Happening])
        if happening.heard_ms > tested_ms.get(happening.door_id, 0)
    ]
    going_on = {
        row.state.opening.opening_id: row.state.opening for row in doors if row.state.opening
    }
    return Seen(
        doors,
        [_up_to_now(happening, going_on.get(happening.opening_id)) for happening in happenings],
    )


def _tested_ms(door: Door) -> int:
    """What came before was the installer's walk test."""
    return 0 if door.certificate is None else door.certificate.issued_ms


def _up_to_now(happening: Happening, opening: Opening | None) -> Happening:
    """The table has an opening as it began and as it ended; the door knows it in between."""
    return happening if opening is None else replace(happening, joined=opening.joined)


_O, _D, _P, _B, _C, _W = (
    tables.openings.c,
    tables.doors.c,
    tables.permits.c,
    tables.outbox.c,
    tables.cases.c,
    tables.wardens.c,
)
_HAPPENINGS = (
    select(
        *(_O[name] for name in ("opening_id", "door_id", "opened_ms", "heard_ms", "shut_ms")),
        *(_O[name] for name in ("joined", "reason")),
        _D.label,
        _P.who,
        _P.why,
        _W.name.label("warden"),
        _C.case_id,
        _C.state.label("case_state"),
    )
    .join(tables.doors, _D.door_id == _O.door_id)
    .join(tables.permits, _P.permit_id == _O.permit_id, isouter=True)
    .join(
        tables.outbox,
        and_(_B.page_id == _O.opening_id, _B.channel == "inbox"),
        isouter=True,
    )
    .join(tables.wardens, _W.warden_id == _B.warden_id, isouter=True)
    .join(tables.cases, _C.case_id == _B.case_id, isouter=True)
    .order_by(_O.heard_ms.desc(), _O.opened_ms.desc())
    .limit(HAPPENINGS_MAX)
)
