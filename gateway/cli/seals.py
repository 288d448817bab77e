"""`menshen seals`: every seal, what it said of itself, and what it is asked to do."""

from contextlib import closing
from typing import Annotated, Any

import typer

from gateway.cli.exit_codes import CommandError
from gateway.cli.named_door import called
from gateway.cli.named_door import door_id as door_id_of
from gateway.cli.options import CONFIG, Config, Json, Limit
from gateway.cli.output import ago, now_ms, say, say_cut, say_json, show
from gateway.core.doors.silence import liveness
from gateway.core.duration import SECOND_MS
from gateway.core.makes import title_of
from gateway.settings import load
from gateway.store import seal_views, views
from gateway.store.database import Store
from gateway.store.seal_commands import CommandKind
from gateway.store.seal_views import SealView

_HEADER = (
    "seal",
    "door",
    "label",
    "state",
    "of",
    "firmware",
    "battery",
    "signal",
    "heard",
    "beats",
    "asked",
)


def seals(
    door: Annotated[str | None, typer.Option(help="Only the seal of this door.")] = None,
    config: Config = CONFIG,
    limit: Limit = 1_000,
    as_json: Json = False,
) -> None:
    """List the seals: door, state, firmware, battery, signal, when heard, and what is asked.

    Contacts of other makers that hang on doors stand among them, with whose they are.
    """
    settings, now = load(config), now_ms()
    door = None if door is None else door_id_of("--door", door, settings)
    with (
        closing(Store.open(*settings.store.place, create=False)) as store,
        store.reading() as connection,
    ):
        found = seal_views.seals(connection, limit + 1, door)
        found, is_cut = found[:limit], len(found) > limit
        doors = {
            row.door_id: row
            for row in views.doors_of(connection, [one.door_id for one in found if one.door_id])
        }
    if door is not None and not found:
        door = called(settings, door)
        raise CommandError(f"no seal hangs on door {door}; `menshen doors` lists the doors")
    rulebook = settings.rulebook
    states = {
        door_id: liveness(row.state, now, rulebook.of(row.state.door_class))
        for door_id, row in doors.items()
    }
    if as_json:
        say_cut(is_cut, limit, as_json)
        say_json([_plain(one, states) for one in found])
        return
    if not found:
        say("There is no seal yet; `menshen flash` makes one.")
        return
    show(_HEADER, [_cells(one, states, now) for one in found])
    say_cut(is_cut, limit, as_json)


def _state(seal: SealView, states: dict[str, Any]) -> str:
    """How it does; of one that hangs nowhere nothing is expected."""
    if seal.follows is not None:
        return "to follow"
    return str(states[seal.door_id]) if seal.door_id else "spare"


def _plain(seal: SealView, states: dict[str, Any]) -> dict[str, Any]:
    return {
        "seal_id": seal.seal_id,
        "door_id": seal.door_id,
        "label": seal.label,
        "batch": seal.batch,
        "make": seal.make,
        "address": seal.address,
        "state": _state(seal, states),
        "firmware": seal.firmware,
        "release": seal.release,
        "reset_cause": seal.reset_cause,
        "booted_ms": seal.booted_ms,
        "battery_mv": seal.battery_mv,
        "battery_percent": seal.battery_percent,
        "signal_dbm": seal.signal_dbm,
        "heard_ms": seal.heard_ms,
        "heartbeat_ms": seal.heartbeat_ms,
        "asked": [
            {"kind": kind, "state": state, "for": about} for kind, state, about in seal.asked
        ],
    }


def _cells(seal: SealView, states: dict[str, Any], now: int) -> list[str]:
    return [
        seal.seal_id,
        seal.door_id or "-",
        seal.label or "-",
        _state(seal, states),
        f"{title_of(seal.make)}: {seal.address}" if seal.make else "-",
        _runs(seal),
        _battery(seal),
        "-" if seal.signal_dbm is None else f"{seal.signal_dbm} dBm",
        ago(seal.heard_ms, now),
        "-" if seal.heartbeat_ms is None else f"{seal.heartbeat_ms // SECOND_MS} s",
        ", ".join(map(_asked, seal.asked)) or "-",
    ]


def _runs(seal: SealView) -> str:
    """Its firmware, and the number of the release that it says it runs; by cable it has none."""
    parts = [seal.firmware, f"release {seal.release}" if seal.release else None]
    return ", ".join(part for part in parts if part) or "-"


def _battery(seal: SealView) -> str:
    """Its voltage, or how much it has left where it says only that."""
    if seal.battery_mv is not None:
        return f"{seal.battery_mv / 1000:.2f} V"
    return "-" if seal.battery_percent is None else f"{seal.battery_percent} %"


def _asked(asked: tuple[str, str, str]) -> str:
    """ "heartbeat 600 s (waiting)"; what a new identity is called is no matter here."""
    kind, state, about = asked
    told = f" {about}" if about and kind != CommandKind.IDENTITY else ""
    return f"{kind}{told} ({state})"
