"""`menshen visit`: work at seals is announced, so that it bothers nobody."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import tzinfo
from typing import Annotated

import typer

from gateway.cli.command_time import command_ms
from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.named_door import door_id as door_id_of
from gateway.cli.option_fields import NOW, begins_ms, ends_ms, field
from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import counted, named, say, say_json, when
from gateway.core.commissioning import Purpose
from gateway.core.duration import MINUTE_MS
from gateway.core.subject import of_door
from gateway.registry import fields, visits
from gateway.registry.scanned import ScanError, seal_of
from gateway.registry.visits import Plan, SealOnDoor, VisitAt, VisitError
from gateway.settings import Settings, load
from gateway.store import pending
from gateway.store.database import Store


def visit(
    seals: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SEAL]...", help="Seals by id, or their doors."),
    ] = None,
    area: Annotated[
        str, typer.Option(help="In their place, all seals in stair:3/2 or building:3.")
    ] = "",
    who: Annotated[str, typer.Option(help="Who comes.")] = "",
    purpose: Annotated[
        Purpose, typer.Option("--for", help="What for. After a battery a seal is tested again.")
    ] = Purpose.REPAIR,
    begins: Annotated[str, typer.Option("--from", help="From when.")] = NOW,
    ends: Annotated[
        str, typer.Option("--to", help="Until: the next 12:30; by default half an hour.")
    ] = "",
    visit_id: Annotated[
        str, typer.Option("--id", help="An id, so that saying it twice does no harm.")
    ] = "",
    is_over: Annotated[
        bool, typer.Option("--end", help="It is over now; what it left behind is told.")
    ] = False,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Announce work at seals: nobody is told of their cover, silence and openings meanwhile.

    It covers just these seals. What goes beyond it (a cover still off, a door still open, a seal
    that stays silent when it is over) is told as ever.
    """
    if bool(seals) == bool(area):
        raise CommandError("name seals or doors, or with --area a stair or building", MISUSED)
    if not who and not is_over:
        raise CommandError("say with --who who comes", MISUSED)
    settings = load(config)
    now, zone = command_ms(settings.store.place, settings.zone), settings.zone
    from_ms = begins_ms("--from", begins, now, zone)
    to_ms = (
        ends_ms("--to", ends, from_ms, zone) if ends else from_ms + visits.VISIT_MINUTES * MINUTE_MS
    )
    named_id = field("--id", visit_id, fields.an_id) if visit_id else ""
    names = {_seal_or_door(name, settings): name for name in seals or ()}
    try:
        with (
            closing(Store.open(*settings.store.place, create=False)) as store,
            store.writing() as connection,
        ):
            there = (
                visits.seals_in(connection, area)
                if area
                else visits.seals_at(connection, list(names))
            )
            plan = Plan(from_ms, to_ms, who, purpose, named_id)
            found = _done(there, plan, now, is_over)
            news = [(of_door(at.door_id), at.event) for at in found if at.is_new]
            pending.leave(connection, news)
    except VisitError as error:
        typed = {"name": names.get(error.value, error.value)}  # and not the id that it stands for
        error.facts.update((key, typed[key]) for key in typed.keys() & error.facts.keys())
        raise CommandError(error.told("en")) from None
    if as_json:
        first = found[0].visit
        said = {"outcome": "ended" if is_over else "announced", "visit_id": first.visit_id}
        say_json(said | {"doors": [at.door_id for at in found], "to_ms": first.to_ms})
        return
    _told(found, {one.door_id: one.label for one in there}, zone, is_over)
    if purpose is Purpose.BATTERY and not is_over:
        say("Afterwards test each again: menshen commission")


def _told(found: Sequence[VisitAt], labels: Mapping[str, str], zone: tzinfo, is_over: bool) -> None:
    doors = named([labels[at.door_id] for at in found])
    if is_over:
        say(f"The visit is over at {doors}. What it left behind is told now.")
        return
    until = when(found[0].visit.to_ms, zone)
    already = "" if any(at.is_new for at in found) else " already"
    say(f"Announced{already}: {counted(len(found), 'seal')}, at {doors}, until {until}.")


def _done(there: Sequence[SealOnDoor], plan: Plan, now_ms: int, is_over: bool) -> list[VisitAt]:
    if is_over:
        return visits.end(there, plan.visit_id, now_ms)
    return visits.announce(there, plan, now_ms)


def _seal_or_door(text: str, settings: Settings) -> str:
    try:
        return seal_of(text)
    except ScanError:
        return door_id_of("SEAL", text, settings)
