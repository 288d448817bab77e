"""`menshen door-label`: the labels that prove who is at the door, for a printer."""

from collections.abc import Sequence
from contextlib import closing
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway.cli.command_time import command_ms
from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.named_door import door_id as door_id_of
from gateway.cli.options import CONFIG, Config
from gateway.cli.output import counted, named, say
from gateway.language import times
from gateway.provisioning.door_label import DoorLabel, sheet, svg
from gateway.registry import door_codes
from gateway.settings import load
from gateway.store.database import Store
from gateway.store.door_codes import LabelRow
from gateway.store.private_file import write_private

_SHEETS: Final = (".html", ".htm")


def door_label(
    doors: Annotated[
        list[str] | None,
        typer.Argument(metavar="DOOR", help="Doors by id or label; else all without a label."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Where to: labels.html, A4 sheets; or a folder, an SVG for each label."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that were printed already.")
    ] = False,
    config: Config = CONFIG,
) -> None:
    """Print labels for doors under an order: a QR code by which wardens prove that they are there.

    Each order has a code of its own, so each new order wants a new label on the door.

    Without --out it only says which doors wait for one.
    """
    settings = load(config)
    now = command_ms(settings.store.place, settings.zone)
    if doors and everything:
        raise CommandError("name doors, or say --all, not both", MISUSED)
    wanted = [door_id_of("DOOR", door, settings) for door in doors or ()]
    with closing(Store.open(*settings.store.place, create=False)) as store:
        found = door_codes.labels(store, now)
        chosen = _chosen(found, wanted, everything)
        if out is None or not chosen:
            _say_waiting(found, chosen, [*wanted, *(["--all"] if everything else [])])
            return
        _write(out, chosen, settings.site.language, settings.zone)
        door_codes.printed(store, chosen, now)
    what = "labels" if len(chosen) > 1 else "label"
    say(f"{out}: {len(chosen)} {what}, {named([row.label for row in chosen])}.")
    if _is_sheet(out):
        say("Open it in a browser and print it at full size (100 %), on A4 paper.")
    say("Stick each beside its own door and take the old one off; then delete what was written.")


def _chosen(found: Sequence[LabelRow], wanted: list[str], everything: bool) -> list[LabelRow]:
    """Which labels are meant. CommandError for a door that has none."""
    if not wanted:
        return [row for row in found if everything or row.printed_ms is None]
    by_door = {row.door_id: row for row in found}
    without = [door_id for door_id in wanted if door_id not in by_door]
    if without:
        raise CommandError(
            f"no order runs or is to come on {named(without)}, so there is no label to print; "
            "see `menshen doors`"
        )
    return [by_door[door_id] for door_id in dict.fromkeys(wanted)]


def _say_waiting(
    found: Sequence[LabelRow], chosen: Sequence[LabelRow], typed: Sequence[str]
) -> None:
    if not found:
        say("No door is under an order, so there is no label to print.")
    elif not chosen:
        say(f"All labels are printed: {counted(len(found), 'door')}. To print them again: --all.")
    else:
        labels = named([row.label for row in chosen])
        say(f"{counted(len(chosen), 'label')} to print: {labels}.")
        say(f"To print: {' '.join(('menshen door-label', *typed, '--out labels.html'))}")


def _write(out: Path, rows: Sequence[LabelRow], language: str, zone: tzinfo) -> None:
    """Write the sheets, or a drawing for each; readable by their owner only."""
    labels = [_label(row, language, zone) for row in rows]
    try:
        if _is_sheet(out):
            write_private(out, sheet(labels, language).encode())
            return
        out.mkdir(parents=True, exist_ok=True)
        for row, label in zip(rows, labels, strict=True):
            write_private(out / f"door-{row.door_id}.svg", svg(label, language).encode())
    except OSError as error:
        raise CommandError(f"{out} cannot be written: {error.strerror}") from error


def _is_sheet(out: Path) -> bool:
    return out.suffix.lower() in _SHEETS


def _label(row: LabelRow, language: str, zone: tzinfo) -> DoorLabel:
    begins = times.day_and_time(row.from_ms, language, zone)
    ends = times.day_and_time(row.to_ms, language, zone)
    return DoorLabel(row.code or "", row.label, begins, ends)
