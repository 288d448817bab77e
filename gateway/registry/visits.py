"""The law of visits: for the console's page, programs and the command line.

A visit is announced for seals that hang on doors, by their ids or their doors' ids. It covers just
those seals (core/doors/visits.py), and is told to each of their doors under one id. Who announces
it, and for how long, is checked here; the core keeps the law of room by itself too.
"""

import secrets
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, or_, select

from gateway.core.commissioning import Purpose, Visit
from gateway.core.commissioning_events import VisitAnnounced
from gateway.core.doors import visits
from gateway.core.duration import DAY_MS, HOUR_MS
from gateway.core.model import Door
from gateway.language import peoples_text
from gateway.language.catalogue import N_, say
from gateway.language.peoples_text import TextError
from gateway.store import areas, tables, views

VISIT_HOURS_MAX: Final = 8  # a working day; a longer one would be a door that nobody watches
VISIT_MINUTES: Final = 30  # where nothing is said
AHEAD_DAYS_MAX: Final = 31
SEALS_MAX: Final = 100  # of one visit: a round through some stairs
WHO_CHARACTERS_MAX: Final = 80

_NOBODY = N_("No seal hangs there: {name}.")
_NONE = N_("Name at least one seal, or its door.")
_MANY = N_("A visit is of {most} seals at most.")
_PAST = N_("The end lies in the past.")
_BACKWARDS = N_("The end is not after the beginning.")
_LONG = N_("A visit lasts {most} hours at most; announce the rest when it is needed.")
_AHEAD = N_("It begins more than {most} days ahead; is the year right?")
_WHO = N_("Say who comes, in up to {most} characters.")
_FULL = N_("The door has {most} visits already, which is the limit.")
_NO_VISIT = N_("There is no such visit there, or it is over.")


class VisitError(Exception):
    """A visit that cannot be. `field` and `value` say what of it; `sentence` is a key of the
    catalogues, which `facts` fill."""

    def __init__(self, field: str, value: str, sentence: str, **facts: object) -> None:
        super().__init__(field, value, sentence)
        self.field, self.value, self.sentence, self.facts = field, value, sentence, facts

    def told(self, language: str) -> str:
        """The sentence, for people."""
        return say(self.sentence, language).format(**self.facts)


class NobodyVisitedError(VisitError):
    """No seal hangs there, or there is no such visit."""


class SealOnDoor(msgspec.Struct, frozen=True):
    """A seal, the door on which it hangs, and what is known of that."""

    seal_id: str
    door_id: str
    label: str
    door: Door


class VisitAt(msgspec.Struct, frozen=True):
    """A visit at one of its doors."""

    door_id: str
    visit: Visit
    is_new: bool = True

    @property
    def event(self) -> VisitAnnounced:
        """What the gateway is told."""
        return VisitAnnounced(self.visit)


class Plan(msgspec.Struct, frozen=True):
    """Who comes, when, and what for. Without an id it is given one."""

    from_ms: int
    to_ms: int
    who: str
    purpose: Purpose = Purpose.REPAIR
    visit_id: str = ""


def seals_at(connection: Connection, names: Sequence[str]) -> list[SealOnDoor]:
    """The seals of these ids, or those that hang on the doors of these ids, each once.

    Raises:
        NobodyVisitedError: one of the names is of no seal that hangs on a door.
        VisitError: there are none, or too many.
    """
    wanted = list(dict.fromkeys(name for name in names if name))
    if not wanted:
        raise VisitError("seals", "", _NONE)
    if len(wanted) > SEALS_MAX:
        raise VisitError("seals", str(len(wanted)), _MANY, most=SEALS_MAX)
    c = tables.seals.c
    query = select(c.seal_id, c.door_id).where(
        c.door_id.is_not(None), or_(c.seal_id.in_(wanted), c.door_id.in_(wanted))
    )
    door_of = {row.seal_id: row.door_id for row in connection.execute(query)}
    there = {*door_of, *door_of.values()}
    for name in wanted:
        if name not in there:
            raise NobodyVisitedError("seals", name, _NOBODY, name=name)
    rows = {row.door_id: row for row in views.doors_of(connection, list(door_of.values()))}
    return [
        SealOnDoor(seal_id, door_id, rows[door_id].label, rows[door_id].state)
        for seal_id, door_id in sorted(door_of.items(), key=lambda item: (item[1], item[0]))
    ]


