"""Under which ids the rows of an order stand, so that they are found after its household is gone.

They are read once, before the first row goes, and kept beside the order's progress: what was found
then is what is destroyed, however often the machine is switched off in between. Only what another
order needs that was enrolled meanwhile is left out (`narrowed`).
"""

import logging
from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, func, select

from gateway.core.no_json import NO_JSON
from gateway.core.subject import SubjectKind
from gateway.ending import hanging_times
from gateway.ending.hanging_times import Hung
from gateway.store import tables
from gateway.store.ending_tables import endings

NONE: Final = "{}"  # in the place of names: nothing was begun
REVIVED: Final = "revived"  # in the place of a step: it was begun, and its order given longer then
T = TypeVar("T")


class Names(Struct, frozen=True, omit_defaults=True):
    """Of one order.

    Args:
        order_id: the order.
        household_id: whose.
        before_ms: what happened from then on another order needs, ms of UTC; None: none does, and
            the household goes as a whole.
        doors: the household's.
        seals: all that ever hung there in what is to go, and when.
        cases: the doors' cases that are to go.
    """

    order_id: str
    household_id: str
    before_ms: int | None = None
    doors: tuple[str, ...] = ()
    seals: tuple[Hung, ...] = ()
    cases: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the household is needed any more."""
        return self.before_ms is None


encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Names).decode
_decode_counts = msgspec.json.Decoder(dict[str, int]).decode
log = logging.getLogger("menshen.ending")


def decode(stored: Any) -> Names | None:
    """What was written down before the first row went; None if nothing was. What cannot be read any
    more is told, and collected anew."""
    if stored == NONE:
        return None
    return _readable(_decode, stored, None)


def counts(stored: Any) -> dict[str, int]:
    """What went by now, by place; nothing, and told, where that cannot be read."""
    return _readable(_decode_counts, stored, {})


def _readable(read: Callable[[Any], T], stored: Any, otherwise: T) -> T:
    try:
        return read(stored)
    except (*NO_JSON, TypeError) as error:
        log.error("endings: what was written down of an end cannot be read: %.200s", error)
        return otherwise


def collect(
    connection: Connection, order_id: str, household_id: str, before_ms: int | None
) -> Names:
    """Find them. A reading connection."""
    d, c = tables.doors.c, tables.cases.c
    query = select(d.door_id).where(d.household_id == household_id).order_by(d.door_id)
    doors = tuple(connection.execute(query).scalars())
    of_doors = select(c.case_id).where(c.subject_kind == SubjectKind.DOOR, c.subject_id.in_(doors))
    if before_ms is not None:
        of_doors = of_doors.where(c.raised_ms < before_ms)
    cases = tuple(connection.execute(of_doors.order_by(c.case_id)).scalars())
    o = tables.orders.c
    first = select(func.min(o.from_ms)).where(o.household_id == household_id)
    since_ms = connection.execute(first).scalar() or 0
    seals = hanging_times.of_doors(connection, doors, since_ms)
    return Names(order_id, household_id, before_ms, doors, seals, cases)


def narrowed(connection: Connection, names: Names) -> Names:
    """The same without what another order needs that was enrolled since they were collected."""
    o, c = tables.orders.c, tables.cases.c
    e = endings.c
    begun = select(e.order_id).where(e.names != NONE, e.step != REVIVED)
    living = select(func.min(o.from_ms)).where(
        o.household_id == names.household_id, o.order_id.not_in(begun)
    )
    living_ms = connection.execute(living).scalar()
    if living_ms is None or (names.before_ms is not None and names.before_ms <= living_ms):
        return names
    needed = select(c.case_id).where(c.case_id.in_(names.cases), c.raised_ms >= living_ms)
    kept = set(connection.execute(needed).scalars())
    cases = tuple(case_id for case_id in names.cases if case_id not in kept)
    return replace(names, before_ms=living_ms, cases=cases)


def joined(names: Names, before: Names) -> Names:
    """The same with what was found when its end began before, and its order was given longer: which
    seals had left its doors by then, and which cases it had."""
    left = {hung for hung in before.seals if hung.to_ms is not None}
    seals = sorted({*names.seals, *left}, key=lambda hung: (hung.seal_id, hung.from_ms))
    cases = (*names.cases, *(case_id for case_id in before.cases if case_id not in names.cases))
    return replace(names, seals=tuple(seals), cases=cases)
