"""The one law of announcing: for the console's page, programs, the command line and CSV files.

An announcement is checked against the rows that it touches, and no others: its door, the permits of
that door's household, and what stands under its id. What comes of it is an event for the gateway:
the console hands it over at once, other programs leave it as a pending event (`write`). The core
keeps the law of room by itself too, for between the check and the event another may have been
quicker."""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Final, Protocol

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
from gateway.registry.permit_sameness import is_said_again, same_act, same_row
from gateway.store import areas, door_writes, households, pending, tables
from gateway.store.order_keys import OrderKeys
from gateway.store.sealing import sealed
from gateway.store.statements import upsert

# All limits of an announcement; the two that the core keeps by itself, PERMITS_MAX (live ones of
# one household) and WINDOWS_MAX (of a day), stand there.
PERMIT_DAYS_MAX: Final = 31  # from its beginning to its end
AHEAD_DAYS_MAX: Final = 366  # until it begins: further ahead the year is a slip
OPENINGS_MAX: Final = 100  # of one, or in each window of one that recurs
LONGEST_MINUTES_MAX: Final = 24 * 60  # of one opening
LONGEST_MINUTES: Final = 15  # where nothing is said
TEXT_CHARACTERS_MAX: Final = 200  # who, and why
ID_CHARACTERS_MAX: Final = 64
LOOKED_UP_AT_ONCE: Final = 500  # households or ids in one query

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


class Contacts(Protocol):
    """Whose contact a door is, for whoever knows that without looking it up."""

    def of(self, door_id: str) -> str | None:
        """The household of a door in use; None if there is none."""


