"""A household announces that it opens its door: now, once, or every day. By the one law of
announcing (registry/permits.py), and within what the site lets a household announce by itself.

The same by its page, by telephone (a warden books what is said) and by text message; which of them
stands in the permit, for people and in its id.
"""

import asyncio
from datetime import datetime, timedelta, tzinfo
from enum import Enum, auto
from typing import Final
from weakref import WeakValueDictionary

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, func, select

from gateway.core.doors.permits import is_live
from gateway.core.duration import DAY_MS, MINUTE_MS
from gateway.core.households.model import Way
from gateway.core.model import Permit
from gateway.language import times
from gateway.language.announcements import WHATS, WHO
from gateway.language.catalogue import N_, say
from gateway.registry.permits import PERMIT_DAYS_MAX
from gateway.store import resident_views, tables
from gateway.store.resident_views import OrderSpan
from gateway.web.announcing import announce
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext
from gateway.web.endings import end_permit
from gateway.web.offers import id_of, id_of_words, new_offer

NOW_MS: Final = 10 * MINUTE_MS
NOW_OPENINGS: Final = 2  # the bag out, and back in
LASTING_MINUTES: Final = (30, 60, 120, 180)
ONCE_OPENINGS: Final = 2
AHEAD_DAYS: Final = 7  # that a page offers
DAILY_MAX: Final = 6  # that recur, at once

_NO_ORDER = N_("No order runs at this home, so nothing need be announced.")
_NOT_THEN = N_("That time is over, or so far ahead that no order runs then. Choose another.")
_ENOUGH = N_(
    "You have announced {most} openings for that day already. Please ring your grid worker for "
    "more."
)
_LASTING = N_("This many minutes cannot be chosen.")
_ENOUGH_DAILY = N_("You have announced {most} daily times already. End one of them first.")

# By household: what it may announce on a day is counted for one announcement after the other.
_LOCKS: WeakValueDictionary[tuple[int, str], asyncio.Lock] = WeakValueDictionary()

_LETTER: Final = {Way.PAGE: "p", Way.TELEPHONE: "t", Way.TEXT: "s"}
NOT_DAILY: Final = "[]"  # as the table of permits has it
OWN: Final = "hh-"  # how the ids of a household's own permits begin


class Announcement(Struct, frozen=True):
    """What a household announces. `offered`: of the form or message that it came by, so that the
    same sent twice is one. `what`: a key of WHATS."""

    way: Way
    what: str
    offered: str


async def announce_now(context: WebContext, household_id: str, said: Announcement) -> None:
    """From now on for ten minutes. HttpProblem if it cannot be."""
    now_ms = context.now_ms()
    permit = Permit("", now_ms, now_ms + NOW_MS, NOW_OPENINGS, NOW_MS, "", "")
    await _announce(context, household_id, said, permit, "now")


async def announce_once(
    context: WebContext, household_id: str, said: Announcement, from_ms: int, minutes: int
) -> None:
    """At a time, for so many minutes, one of LASTING_MINUTES."""
    _check_lasting(minutes)
    lasts_ms = minutes * MINUTE_MS
    permit = Permit("", from_ms, from_ms + lasts_ms, ONCE_OPENINGS, lasts_ms, "", "")
    await _announce(context, household_id, said, permit, f"once {from_ms} {minutes}")


async def announce_daily(
    context: WebContext, household_id: str, said: Announcement, from_min: int, minutes: int
) -> None:
    """Every day at a time, until the order ends."""
    _check_lasting(minutes)
    now_ms = context.now_ms()
    to_ms = now_ms + PERMIT_DAYS_MAX * DAY_MS  # or until the order ends, as all others
    window = from_min, (from_min + minutes) % (24 * 60)
    permit = Permit("", now_ms, to_ms, ONCE_OPENINGS, minutes * MINUTE_MS, "", "")
    permit = replace(permit, daily=(window,))
    await _announce(context, household_id, said, permit, f"daily {from_min} {minutes}")


async def end(context: WebContext, household_id: str, permit_id: str) -> None:
    """Take an announcement of its own back. HttpProblem for one of others, or of another home."""
    if not permit_id.startswith(OWN):
        raise HttpProblem(404, NOT_FOUND)
    doors = await context.read(lambda rows: resident_views.door_ids_of(rows, household_id))
    if not doors:
        raise HttpProblem(404, NOT_FOUND)
    await end_permit(context, doors[0], permit_id)


def live(permits: tuple[Permit, ...], now_ms: int) -> list[Permit]:
    """Those that still count, the one that ends soonest first. One that was taken back before it
    began ends as it begins, and counts no more."""
    counts = (permit for permit in permits if permit.to_ms > permit.from_ms)
    return [permit for permit in counts if is_live(permit, now_ms)]


def own_live(connection: Connection, household_id: str, now_ms: int) -> list[Permit]:
    """What a household announced itself, and still counts."""
    rows = resident_views.doors_of(connection, household_id)
    permits = rows[0].state.permits if rows else ()
    return [permit for permit in live(permits, now_ms) if is_own(permit)]


def is_own(permit: Permit) -> bool:
    """Whether the household announced it itself."""
    return permit.permit_id.startswith(OWN)


