"""`menshen announce`: a permit for a door, or for every door of a stair or building."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from gateway.cli.exit_codes import FAILED, MISUSED, CommandError
from gateway.cli.option_fields import begins_ms, ends_ms, field
from gateway.cli.output import counted, now_ms, say, say_json, when
from gateway.core.duration import MINUTE_MS
from gateway.core.local_time import EVERY_DAY
from gateway.core.model import Permit
from gateway.registry import fields
from gateway.registry.permits import Announced, Announcements, NobodyThereError, PermitError
from gateway.registry.rows import RowResult
from gateway.settings import load
from gateway.store.database import Store


@dataclass(frozen=True)
class Announcement:
    """What the command line says of a permit."""

    door: str | None
    area: str | None
    begins: str
    ends: str
    openings: int
    longest_min: int
    who: str
    why: str
    daily: str | None
    days: str | None
    permit_id: str | None
    as_json: bool


def announce(config: Path, told: Announcement) -> None:
    """Announce an opening, so that it bothers nobody."""
    if (told.door is None) == (told.area is None):
        raise CommandError("name a door, or with --area a stair or building", MISUSED)
    if told.days is not None and told.daily is None:
        raise CommandError("--days goes with --daily, the hours of each day", MISUSED)
    settings, now = load(config), now_ms()
    door_id = field("DOOR", told.door, fields.an_id) if told.door is not None else ""
    permit = _permit(told, now, settings.zone)
    store = Store.open(settings.store.path, create=False)
    try:
        with store.writing() as connection:
            announcements = Announcements(connection, now, settings.zone)
            if told.area is None:
                announced = [announcements.announce(door_id, permit)]
            else:
                announced = announcements.announce_in(told.area, permit)
            announcements.write()
    except NobodyThereError as wrong:
        hint = "write it as stair:3/2 or building:3" if told.area else "`menshen doors` lists them"
        where = f"no door lies in {told.area}" if told.area else f"there is no door {door_id}"
        raise CommandError(f"{where}; {hint}", FAILED) from wrong
    except PermitError as wrong:
        raise CommandError(f"{wrong.field} {wrong.value}: {wrong.told('en')}", FAILED) from None
    finally:
        store.close()
    _tell(told, announced, settings.zone)


def _permit(told: Announcement, now: int, zone: tzinfo) -> Permit:
    from_ms = begins_ms("--from", told.begins, now, zone)
    return Permit(
        permit_id=field("--id", told.permit_id, fields.an_id) if told.permit_id else "",
        from_ms=from_ms,
        to_ms=ends_ms("--to", told.ends, from_ms, zone),
        openings=told.openings,
        longest_ms=told.longest_min * MINUTE_MS,
        who=field("--who", told.who, fields.words),
        why=field("--why", told.why, fields.words),
        daily=field("--daily", told.daily, fields.windows) if told.daily else (),
        days=field("--days", told.days, fields.days) if told.days else EVERY_DAY,
    )


def _tell(told: Announcement, announced: Sequence[Announced], zone: tzinfo) -> None:
    door_id, permit = announced[0].door_id, announced[0].permit
    is_known = not any(one.is_new for one in announced)
    outcome = RowResult.UNCHANGED if is_known else RowResult.ADDED
    if told.as_json:
        answer = {"outcome": outcome, "door_id": door_id, "to_ms": permit.to_ms}
        if told.area is not None:
            answer |= {"area": told.area, "doors": [one.door_id for one in announced]}
        say_json(answer)
        return
    already = " already" if is_known else ""
    where = f"door {door_id}"
    if told.area is not None:
        where = f"each of {counted(len(announced), 'door')} in {told.area}"
    often = ""
    if permit.daily:
        windows = counted(len(permit.daily), "window")
        often = f" in each of {windows} a day" if permit.daily[1:] else " a day"
    openings = counted(permit.openings, "opening")
    say(f"Announced{already}: {openings}{often} of {where} until {when(permit.to_ms, zone)}.")
