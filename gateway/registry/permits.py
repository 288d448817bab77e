"""The one law of announcing: for the console's page, programs, the command line and CSV files.

An announcement is checked against the rows that it touches, and no others: its door, that door's
permits, and what stands under its id. What comes of it is an event for the gateway: the console
hands it over at once, other programs leave it as a pending event (`write`). The core keeps the law
of room by itself too, for between the check and the event another may have been quicker."""

import secrets
from collections.abc import Container, Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, select

from gateway.core.doors.permits import PERMITS_MAX, WINDOWS_MAX, is_live
from gateway.core.duration import DAY_MS, MINUTE_MS, SECOND_MS
from gateway.core.events import PermitAnnounced
from gateway.core.local_time import DAY_MIN, EVERY_DAY
from gateway.core.model import Permit
from gateway.core.subject import of_door
from gateway.language import peoples_text
from gateway.language.catalogue import N_, say
from gateway.language.peoples_text import TextError
from gateway.store import areas, door_writes, pending, tables
from gateway.store.order_keys import OrderKeys, household_of
from gateway.store.sealing import sealed
from gateway.store.statements import upsert

# All limits of an announcement; the two that the core keeps by itself, PERMITS_MAX (live ones of
# one door) and WINDOWS_MAX (of a day), stand there.
PERMIT_DAYS_MAX: Final = 31  # from its beginning to its end
AHEAD_DAYS_MAX: Final = 366  # until it begins: further ahead the year is a slip
OPENINGS_MAX: Final = 100  # of one, or in each window of one that recurs
LONGEST_MINUTES_MAX: Final = 24 * 60  # of one opening
LONGEST_MINUTES: Final = 15  # where nothing is said
TEXT_CHARACTERS_MAX: Final = 200  # who, and why
ID_CHARACTERS_MAX: Final = 64
LOOKED_UP_AT_ONCE: Final = 500  # doors or ids in one query

_FULL = N_("The door has {most} permits already, which is the limit.")
_NO_DOOR = N_("There is no such door.")
_NO_PERMIT = N_("There is no such permit.")
_NO_AREA = N_("No door lies there.")
_OTHERWISE = N_("It is announced already, otherwise; give this one a new id.")
_PAST = N_("The end lies in the past; is the year right?")
_BACKWARDS = N_("The end is not after the beginning.")
_LONG = N_("A permit lasts {most} days at most.")
_AHEAD = N_("It begins more than {most} days ahead; is the year right?")
_OPENINGS = N_("Allowed are 1 to {most} openings.")
_LONGEST = N_("An opening may last 1 second to {most} minutes.")
_ID = N_("An id has {most} characters at most.")
_WINDOWS = N_("Allowed are up to {most} times of the day, from 00:00 to 23:59.")
_DAYS = N_("Name at least one day of the week.")


class PermitError(Exception):
    """An announcement that cannot be. `field` and `value` say what of it; `sentence` is a key of
    the catalogues, which `facts` fill."""

    def __init__(self, field: str, value: str, sentence: str, **facts: object) -> None:
        super().__init__(field, value, sentence)
        self.field, self.value, self.sentence, self.facts = field, value, sentence, facts

    def told(self, language: str) -> str:
        """The sentence, for people."""
        return say(self.sentence, language).format(**self.facts)


class PermitConflictError(PermitError):
    """It makes sense by itself, but not beside what is announced already."""


class PermitPastError(PermitError):
    """It is over already."""


class NobodyThereError(PermitError):
    """There is no such door, or no door in such an area."""


class Announced(msgspec.Struct, frozen=True):
    """A permit that may be, under its id. Not new: just this was announced before."""

    door_id: str
    permit: Permit
    is_new: bool
    explains: bool = True  # it may end the case of an opening that was told already

    @property
    def event(self) -> PermitAnnounced:
        """What the gateway is told."""
        return PermitAnnounced(self.permit, self.explains)


