"""`menshen coverage`: for each order of a door when it was seen shut, seen open, and not seen."""

import heapq
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, time, timedelta, tzinfo
from operator import attrgetter
from typing import Annotated, Any, NamedTuple

import msgspec
import typer
from msgspec.structs import replace
from sqlalchemy import Connection, select

from gateway.cli.exit_codes import CommandError
from gateway.cli.named_door import door_id as door_id_of
from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import counted, now_ms, say, say_json, span, when
from gateway.core.events import (
    ClockCorrected,
    ClockDoubted,
    ClockSure,
    Event,
    ReportCame,
    ReportHeld,
    RulesSet,
)
from gateway.core.model import Contact
from gateway.core.subject import SITE, of_door
from gateway.replay.coverage import Ledger, ledger
from gateway.replay.replay import journaled
from gateway.settings import load
from gateway.store import tables
from gateway.store.database import Store

CELLS = 48  # of a day's bar, half an hour each
DAYS_MAX = 60  # bars of one order
SIGNS = {Contact.SHUT: "─", Contact.OPEN: "█", Contact.UNKNOWN: "·"}
WORDS = {Contact.SHUT: "seen shut", Contact.OPEN: "seen open", Contact.UNKNOWN: "not seen"}
_STRONGEST = (Contact.OPEN, Contact.UNKNOWN, Contact.SHUT)  # what a cell shows if there are several


class _Covered(NamedTuple):
    """An order, as far as it has run, and its coverage. Milliseconds of UTC."""

    order_id: str
    from_ms: int
    to_ms: int
    ledger: Ledger


def coverage(
    door: Annotated[str, typer.Argument(help="The door, by its id or its label.")],
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Show for a door's orders when it was seen shut, seen open, and not seen."""
    settings = load(config)
    door = door_id_of("DOOR", door, settings)
    with (
        closing(Store.open(*settings.store.place, create=False)) as store,
        store.reading() as connection,
    ):
        label = _label(connection, door)
        orders = list(_covered(connection, door))
    if as_json:
        say_json([_plain(order) for order in orders])
        return
    if not orders:
        say(f"{label}: no order has begun on this door.")
    for order in orders:
        _say(label, order, settings.zone)


def _label(connection: Connection, door_id: str) -> str:
    c = tables.doors.c
    label: str | None = connection.execute(select(c.label).where(c.door_id == door_id)).scalar()
    if label is None:
        raise CommandError(f"there is no door {door_id}; `menshen doors` lists them")
    return label


def _covered(connection: Connection, door_id: str) -> Iterator[_Covered]:
    """Every order on the door's household that has begun, up to now."""
    now, c, d = now_ms(), tables.orders.c, tables.doors.c
    orders = connection.execute(
        select(c.order_id, c.from_ms, c.to_ms)
        .join(tables.doors, d.household_id == c.household_id)
        .where(d.door_id == door_id, c.from_ms < now, c.from_ms < c.to_ms)
        .order_by(c.from_ms, c.order_id)
    ).all()
    for order_id, from_ms, to_ms in orders:
        until_ms = min(to_ms, now)
        seen = ledger(_lived(connection, door_id), (from_ms, until_ms))
        yield _Covered(order_id, from_ms, until_ms, seen)


def _lived(connection: Connection, door_id: str) -> Iterator[tuple[int, Event]]:
    """What the door lived through, and the rules that were set, in the journal's order.

    Times that a false clock gave are corrected. What came while the clock was in doubt, and was
    not corrected, may have come at any of the times that it may have been.
    """
    of_site = [
        row
        for row in journaled(connection, subject=SITE)
        if isinstance(row.event, RulesSet | ClockCorrected | ClockDoubted | ClockSure)
    ]
    corrections = [row.event for row in of_site if isinstance(row.event, ClockCorrected)]
    doubt = ClockDoubted()
    own = journaled(connection, subject=of_door(door_id))
    for row in heapq.merge(of_site, own, key=attrgetter("journal_id")):
        event, at_ms = row.event, row.at_ms
        if isinstance(event, ClockDoubted | ClockSure | ClockCorrected):
            doubt = event if isinstance(event, ClockDoubted) else ClockDoubted()
            continue
        its = [c.by_ms for c in corrections if c.from_id <= row.journal_id <= c.to_id]
        if not its and isinstance(event, ReportCame | ReportHeld) and doubt != ClockDoubted():
            width_ms = doubt.behind_ms + doubt.ahead_ms
            event = replace(event, waited_ms=event.waited_ms + width_ms)
            at_ms += doubt.behind_ms
            if isinstance(event, ReportHeld):
                event = replace(event, edge_ms=event.edge_ms + doubt.behind_ms)
        if isinstance(event, ReportHeld):
            event = replace(event, edge_ms=event.edge_ms + sum(its))
        yield at_ms + sum(its), event


def _plain(order: _Covered) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "from_ms": order.from_ms,
        "to_ms": order.to_ms,
        "totals_ms": {
            WORDS[seen].replace(" ", "_"): order.ledger.total_ms(seen) for seen in Contact
        },
        "spans": [
            {
                "from_ms": part.from_ms,
                "to_ms": part.to_ms,
                "seen": WORDS[part.seen].replace(" ", "_"),
            }
            for part in order.ledger.spans
        ],
        "reports_without_promised_heartbeat": order.ledger.unpromised,
        "reports_without_counter": order.ledger.uncounted,
        "openings_time_unknown": msgspec.to_builtins(order.ledger.untimed),
    }


