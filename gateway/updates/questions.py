"""What seals asked, through all lives of the gateway: which question is new, when each asked last,
and what it said that it runs.

A question that was captured is answered again by nobody, for its number is kept with how its seal
stands; and whoever asked yesterday is not given up by a gateway that began a minute ago.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, bindparam, func, select, update

from gateway.store.seal_commands import CommandKind
from gateway.store.seal_tables import seal_commands, seal_readings
from gateway.store.statements import insert_for
from gateway.store.tables import seals
from gateway.store.update_tables import seal_updates

EPOCH_BITS: Final = 24  # of a counter, below its epoch

Mark = tuple[int, int]  # epoch, counter


class Asked(Struct, frozen=True):
    """A question: its number, when it came (ms of UTC), and the release that its seal runs."""

    mark: Mark
    at_ms: int
    runs: int


class Questions:
    """As of now; what is not stored yet is `fresh`."""

    def __init__(self) -> None:
        self.marks: dict[str, Mark] = {}  # the highest of each seal
        self.heard_ms: dict[str, int] = {}  # when each asked last
        self.fresh: dict[str, Asked] = {}

    def came(self, seal_id: str, asked: Asked) -> None:
        """A seal has asked what it never asked before."""
        self.marks[seal_id], self.heard_ms[seal_id] = asked.mark, asked.at_ms
        self.fresh[seal_id] = asked

    def moved(self, by_ms: int) -> None:
        """The gateway's clock was set by so much."""
        self.heard_ms = {one: at_ms + by_ms for one, at_ms in self.heard_ms.items()}
        self.fresh = {
            one: Asked(asked.mark, asked.at_ms + by_ms, asked.runs)
            for one, asked in self.fresh.items()
        }

    def stored(self, written: Mapping[str, Asked]) -> None:
        """These are in the database."""
        for seal_id, asked in written.items():
            if self.fresh.get(seal_id) is asked:
                del self.fresh[seal_id]

    def know(self, earlier: Mapping[str, tuple[int, int | None]], now_ms: int) -> None:
        """Take over what an earlier life stored (`load`); what is known here is newer. If its clock
        was ahead, a seal has asked by now, and not in a month."""
        for seal_id, (asked, heard_ms) in earlier.items():
            mark = asked >> EPOCH_BITS, asked & ((1 << EPOCH_BITS) - 1)
            self.marks[seal_id] = max(self.marks.get(seal_id, (0, 0)), mark)
            if heard_ms is not None:
                self.heard_ms.setdefault(seal_id, min(heard_ms, now_ms))


def load(connection: Connection, rollout_id: int) -> dict[str, tuple[int, int | None]]:
    """The highest question of each seal of a roll-out that asked, and when it was."""
    c = seal_updates.c
    query = select(c.seal_id, c.asked, c.heard_ms).where(c.rollout_id == rollout_id, c.asked > 0)
    found = connection.execute(query)
    return {
        seal_id: (asked, heard_ms if isinstance(heard_ms, int) else None)
        for seal_id, asked, heard_ms in found
        if isinstance(asked, int)
    }


def called(connection: Connection, about: str) -> dict[str, int]:
    """Whom this roll-out has called, and when last, in ms of UTC."""
    c = seal_commands.c
    query = select(c.seal_id, func.max(c.made_ms))
    query = query.where(c.kind == CommandKind.UPDATE, c.about == about).group_by(c.seal_id)
    return {seal_id: at_ms for seal_id, at_ms in connection.execute(query)}


def unwritten(connection: Connection, asked: Mapping[str, Asked]) -> dict[str, int]:
    """Which of these seals run something else than is stored of them, and what."""
    r = seal_readings.c
    known: dict[str, int] = {}
    if asked:
        its = r.seal_id.in_(list(asked)), r.release.is_not(None)
        rows = connection.execute(select(r.seal_id, r.release).where(*its))
        known = {seal_id: release for seal_id, release in rows}
    return {one: its.runs for one, its in asked.items() if known.get(one) != its.runs}


def write(connection: Connection, rollout_id: int, asked: Mapping[str, Asked]) -> None:
    """These have asked; of those that are in the roll-out it is kept."""
    rows = [
        {
            "b_seal_id": seal_id,
            "b_asked": (its.mark[0] << EPOCH_BITS) + its.mark[1],
            "b_heard_ms": its.at_ms,
        }
        for seal_id, its in asked.items()
    ]
    if rows:
        connection.execute(_ASKED, [{"b_rollout_id": rollout_id, **row} for row in rows])


def write_runs(connection: Connection, asked: Mapping[str, Asked], runs: Mapping[str, int]) -> None:
    """What these seals say that they run."""
    if not runs:
        return
    enrolled = select(seals.c.seal_id).where(seals.c.seal_id.in_(list(runs)))
    insert = insert_for(connection.dialect.name, seal_readings)
    upsert = insert.on_conflict_do_update(
        index_elements=["seal_id"], set_={"release": insert.excluded["release"]}
    )
    rows = [
        {"seal_id": seal_id, "heard_ms": asked[seal_id].at_ms, "release": runs[seal_id]}
        for seal_id in connection.execute(enrolled).scalars()
    ]
    if rows:
        connection.execute(upsert, rows)


_u = seal_updates.c
_ASKED = (
    update(seal_updates)
    .where(_u.rollout_id == bindparam("b_rollout_id"), _u.seal_id == bindparam("b_seal_id"))
    .values(asked=bindparam("b_asked"), heard_ms=bindparam("b_heard_ms"))
)
