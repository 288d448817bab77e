"""`menshen swap`: a door's dead seal is retired, and one that is ready hangs in its place."""

from typing import Annotated

import typer

from gateway.cli import hanging_words as words
from gateway.cli.broker_leaving import off_the_broker
from gateway.cli.command_time import command_ms
from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.named_door import door_id as door_id_of
from gateway.cli.option_fields import field
from gateway.cli.options import CONFIG, Config
from gateway.cli.output import say
from gateway.registry import fields
from gateway.registry.rows import Ending, SealMove
from gateway.settings import load


def swap(
    door: Annotated[str, typer.Argument(metavar="DOOR", help="Whose seal is dead.")],
    seal: Annotated[str, typer.Argument(metavar="SEAL", help="The one that hangs there now.")],
    config: Config = CONFIG,
) -> None:
    """Hang another seal on a door, which keeps its history, and retire the dead one.

    Said again, it does again what failed the first time.
    """
    seal_id = field("SEAL", seal, fields.seal_id)
    settings = load(config)
    door_id = door_id_of("DOOR", door, settings)
    now = command_ms(settings.store.place, settings.zone)
    new, dead = (
        words.need_seal(settings, seal_id, now),
        words.need_seal_on(settings, door_id, now),
    )
    if new.seal_id == dead.seal_id and (gone := words.swapped_out(settings, new)):
        say(f"Seal {seal_id} hangs {words.place_of(new)} already, and seal {gone} is retired.")
        off_the_broker(settings, gone, f"menshen retire {gone}")
        return
    if new.seal_id == dead.seal_id:
        raise CommandError(f"seal {seal_id} hangs {words.place_of(new)} already", MISUSED)
    if new.door_id is not None:
        raise CommandError(
            f"seal {seal_id} hangs on {words.door_of(new)}. If it was taken off there: `menshen "
            f"move {seal_id} --nowhere` first."
        )
    rows: list[Ending | SealMove] = [Ending("seals", dead.seal_id), SealMove(seal_id, door_id)]
    words.write(settings, rows, now, [new, dead])
    say(
        f"Seal {seal_id} hangs on {words.door_of(dead)} from now on, which keeps its history. Seal "
        f"{dead.seal_id} is retired: its key is destroyed, and it is refused for ever."
    )
    say(words.walk(words.door_of(dead)))
    off_the_broker(settings, dead.seal_id, f"menshen retire {dead.seal_id}")