def _say(label: str, order: _Covered, zone: tzinfo) -> None:
    begins, ends = when(order.from_ms, zone), when(order.to_ms, zone)
    say(f"{label}, order {order.order_id}: {begins} to {ends}")
    say("  " + ", ".join(_shares(order)))
    days = list(_days(order.from_ms, order.to_ms, zone))
    if len(days) > DAYS_MAX:
        say(f"  the last {DAYS_MAX} of {len(days)} days:")
    for name, from_ms, to_ms in days[-DAYS_MAX:]:
        say(f"  {name} {_bar(order.ledger, from_ms, to_ms)}")
    say("  " + "  ".join(f"{sign} {WORDS[seen]}" for seen, sign in SIGNS.items()))
    if order.ledger.unpromised:
        reports = counted(order.ledger.unpromised, "report")
        say(
            f"  {reports} came when the seal had promised no heartbeat, so nothing is claimed "
            "between them; seals.csv says how often it sends one (heartbeat_s)"
        )
    if order.ledger.uncounted:
        reports = counted(order.ledger.uncounted, "report")
        say(
            f"  {reports} came from a contact of another maker: not authenticated, and it counts "
            "nothing. The openings are at least those that it told of; while it was not heard, "
            "there may have been any number"
        )
    for hidden in order.ledger.untimed:
        openings = counted(hidden.openings, "opening")
        begins, ends = when(hidden.from_ms, zone), when(hidden.to_ms, zone)
        say(f"  {openings}, time unknown, between {begins} and {ends}")


def _shares(order: _Covered) -> Iterator[str]:
    """How long the door was seen how, and which part of the order that is."""
    length_ms = order.to_ms - order.from_ms
    for seen in Contact:
        total_ms = order.ledger.total_ms(seen)
        yield f"{WORDS[seen]} {span(total_ms)} ({100 * total_ms / length_ms:.1f} %)"


def _days(from_ms: int, to_ms: int, zone: tzinfo) -> Iterator[tuple[str, int, int]]:
    """Each calendar day of the site that the span touches: its name, beginning and end."""
    day = datetime.fromtimestamp(from_ms / 1000, zone).date()
    while True:
        start = datetime.combine(day, time(), zone)
        if start.timestamp() * 1000 >= to_ms:
            return
        after = day + timedelta(days=1)
        end = datetime.combine(after, time(), zone)
        yield day.isoformat(), int(start.timestamp() * 1000), int(end.timestamp() * 1000)
        day = after


def _bar(covered: Ledger, from_ms: int, to_ms: int) -> str:
    """A cell for each part of the day; blank outside the order."""
    cells: list[set[Contact]] = [set() for _ in range(CELLS)]
    cell_ms = (to_ms - from_ms) / CELLS
    for part in covered.spans:
        start, end = max(part.from_ms, from_ms), min(part.to_ms, to_ms)
        if start < end:
            last = min(CELLS - 1, int((end - 1 - from_ms) / cell_ms))
            for cell in range(int((start - from_ms) / cell_ms), last + 1):
                cells[cell].add(part.seen)
    return "".join(
        next((SIGNS[contact] for contact in _STRONGEST if contact in cell), " ") for cell in cells
    )
