"""What people read about the way to a person: by which channels something came through, and when,
and what became of the test pages that somebody asked for."""

from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, case, func, or_, select

from gateway.core.duration import DAY_MS
from gateway.core.evidence import SIGNED_FOR, Evidence
from gateway.core.reasons import TESTS, Reason
from gateway.store import tables
from gateway.store.records import in_cell, records

LOOKED_BACK_MS: Final = 30 * DAY_MS  # how old a page may be that still says something
WAYS_MAX: Final = 2_000  # channels of all people whom one look is about
_o = tables.outbox.c
_decode_channels = msgspec.json.Decoder(list[str]).decode


class TestedWay(msgspec.Struct, frozen=True):
    """A test page by one channel. Times are ms of UTC: made, taken by its service, signed for by
    the phone, pressed by the person."""

    channel: str
    made_ms: int
    tries: int
    done_ms: int | None
    received_ms: int | None
    pressed_ms: int | None
    gave_up: bool
    evidence: Evidence | None
    error: str | None  # what the other end said last, without its secrets

    @property
    def has_failed(self) -> bool:
        """Whether its service refused it, or could not be reached, so far."""
        return self.done_ms is None and (self.error is not None or self.gave_up)

    def after_ms(self, at_ms: int | None) -> int | None:
        """How long after it was made, in ms; None for what has not happened."""
        return None if at_ms is None else max(at_ms - self.made_ms, 0)


class PageTest(msgspec.Struct, frozen=True):
    """A test page that somebody asked for, by each of a person's channels."""

    page_id: str
    warden_id: str
    made_ms: int
    sent_id: str  # by which her own app opens it
    ways: tuple[TestedWay, ...]

    @property
    def pressed_ms(self) -> int | None:
        """When the person said that they have it."""
        return min((way.pressed_ms for way in self.ways if way.pressed_ms), default=None)


class Way(msgspec.Struct, frozen=True):
    """One channel of a person, by what came of the pages of LOOKED_BACK_MS. `failing`: the newest
    page that was tried has not gone out, and these are the other end's words."""

    warden_id: str
    channel: str
    address: str  # may hold a secret: to find the channel by, never to be shown
    accepted_ms: int | None = None
    received_ms: int | None = None
    failing: str | None = None

    @property
    def reached_ms(self) -> int | None:
        """When something last came through by it, as far as such a channel can prove."""
        if self.channel in SIGNED_FOR:
            return self.received_ms
        times = [at_ms for at_ms in (self.accepted_ms, self.received_ms) if at_ms is not None]
        return max(times, default=None)


class _Row(TestedWay, frozen=True, kw_only=True):
    page_id: str
    warden_id: str
    sent_id: str


def latest_test(connection: Connection, warden_id: str, after_ms: int = 0) -> PageTest | None:
    """The newest test page of a person that was asked for after a time; None if there is none."""
    bound = {"its_warden_id": warden_id, "after_ms": after_ms}
    page_id = connection.execute(_NEWEST_TEST, bound).scalar()
    return None if page_id is None else page_test(connection, page_id)


_NEWEST_TEST = (  # put together once: each drawing of a phone's list asks
    select(_o.page_id)
    .where(_o.warden_id == bindparam("its_warden_id"), _o.made_ms > bindparam("after_ms"))
    .where(_o.reason == Reason.TEST_PAGE)
    .order_by(_o.made_ms.desc(), _o.entry_id.desc())
    .limit(1)
)


def page_test(connection: Connection, page_id: str) -> PageTest | None:
    """The test page with this id; None if it never went out."""
    names = _Row.__struct_fields__
    query = select(*(_o[name] for name in names)).where(_o.page_id == page_id)
    rows = records(connection, query.order_by(_o.entry_id), _Row)
    if not rows:
        return None
    shown = next((row for row in rows if row.channel in SIGNED_FOR), rows[0])
    ways = tuple(
        TestedWay(**{name: getattr(row, name) for name in TestedWay.__struct_fields__})
        for row in rows
    )
    return PageTest(page_id, rows[0].warden_id, rows[0].made_ms, shown.sent_id, ways)


class SentTest(msgspec.Struct, frozen=True):
    """A test, as it came through by one channel."""

    page_id: str
    sent_id: str
    made_ms: int
    pressed_ms: int | None
    reason: Reason


def sent_test(connection: Connection, named: str, warden_id: str) -> SentTest | None:
    """The test that was sent to a person under this id; under a page's own id, as it stands in
    their inbox. None if it is none."""
    query = (
        select(*(_o[name] for name in SentTest.__struct_fields__))
        .where(_o.warden_id == warden_id, _o.reason.in_(TESTS))
        .where(or_(_o.sent_id == named, (_o.page_id == named) & (_o.channel == "inbox")))
        .limit(1)
    )
    return next(iter(records(connection, query, SentTest)), None)


def waiting_test(connection: Connection, warden_id: str, after_ms: int) -> SentTest | None:
    """The newest test page that a person has not answered yet, as it stands in their inbox."""
    test = latest_test(connection, warden_id, after_ms)
    if test is None or test.pressed_ms is not None:
        return None
    return sent_test(connection, test.sent_id, warden_id)


def channels(connection: Connection, warden_ids: list[str]) -> dict[str, list[tuple[str, str]]]:
    """The channels of these people as they are enrolled, each with its address, in their order."""
    w = tables.wardens.c
    query = select(w.warden_id, w.channels).where(w.warden_id.in_(warden_ids))
    found: dict[str, list[tuple[str, str]]] = {warden_id: [] for warden_id in warden_ids}
    none: list[str] = []
    for warden_id, texts in connection.execute(query):
        own = in_cell(texts, _decode_channels, none)
        parts = (text.partition(":") for text in own)
        found[warden_id] = [(kind, address) for kind, _, address in parts]
    return found


def ways(connection: Connection, warden_ids: list[str], now_ms: int) -> list[Way]:
    """Every channel of these people by which a page went lately, or was to go."""
    lately = _o.warden_id.in_(warden_ids), _o.made_ms > now_ms - LOOKED_BACK_MS
    place = _o.warden_id, _o.channel, _o.address
    accepted = case((_o.evidence != Evidence.QUEUED, _o.done_ms))
    newest = func.max(case((_o.tries > 0, _o.entry_id)))
    query = (
        select(
            *place,
            func.max(accepted).label("accepted_ms"),
            func.max(_o.received_ms).label("received_ms"),
            newest.label("newest_id"),
        )
        .where(*lately)
        .group_by(*place)
        .limit(WAYS_MAX)
    )
    rows = connection.execute(query).all()
    failing = _failing(connection, [row.newest_id for row in rows if row.newest_id is not None])
    return [Way(*row[:5], failing.get(row.newest_id)) for row in rows]


def reached_ms(connection: Connection, warden_ids: list[str], now_ms: int) -> dict[str, int]:
    """When something last came through to each of these people, if anything did lately."""
    found: dict[str, int] = {}
    for way in ways(connection, warden_ids, now_ms):
        if way.reached_ms is not None:
            found[way.warden_id] = max(found.get(way.warden_id, 0), way.reached_ms)
    return found


def _failing(connection: Connection, entry_ids: list[int]) -> dict[int, str]:
    """Of these, those that have not gone out, with the words of the other end."""
    query = select(_o.entry_id, _o.error).where(
        _o.entry_id.in_(entry_ids), _o.done_ms.is_(None), _o.ended.is_(None), _o.error.is_not(None)
    )
    return {row.entry_id: row.error for row in connection.execute(query)}
