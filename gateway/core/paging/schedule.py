"""Who has duty: weekly shifts, leave, cover and swaps, by the clock on the wall.

A shift is said as people say it, "Mondays 22:00 to 06:00", and lasts from the first moment at which
the wall shows its beginning to the first at which it shows its end. So a night that loses an hour
or has one twice hands over once, with no gap and nobody doubled.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from msgspec import Struct

from gateway.core import local_time
from gateway.core.duration import DAY_MS, MINUTE_MS
from gateway.core.local_time import DAY_MIN, Zone

OVERRIDES_FOLLOWED_MAX = 8  # cover of a cover of a cover …
ENDS_WITHIN_MS = 2 * DAY_MS  # a duty that ends later ends after its cases
ZONES_APART_MS = DAY_MS  # no wall is further from UTC


class Role(StrEnum):
    """What a person is in a grid, and so on which step of the escalation policy."""

    WARDEN = "warden"
    DEPUTY = "deputy"
    CAPTAIN = "captain"
    CENTRE = "centre"
    INSTALLER = "installer"


WHOLE_SITE = ""  # stands for all grids, where something concerns no single one
SITE_WIDE = frozenset({Role.INSTALLER, Role.CENTRE})  # who helps in grids that have none of them


class Shift(Struct, frozen=True):
    """A weekly duty. One that ends at or before its beginning ends on the next day."""

    grid_id: str
    role: Role
    warden_id: str
    days: int  # on which it begins; Monday is bit 0
    from_min: int  # minutes after midnight on the wall
    to_min: int


class Override(Struct, frozen=True):
    """A person is away from (included) to (excluded), and another has their duties, or nobody.

    Two of them, crosswise, are a swap.
    """

    warden_id: str
    from_ms: int
    to_ms: int
    by: str | None = None


class Schedule(Struct, frozen=True):
    """Shifts and people by grid and role, covers by who is away. Made by `of`."""

    shifts: dict[tuple[str, Role], tuple[Shift, ...]] = {}
    overrides: dict[str, tuple[Override, ...]] = {}
    people: dict[tuple[str, Role], tuple[str, ...]] = {}
    grids: dict[Role, tuple[str, ...]] = {}  # those that have people or shifts of a role


def of(
    shifts: Iterable[Shift],
    overrides: Iterable[Override],
    people: Mapping[tuple[str, Role], Iterable[str]],
) -> Schedule:
    """A schedule, put in order, so that the order in which it was written never shows."""
    by_place: defaultdict[tuple[str, Role], list[Shift]] = defaultdict(list)
    for shift in shifts:
        by_place[shift.grid_id, shift.role].append(shift)
    away: defaultdict[str, list[Override]] = defaultdict(list)
    for override in overrides:
        away[override.warden_id].append(override)
    grids: defaultdict[Role, set[str]] = defaultdict(set)
    for grid_id, role in (*by_place, *people):
        grids[role].add(grid_id)
    return Schedule(
        {place: tuple(sorted(weekly, key=_shift_order)) for place, weekly in by_place.items()},
        {name: tuple(sorted(absences, key=_override_order)) for name, absences in away.items()},
        {place: tuple(sorted(wardens)) for place, wardens in people.items()},
        {role: tuple(sorted(places)) for role, places in grids.items()},
    )


def on_duty(
    schedule: Schedule, grid_id: str, role: Role, now_ms: int, zone: Zone
) -> tuple[str, ...]:
    """The ids of those who have a grid's duty now, in order.

    A grid without shifts for a role has all its people of that role on duty, always. Installers and
    the centre are those of the grid, else those of any other. WHOLE_SITE is every grid.
    """
    wardens = tuple(dict.fromkeys(_on_duty(schedule, grid_id, role, now_ms, zone)))
    if not wardens and (role in SITE_WIDE or grid_id == WHOLE_SITE):
        return anywhere_on_duty(schedule, role, now_ms, zone)
    return wardens


def anywhere_on_duty(schedule: Schedule, role: Role, now_ms: int, zone: Zone) -> tuple[str, ...]:
    """The ids of those who have a role's duty now in any grid, grid by grid."""
    wardens = (
        warden_id
        for grid_id in schedule.grids.get(role, ())
        for warden_id in _on_duty(schedule, grid_id, role, now_ms, zone)
    )
    return tuple(dict.fromkeys(wardens))