class Announced(msgspec.Struct, frozen=True):
    """A permit that may be, under its id. Not new: just this was announced before. It is the
    household's; `door_id` is the contact at which it was announced, and where the gateway is told
    of it: the core tells the others (core/site.py)."""

    door_id: str
    household_id: str
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
        contacts: The doors that are known to whoever calls; by default each is looked up.
        explains: Whether one may end the case of an opening that was told already: of a single
            door, by whoever looks at it, and not in a file or a round of many.
    """

    def __init__(
        self,
        connection: Connection,
        now_ms: int,
        zone: tzinfo,
        contacts: Contacts | None = None,
        explains: bool = True,
    ) -> None:
        self._explains = explains
        self._connection, self._now_ms, self._zone = connection, now_ms, zone
        self._contacts = contacts
        self._household_of: dict[str, str] = {}  # door_id -> its household, of those looked up
        self._theirs: dict[str, dict[str, Permit]] = {}  # of the households that were looked up
        self._holder_of: dict[str, str | None] = {}  # permit_id -> household; None: nobody has it
        self._fresh: list[Announced] = []

    def announce(self, door_id: str, permit: Permit, offered: str | None = None) -> Announced:
        """Announce an opening of a household: two lookups, and a third for an id of the caller's.

        Args:
            door_id: Any of its doors.
            permit: One without an id is given one, or that of a permit which says the same.
            offered: Of what a person or a program does now, without an id of its own: that which
                it gets if it is new, or empty. What says the same as a permit that lives and of
                which nothing was used is that, though it begins "now" and now is later.

        Returns:
            The permit under its id, and whether it is new.

        Raises:
            NobodyThereError: There is no such door.
            PermitConflictError: The household has no room, or the id stands for something else.
            PermitError: It makes no sense by itself. Nothing is kept of any of these.
        """
        household_id = self._holder(door_id)
        theirs = self._permits_of(household_id)
        who, why = peoples_text.tidied(permit.who), peoples_text.tidied(permit.why)
        permit = replace(permit, who=who, why=why)
        if not permit.permit_id and offered is not None and offered not in theirs:
            same = same_act(theirs, permit, self._now_ms)
            if same is not None:
                return Announced(door_id, household_id, same, is_new=False)
        of_row = same_row(theirs, permit) if offered is None else None
        permit_id = permit.permit_id or offered or of_row or self._new_id()
        permit = replace(permit, permit_id=permit_id)
        known = theirs.get(permit_id)
        if known is not None and is_said_again(known, permit, self._now_ms):
            permit = replace(permit, from_ms=known.from_ms)
            return Announced(door_id, household_id, permit, is_new=False)
        if known is not None or self._is_taken(permit_id):
            raise PermitConflictError("permit_id", permit_id, _OTHERWISE)
        self._check(permit)
        if sum(is_live(other, self._now_ms) for other in theirs.values()) >= PERMITS_MAX:
            raise PermitConflictError("door_id", door_id, _FULL, most=PERMITS_MAX)
        announced = Announced(door_id, household_id, permit, is_new=True, explains=self._explains)
        theirs[permit_id] = permit
        self._holder_of[permit_id] = household_id
        self._fresh.append(announced)
        return announced

    def announce_in(self, area: str, permit: Permit, offered: str | None = None) -> list[Announced]:
        """Announce the same for every household of an area, or for none: three queries, and one
        more of the second and of the third for each further LOOKED_UP_AT_ONCE.

        Args:
            area: "stair:3/2", "building:3", "point:ap-7", "batch:2026-03".
            permit: Its id, if it has one, is numbered from household to household.
            offered: As for `announce`, and numbered too.

        Returns:
            One for each household, at the first of its doors there, by the doors' ids.

        Raises:
            NobodyThereError: No door lies there.
            PermitError: One of them cannot be, as for `announce`; then nothing is kept.
        """
        found = areas.doors_in(self._connection, area)
        if not found:
            raise NobodyThereError("area", area, _NO_AREA)
        self._household_of |= found
        first: dict[str, str] = {}
        for door_id, household_id in found.items():
            first.setdefault(household_id, door_id)
        door_ids = list(first.values())
        numbers = range(1, len(door_ids) + 1)
        permits = [
            replace(permit, permit_id=_numbered(permit.permit_id, number)) for number in numbers
        ]
        offers = [offered and _numbered(offered, number) for number in numbers]
        self._look_up(self._household_of[door_id] for door_id in door_ids)
        self._look_up_ids(list(filter(None, [*offers, *(each.permit_id for each in permits)])))
        before = len(self._fresh)
        try:
            return [self.announce(*each) for each in zip(door_ids, permits, offers, strict=True)]
        except PermitError:
            for announced in self._fresh[before:]:
                del self._theirs[announced.household_id][announced.permit.permit_id]
                del self._holder_of[announced.permit.permit_id]
            del self._fresh[before:]
            raise

    def end_on(self, door_id: str) -> None:
        """End all permits of a door's household."""
        if self.live(self._holder(door_id)) is not None:
            self.end("", door_id)

    def live(self, household_id: str) -> str | None:
        """A permit of a household that is not over, by its id; None if there is none."""
        permits = self._permits_of(household_id).values()
        return next((one.permit_id for one in permits if one.to_ms > self._now_ms), None)

    def end(self, permit_id: str, door_id: str = "", from_ms: int | None = None) -> bool:
        """End a permit now, whatever is left of it. Whether that is news.

        Args:
            permit_id: Which; or empty, and instead
            door_id: a door of the household whose permits, and
            from_ms: those that begin then; by default all that are not over.

        Raises:
            NobodyThereError: There is none.
        """
        if permit_id and not door_id:
            self._look_up_ids([permit_id])
            door_id = self._a_door_of(self._holder_of[permit_id])
        household_id = self._holder(door_id) if door_id else ""
        theirs = self._permits_of(household_id) if door_id else {}
        ended = [
            permit
            for permit in theirs.values()
            if permit.permit_id == permit_id
            or (not permit_id and from_ms in (None, permit.from_ms) and permit.to_ms > self._now_ms)
        ]
        if not ended:
            field, value = ("permit_id", permit_id) if permit_id else ("door_id", door_id)
            raise NobodyThereError(field, value, _NO_PERMIT)
        live = [permit for permit in ended if permit.to_ms > self._now_ms]
        for permit in live:
            over = replace(permit, to_ms=max(self._now_ms, permit.from_ms))
            theirs[permit.permit_id] = over
            self._fresh.append(Announced(door_id, household_id, over, is_new=True))
        return bool(live)

    def write(self, connection: Connection | None = None) -> None:
        """Store what is new, and a pending event for the gateway for each. The caller's
        transaction: on this connection, or on that of the lookups."""
        connection = connection or self._connection
        if not self._fresh:
            return
        statement = upsert(connection.dialect.name, tables.permits)
        keys = OrderKeys(connection, self._now_ms)
        keys.know({each.door_id: each.household_id for each in self._fresh})
        keys.provide(each.household_id for each in self._fresh)
        events = [
            (of_door(each.door_id), sealed(keys, of_door(each.door_id), each.event))
            for each in self._fresh
        ]
        rows = [
            door_writes.of_permit(each.household_id, event.permit)
            for each, (_, event) in zip(self._fresh, events, strict=True)
            if isinstance(event, PermitAnnounced)
        ]
        connection.execute(statement, rows)
        pending.leave(connection, events, keys)

    def _holder(self, door_id: str) -> str:
        """The household of a door. NobodyThereError if there is no such door in use."""
        if self._contacts is not None:  # it may become another's from row to row
            household_id = self._contacts.of(door_id)
        else:
            if door_id not in self._household_of:
                self._household_of |= households.of_doors(self._connection, [door_id])
            household_id = self._household_of.get(door_id)
        if household_id is None:
            raise NobodyThereError("door_id", door_id, _NO_DOOR)
        return household_id

    def _a_door_of(self, household_id: str | None) -> str:
        """A contact in use of a household; empty where there is none."""
        doors = [] if household_id is None else households.doors_of(self._connection, household_id)
        return doors[0] if doors else ""

    def _permits_of(self, household_id: str) -> dict[str, Permit]:
        self._look_up([household_id])
        return self._theirs[household_id]

    def _look_up(self, household_ids: Iterable[str]) -> None:
        """Read the permits of households, those which were not read before."""
        unread = [known for known in household_ids if known not in self._theirs]
        self._theirs |= {household_id: {} for household_id in unread}
        query, c = select(tables.permits), tables.permits.c
        for chunk in _chunks(unread):
            rows = self._connection.execute(query.where(c.household_id.in_(chunk)))
            for row in rows.mappings():
                permit = door_writes.permit_from(row)
                self._theirs[row["household_id"]][permit.permit_id] = permit

    def _look_up_ids(self, permit_ids: list[str]) -> None:
        """Read which households' permits have these ids."""
        c = tables.permits.c
        unread = [permit_id for permit_id in permit_ids if permit_id not in self._holder_of]
        self._holder_of |= dict.fromkeys(unread)
        for chunk in _chunks(unread):
            query = select(c.permit_id, c.household_id).where(c.permit_id.in_(chunk))
            rows = self._connection.execute(query)
            self._holder_of |= {row.permit_id: row.household_id for row in rows}

    def _is_taken(self, permit_id: str) -> bool:
        """Whether a permit of another household has this id."""
        self._look_up_ids([permit_id])
        return self._holder_of[permit_id] is not None

    def _new_id(self) -> str:
        """An id that needs no lookup: of 64 random bits none is anybody's."""
        permit_id = secrets.token_hex(8)
        self._holder_of[permit_id] = None
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


def _chunks(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), LOOKED_UP_AT_ONCE):
        yield ids[start : start + LOOKED_UP_AT_ONCE]
