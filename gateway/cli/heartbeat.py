"""`menshen heartbeat`: how often seals give a sign of life, changed over the air."""

from contextlib import closing
from typing import Annotated

import typer

from gateway.cli.awaiting import need_gateway, wait
from gateway.cli.exit_codes import FAILED, MISUSED, OK, CommandError
from gateway.cli.named_door import door_id as door_id_of
from gateway.cli.named_door import doors_called
from gateway.cli.options import CONFIG, Config
from gateway.cli.output import counted, now_ms, say
from gateway.core.duration import SECOND_MS
from gateway.provisioning import asking
from gateway.registry.fields import HEARTBEAT_S_MAX, HEARTBEAT_S_MIN
from gateway.settings import load
from gateway.store import areas
from gateway.store.database import Store
from gateway.store.seal_commands import CommandKind, CommandState, TooManyCommandsError
from gateway.store.seal_views import SealView

DAYS = 7
WAIT_S_MAX = 86_400
SECONDS_BYTES = 3


def heartbeat(
    seconds: Annotated[
        int,
        typer.Argument(
            metavar="SECONDS",
            min=HEARTBEAT_S_MIN,
            max=HEARTBEAT_S_MAX,
            help="So often from now on.",
        ),
    ],
    door: Annotated[
        list[str] | None, typer.Option(help="The seal of this door; may be said again.")
    ] = None,
    area: Annotated[
        str, typer.Option(help="All seals in stair:3/2, building:3 or point:ap-7.")
    ] = "",
    everywhere: Annotated[bool, typer.Option("--all", help="All seals of the site.")] = False,
    days: Annotated[
        int, typer.Option(min=1, max=asking.DAYS_MAX, help="How long each is asked.")
    ] = DAYS,
    wait_s: Annotated[
        int, typer.Option("--wait", min=0, max=WAIT_S_MAX, help="Wait so many seconds for them.")
    ] = 0,
    config: Config = CONFIG,
) -> None:
    """Let seals give a sign of life more or less often, over the air.

    A seal is held to its old interval until it has said that it took the new one, and to the new
    one from then on; `menshen seals` shows both. With --wait, exit code 1 if one did not take it.
    """
    if (bool(door), bool(area), everywhere).count(True) != 1:
        raise CommandError("say which seals: --door, --area or --all", MISUSED)
    settings = load(config)
    with closing(Store.open(*settings.store.place, create=False)) as store:
        doors = [door_id_of("--door", one, settings) for one in door or ()]
        seals = _meant(store, doors, area)
        need_gateway(settings)
        part = seconds.to_bytes(SECONDS_BYTES, "big")
        asked = store, seals, CommandKind.HEARTBEAT, (part,), now_ms(), days, f"{seconds} s"
        try:
            numbers = asking.ask(*asked)
        except TooManyCommandsError as error:
            raise CommandError(str(error)) from None
        say(f"{counted(len(seals), 'seal')} asked for a heartbeat every {seconds} s.")
        if slower := [one for one in seals if (one.heartbeat_ms or 0) < seconds * SECOND_MS]:
            say(f"{counted(len(slower), 'seal')} of them will be noticed missing later than now.")
        if not wait_s:
            say("Each takes it when it is heard next; `menshen seals` shows how far each is.")
            return
        try:
            states = list(wait(store, numbers, "they take it", wait_s).values())
        except KeyboardInterrupt:
            say("They go on; `menshen seals` shows how far each is.")
            raise typer.Exit(FAILED) from None
    say(f"{asking.counted(states)}.")
    raise typer.Exit(OK if set(states) == {CommandState.WORKED} else FAILED)


def _meant(store: Store, doors: list[str], area: str) -> list[SealView]:
    """The seals that are meant and take commands. CommandError for a door where none does."""
    if area:
        with store.reading() as connection:
            doors = list(areas.doors_in(connection, area))
        if not doors:
            raise CommandError(f"there is no door in {area}", MISUSED)
        seals = asking.able(store, doors)
    else:
        seals = asking.able(store, doors)
        there = {one.door_id for one in seals}
        if missing := [one for one in doors if one not in there]:
            with store.reading() as connection:
                door = doors_called(connection, missing[:1])
            raise CommandError(f"no seal that takes commands hangs on door {door}", MISUSED)
    if not seals:
        raise CommandError(asking.NOBODY)
    return seals
