"""Releases and roll-outs as the database has them: one roll-out at a time, the newest."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, func, insert, select, update

from gateway.store import tables
from gateway.store.records import record, records
from gateway.store.seal_tables import seal_readings
from gateway.store.update_tables import releases, rollouts, seal_updates
from gateway.updates.release_file import Release, read
from gateway.updates.rollout import Plan, Progress, RolloutState, SealState

RELEASES_MAX = 100
LIVE = (RolloutState.RUNNING, RolloutState.STOPPED)


class RefusedError(Exception):
    """It cannot be done as things stand. The text is a sentence."""


class OlderError(RefusedError):
    """`newer` of `seals` that it is for have run a newer release, and no seal goes below that."""

    def __init__(self, newer: int, seals: int) -> None:
        super().__init__(f"{newer} of {seals} seals run a newer release, and none takes an older")
        self.newer, self.seals = newer, seals


class Kept(Struct, frozen=True):
    """A release in the list."""

    release_id: str
    counter: int
    kind: str
    version: str
    size: int
    added_ms: int


@dataclass
class Rollout:
    """A roll-out, whole. `seals` changes as it goes on."""

    rollout_id: int
    release: Release
    state: RolloutState
    why: str
    plan: Plan
    started_ms: int
    changed_ms: int
    seals: dict[str, Progress]


def add(connection: Connection, release: Release, at_ms: int) -> None:
    """Keep a release. RefusedError if its number was used, or there are too many."""
    manifest = release.manifest
    c = releases.c
    known = connection.execute(select(c.release_id).where(c.counter == manifest.counter)).scalar()
    if known == release.release_id.hex():
        raise RefusedError("this release is here already")
    if known is not None:
        raise RefusedError(
            f"release {known} has the number {manifest.counter} already; each needs its own"
        )
    if (connection.execute(select(func.count()).select_from(releases)).scalar() or 0) >= (
        RELEASES_MAX
    ):
        raise RefusedError(f"there are {RELEASES_MAX} releases here already")
    connection.execute(
        insert(releases).values(
            release_id=release.release_id.hex(),
            counter=manifest.counter,
            kind=manifest.kind,
            version=manifest.version,
            file=release.render(),
            added_ms=at_ms,
        )
    )


def kept(connection: Connection) -> list[Kept]:
    """All releases, the newest number first."""
    c = releases.c
    size = func.length(c.file).label("size")
    columns = (c.release_id, c.counter, c.kind, c.version, size, c.added_ms)
    return records(connection, select(*columns).order_by(c.counter.desc()), Kept)


def start(
    connection: Connection,
    release_id: str,
    plan: Plan,
    stages: dict[str, int],
    at_ms: int,
    *,
    may_be_older: bool = False,
) -> int:
    """Begin a roll-out; its number. RefusedError while another is going on. OlderError where seals
    have run a newer one, unless `may_be_older`: then each of them says so and is left out."""
    live = newest(connection)
    if live is not None and live[1] in LIVE:
        raise RefusedError(
            f"roll-out {live[0]} is {live[1]}; `menshen update end` ends it before another begins"
        )
    newer = () if may_be_older else _newer(connection, release_id) & stages.keys()
    if newer:
        raise OlderError(len(newer), len(stages))
    made = connection.execute(
        insert(rollouts).values(
            release_id=release_id,
            state=RolloutState.RUNNING,
            why="",
            at_once=plan.at_once,
            share_percent=plan.share_percent,
            stop_percent=plan.stop_percent,
            started_ms=at_ms,
            changed_ms=at_ms,
        )
    )
    (rollout_id,) = made.inserted_primary_key or (0,)
    rows = [
        _row(rollout_id, seal_id, Progress(stage, SealState.WAITING, at_ms))
        for seal_id, stage in stages.items()
    ]
    if rows:
        connection.execute(insert(seal_updates), rows)
    return int(rollout_id)


def _newer(connection: Connection, release_id: str) -> set[str]:
    """Which seals run a release of a higher number: by their latest word, or in a roll-out."""
    s, c, r = seal_updates.c, rollouts.c, releases.c
    number = select(r.counter).where(r.release_id == release_id).scalar_subquery()
    above = (
        select(c.rollout_id).join(releases, r.release_id == c.release_id).where(r.counter > number)
    )
    by_rollouts = select(s.seal_id).where(s.state == SealState.GOOD, s.rollout_id.in_(above))
    by_word = select(seal_readings.c.seal_id).where(seal_readings.c.release > number)
    return set(connection.execute(by_rollouts.union(by_word)).scalars())


def newest(connection: Connection) -> tuple[int, RolloutState, int] | None:
    """(number, state, when it changed) of the newest roll-out."""
    c = rollouts.c
    columns = select(c.rollout_id, c.state, c.changed_ms)
    row = connection.execute(columns.order_by(c.rollout_id.desc()).limit(1)).first()
    found = None if row is None else record(row, RolloutRow)
    return None if found is None else (found.rollout_id, found.state, found.changed_ms)


def load(connection: Connection, rollout_id: int) -> Rollout:
    """A roll-out with its release and its seals."""
    c, r = rollouts.c, releases.c
    row = connection.execute(select(rollouts).where(c.rollout_id == rollout_id)).one()
    file = connection.execute(select(r.file).where(r.release_id == row.release_id)).scalar()
    seals = _seals(connection, rollout_id)
    plan = Plan(row.at_once, row.share_percent, row.stop_percent)
    state = RolloutState(row.state)
    times = row.started_ms, row.changed_ms
    return Rollout(rollout_id, read(file or b""), state, row.why, plan, *times, seals)


class RolloutRow(Struct, frozen=True):
    """How a roll-out stands, as it is stored."""

    rollout_id: int
    state: RolloutState
    changed_ms: int


class SealRow(Progress, frozen=True, kw_only=True):
    """How a seal in it stands, as it is stored."""

    seal_id: str


class Overview(Struct, frozen=True):
    """The newest roll-out for people to look at, without the release's bytes."""

    rollout_id: int
    counter: int
    version: str
    size: int
    state: RolloutState
    why: str
    seals: dict[str, Progress] = {}