def _on_duty(
    schedule: Schedule, grid_id: str, role: Role, now_ms: int, zone: Zone
) -> Iterator[str]:
    place = grid_id, role
    shifts = schedule.shifts.get(place)
    if shifts is None:
        holders: Iterable[str] = schedule.people.get(place, ())
    else:
        holders = (shift.warden_id for shift in shifts if is_on(shift, now_ms, zone))
    for holder in holders:
        substitute = stands_for(schedule, holder, now_ms)
        if substitute is not None:
            yield substitute


def is_on_duty(schedule: Schedule, warden_id: str, now_ms: int, zone: Zone) -> bool:
    """Whether a person has any duty now."""
    places = _places_of(schedule, warden_id)
    return any(warden_id in _on_duty(schedule, *place, now_ms, zone) for place in places)


def duty_ends_ms(schedule: Schedule, warden_id: str, now_ms: int, zone: Zone) -> int | None:
    """The first time within a day or so at which a person who has a duty now has none any more;
    None for one who has no duty, or no end of it."""
    places = [
        place
        for place in _places_of(schedule, warden_id)
        if warden_id in _on_duty(schedule, *place, now_ms, zone)
    ]
    times = {away.from_ms for aways in schedule.overrides.values() for away in aways}
    times |= {away.to_ms for aways in schedule.overrides.values() for away in aways}
    today = local_time.day(zone, now_ms)
    for place in places:
        for shift in schedule.shifts.get(place, ()):
            nights = shift.to_min <= shift.from_min
            for day in range(today - 1, today + 2):
                times.add(_first_ms(zone, (day + nights) * DAY_MIN + shift.to_min))
    ends_ms = now_ms + ENDS_WITHIN_MS
    for at_ms in sorted(at_ms for at_ms in times if now_ms < at_ms <= ends_ms):
        if not any(warden_id in _on_duty(schedule, *place, at_ms, zone) for place in places):
            return at_ms if places else None
    return None


def _places_of(schedule: Schedule, warden_id: str) -> list[tuple[str, Role]]:
    """Where a person may have duty: their own places, and those of whom they cover for."""
    covered = {name for name, aways in schedule.overrides.items() if any(a.by for a in aways)}
    names = covered | {warden_id}
    places = {
        place
        for place, shifts in schedule.shifts.items()
        if any(shift.warden_id in names for shift in shifts)
    }
    places |= {place for place, wardens in schedule.people.items() if names & {*wardens}}
    return sorted(places)


def is_on(shift: Shift, now_ms: int, zone: Zone) -> bool:
    """Whether the shift goes on now."""
    today = local_time.day(zone, now_ms)
    nights = shift.to_min <= shift.from_min
    for day in (today, today - 1, today + 1):  # the clock may have gone back over midnight
        if not shift.days >> (day + 3) % 7 & 1:  # 1 January 1970 was a Thursday
            continue
        begins_ms = _first_ms(zone, day * DAY_MIN + shift.from_min)
        ends_ms = _first_ms(zone, (day + nights) * DAY_MIN + shift.to_min)
        if begins_ms <= now_ms < ends_ms:
            return True
    return False


def stands_for(schedule: Schedule, warden_id: str, now_ms: int) -> str | None:
    """Who has this person's duties now: themselves, who covers for them, or nobody.

    A cover who is away is covered in turn. Two who cover each other have swapped.
    """
    passed = {warden_id}
    for _ in range(OVERRIDES_FOLLOWED_MAX):
        overrides = schedule.overrides.get(warden_id, ())
        override = next((away for away in overrides if away.from_ms <= now_ms < away.to_ms), None)
        if override is None or override.by in passed:
            break
        if override.by is None:
            return None
        warden_id = override.by
        passed.add(warden_id)
    return warden_id


def _first_ms(zone: Zone, wall: int) -> int:
    """The first moment at which the wall shows this minute, or has jumped over it."""
    shown_ms = wall * MINUTE_MS
    if len(zone) > 1:
        for place, (from_ms, offset) in enumerate(zone):
            is_last = place + 1 == len(zone)
            if not is_last and zone[place + 1][0] <= shown_ms - ZONES_APART_MS:
                continue  # over long before
            at_ms = shown_ms - offset * MINUTE_MS
            if is_last or at_ms < zone[place + 1][0]:
                return max(at_ms, from_ms) if place else at_ms
    return shown_ms - zone[-1][1] * MINUTE_MS


def _shift_order(shift: Shift) -> tuple[str, int, int, int]:
    return shift.warden_id, shift.from_min, shift.to_min, shift.days


def _override_order(override: Override) -> tuple[int, int, str]:
    """The one that begins last speaks, for it was made within the other."""
    return -override.from_ms, override.to_ms, override.by or ""
