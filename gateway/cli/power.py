"""`menshen power`: how long a seal's cells last, by profile, from the charge ledger."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.exit_codes import CommandError
from gateway.cli.options import Json
from gateway.cli.output import say, say_json, show
from gateway.power import drawing
from gateway.power.life import BEAT_MC_MAX, OPENINGS, Life, Profile, life, usual
from gateway.power.steps import HIGH, LOW, MODEL, STORAGES
from gateway.store.private_file import write_result

BEAT_S_MAX, EVENTS_MAX = 86_400, 10_000


class Storage(StrEnum):
    """Where a seal's program lies."""

    FILES = "files"
    ROMFS = "romfs"
    FROZEN = "frozen"


if set(Storage) != set(STORAGES):
    raise AssertionError("the storages of the command are not those of the ledger")


class Way(StrEnum):
    """How a seal beats."""

    BLUETOOTH = "bluetooth"
    WIFI = "wifi"


def power(
    beat: Annotated[
        int | None,
        typer.Option(min=1, max=BEAT_S_MAX, help="Seconds between beats; else the usual ones."),
    ] = None,
    by: Annotated[Way, typer.Option(help="How it beats; events go over Wi-Fi.")] = Way.BLUETOOTH,
    storage: Annotated[
        Storage, typer.Option(help="Where its program lies on the board.")
    ] = Storage.ROMFS,
    events: Annotated[
        int, typer.Option(min=0, max=EVENTS_MAX, help="Openings and shuttings a day.")
    ] = OPENINGS,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write it as a page with a picture, too.")
    ] = None,
    svg: Annotated[Path | None, typer.Option("--svg", help="Write the picture alone, too.")] = None,
    as_json: Json = False,
) -> None:
    """Reckon how long a seal's two cells last, from what each wake does and what that costs."""
    lives = usual()
    if beat is not None or events != OPENINGS:
        chosen = [beat] if beat is not None else sorted({one.profile.beat_s for one in lives})
        lives = [life(Profile(s, by is Way.BLUETOOTH, storage, events)) for s in chosen]
    _write(html, drawing.page(lives))
    _write(svg, drawing.picture(lives) + "\n")
    if as_json:
        say_json([_figures(one) for one in lives])
        return
    show(
        ["profile", "a beat", "a day: asleep, beats, events", "days (dear, model, cheap)", "goal"],
        [_row(one) for one in lives],
    )
    say(
        "Reckoned from published measurements of like boards, not measured: see hardware/power.md. "
        f"A beat of {BEAT_MC_MAX:.0f} mC meets both goals."
    )


def _write(path: Path | None, text: str) -> None:
    if path is None:
        return
    try:
        write_result(path, text.encode())
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from error


def _row(one: Life) -> list[str]:
    goal = "" if one.goal_days is None else f"{one.goal_days}: {'met' if one.is_met else 'missed'}"
    parts = (one.asleep_c, one.beats_c, one.events_c)
    return [
        one.profile.name,
        f"{one.beat_mc[MODEL]:.1f} mC",
        ", ".join(f"{part[MODEL]:.1f} C" for part in parts),
        f"{one.days[HIGH]}, {one.days[MODEL]}, {one.days[LOW]}",
        goal,
    ]


def _figures(one: Life) -> dict[str, Any]:
    names = ("low", "model", "high")
    return {
        "profile": one.profile.name,
        "beat_s": one.profile.beat_s,
        "storage": one.profile.storage,
        "by_bluetooth": one.profile.by_air,
        "events_a_day": one.profile.events,
        "beat_mc": dict(zip(names, (round(mc, 2) for mc in one.beat_mc), strict=True)),
        "days": dict(zip(names, one.days, strict=True)),
        "goal_days": one.goal_days,
        "goal_met": one.is_met,
    }