class Announcements:
    """Announcements checked one after the other, against one snapshot and those before them.

    Args:
        connection: What is announced already; one that writes, if `write` is to be called.
        now_ms: In milliseconds of UTC.
        zone: Where the site's clocks stand.
        doors: The doors that are known to whoever calls; by default each is looked up.
        explains: Whether one may end the case of an opening that was told already: of a single
            door, by whoever looks at it, and not in a file or a round of many.
    """

    def __init__(
        self,
        connection: Connection,
        now_ms: int,
        zone: tzinfo,
        doors: Container[str] | None = None,
        explains: bool = True,
    ) -> None:
        self._explains = explains
        self._connection, self._now_ms, self._zone, self._doors = connection, now_ms, zone, doors
        self._on_door: dict[str, dict[str, Permit]] = {}  # of the doors that were looked up
        self._door_of: dict[str, str | None] = {}  # permit_id -> door_id; None: nobody has it
        self._fresh: list[Announced] = []

    def announce(self, door_id: str, permit: Permit, offered: str | None = None) -> Announced:
        """Announce an opening of a door: two lookups, and a third for an id of the caller's.

        Args:
            door_id: The door.
            permit: One without an id is given one, or that of a permit which says the same.
            offered: Of what a person or a program does now, without an id of its own: that which
                it gets if it is new, or empty. What says the same as a permit that lives and of
                which nothing was used is that, though it begins "now" and now is later.

        Returns:
            The permit under its id, and whether it is new.

        Raises:
            NobodyThereError: There is no such door.
            PermitConflictError: The door is full, or the id stands for something else.
            PermitError: It makes no sense by itself. Nothing is kept of any of these.
        """
        on_door = self._permits_on(door_id)
        who, why = peoples_text.tidied(permit.who), peoples_text.tidied(permit.why)
        permit = replace(permit, who=who, why=why)
        if not permit.permit_id and offered is not None and offered not in on_door:
            same = _same_act(on_door, permit, self._now_ms)
            if same is not None:
                return Announced(door_id, same, is_new=False)
        of_row = _same(on_door, permit) if offered is None else None
        permit_id = permit.permit_id or offered or of_row or self._new_id()
        permit = replace(permit, permit_id=permit_id)
        known = on_door.get(permit_id)
        if known is not None and _without_count(known) == _without_count(permit):
            return Announced(door_id, permit, is_new=False)
        if known is not None or self._is_taken(permit_id):
            raise PermitConflictError("permit_id", permit_id, _OTHERWISE)
        self._check(permit)
        if sum(is_live(other, self._now_ms) for other in on_door.values()) >= PERMITS_MAX:
            raise PermitConflictError("door_id", door_id, _FULL, most=PERMITS_MAX)
        announced = Announced(door_id, permit, is_new=True, explains=self._explains)
        on_door[permit_id] = permit
        self._door_of[permit_id] = door_id
        self._fresh.append(announced)
        return announced

    def announce_in(self, area: str, permit: Permit, offered: str | None = None) -> list[Announced]:
        """Announce the same for every door of an area, or for none: three queries, and one more of
        the second and of the third for each further LOOKED_UP_AT_ONCE doors.

        Args:
            area: "stair:3/2", "building:3", "point:ap-7", "batch:2026-03".
            permit: Its id, if it has one, is numbered from door to door.
            offered: As for `announce`, and numbered too.

        Returns:
            One for each door, by the doors' ids.

        Raises:
            NobodyThereError: No door lies there.
            PermitError: One of them cannot be, as for `announce`; then nothing is kept.
        """
        door_ids = areas.doors_in(self._connection, area)
        if not door_ids:
            raise NobodyThereError("area", area, _NO_AREA)
        numbers = range(1, len(door_ids) + 1)
        permits = [
            replace(permit, permit_id=_numbered(permit.permit_id, number)) for number in numbers
        ]
        offers = [offered and _numbered(offered, number) for number in numbers]
        self._look_up_doors(door_ids)
        self._look_up_ids(list(filter(None, [*offers, *(each.permit_id for each in permits)])))
        before = len(self._fresh)
        try:
            return [self.announce(*each) for each in zip(door_ids, permits, offers, strict=True)]
        except PermitError:
            for announced in self._fresh[before:]:
                del self._on_door[announced.door_id][announced.permit.permit_id]
                del self._door_of[announced.permit.permit_id]
            del self._fresh[before:]
            raise

    def end_on(self, door_id: str) -> None:
        """End all permits of a door."""
        if any(permit.to_ms > self._now_ms for permit in self._permits_on(door_id).values()):
            self.end("", door_id)

    def end(self, permit_id: str, door_id: str = "", from_ms: int | None = None) -> bool:
        """End a permit now, whatever is left of it. Whether that is news.

        Args:
            permit_id: Which; or empty, and instead
            door_id: whose permits, and
            from_ms: those that begin then; by default all that are not over.

        Raises:
            NobodyThereError: There is none.
        """
        if permit_id and not door_id:
            self._look_up_ids([permit_id])
            door_id = self._door_of[permit_id] or ""
        on_door = self._permits_on(door_id) if door_id else {}
        ended = [
            permit
            for permit in on_door.values()
            if permit.permit_id == permit_id
            or (not permit_id and from_ms in (None, permit.from_ms) and permit.to_ms > self._now_ms)
        ]
        if not ended:
            field, value = ("permit_id", permit_id) if permit_id else ("door_id", door_id)
            raise NobodyThereError(field, value, _NO_PERMIT)
        live = [permit for permit in ended if permit.to_ms > self._now_ms]
        for permit in live:
            over = replace(permit, to_ms=max(self._now_ms, permit.from_ms))
            on_door[permit.permit_id] = over
            self._fresh.append(Announced(door_id, over, is_new=True))
        return bool(live)

    def write(self, connection: Connection | None = None) -> None:
        """Store what is new, and a pending event for the gateway for each. The caller's
        transaction: on this connection, or on that of the lookups."""
        connection = connection or self._connection
        if not self._fresh:
            return
        statement = upsert(connection.dialect.name, tables.permits)
        keys = OrderKeys(connection, self._now_ms)
        keys.provide(household_of(connection, each.door_id) for each in self._fresh)
        events = [
            (of_door(each.door_id), sealed(keys, connection, of_door(each.door_id), each.event))
            for each in self._fresh
        ]
        rows = [
            door_writes.of_permit(subject.id, event.permit)
            for subject, event in events
            if isinstance(event, PermitAnnounced)
        ]
        connection.execute(statement, rows)
        pending.leave(connection, events, keys)

    def _permits_on(self, door_id: str) -> dict[str, Permit]:
        if door_id not in self._on_door:
            if not self._is_door(door_id):
                raise NobodyThereError("door_id", door_id, _NO_DOOR)
            self._look_up_doors([door_id])
        return self._on_door[door_id]

    def _is_door(self, door_id: str) -> bool:
        if self._doors is not None:
            return door_id in self._doors
        c = tables.doors.c
        rows = self._connection.execute(
            select(c.door_id).where(c.door_id == door_id, c.ended_ms.is_(None))
        )
        return rows.first() is not None

    def _look_up_doors(self, door_ids: list[str]) -> None:
        """Read the permits on doors that exist, those which were not read before."""
        unread = [door_id for door_id in door_ids if door_id not in self._on_door]
        self._on_door |= {door_id: {} for door_id in unread}
        query = select(tables.permits)
        for chunk in _chunks(unread):
            rows = self._connection.execute(query.where(tables.permits.c.door_id.in_(chunk)))
            for row in rows.mappings():
                permit = door_writes.permit_from(row)
                self._on_door[row["door_id"]][permit.permit_id] = permit

    def _look_up_ids(self, permit_ids: list[str]) -> None:
        """Read which doors' permits have these ids."""
        c = tables.permits.c
        unread = [permit_id for permit_id in permit_ids if permit_id not in self._door_of]
        self._door_of |= dict.fromkeys(unread)
        for chunk in _chunks(unread):
            query = select(c.permit_id, c.door_id).where(c.permit_id.in_(chunk))
            self._door_of |= {row.permit_id: row.door_id for row in self._connection.execute(query)}

    def _is_taken(self, permit_id: str) -> bool:
        """Whether a permit of another door has this id."""
        self._look_up_ids([permit_id])
        return self._door_of[permit_id] is not None

    def _new_id(self) -> str:
        """An id that needs no lookup: of 64 random bits none is anybody's."""
        permit_id = secrets.token_hex(8)
        self._door_of[permit_id] = None
        return permit_id

    def _check(self, permit: Permit) -> None:
        """Whether it makes sense by itself."""
        self._check_time(permit)
        if not 1 <= permit.openings <= OPENINGS_MAX:
            raise PermitError("openings", str(permit.openings), _OPENINGS, most=OPENINGS_MAX)
        if not SECOND_MS <= permit.longest_ms <= LONGEST_MINUTES_MAX * MINUTE_MS:
            minutes = f"{permit.longest_ms / MINUTE_MS:g}"
            raise PermitError("longest_min", minutes, _LONGEST, most=LONGEST_MINUTES_MAX)
        for field, text in (("who", permit.who), ("why", permit.why)):
            with _as_field(field, text):
                peoples_text.line(text, TEXT_CHARACTERS_MAX)
        if len(permit.permit_id) > ID_CHARACTERS_MAX:
            raise PermitError("permit_id", permit.permit_id, _ID, most=ID_CHARACTERS_MAX)
        minutes_of_day = [minute for window in permit.daily for minute in window]
        is_clock = all(0 <= minute < DAY_MIN for minute in minutes_of_day)
        if len(permit.daily) > WINDOWS_MAX or not is_clock:
            raise PermitError("daily", str(permit.daily), _WINDOWS, most=WINDOWS_MAX)
        if not 1 <= permit.days <= EVERY_DAY:
            raise PermitError("days", str(permit.days), _DAYS)

    def _check_time(self, permit: Permit) -> None:
        if permit.to_ms <= self._now_ms:
            raise PermitPastError("to", self._local(permit.to_ms), _PAST)
        if permit.to_ms <= permit.from_ms:
            raise PermitError("to", self._local(permit.to_ms), _BACKWARDS)
        if permit.to_ms - permit.from_ms > PERMIT_DAYS_MAX * DAY_MS:
            raise PermitError("to", self._local(permit.to_ms), _LONG, most=PERMIT_DAYS_MAX)
        if permit.from_ms - self._now_ms > AHEAD_DAYS_MAX * DAY_MS:
            raise PermitError("from", self._local(permit.from_ms), _AHEAD, most=AHEAD_DAYS_MAX)

    def _local(self, at_ms: int) -> str:
        try:
            return datetime.fromtimestamp(at_ms / 1000, self._zone).isoformat(" ", "minutes")
        except (ValueError, OverflowError, OSError):
            return str(at_ms)  # no clock goes that far


