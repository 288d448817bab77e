"""What is known of the photos of reports: who took which and when, and whether it is destroyed.

Their bytes are files beside the database (`gateway/photos`); they never stand in it.
"""

from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    Select,
    String,
    Table,
    Text,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)

from gateway.core.actor import Actor
from gateway.core.cases.actions import AGE_MAX_MS
from gateway.core.cases.transitions import Action
from gateway.core.duration import DAY_MS
from gateway.core.events import PhotoKept, PhotosDestroyed
from gateway.core.model import CaseState
from gateway.core.subject import Subject
from gateway.store import case_log, tables
from gateway.store.database import Store
from gateway.store.order_keys import KeyMissingError, OrderKeys
from gateway.store.records import records
from gateway.store.tables import metadata

REVIEW_MAX_MS: Final = 30 * DAY_MS  # after the order, or of a case without one: then it is over

PHOTOS: Final = Table(
    "photos",
    metadata,
    Column("case_id", String(80), primary_key=True),
    Column("photo_id", String(80), primary_key=True),
    Column("by", Text, nullable=False),
    Column("taken_ms", BigInteger, nullable=False),
    Column("arrived_ms", BigInteger, nullable=False),
    Column("size", Integer, nullable=False),  # in bytes
    Column("sha256", String(64), nullable=False),
    Column("destroyed_ms", BigInteger, nullable=True),
    sqlite_with_rowid=False,
)

NEW: Final = [column.name for column in PHOTOS.columns if column.name != "destroyed_ms"]


class PhotoRow(msgspec.Struct, frozen=True):
    """A photo of a case. `name` is None where whoever took it is no warden."""

    case_id: str
    photo_id: str
    by: str
    name: str | None
    taken_ms: int
    arrived_ms: int
    size: int
    sha256: str
    destroyed_ms: int | None


class Known(msgspec.Struct, frozen=True):
    """A photo that may be on the disk; `subject_…` is whose case it is of."""

    case_id: str
    photo_id: str
    subject_kind: str
    subject_id: str


def of_kept(event: PhotoKept, at_ms: int) -> dict[str, Any]:
    """The row of a photo that came at this time."""
    return {
        "case_id": event.case_id,
        "photo_id": event.photo_id,
        "by": event.actor.actor_id,
        "taken_ms": at_ms - min(event.age_ms, AGE_MAX_MS),
        "arrived_ms": at_ms,
        "size": event.size,
        "sha256": event.sha256,
    }


def of_destroyed(event: PhotosDestroyed, at_ms: int) -> list[dict[str, Any]]:
    """What changes of the rows of photos that were destroyed."""
    return [
        {"b_case_id": event.case_id, "b_photo_id": photo_id, "destroyed_ms": at_ms}
        for photo_id in event.photo_ids
    ]


def of_case(connection: Connection, case_id: str, limit: int) -> list[PhotoRow]:
    """The photos of a case, destroyed ones too, in the order in which they were taken.

    Those of one report stand together by their numbers: each is dated by its own way here, and the
    second may have had the quicker one.
    """
    reports: dict[str, list[PhotoRow]] = {}
    for row in records(connection, _OF_CASE, PhotoRow, {"its_case_id": case_id, "most": limit}):
        reports.setdefault(row.photo_id.rpartition(".")[0], []).append(row)
    return [row for rows in reports.values() for row in sorted(rows, key=_number)]


def _number(row: PhotoRow) -> str:
    return row.photo_id.rpartition(".")[2]


def key_id(store: Store, subject: Subject, now_ms: int) -> str:
    """The key for a photo of a case of this subject, taken now; made where there is none.

    Raises:
        StoreError: it cannot be had.
    """
    try:
        with store.reading() as connection:
            return _key_id(OrderKeys(connection, now_ms, makes=False), subject, now_ms)
    except KeyMissingError:  # a site that was put back without its keys
        pass
    with store.writing() as connection:
        return _key_id(OrderKeys(connection, now_ms), subject, now_ms)


def _key_id(keys: OrderKeys, subject: Subject, now_ms: int) -> str:
    return keys.key_id(keys.household_of(subject), now_ms)


def photo(connection: Connection, case_id: str, photo_id: str) -> PhotoRow | None:
    """One photo, or None."""
    p = PHOTOS.c
    query = _PHOTOS.where(p.case_id == case_id, p.photo_id == photo_id)
    return next(iter(records(connection, query, PhotoRow)), None)


