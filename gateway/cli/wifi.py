"""`menshen wifi`: another Wi-Fi for all seals of a site, with no cable: one, a share, the rest."""

import os
from collections.abc import Iterable
from contextlib import closing
from enum import StrEnum
from typing import Annotated, NamedTuple

import typer

from gateway.cli.awaiting import need_gateway, wait
from gateway.cli.exit_codes import FAILED, MISUSED, OK, CommandError
from gateway.cli.flash_options import WIFI_PASSWORD
from gateway.cli.named_door import called
from gateway.cli.named_door import door_id as door_id_of
from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import counted as counted_things
from gateway.cli.output import now_ms, say, say_json, show
from gateway.provisioning import asking
from gateway.registry.door_names import with_label
from gateway.settings import Settings, load
from gateway.store.database import Store
from gateway.store.seal_commands import CommandKind, CommandState, TooManyCommandsError
from gateway.store.seal_views import SealView
from gateway.updates import rollout
from gateway.updates.rollout import Stage

DAYS = 7
SHARE_PERCENT, STOP_PERCENT = 10, 10
STAGES = Stage.CANARY, Stage.SHARE, Stage.ALL
STAGE_S = 4 * 3600  # a seal that beats by air speaks over the network once in three hours
SSID_BYTES_MAX = 32
PASSWORD_MIN, PASSWORD_MAX = 8, 64


class Plan(NamedTuple):
    """What a person says of a change. `share`: per cent of the seals that are asked after the
    first; `stop`: more than so many per cent of a stage without the new network stop it; `stage_s`:
    how long a stage is waited for."""

    first: str | None
    share: int
    stop: int
    stage_s: int
    days: int


class What(StrEnum):
    """What is done."""

    STATUS = "status"
    CHANGE = "change"
    STOP = "stop"