@contextmanager
def _as_field(field: str, text: str) -> Iterator[None]:
    """What is wrong with a text, as what is wrong with a field of an announcement."""
    try:
        yield
    except TextError as error:
        raise PermitError(field, text, error.sentence, **error.facts) from None


def _numbered(permit_id: str, number: int) -> str:
    return permit_id and f"{permit_id}-{number}"


def _same(on_door: dict[str, Permit], permit: Permit) -> str | None:
    """The id of the permit that says the same."""
    wanted = _without_count(permit)
    without_ids = ((known, replace(known, permit_id="")) for known in on_door.values())
    equal = (known.permit_id for known, other in without_ids if _without_count(other) == wanted)
    return next(equal, None)


def _same_act(on_door: dict[str, Permit], permit: Permit, now_ms: int) -> Permit | None:
    """The permit that says the same of what is still to come, and of which nothing was used."""
    for known in on_door.values():
        begun = known.from_ms <= permit.from_ms <= now_ms
        if known.from_ms != permit.from_ms and not begun:
            continue
        if is_live(known, now_ms) and _said(known) == _said(permit):
            return known
    return None


def _said(permit: Permit) -> Permit:
    return replace(permit, permit_id="", from_ms=0, spent=(0, 0))


def _without_count(permit: Permit) -> Permit:
    """What was announced, whatever has been used of it since."""
    return replace(permit, openings=0, spent=(0, 0))


def _chunks(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), LOOKED_UP_AT_ONCE):
        yield ids[start : start + LOOKED_UP_AT_ONCE]
