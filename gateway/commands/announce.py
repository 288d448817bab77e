"""`menshen announce`: a permit for a door, or for every door of a stair or building."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from gateway.commands.option_cells import cell, today
from gateway.commands.terminal import counted, now_ms, say, say_json, when
from gateway.commands.verdict import FAILED, MISUSED, CommandError
from gateway.commission import enrol_cells as cells
from gateway.commission import enrol_rota_cells as rota_cells
from gateway.commission.enrol import Enrolment
from gateway.commission.enrol_rows import NewPermit, Outcome
from gateway.settings import load
from gateway.store import views
from gateway.store.engine import Store


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
    settings = load(config)
    row = _row(told)
    store = Store.open(settings.store.path, create=False)
    try:
        with store.writing() as connection:
            if told.area is None:
                rows = [row]
            else:
                rows = _of_area(row, told.area, views.doors_in(connection, told.area))
            enrolment = Enrolment(connection, now_ms())
            outcomes = [enrolment.take(one) for one in rows]
            enrolment.write()
    finally:
        store.close()
    _tell(told, rows, outcomes)


def _row(told: Announcement) -> NewPermit:
    return NewPermit(
        door_id=cell("DOOR", told.door, cells.an_id) if told.door is not None else "",
        from_ms=cell("--from", today(told.begins), cells.beginning_ms),
        to_ms=cell("--to", today(told.ends), cells.end_ms),
        openings=cell("--openings", str(told.openings), cells.openings),
        longest_ms=cell("--longest", str(told.longest_min), cells.minutes_ms),
        who=cell("--who", told.who, cells.words),
        why=cell("--why", told.why, cells.words),
        permit_id=cell("--id", told.permit_id, cells.an_id) if told.permit_id else None,
        daily=cell("--daily", told.daily, rota_cells.windows) if told.daily else (),
        days=cell("--days", told.days, rota_cells.days) if told.days else rota_cells.EVERY_DAY,
    )


def _of_area(row: NewPermit, area: str, door_ids: list[str]) -> list[NewPermit]:
    """The permit for each door of an area, each under an id of its own."""
    if not door_ids:
        raise CommandError(f"no door lies in {area}; write it as stair:3/2 or building:3", FAILED)
    return [
        replace(row, door_id=door_id, permit_id=row.permit_id and f"{row.permit_id}-{number}")
        for number, door_id in enumerate(door_ids, 1)
    ]


def _tell(told: Announcement, rows: Sequence[NewPermit], outcomes: Sequence[Outcome]) -> None:
    row = rows[0]
    is_known = all(outcome is Outcome.UNCHANGED for outcome in outcomes)
    outcome = Outcome.UNCHANGED if is_known else Outcome.ADDED
    if told.as_json:
        answer = {"outcome": outcome, "door_id": row.door_id, "to_ms": row.to_ms}
        if told.area is not None:
            answer |= {"area": told.area, "doors": [one.door_id for one in rows]}
        say_json(answer)
        return
    already = " already" if is_known else ""
    where = f"door {row.door_id}"
    if told.area is not None:
        where = f"each of {counted(len(rows), 'door')} in {told.area}"
    often = ""
    if row.daily:
        often = (
            f" in each of {counted(len(row.daily), 'window')} a day" if row.daily[1:] else " a day"
        )
    openings = counted(row.openings, "opening")
    say(f"Announced{already}: {openings}{often} of {where} until {when(row.to_ms)}.")