def seals_in(connection: Connection, area: str) -> list[SealOnDoor]:
    """All seals in an area: "stair:3/2", "building:3". As `seals_at`."""
    doors = list(areas.doors_in(connection, area))
    c = tables.seals.c
    sealed = set(connection.execute(select(c.door_id).where(c.door_id.in_(doors))).scalars())
    if not sealed:
        raise NobodyVisitedError("area", area, _NOBODY, name=area)
    return seals_at(connection, [door_id for door_id in doors if door_id in sealed])


def announce(there: Sequence[SealOnDoor], plan: Plan, now_ms: int) -> list[VisitAt]:
    """A visit at each of these seals, under one id. VisitError, and nothing, if it cannot be."""
    plan = _checked(plan, now_ms)
    found = []
    for seal in there:
        visit = Visit(plan.visit_id, seal.seal_id, plan.from_ms, plan.to_ms, plan.who, plan.purpose)
        is_new = visit not in seal.door.visits
        if is_new and visits.add(seal.door, visit, now_ms) is None:
            raise VisitError("door_id", seal.door_id, _FULL, most=visits.VISITS_MAX)
        found.append(VisitAt(seal.door_id, visit, is_new))
    return found


def is_over(there: Sequence[SealOnDoor], visit_id: str, now_ms: int) -> bool:
    """Whether a visit of this id was at one of these seals and is over, or never began."""
    its = [one for seal in there for one in seal.door.visits if one.visit_id == visit_id]
    return bool(its) and all(one.to_ms <= max(now_ms, one.from_ms) for one in its)


def end(there: Sequence[SealOnDoor], visit_id: str, now_ms: int) -> list[VisitAt]:
    """The visits of this id, or all that run where it is empty, end now; one that has not begun
    never does. NobodyVisitedError if there is none."""
    ended = [
        VisitAt(seal.door_id, replace(visit, to_ms=max(now_ms, visit.from_ms)))
        for seal in there
        for visit in seal.door.visits
        if visit.to_ms > max(now_ms, visit.from_ms)
        and (visit.visit_id == visit_id or (not visit_id and visit.from_ms <= now_ms))
    ]
    if not ended:
        raise NobodyVisitedError("visit_id", visit_id, _NO_VISIT)
    return ended


def _checked(plan: Plan, now_ms: int) -> Plan:
    who = peoples_text.tidied(plan.who)
    try:
        peoples_text.line(who, WHO_CHARACTERS_MAX)
    except TextError:
        raise VisitError("who", plan.who, _WHO, most=WHO_CHARACTERS_MAX) from None
    if not who:
        raise VisitError("who", who, _WHO, most=WHO_CHARACTERS_MAX)
    if plan.to_ms <= now_ms:
        raise VisitError("to", str(plan.to_ms), _PAST)
    if plan.to_ms <= plan.from_ms:
        raise VisitError("to", str(plan.to_ms), _BACKWARDS)
    if plan.to_ms - plan.from_ms > VISIT_HOURS_MAX * HOUR_MS:
        raise VisitError("to", str(plan.to_ms), _LONG, most=VISIT_HOURS_MAX)
    if plan.from_ms - now_ms > AHEAD_DAYS_MAX * DAY_MS:
        raise VisitError("from", str(plan.from_ms), _AHEAD, most=AHEAD_DAYS_MAX)
    return replace(plan, who=who, visit_id=plan.visit_id or secrets.token_hex(8))
