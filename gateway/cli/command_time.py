"""The time by which a command writes: this machine's, and never in silence where that may be false.

A clock that cannot be right writes nothing. Where the gateway doubts its clock, or is at another
time than this machine, the command goes on, for it may be urgent and the clock is mostly right; but
it says both times first, and by which of them it writes.
"""

from datetime import tzinfo
from pathlib import Path

import typer

from gateway.cli.exit_codes import CommandError
from gateway.cli.output import now_ms, span, when
from gateway.core.model import SURE, Doubt
from gateway.engine.clock_states import RELEASED_MS, TOLD_WIDE_MS
from gateway.store import journal, states
from gateway.store.database import Store

ANSWER_S = 1.5  # for the gateway, which says its time each second; asked in doubt only
_TRUST = "`menshen clock --trust`"


def command_ms(place: tuple[Path, Path | None], zone: tzinfo) -> int:
    """Now, for what a command writes, in ms of UTC by this machine. Says on standard error where
    that may be false.

    Args:
        place: of the database, as the settings have it; it may not be there yet.
        zone: where the site's clocks stand.

    Raises:
        CommandError: the clock cannot be right.
        StoreError: the database cannot be used.
    """
    now = now_ms()
    if now < RELEASED_MS:
        raise CommandError(
            f"this machine's clock says {when(now, zone)}, which is long past, so nothing is "
            f"written by it; set it, then {_TRUST}, then say this again"
        )
    if place[0].exists():
        store = Store.open(*place, create=False)
        try:
            with store.reading() as connection:
                newest_ms, doubt = journal.newest(connection)[1], states.doubt(connection)
        finally:
            store.close()
        is_wide = max(doubt.behind_ms, doubt.ahead_ms) > TOLD_WIDE_MS
        if is_wide or newest_ms > now + TOLD_WIDE_MS:
            words = _in_doubt(now, _best_ms(place[0], newest_ms), doubt, zone)
            typer.echo(f"menshen: {words}", err=True)
    return now


def site_ms(database: Path) -> int:
    """Now, in ms of UTC, for what is named by its time: by the gateway, which no false clock moves,
    where it runs; else by this machine, but never before what is written. It may be of an older
    release, and stays so. StoreError."""
    from gateway.link.client import ask

    beat = ask(database, ANSWER_S)
    if beat is not None:
        return beat.now_ms
    if not database.exists():  # whoever goes on says so
        return now_ms()
    store = Store(database)
    try:
        with store.reading() as connection:
            return max(now_ms(), journal.newest(connection)[1])
    finally:
        store.close()


def _best_ms(database: Path, newest_ms: int) -> int:
    """The gateway's own time, if it runs; else the latest that it has written."""
    from gateway.link.client import ask  # for those who are in doubt

    beat = ask(database, ANSWER_S)
    return newest_ms if beat is None else beat.now_ms


def _in_doubt(now: int, best_ms: int, doubt: Doubt, zone: tzinfo) -> str:
    how_far = ""
    if doubt != SURE:
        how_far = f", which may be {span(doubt.behind_ms)} behind or {span(doubt.ahead_ms)} ahead"
    return (
        f"the time is in doubt. This machine says {when(now, zone)}, and what is written now goes "
        f"by that; the gateway's time is {when(best_ms, zone)}{how_far}. Compare with a right "
        f"clock: if this machine's is right, {_TRUST}; if not, set it and say this again"
    )