def wifi(
    what: Annotated[What, typer.Argument(help="What to do; see the list above.")] = What.STATUS,
    ssid: Annotated[str, typer.Argument(metavar="[SSID]", help="The new network's name.")] = "",
    first: Annotated[
        str | None, typer.Option(metavar="DOOR", help="change: whose seal tries it first.")
    ] = None,
    share: Annotated[
        int, typer.Option(min=0, max=100, help="change: per cent of the seals, after the first.")
    ] = SHARE_PERCENT,
    stop: Annotated[
        int,
        typer.Option(min=0, max=100, help="change: stop if more per cent of a stage do not come."),
    ] = STOP_PERCENT,
    stage_s: Annotated[
        int,
        typer.Option("--stage-wait", min=1, help="change: seconds that a stage is waited for."),
    ] = STAGE_S,
    days: Annotated[
        int, typer.Option(min=1, max=asking.DAYS_MAX, help="change: how long it is asked.")
    ] = DAYS,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Change the Wi-Fi of all seals, over the air: one seal, then a share, then the others.

    change SSID · status · stop. It stops by itself when seals of a stage are not heard on the new
    network; said again, it goes on. Each seal keeps its old network until the new one has brought a
    receipt, and goes back to it if it does not; so leave the old one on until status says that all
    have worked. The password is taken from $MENSHEN_WIFI_PASSWORD, else asked for. Ctrl-C ends the
    watching; the seals that were asked go on. Exit code 1 if a seal did not get onto it.
    """
    settings = load(config)
    with closing(Store.open(*settings.store.place, create=False)) as store:
        if what is What.STATUS:
            _status(store, as_json)
        elif what is What.STOP:
            stopped = asking.stop(store, CommandKind.WIFI, now_ms())
            say(f"{counted_things(stopped, 'seal')} will not be asked any more.")
        else:
            first = door_id_of("--first", first, settings) if first else None
            plan = Plan(first, share, stop, stage_s, days)
            _change(store, settings, _checked(ssid), plan)


def _change(store: Store, settings: Settings, parts: tuple[bytes, bytes], plan: Plan) -> None:
    seals = asking.able(store)
    if not seals:
        raise CommandError(asking.NOBODY)
    one = next((seal for seal in seals if plan.first in (None, seal.door_id)), None)
    if one is None:
        door = called(settings, plan.first or "")
        raise CommandError(f"no seal that takes commands hangs on door {door}", MISUSED)
    need_gateway(settings)
    ssid, on_it = parts[0].decode(), 0
    stages = _stages(seals, one, plan.share)
    try:
        for number, stage in enumerate(stages):
            ended = _asked(store, stage, parts, plan, _about(number, stage))
            on_it += list(ended.values()).count(CommandState.WORKED)
            if number == 0 or stage is not stages[-1]:
                _go_on_or_stop(store, stage, ended, plan, ssid)
    except KeyboardInterrupt:
        say("Those that were asked go on; `menshen wifi` shows how far they are.")
        raise typer.Exit(FAILED) from None
    except TooManyCommandsError as error:
        raise CommandError(str(error)) from None
    say(f"{on_it} of {counted_things(len(seals), 'seal')} on {ssid}.")
    if on_it < len(seals):
        say(f"Of the last: {_words(ended.values())}. Leave the old network on for the others.")
    raise typer.Exit(OK if on_it == len(seals) else FAILED)


def _stages(seals: list[SealView], one: SealView, share: int) -> list[list[SealView]]:
    """One, a share of all and the rest, by the dice; a stage that nobody is in is left out."""
    of = rollout.stages([seal.seal_id for seal in seals], [one.seal_id], share)
    stages = [[seal for seal in seals if of[seal.seal_id] == stage] for stage in STAGES]
    return [stage for stage in stages if stage]


def _about(number: int, stage: list[SealView]) -> str:
    return f"{_called(stage[0])} tries it" if number == 0 else f"stage {number + 1}"


def _called(seal: SealView) -> str:
    """The door of a seal, by what people call it."""
    return f"door {with_label(seal.door_id or '', seal.label)}"


def _go_on_or_stop(
    store: Store,
    stage: list[SealView],
    ended: dict[int, CommandState],
    plan: Plan,
    ssid: str,
) -> None:
    """Say that a stage is on the new network. CommandError where too many are not: nobody else is
    asked then, nor those of it that have not taken it."""
    worked = list(ended.values()).count(CommandState.WORKED)
    lost = len(ended) - worked
    if lost * 100 <= plan.stop * len(ended) and worked:
        where = f"The seal of {_called(stage[0])}" if len(stage) == 1 else f"{worked} seals"
        say(f"{where} {'is' if len(stage) == 1 else 'are'} on {ssid}.")
        return
    asking.give_up(store, ended, now_ms())
    words = _words(asking.states(store, ended).values())
    if len(stage) == 1:
        raise CommandError(
            f"the seal of {_called(stage[0])} did not get onto {ssid} ({words}); it is on its "
            "old network, and no other was asked. Check name and password"
        )
    raise CommandError(
        f"{lost} of {len(stage)} seals did not get onto {ssid} ({words}), more than {plan.stop} %; "
        "the others were not asked, and those are on their old network: leave both on, see why "
        f"(its reach?), and say it again: `menshen wifi change {ssid}`"
    )


def _checked(ssid: str) -> tuple[bytes, bytes]:
    """Name and password, as a seal gets them."""
    if not 1 <= len(ssid.encode()) <= SSID_BYTES_MAX:
        raise CommandError(f"name the network: 1 to {SSID_BYTES_MAX} bytes of it", MISUSED)
    password = os.environ.get(WIFI_PASSWORD)
    if password is None:
        password = typer.prompt(f"Password of {ssid}", hide_input=True, default="")
    if password and not PASSWORD_MIN <= len(password.encode()) <= PASSWORD_MAX:
        raise CommandError(
            f"no Wi-Fi has a password of {len(password.encode())} bytes; {PASSWORD_MIN} to "
            f"{PASSWORD_MAX}, or none for an open network",
            MISUSED,
        )
    return ssid.encode(), password.encode()


def _asked(
    store: Store, seals: list[SealView], parts: tuple[bytes, bytes], plan: Plan, about: str
) -> dict[int, CommandState]:
    """Ask these, and watch until all have answered or the stage's time is over."""
    ssid = parts[0].decode()
    numbers = asking.ask(store, seals, CommandKind.WIFI, parts, now_ms(), plan.days, ssid)
    return wait(store, numbers, about, plan.stage_s)


def _status(store: Store, as_json: bool) -> None:
    ssid, states = asking.latest(store, CommandKind.WIFI)
    if as_json:
        say_json({"ssid": ssid, "seals": states})
        return
    if not states:
        say("No seal was ever asked to change its Wi-Fi.")
        return
    doors = {one.seal_id: one for one in asking.able(store)}
    show(
        ("seal", "door", ssid),
        [
            (seal_id, doors[seal_id].door_id or "-" if seal_id in doors else "-", state)
            for seal_id, state in states.items()
        ],
    )
    say(f"{_words(states.values())}.")


def _words(states: Iterable[CommandState]) -> str:
    return asking.counted(states)
