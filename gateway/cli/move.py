"""`menshen move`: a seal hangs on another door, or on none."""

from typing import Annotated

import typer

from gateway.cli import hanging_words as words
from gateway.cli.command_time import command_ms
from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.named_door import door_id as door_id_of
from gateway.cli.option_fields import field
from gateway.cli.options import CONFIG, Config
from gateway.cli.output import say
from gateway.registry import fields
from gateway.registry.rows import SealMove
from gateway.settings import load


def move(
    seal: Annotated[str, typer.Argument(metavar="SEAL", help="The id on its label.")],
    door: Annotated[
        str | None, typer.Argument(metavar="[DOOR]", help="Where it hangs from now on.")
    ] = None,
    nowhere: Annotated[
        bool, typer.Option("--nowhere", help="It was taken off, and is for another door later.")
    ] = False,
    mistaken: Annotated[
        bool, typer.Option("--mistaken", help="It never hung where the registry says.")
    ] = False,
    config: Config = CONFIG,
) -> None:
    """Hang a seal on another door, or on none. Each door keeps its history."""
    if (door is None) != nowhere:
        raise CommandError("name the door on which it hangs now, or say --nowhere", MISUSED)
    seal_id = field("SEAL", seal, fields.seal_id)
    settings = load(config)
    door_id = door_id_of("DOOR", door, settings) if door else None
    now = command_ms(settings.store.place, settings.zone)
    before = words.need_seal(settings, seal_id, now)
    if before.door_id == door_id:
        say(f"Seal {seal_id} hangs {words.place_of(before)} already.")
        return
    other = words.seal_on(settings, door_id, now) if door_id else None
    if other is not None:
        raise CommandError(
            f"{words.door_of(other)} carries seal {other.seal_id}. If the two hang on each "
            f"other's doors: `menshen exchange {seal_id} {other.seal_id}`. If that one is dead: "
            f"`menshen swap {door_id} {seal_id}`."
        )
    words.write(settings, [SealMove(seal_id, door_id)], now, [before])
    after = words.need_seal(settings, seal_id, now)
    say(f"Seal {seal_id} hangs {words.place_of(after)} from now on.")
    sentences = words.left_alone(before, settings.zone), words.doubtful(before) if mistaken else ""
    for sentence in filter(None, sentences):
        say(sentence)
    if door_id:
        say(words.walk(words.door_of(after)))
