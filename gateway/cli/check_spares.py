"""What `menshen check` says of seals that hang on no door: spares in the bag, and those that work
where nobody watches."""

from sqlalchemy import Connection, select

from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.output import counted, named
from gateway.core.duration import HOUR_MS
from gateway.store import tables
from gateway.store.seal_tables import seal_readings

FLASHED_MS = HOUR_MS  # at the cable, where a fresh seal is heard to be good
HEARD_MS = 4 * HOUR_MS  # more than the three hours after which each seal shows itself over Wi-Fi


def spares(connection: Connection, now: int) -> CheckResult:
    """A spare is meant: it is counted. One that goes on being heard hangs somewhere, and its door
    is not watched, or empties its cells in the bag. That is a failure while an order runs, for the
    door may be under it. What a seal that takes a fresh identity is to become is no spare."""
    s, r, o = tables.seals.c, seal_readings.c, tables.orders.c
    bare = select(s.seal_id, s.enrolled_ms, r.heard_ms).select_from(
        tables.seals.outerjoin(seal_readings, r.seal_id == s.seal_id)
    )
    in_use = s.door_id.is_(None), s.ended_ms.is_(None), s.follows.is_(None)
    rows = connection.execute(bare.where(*in_use).order_by(s.seal_id)).all()
    heard = [
        seal_id
        for seal_id, enrolled_ms, heard_ms in rows
        if heard_ms is not None and heard_ms > max(enrolled_ms + FLASHED_MS, now - HEARD_MS)
    ]
    facts = {"spares": len(rows), "heard": heard}
    words = f"{counted(len(rows), 'seal')} on no door"
    if not rows:
        return CheckResult("spares", Mark.OK, "none: every seal hangs on a door", facts)
    if not heard:
        return CheckResult("spares", Mark.OK, f"{words}, none heard from since", facts)
    runs = select(o.order_id).where(o.from_ms <= now, o.to_ms > now).limit(1)
    is_ordered = connection.execute(runs).first() is not None
    words += (
        f", {len(heard)} of them still heard, and nobody is told of what they see: {named(heard)}; "
        "`menshen move SEAL DOOR` if one hangs there, else take out its cells"
    )
    return CheckResult("spares", Mark.FAIL if is_ordered else Mark.WARN, words, facts)