def seals_in_use(connection: Connection) -> list[str]:
    """The seals that a roll-out is for: neither ended, nor one that only is to follow another."""
    s = tables.seals.c
    query = select(s.seal_id).where(s.ended_ms.is_(None), s.follows.is_(None), s.make == "")
    return list(connection.execute(query.order_by(s.seal_id)).scalars())


def doors_of(connection: Connection, seal_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """On which door each of these seals hangs: its id and its label."""
    s, d = tables.seals.c, tables.doors.c
    query = (
        select(s.seal_id, d.door_id, d.label)
        .select_from(tables.seals.join(tables.doors, d.door_id == s.door_id))
        .where(s.seal_id.in_(seal_ids))
    )
    return {row.seal_id: (row.door_id, row.label) for row in connection.execute(query)}


def fingerprint(connection: Connection) -> tuple[int, ...]:
    """Another whenever what `overview` and `kept` say may be another; it costs one pass."""
    c, s = rollouts.c, seal_updates.c
    number, changed_ms = connection.execute(
        select(c.rollout_id, c.changed_ms).order_by(c.rollout_id.desc()).limit(1)
    ).first() or (0, 0)
    sums = select(func.max(s.changed_ms), func.sum(s.have_bytes)).where(s.rollout_id == number)
    counted = select(func.count()).select_from(releases)
    numbers = (*connection.execute(sums).one(), connection.execute(counted).scalar())
    return number, changed_ms, *(value or 0 for value in numbers)


def overview(connection: Connection) -> Overview | None:
    """How the newest roll-out stands; None if there never was one."""
    c, r = rollouts.c, releases.c
    columns = (
        c.rollout_id,
        r.counter,
        r.version,
        func.length(r.file).label("size"),
        c.state,
        c.why,
    )
    joined = rollouts.join(releases, c.release_id == r.release_id)
    newest_first = select(*columns).select_from(joined).order_by(c.rollout_id.desc()).limit(1)
    found = next(iter(records(connection, newest_first, Overview)), None)
    if found is None:
        return None
    return replace(found, seals=_seals(connection, found.rollout_id))


def _seals(connection: Connection, rollout_id: int) -> dict[str, Progress]:
    s = seal_updates.c
    columns = (s.seal_id, s.stage, s.state, s.changed_ms, s.have_bytes, s.tries, s.reason)
    rows = records(connection, select(*columns).where(s.rollout_id == rollout_id), SealRow)
    names = Progress.__struct_fields__
    return {row.seal_id: Progress(*(getattr(row, name) for name in names)) for row in rows}


def write(connection: Connection, rollout_id: int, seals: dict[str, Progress]) -> None:
    """How these seals stand now."""
    c = seal_updates.c
    for seal_id, progress in seals.items():
        row = _row(rollout_id, seal_id, progress)
        connection.execute(
            update(seal_updates)
            .where(c.rollout_id == rollout_id, c.seal_id == seal_id)
            .values(**{name: row[name] for name in row if name not in ("rollout_id", "seal_id")})
        )


def turn(
    connection: Connection, rollout_id: int, to: RolloutState, at_ms: int, why: str = ""
) -> bool:
    """Stop, go on with, end or close a roll-out that is not over; whether that changed it."""
    c = rollouts.c
    changed = connection.execute(
        update(rollouts)
        .where(c.rollout_id == rollout_id, c.state.in_(LIVE), c.state != to)
        .values(state=to, why=why, changed_ms=at_ms)
    )
    return changed.rowcount > 0


def _row(rollout_id: int, seal_id: str, progress: Progress) -> dict[str, object]:
    return {
        "rollout_id": rollout_id,
        "seal_id": seal_id,
        "stage": progress.stage,
        "state": progress.state.value,
        "have_bytes": progress.have_bytes,
        "tries": progress.tries,
        "reason": progress.reason,
        "changed_ms": progress.changed_ms,
    }
