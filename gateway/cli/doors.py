"""`menshen doors`: every door as the gateway sees it, in a table or as JSON."""

from contextlib import closing
from datetime import tzinfo
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from gateway.cli.options import CONFIG, Config, Json, Limit
from gateway.cli.output import ago, now_ms, say, say_cut, say_json, show, when
from gateway.core.doors.silence import Liveness, liveness
from gateway.core.model import Door
from gateway.settings import load
from gateway.store import tables, views
from gateway.store.database import Store
from gateway.store.households import contacts

_HEADER = "door", "label", "grid", "stands", "seal", "heard", "battery", "order until", "case"
_HOUSEHOLD_AT = 3  # among the columns, where any household has several doors


class _Listed(NamedTuple):
    """A door with what hangs on it, as the tables say: the gateway's own state may be seconds
    behind an enrolment. `until_ms` is the end of the order that runs, in UTC."""

    row: views.DoorRow
    seal_id: str | None
    until_ms: int | None
    alive: Liveness
    household: str
    beside: tuple[str, ...]  # the household's other doors


def doors(config: Config = CONFIG, limit: Limit = 1_000, as_json: Json = False) -> None:
    """List the doors: how each stands, when it was heard, its order and its case."""
    settings, now = load(config), now_ms()
    rulebook = settings.rulebook
    with (
        closing(Store.open(*settings.store.place, create=False)) as store,
        store.reading() as connection,
    ):
        rows, total = views.doors(connection, limit), views.door_count(connection)
        seals, ends = _seals(connection), _order_ends(connection, now)
        homes = {
            door: (home, doors) for home, doors in contacts(connection).items() for door in doors
        }
    listed = [
        _Listed(
            row,
            seals.get(row.door_id),
            ends.get(row.door_id),
            liveness(row.state, now, rulebook.of(row.state.door_class)),
            *_home(row.door_id, *homes.get(row.door_id, (row.door_id, ()))),
        )
        for row in rows
    ]
    is_cut = total > limit
    if as_json:
        say_cut(is_cut, limit, as_json, str(total))
        say_json([_plain(door) for door in listed])
        return
    if not rows:
        say("There is no door yet; `menshen enrol doors.csv` brings some.")
        return
    header, cells = list(_HEADER), [_cells(door, now, settings.zone) for door in listed]
    if any(door.beside for door in listed):  # most sites have one door a household
        header.insert(_HOUSEHOLD_AT, "household")
        for door, line in zip(listed, cells, strict=True):
            line.insert(_HOUSEHOLD_AT, door.household if door.beside else "-")
    show(header, cells)
    say_cut(is_cut, limit, as_json, str(total))


def _seals(connection: Connection) -> dict[str, str]:
    """The seal on each door."""
    c = tables.seals.c
    rows = connection.execute(select(c.door_id, c.seal_id).where(c.door_id.is_not(None)))
    return {door_id: seal_id for door_id, seal_id in rows}


def _order_ends(connection: Connection, now: int) -> dict[str, int]:
    """When the order on each door's household ends, where one runs now."""
    c, d = tables.orders.c, tables.doors.c
    query = select(d.door_id, c.to_ms).join(tables.orders, c.household_id == d.household_id)
    rows = connection.execute(query.where(c.from_ms <= now, c.to_ms > now))
    return {door_id: to_ms for door_id, to_ms in rows}


def _home(door_id: str, household: str, doors: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    return household, tuple(other for other in doors if other != door_id)


def _plain(door: _Listed) -> dict[str, Any]:
    row, state = door.row, door.row.state
    return {
        "door_id": row.door_id,
        "label": row.label,
        "grid_id": row.grid_id,
        "household_id": door.household,
        "beside": list(door.beside),
        "grid": row.grid,
        "contact": state.contact,
        "heard_ms": state.heard_ms,
        "battery_mv": state.battery_mv,
        "seal_id": door.seal_id,
        "liveness": door.alive if door.seal_id else None,
        "outage": state.outage,
        "order_until_ms": door.until_ms,
        "case_id": state.case.case_id if state.case else None,
        "case_state": state.case.state if state.case else None,
    }


def _cells(door: _Listed, now: int, zone: tzinfo) -> list[str]:
    row, state = door.row, door.row.state
    is_lost = door.alive is Liveness.LOST
    return [
        row.door_id,
        row.label,
        row.grid,
        "not seen" if door.seal_id and is_lost else state.contact,
        ("outage" if state.outage and is_lost else door.alive) if door.seal_id else "no seal",
        ago(state.heard_ms, now),
        "-" if state.battery_mv is None else f"{state.battery_mv / 1000:.2f} V",
        when(door.until_ms, zone),
        _case_words(state),
    ]


def _case_words(state: Door) -> str:
    if state.case is not None:
        return "put aside" if state.case.shelf else state.case.state.replace("_", " ")
    return f"{len(state.in_review)} in review" if state.in_review else "-"
