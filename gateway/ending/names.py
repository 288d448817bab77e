"""Under which ids the rows of an order stand, so that they are found after its household is gone.

They are read once, before the first row goes, and kept beside the order's progress: what was found
then is what is destroyed, however often the machine is switched off in between.
"""

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select

from gateway.core.subject import SubjectKind
from gateway.store import archives, tables
from gateway.store.span_tables import heartbeat_spans

_BOUND = "seal_bound"  # core.events.SealBound's tag


class Names(Struct, frozen=True, omit_defaults=True):
    """Of one order.

    Args:
        order_id: the order.
        household_id: whose.
        before_ms: what happened from then on another order needs, ms of UTC; None: none does, and
            the household goes as a whole.
        doors: the household's.
        seals: all that ever hung there in what is to go.
        cases: the doors' cases that are to go.
    """

    order_id: str
    household_id: str
    before_ms: int | None = None
    doors: tuple[str, ...] = ()
    seals: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the household is needed any more."""
        return self.before_ms is None


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Names).decode


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
    seals = tuple(sorted(_seals(connection, doors)))
    return Names(order_id, household_id, before_ms, doors, seals, cases)


def _seals(connection: Connection, doors: tuple[str, ...]) -> set[str]:
    """Every seal that hung on these doors, as the journal has it, and hangs there now."""
    found = set(
        connection.execute(
            select(tables.seals.c.seal_id).where(tables.seals.c.door_id.in_(doors))
        ).scalars()
    )
    j, s = tables.journal.c, heartbeat_spans.c
    bound = select(j.body).where(
        j.subject_kind == SubjectKind.DOOR, j.subject_id.in_(doors), j.kind == _BOUND
    )
    for file, _ in archives.files(connection):
        bodies = file.execute(bound).scalars().all()
        found |= {str(msgspec.json.decode(body)["seal_id"]) for body in bodies}
        spans = select(s.seal_id).distinct().where(s.door_id.in_(doors))
        found |= set(file.execute(spans).scalars())
    return found
