"""`menshen retire`: a seal is out of use for ever. Its key is destroyed here, and on the board if
that is on the cable; the broker keeps it out; what the broker kept under its name is gone."""

from contextlib import closing
from typing import Annotated

import typer
from sqlalchemy import select

from gateway.cli import hanging_words as words
from gateway.cli.broker_leaving import off_the_broker
from gateway.cli.command_time import command_ms
from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.option_fields import field
from gateway.cli.options import CONFIG, Config
from gateway.cli.output import say
from gateway.provisioning import board_wipe
from gateway.provisioning.board_link import BoardLink, choose_ports
from gateway.provisioning.usb_ports import list_ports
from gateway.registry import fields
from gateway.registry.rows import Ending
from gateway.settings import Settings, load
from gateway.store import tables


def retire(
    seal: Annotated[
        str | None, typer.Argument(metavar="[SEAL]", help="The id on its label; or --cable.")
    ] = None,
    cable: Annotated[
        bool, typer.Option("--cable", help="The board on the cable: it is wiped as well.")
    ] = False,
    port: Annotated[str | None, typer.Option(help="The serial port, if there are several.")] = None,
    config: Config = CONFIG,
) -> None:
    """Put a seal out of use for ever: key destroyed, login gone, door without a seal.

    Its history stays with the door. Said again, it does again what failed the first time.
    """
    if (seal is None) != (cable or port is not None):
        raise CommandError("name the seal, or say --cable for the board on the cable", MISUSED)
    settings = load(config)
    now = command_ms(settings.store.place, settings.zone)
    wanted = [port] if port else []
    link = BoardLink(choose_ports(wanted, list_ports(), 1)[0].device) if seal is None else None
    seal_id = board_wipe.seal_on(link) if link else field("SEAL", seal or "", fields.seal_id)
    if not _is_known(settings, seal_id):
        raise CommandError(f"there is no seal {seal_id}; `menshen seals` lists them")
    if _is_in_use(settings, seal_id):
        before = words.need_seal(settings, seal_id, now)
        words.write(settings, [Ending("seals", seal_id)], now, [before])
        say(f"Seal {seal_id} is retired: its key is destroyed, and it is refused for ever.")
        if sentence := words.left_alone(before, settings.zone):
            say(sentence)
    else:
        say(f"Seal {seal_id} was retired already.")
    if link is not None:
        board_wipe.wipe(link)
        say("The board is empty: `menshen flash` makes another seal of it.")
    off_the_broker(settings, seal_id, f"menshen retire {seal_id}")


def _is_known(settings: Settings, seal_id: str) -> bool:
    c = tables.seals.c
    with closing(words.opened(settings)) as store, store.reading() as connection:
        found = connection.execute(select(c.seal_id).where(c.seal_id == seal_id))
        return found.first() is not None


def _is_in_use(settings: Settings, seal_id: str) -> bool:
    c = tables.seals.c
    with closing(words.opened(settings)) as store, store.reading() as connection:
        found = select(c.seal_id).where(c.seal_id == seal_id, c.ended_ms.is_(None))
        return connection.execute(found).first() is not None