def total_bytes(connection: Connection) -> int:
    """How much all of them take that are not destroyed."""
    p = PHOTOS.c
    query = select(func.coalesce(func.sum(p.size), 0)).where(p.destroyed_ms.is_(None))
    return int(connection.execute(query).scalar_one())


def has_reported(connection: Connection, case_id: str, by: Actor) -> bool:
    """Whether somebody's report of a case counted, even if they took it back since."""
    c, d = tables.cases.c, case_log.DETOURS.c
    stands = select(c.case_id).where(c.case_id == case_id, c.reported_by == by.actor_id)
    if connection.execute(stands).first() is not None:
        return True
    query = select(d.action_id).where(
        d.case_id == case_id, d.action == Action.TAKE_BACK, d.by == by.actor_id
    )
    return connection.execute(query.limit(1)).first() is not None


def kept(connection: Connection) -> set[tuple[str, str]]:
    """The case and the id of each that is not destroyed."""
    p = PHOTOS.c
    query = select(p.case_id, p.photo_id).where(p.destroyed_ms.is_(None))
    return {(case_id, photo_id) for case_id, photo_id in connection.execute(query)}


def over(connection: Connection, now_ms: int, limit: int) -> list[Known]:
    """Photos whose time is over, and that are not destroyed.

    That is when no order at the case's door holds now or later, and the case is closed; of a case
    that nobody closes, or that no order was behind, after REVIEW_MAX_MS. `now_ms`: in ms of UTC.
    """
    p, c, o, d = PHOTOS.c, tables.cases.c, tables.orders.c, tables.doors.c
    at_door = and_(c.door_id.is_not(None), c.area.is_(None), d.door_id == c.door_id)
    of_order = select(func.max(o.to_ms)).join(tables.doors, d.household_id == o.household_id)
    last_ms = of_order.where(at_door).correlate(tables.cases).scalar_subquery()
    is_old = func.coalesce(last_ms, p.arrived_ms) + REVIEW_MAX_MS <= now_ms
    is_over = or_(and_(last_ms <= now_ms, c.state == CaseState.CLOSED), is_old)
    query = (
        select(p.case_id, p.photo_id, c.subject_kind, c.subject_id)
        .join(tables.cases, c.case_id == p.case_id)
        .where(p.destroyed_ms.is_(None), is_over)
        .order_by(p.case_id, p.photo_id)
    )
    return records(connection, query.limit(limit), Known)


def forget_telephones(connection: Connection, now_ms: int) -> int:
    """Forget how the households are rung whose orders are all over, and of doors that are out of
    use. How many that were. The caller's transaction."""
    d, o = tables.doors.c, tables.orders.c
    had = exists().where(o.household_id == d.household_id)
    has = exists().where(o.household_id == d.household_id, o.to_ms > now_ms)
    is_over = or_(d.ended_ms.is_not(None), and_(had, ~has))
    change = update(tables.doors).where(d.telephone.is_not(None), is_over)
    return connection.execute(change.values(telephone=None)).rowcount


def telephone(connection: Connection, door_id: str | None) -> str | None:
    """How the household of a door is rung, which may stand at another of its doors; None where
    nobody knows."""
    number: str | None = connection.execute(_TELEPHONE, {"its_door_id": door_id}).scalar()
    return number


def _telephone() -> Select[Any]:
    d, own = tables.doors.c, tables.doors.alias("own").c
    query = (
        select(d.telephone)
        .join_from(tables.doors, own.household_id.table, own.household_id == d.household_id)
        .where(own.door_id == bindparam("its_door_id"), d.telephone.is_not(None))
        .order_by(d.door_id != own.door_id, d.door_id)
    )
    return query.limit(1)


_TELEPHONE = _telephone()


_PHOTOS = select(
    PHOTOS.c.case_id,
    PHOTOS.c.photo_id,
    PHOTOS.c.by,
    tables.wardens.c.name,
    PHOTOS.c.taken_ms,
    PHOTOS.c.arrived_ms,
    PHOTOS.c.size,
    PHOTOS.c.sha256,
    PHOTOS.c.destroyed_ms,
).join(tables.wardens, tables.wardens.c.warden_id == PHOTOS.c.by, isouter=True)
_OF_CASE = (
    _PHOTOS.where(PHOTOS.c.case_id == bindparam("its_case_id"))
    .order_by(PHOTOS.c.taken_ms, PHOTOS.c.photo_id)
    .limit(bindparam("most"))
)