def days_ahead(now_ms: int, order: OrderSpan, zone: tzinfo) -> list[datetime]:
    """The days that a page offers: today and those to come, while the order runs."""
    today = times.local(now_ms, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today + timedelta(days=ahead) for ahead in range(AHEAD_DAYS)]
    return [day for day in days if day.timestamp() * 1000 < order.over_ms]


def at(day: str, minute: int, zone: tzinfo) -> int:
    """The ms of UTC of a minute of a day, as 2026-11-29. HttpProblem if that is none."""
    try:
        begins = times.local(times.from_day_field(day, zone)[0], zone)
    except ValueError:
        raise HttpProblem(422, _NOT_THEN) from None
    return int(begins.replace(hour=minute // 60, minute=minute % 60).timestamp() * 1000)


def _check_lasting(minutes: int) -> None:
    if minutes not in LASTING_MINUTES:
        raise HttpProblem(422, _LASTING)


def next_at(minute: int, now_ms: int, zone: tzinfo) -> int:
    """The next time that a clock here says this: today, else tomorrow."""
    today = times.day_field(now_ms, zone)
    at_ms = at(today, minute, zone)
    if at_ms + NOW_MS > now_ms:
        return at_ms
    tomorrow = times.day_field(now_ms + DAY_MS, zone)
    return at(tomorrow, minute, zone)


async def _order(context: WebContext, household_id: str) -> OrderSpan:
    now_ms = context.now_ms()
    order = await context.read(lambda rows: resident_views.order_of(rows, household_id, now_ms))
    if order is None:
        raise HttpProblem(409, _NO_ORDER)
    return order


async def _announce(
    context: WebContext, household_id: str, said: Announcement, permit: Permit, words: str
) -> None:
    """By the law, once what a household may by itself is kept. `words`: what is announced, as it
    was said, whenever that was."""
    order, now_ms = await _order(context, household_id), context.now_ms()
    if permit.to_ms <= now_ms or permit.from_ms >= order.over_ms or said.what not in WHATS:
        raise HttpProblem(422, _NOT_THEN)
    language = context.settings.site.language
    who, why = say(WHO[said.way], language), say(WHATS[said.what], language)
    permit = replace(permit, to_ms=min(permit.to_ms, order.over_ms), who=who, why=why)
    permit_id = _permit_id(household_id, said, words)
    most = context.settings.household.announcements_a_day
    day = times.day_of(permit.from_ms, context.zone)
    async with _LOCKS.setdefault((id(context), household_id), asyncio.Lock()):
        known = await context.read(lambda rows: _known(rows, household_id, permit_id, now_ms))
        if known is Known.LIVE:
            return  # it was pressed twice, or came twice
        if known is Known.OVER:
            permit_id = _of_way(
                said.way, new_offer()
            )  # an old page of theirs, on which it is wanted anew
        asked = _Asked(permit, permit_id, day)
        door_id = await context.read(lambda rows: _room(rows, household_id, asked, most))
        await announce(context, door_id, permit, permit_id)


class _Asked(Struct, frozen=True):
    """A permit that is wanted, under its id, and from when to when its day lasts."""

    permit: Permit
    permit_id: str
    day: tuple[int, int]


class Known(Enum):
    """How an announcement stands that may have come before."""

    NEW = auto()
    LIVE = auto()
    OVER = auto()


def _known(connection: Connection, household_id: str, permit_id: str, now_ms: int) -> Known:
    p = tables.permits.c
    query = select(p.permit_id).where(p.permit_id == permit_id, p.household_id == household_id)
    if connection.execute(query).first() is None:
        return Known.NEW
    living = own_live(connection, household_id, now_ms)
    return Known.LIVE if permit_id in {one.permit_id for one in living} else Known.OVER


def _room(connection: Connection, household_id: str, asked: _Asked, most: int) -> str:
    """The door of a household at which this is announced. HttpProblem where it has announced as
    much as it may."""
    doors = resident_views.door_ids_of(connection, household_id)
    if not doors:
        raise HttpProblem(404, NOT_FOUND)
    p = tables.permits.c
    is_own = p.permit_id.startswith(OWN), p.permit_id != asked.permit_id
    others = select(func.count()).where(p.household_id == household_id, *is_own)
    if asked.permit.daily:
        others = others.where(p.daily != NOT_DAILY, p.to_ms > asked.permit.from_ms)
        refusal = HttpProblem(409, _ENOUGH_DAILY, most=DAILY_MAX)
        most = DAILY_MAX
    else:
        from_ms, to_ms = asked.day
        others = others.where(p.daily == NOT_DAILY, p.from_ms >= from_ms, p.from_ms < to_ms)
        refusal = HttpProblem(409, _ENOUGH, most=most)
    if (connection.execute(others).scalar() or 0) >= most:
        raise refusal
    return doors[0]


def _permit_id(household_id: str, said: Announcement, words: str) -> str:
    """Of the form or message and of what it announces, so that the same sent twice is announced
    once, however much later the second came."""
    named = id_of_words if said.way is Way.TEXT else id_of  # a text's id is its gateway's
    return _of_way(said.way, named(said.offered, household_id, said.what, words))


def _of_way(way: Way, number: str) -> str:
    return f"{OWN}{_LETTER[way]}{number}"
