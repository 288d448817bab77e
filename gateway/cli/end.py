"""`menshen end`: an order, a permit, a seal, a door, a warden or a grid is over, from now on."""

from contextlib import closing
from enum import StrEnum
from typing import Annotated

import typer
from sqlalchemy import Connection, select

from gateway.cli.broker_leaving import NEVER_THERE, is_at_hand, is_ours, take_off_ended
from gateway.cli.command_time import command_ms
from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.named_door import door_id as door_id_of
from gateway.cli.named_door import named_doors
from gateway.cli.option_fields import field
from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import say, say_json
from gateway.registry import fields
from gateway.registry.enrolment import Enrolment, enrol
from gateway.registry.rows import Ending, RowResult
from gateway.settings import Settings, load
from gateway.store import households, tables
from gateway.store.database import Store


class Kind(StrEnum):
    """What can end. In the plural it is the name of its table."""

    ORDER = "order"
    PERMIT = "permit"
    SEAL = "seal"
    DOOR = "door"
    WARDEN = "warden"
    GRID = "grid"


_WHAT_IT_MEANS = {
    Kind.ORDER: "What is open at the door under it closes, and openings are recorded only.",
    Kind.PERMIT: "The next opening needs another.",
    Kind.SEAL: "Its key is destroyed, and it is refused.",
    Kind.DOOR: "Its orders and permits ended too, and its seal hangs nowhere. Its history stays.",
    Kind.WARDEN: "Nobody is told under this name any more, and no duty is theirs.",
    Kind.GRID: "Its history stays.",
}


_HELD_BY = {
    Kind.ORDER: (tables.orders, "order_id"),
    Kind.PERMIT: (tables.permits, "permit_id"),
}


def end(
    kind: Annotated[Kind, typer.Argument(help="What ends: an order, a permit, a seal …")],
    name: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Its id; or --door, see there.")
    ] = None,
    door: Annotated[
        str | None,
        typer.Option(help="In place of the id of an order or a permit: all of this door."),
    ] = None,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """End an order, a permit, a seal, a door, a warden or a grid now. Their history stays.

    Many at once end by a table with their ids and a column `end`: menshen enrol.
    """
    if (name is None) == (door is None) or (door and kind not in (Kind.ORDER, Kind.PERMIT)):
        raise CommandError("name an id, or for an order or a permit --door in its place", MISUSED)
    settings = load(config)
    door_id = door_id_of("--door", door, settings) if door else ""
    own_id = _own_id(kind, name, settings) if name else ""
    what, beside = _what(kind, own_id, door_id, settings), _beside(kind, own_id, door_id, settings)
    now = command_ms(settings.store.place, settings.zone)
    ending, results = Ending(f"{kind}s", own_id, door_id), []

    def take(connection: Connection) -> Enrolment:
        enrolment = Enrolment(connection, now, settings.zone)
        results.append(enrolment.take(ending))
        return enrolment

    with closing(Store.open(*settings.store.place, create=False)) as store:
        enrol(store, take)
        with store.reading() as connection:
            alone = _grids_without_wardens(connection) if kind is Kind.WARDEN else []
    result = results[-1]
    if as_json:
        say_json({"outcome": result, kind: own_id or None, "door": door_id or None})
    else:
        _say(kind, what, result, beside, "too" if door_id else "")
    for grid_id in alone if result is not RowResult.UNCHANGED and not as_json else ():
        say(f"Nobody is told of the doors in {grid_id} now; enrol a warden there.")
    if kind is Kind.SEAL:
        _off_the_broker(settings, own_id, as_json)


def _own_id(kind: Kind, name: str, settings: Settings) -> str:
    if kind is Kind.DOOR:
        return door_id_of("ID", name, settings)
    return str(field("ID", name, fields.seal_id if kind is Kind.SEAL else fields.an_id))


def _beside(kind: Kind, own_id: str, door_id: str, settings: Settings) -> str:
    """The household's other doors, in a sentence, of a household with several; else empty. Of an
    order or a permit that is named by its id all of them."""
    if kind not in (Kind.ORDER, Kind.PERMIT, Kind.DOOR):
        return ""
    door_id = own_id if kind is Kind.DOOR else door_id
    with (
        closing(Store.open(*settings.store.place, create=False)) as store,
        store.reading() as connection,
    ):
        if door_id:
            household_id = households.of_doors(connection, [door_id]).get(door_id)
        else:
            table, key = _HELD_BY[kind]
            query = select(table.c.household_id).where(table.c[key] == own_id)
            household_id = connection.execute(query).scalar()
        doors = households.doors_of(connection, household_id) if household_id else []
        others = [one for one in doors if one != door_id]
        return named_doors(connection, others) if len(doors) > 1 else ""


def _what(kind: Kind, own_id: str, door_id: str, settings: Settings) -> str:
    """What ends, in words; a door as people call it."""
    door_id = own_id if kind is Kind.DOOR else door_id
    if not door_id:
        return f"{kind} {own_id}"
    with (
        closing(Store.open(*settings.store.place, create=False)) as store,
        store.reading() as connection,
    ):
        door = f"door {named_doors(connection, [door_id])}"
    return door if kind is Kind.DOOR else f"each {kind} of {door}"


def _say(kind: Kind, what: str, result: RowResult, beside: str, also: str) -> None:
    if result is RowResult.UNCHANGED:
        say(f"{what[0].upper()}{what[1:]} had ended already.")
        return
    means = _WHAT_IT_MEANS[kind]
    if beside and kind is Kind.DOOR:
        means = f"Its household's orders and permits go on at {beside}. Its seal hangs nowhere, "
        means += "and its history stays."
    elif beside:
        means = f"It was the household's: it ended at {beside} {also}".rstrip() + f". {means}"
    say(f"{what[0].upper()}{what[1:]} has ended. {means}")


def _off_the_broker(settings: Settings, seal_id: str, as_json: bool) -> None:
    """CommandError where the broker's files are here, and it may still let the seal in."""
    is_off = take_off_ended(settings) > 0
    if as_json:
        return
    if not is_ours(settings, seal_id):
        say(NEVER_THERE)
    elif is_off:
        say("The broker lets it in no more, and keeps nothing under its name.")
    elif not is_at_hand(settings):
        say(f"Where the broker's files are, `menshen retire {seal_id}` takes it off the broker.")


def _grids_without_wardens(connection: Connection) -> list[str]:
    """The grids that have doors and nobody who is told of them."""
    d, w = tables.doors.c, tables.wardens.c
    doors = select(d.grid_id).where(d.ended_ms.is_(None))
    wardens = select(w.grid_id).where(w.ended_ms.is_(None), w.channels != "[]")
    return sorted(
        set(connection.execute(doors).scalars()) - set(connection.execute(wardens).scalars())
    )
