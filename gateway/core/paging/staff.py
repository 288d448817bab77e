"""The people of a site who can be told: their grids, roles and channels, and their on-call
schedule.

It says what the router needs to know of the registry, and nothing more: it stands in the
journal whenever it has changed, where no name, number or address ever does.
"""

from collections import defaultdict
from zlib import crc32

from msgspec import Struct

from gateway.core.paging import schedule
from gateway.core.paging.schedule import Override, Role, Schedule, Shift


class Member(Struct, frozen=True, omit_defaults=True):
    """A person who can be told. `channels` has a byte of each channel's address, in their order:
    enough to see that it was changed, too little to find it. `of_texts`: all of these are read by
    the person, and none answers or is passed over by itself."""

    grid_id: str
    role: Role = Role.WARDEN
    channels: tuple[int, ...] = ()
    of_texts: bool = False


class Staff(Struct, frozen=True, omit_defaults=True):
    """Everybody, and who has duty. Made by `of`."""

    members: dict[str, Member] = {}  # by warden_id
    shifts: tuple[Shift, ...] = ()
    overrides: tuple[Override, ...] = ()


def of(members: dict[str, Member], shifts: list[Shift], overrides: list[Override]) -> Staff:
    """A staff, put in order, so that the order in which it was written never shows."""
    return Staff(
        dict(sorted(members.items())),
        tuple(sorted(shifts, key=_shift_order)),
        tuple(sorted(overrides, key=_override_order)),
    )


def byte_of(channel: str, address: str) -> int:
    """What stands for a channel in the journal."""
    return crc32(f"{channel}:{address}".encode()) & 0xFF


def schedule_of(staff: Staff) -> Schedule:
    """The same, ready to be asked who has duty."""
    people: defaultdict[tuple[str, Role], list[str]] = defaultdict(list)
    for warden_id, member in staff.members.items():
        people[member.grid_id, member.role].append(warden_id)
    return schedule.of(staff.shifts, staff.overrides, people)


def _shift_order(shift: Shift) -> tuple[str, str, str, int, int, int]:
    return (
        shift.grid_id,
        shift.role,
        shift.warden_id,
        shift.from_min,
        shift.to_min,
        shift.days,
    )


def _override_order(override: Override) -> tuple[str, int]:
    return override.warden_id, override.from_ms
