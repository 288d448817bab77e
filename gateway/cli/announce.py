"""`menshen announce`: a permit for a door, or for every door of a stair or building."""

from collections.abc import Sequence
from contextlib import closing
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from gateway.cli.command_time import command_ms
from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.named_door import door_id as door_id_of
from gateway.cli.named_door import named_doors
from gateway.cli.option_fields import NOW, begins_ms, ends_ms, field
from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import counted, say, say_json, when
from gateway.core.duration import MINUTE_MS
from gateway.core.local_time import EVERY_DAY
from gateway.core.model import Permit
from gateway.registry import fields
from gateway.registry.late_permits import Late, WaitingDoor, waiting_doors
from gateway.registry.permits import Announced, Announcements, NobodyThereError, PermitError
from gateway.registry.rows import RowResult
from gateway.settings import load
from gateway.store.database import Store


class _Typed(NamedTuple):
    """What was typed of a permit, not yet read."""

    begins: str
    ends: str
    openings: int
    longest_min: int
    who: str
    why: str
    daily: str | None
    days: str | None
    permit_id: str | None


def announce(
    ends: Annotated[str, typer.Option("--to", help="Until: the next 12:30, or 2026-03-01 12:30.")],
    who: Annotated[str, typer.Option(help="Who announces it.")],
    why: Annotated[str, typer.Option(help="What for: a meal, a test, a doctor.")],
    door: Annotated[str | None, typer.Argument(help="The door, by its id or its label.")] = None,
    area: Annotated[
        str | None, typer.Option(help="In its place, all doors of stair:3/2 or building:3.")
    ] = None,
    begins: Annotated[str, typer.Option("--from", help="From when.")] = NOW,
    openings: Annotated[
        int, typer.Option(min=1, help="How many openings; with --daily, each time.")
    ] = 1,
    longest: Annotated[
        int, typer.Option(min=1, metavar="MINUTES", help="How long each at most.")
    ] = 15,
    daily: Annotated[
        str | None, typer.Option(help="Only at these hours, each day: 07:00-08:30,11:30-13:00.")
    ] = None,
    days: Annotated[str | None, typer.Option(help="With --daily: Mon-Fri, or Sat,Sun.")] = None,
    permit: Annotated[
        str | None, typer.Option("--id", help="An id, so that saying it twice does no harm.")
    ] = None,
    late: Annotated[
        Late | None,
        typer.Option(help="With --area: doors that opened before and wait: end their cases?"),
    ] = None,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Announce an opening (a permit), so that it bothers nobody."""
    if (door is None) == (area is None):
        raise CommandError("name a door, or with --area a stair or building", MISUSED)
    if days is not None and daily is None:
        raise CommandError("--days goes with --daily, the hours of each day", MISUSED)
    typed = _Typed(begins, ends, openings, longest, who, why, daily, days, permit)
    zone, announced, called = _announced(config, door, area, typed, late)
    if as_json:
        say_json(_plain(area, announced))
    else:
        say(_sentence(area, announced, called, zone))


def _announced(
    config: Path, door: str | None, area: str | None, typed: _Typed, late: Late | None
) -> tuple[tzinfo, Sequence[Announced], str]:
    """Write it down for the door, or else for every door of the area; the site's zone with it, and
    what people call the first door."""
    settings = load(config)
    now = command_ms(settings.store.place, settings.zone)
    door_id = door_id_of("DOOR", door, settings) if door is not None else ""
    permit = _permit(typed, now, settings.zone)
    try:
        with (
            closing(Store.open(*settings.store.place, create=False)) as store,
            store.writing() as connection,
        ):
            explains = area is None or late is Late.CLOSE
            announcements = Announcements(connection, now, settings.zone, explains=explains)
            if area is None:
                announced = [announcements.announce(door_id, permit, "")]
            else:
                announced = announcements.announce_in(area, permit, "")
                if late is None:
                    waiting = waiting_doors(connection, announced, now, settings.rulebook)
                    _ask(waiting, settings.zone)
            announcements.write()
            called = named_doors(connection, [announced[0].door_id])
    except NobodyThereError as error:
        hint = "write it as stair:3/2 or building:3" if area else "`menshen doors` lists them"
        where = f"no door lies in {area}" if area else f"there is no door {door_id}"
        raise CommandError(f"{where}; {hint}") from error
    except PermitError as error:
        raise CommandError(f"{error.field} {error.value}: {error.told('en')}") from None
    return settings.zone, announced, called


def _ask(waiting: list[WaitingDoor], zone: tzinfo) -> None:
    """Doors wait for an answer: CommandError that lists them, and asks."""
    if not waiting:
        return
    named = ", ".join(f"{door.label} ({when(door.since_ms, zone)})" for door in waiting)
    count = counted(len(waiting), "door")
    raise CommandError(
        f"{count} there opened before this and wait for an answer: {named}; "
        "say --late close if it was this that opened them, else --late leave"
    )


def _permit(typed: _Typed, now: int, zone: tzinfo) -> Permit:
    from_ms = begins_ms("--from", typed.begins, now, zone)
    return Permit(
        permit_id=field("--id", typed.permit_id, fields.an_id) if typed.permit_id else "",
        from_ms=from_ms,
        to_ms=ends_ms("--to", typed.ends, from_ms, zone),
        openings=typed.openings,
        longest_ms=typed.longest_min * MINUTE_MS,
        who=field("--who", typed.who, fields.words),
        why=field("--why", typed.why, fields.words),
        daily=field("--daily", typed.daily, fields.windows) if typed.daily else (),
        days=field("--days", typed.days, fields.days) if typed.days else EVERY_DAY,
    )


def _is_known(announced: Sequence[Announced]) -> bool:
    """Whether all of it was announced before."""
    return not any(announcement.is_new for announcement in announced)


def _plain(area: str | None, announced: Sequence[Announced]) -> dict[str, object]:
    outcome = RowResult.UNCHANGED if _is_known(announced) else RowResult.ADDED
    first = announced[0]
    answer = {"outcome": outcome, "door_id": first.door_id, "to_ms": first.permit.to_ms}
    if area is None:
        return answer
    return answer | {"area": area, "doors": [announcement.door_id for announcement in announced]}


def _sentence(area: str | None, announced: Sequence[Announced], called: str, zone: tzinfo) -> str:
    permit = announced[0].permit
    already = " already" if _is_known(announced) else ""
    where = f"door {called}"
    if area is not None:
        where = f"each of {counted(len(announced), 'door')} in {area}"
    often = ""
    if permit.daily:
        windows = counted(len(permit.daily), "window")
        often = f" in each of {windows} a day" if permit.daily[1:] else " a day"
    openings = counted(permit.openings, "opening")
    return f"Announced{already}: {openings}{often} of {where} until {when(permit.to_ms, zone)}."
