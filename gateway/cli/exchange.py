"""`menshen exchange`: two seals that were hung on each other's doors change places in one step."""

from typing import Annotated

import typer

from gateway.cli import hanging_words as words
from gateway.cli.command_time import command_ms
from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.named_door import door_id as door_id_of
from gateway.cli.options import CONFIG, Config
from gateway.cli.output import say
from gateway.registry import fields
from gateway.registry.rows import SealMove
from gateway.settings import Settings, load
from gateway.store.hanging import Hanging

_HELP = "A seal's id, or that of the door on which it hangs."
_One = Annotated[str, typer.Argument(metavar="ONE", help=_HELP)]
_Other = Annotated[str, typer.Argument(metavar="OTHER", help=_HELP)]


_Back = Annotated[
    bool, typer.Option("--back", help="Again, though they changed places just now: it was wrong.")
]


def exchange(one: _One, other: _Other, back: _Back = False, config: Config = CONFIG) -> None:
    """Let two seals change doors: for two that were hung on each other's. All or nothing.

    Said again within the hour it changes nothing, for whoever could not see whether it was done.
    """
    settings = load(config)
    now = command_ms(settings.store.place, settings.zone)
    first, second = (_hanging(settings, text, now) for text in (one, other))
    if first.seal_id == second.seal_id:
        raise CommandError(f"both are seal {first.seal_id}; name two", MISUSED)
    if not back and words.were_exchanged(settings, (first, second), now):
        for seal in (first, second):
            say(f"Seal {seal.seal_id} hangs {words.place_of(seal)} already.")
        say("They changed places within the hour, and nothing was changed now; --back does it.")
        return
    places = [SealMove(first.seal_id, second.door_id), SealMove(second.seal_id, first.door_id)]
    words.write(settings, places, now, [first, second])
    for seal, place in ((first, second), (second, first)):
        say(f"Seal {seal.seal_id} hangs {words.place_of(place)} from now on.")
    for sentence in filter(None, map(words.doubtful, (first, second))):
        say(sentence)
    for seal in (second, first):
        say(words.walk(words.door_of(seal)))


def _hanging(settings: Settings, text: str, now_ms: int) -> Hanging:
    """The seal of this id, or on this door. CommandError if there is none, or it hangs nowhere."""
    try:
        seal_id = fields.seal_id(text)
    except ValueError:
        return words.need_seal_on(settings, door_id_of("DOOR", text, settings), now_ms)
    seal = words.need_seal(settings, seal_id, now_ms)
    if seal.door_id is None:
        raise CommandError(f"seal {seal_id} hangs nowhere: `menshen move {seal_id} DOOR`")
    return seal
