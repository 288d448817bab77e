"""`menshen clock`: what the clocks say and what they are worth; and a person's word for one."""

from contextlib import closing
from typing import Annotated

import typer

from gateway.cli.check_machine import clock as checked
from gateway.cli.check_result import Mark
from gateway.cli.exit_codes import FAILED, OK
from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import now_ms, say, say_json, show, when
from gateway.core.events import ClockTrusted
from gateway.core.subject import SITE
from gateway.engine import time_service
from gateway.engine.clock_states import RELEASED_MS
from gateway.settings import load
from gateway.store import journal, pending, states
from gateway.store.database import Store


def clock(
    config: Config = CONFIG,
    trust: Annotated[
        bool,
        typer.Option(
            "--trust", "--correct", help="This machine's clock is right: the gateway takes it over."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what the clocks say and whether they are believed; --trust sets the gateway's right.

    Exit code 0 if the gateway's clock is not in doubt, 1 if it is.
    """
    settings, now = load(config), now_ms()
    with closing(Store.open(*settings.store.place, create=False)) as store:
        with store.reading() as connection:
            newest_ms, doubt = journal.newest(connection)[1], states.doubt(connection)
        if trust:
            if now < RELEASED_MS:
                say(f"This machine says {when(now, settings.zone)}, which cannot be right.")
                raise typer.Exit(FAILED)
            with store.writing() as connection:
                pending.leave(connection, [(SITE, ClockTrusted(now))])
            say(f"The gateway takes over {when(now, settings.zone)}, now or when it starts.")
            return
    result = checked(newest_ms, now, settings.zone, doubt)
    if as_json:
        say_json(result.facts)
    else:
        vouched = "yes" if time_service.is_vouched() else "no, or there is none"
        show(
            ("what", "says"),
            [
                ("this machine", when(now, settings.zone)),
                ("its time service vouches", vouched),
                ("newest in the journal", when(newest_ms, settings.zone) if newest_ms else "-"),
            ],
        )
        known = "not in doubt" if result.mark is Mark.OK else result.mark
        say(f"The gateway's clock: {known}, {result.text}.")
    raise typer.Exit(FAILED if result.mark is Mark.FAIL else OK)
