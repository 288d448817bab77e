"""`menshen wifi`: another Wi-Fi for all seals of a site, with no cable: one first, then all."""

import os
import time
from collections.abc import Iterable
from contextlib import closing
from enum import StrEnum
from typing import Annotated

import typer

from gateway.cli.exit_codes import FAILED, MISUSED, OK, CommandError
from gateway.cli.flash_options import WIFI_PASSWORD
from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import bar, now_ms, say, say_json, show
from gateway.cli.output import counted as counted_things
from gateway.provisioning import asking
from gateway.service import is_running
from gateway.settings import load
from gateway.store.database import Store
from gateway.store.seal_commands import OPEN, CommandKind, CommandState, TooManyCommandsError
from gateway.store.seal_views import SealView

LOOK_EVERY_S = 0.5
DAYS = 7
SSID_BYTES_MAX = 32
PASSWORD_MIN, PASSWORD_MAX = 8, 64


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
    days: Annotated[
        int, typer.Option(min=1, max=asking.DAYS_MAX, help="change: how long it is asked.")
    ] = DAYS,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Change the Wi-Fi of all seals, over the air: one seal first, then the others.

    change SSID · status · stop. Each seal keeps its old network until the new one has brought a
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
            if not is_running(settings.store.path):
                raise CommandError("no gateway runs here, so no seal would hear of it; start it")
            _change(store, ssid, first, days)


def _change(store: Store, ssid: str, first: str | None, days: int) -> None:
    parts = _checked(ssid)
    seals = asking.able(store)
    if not seals:
        raise CommandError(
            "no seal on a door takes commands: their firmware is older, or none was heard since "
            "the gateway was updated; `menshen seals` shows the firmware of each"
        )
    one = next((seal for seal in seals if first in (None, seal.door_id)), None)
    if one is None:
        raise CommandError(f"no seal that takes commands hangs on door {first}", MISUSED)
    others = [seal for seal in seals if seal is not one]
    try:
        ended = _asked(store, [one], parts, days, ssid, f"door {one.door_id} tries it")
        if ended != [CommandState.WORKED]:
            raise CommandError(
                f"the seal of door {one.door_id} did not get onto {ssid} ({_words(ended)}); it is "
                "on its old network, and no other was asked. Check name and password"
            )
        say(f"The seal of door {one.door_id} is on {ssid}.")
        ended = _asked(store, others, parts, days, ssid, "the others")
    except KeyboardInterrupt:
        say("Those that were asked go on; `menshen wifi` shows how far they are.")
        raise typer.Exit(FAILED) from None
    except TooManyCommandsError as error:
        raise CommandError(str(error)) from None
    worked = 1 + ended.count(CommandState.WORKED)
    say(f"{worked} of {counted_things(1 + len(others), 'seal')} on {ssid}.")
    if worked <= len(others):
        say(f"The others: {_words(ended)}. They are on their old network; leave it on.")
    raise typer.Exit(OK if worked > len(others) else FAILED)


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
    store: Store,
    seals: list[SealView],
    parts: tuple[bytes, bytes],
    days: int,
    ssid: str,
    about: str,
) -> list[CommandState]:
    """Ask these, and watch until all have answered or their time is over."""
    if not seals:
        return []
    numbers = asking.ask(store, seals, CommandKind.WIFI, parts, now_ms(), days, ssid)
    with bar() as update:
        while True:
            states = list(asking.states(store, numbers).values())
            ended = [state for state in states if state not in OPEN]
            update(about, len(ended), len(states))
            if len(ended) == len(states):
                return ended
            time.sleep(LOOK_EVERY_S)


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
