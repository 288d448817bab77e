"""`menshen coverage`: for each order of a door when it was seen shut, seen open, and not seen."""

import heapq
from collections.abc import Iterator
from datetime import datetime, time, timedelta, tzinfo
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, select

from gateway.cli.exit_codes import CommandError
from gateway.cli.output import counted, now_ms, say, say_json, span, when
from gateway.core.events import Event, RulesSet
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
    order_id: str
    from_ms: int
    to_ms: int
    ledger: Ledger


def coverage(config: Path, door_id: str, as_json: bool) -> None:
    """Print the coverage of every order on the door that has begun, up to now."""
    settings = load(config)
    store = Store.open(settings.store.path, create=False)
    try:
        with store.reading() as connection:
            label = _label(connection, door_id)
            covered = list(_covered(connection, door_id))
    finally:
        store.close()
    if as_json:
        say_json([_plain(each) for each in covered])
        return
    if not covered:
        say(f"{label}: no order has begun on this door.")
    for each in covered:
        _say(label, each, settings.zone)


def _label(connection: Connection, door_id: str) -> str:
    c = tables.doors.c
    label: str | None = connection.execute(select(c.label).where(c.door_id == door_id)).scalar()
    if label is None:
        raise CommandError(f"there is no door {door_id}; `menshen doors` lists them")
    return label


def _covered(connection: Connection, door_id: str) -> Iterator[_Covered]:
    now, c = now_ms(), tables.orders.c
    orders = connection.execute(
        select(c.order_id, c.from_ms, c.to_ms)
        .where(c.door_id == door_id, c.from_ms < now, c.from_ms < c.to_ms)
        .order_by(c.from_ms, c.order_id)
    ).all()
    for order_id, from_ms, to_ms in orders:
        ends_ms = min(to_ms, now)
        its = ledger(_lived(connection, door_id), (from_ms, ends_ms))
        yield _Covered(order_id, from_ms, ends_ms, its)


def _lived(connection: Connection, door_id: str) -> Iterator[tuple[int, Event]]:
    """What the door lived through, and the rules that were set, in the journal's order."""
    of_site = journaled(connection, subject=SITE)
    rules = (its for its in of_site if isinstance(its.event, RulesSet))
    rows = journaled(connection, subject=of_door(door_id))
    for its in heapq.merge(rules, rows, key=attrgetter("journal_id")):
        yield its.at_ms, its.event


def _plain(each: _Covered) -> dict[str, Any]:
    return {
        "order_id": each.order_id,
        "from_ms": each.from_ms,
        "to_ms": each.to_ms,
        "totals_ms": {
            WORDS[seen].replace(" ", "_"): each.ledger.total_ms(seen) for seen in Contact
        },
        "spans": [
            {"from_ms": s.from_ms, "to_ms": s.to_ms, "seen": WORDS[s.seen].replace(" ", "_")}
            for s in each.ledger.spans
        ],
        "reports_without_promised_heartbeat": each.ledger.unpromised,
        "openings_time_unknown": msgspec.to_builtins(each.ledger.untimed),
    }


def _say(label: str, each: _Covered, zone: tzinfo) -> None:
    length_ms = each.to_ms - each.from_ms
    say(f"{label}, order {each.order_id}: {when(each.from_ms, zone)} to {when(each.to_ms, zone)}")
    shares = [
        f"{WORDS[seen]} {span(each.ledger.total_ms(seen))}"
        f" ({100 * each.ledger.total_ms(seen) / length_ms:.1f} %)"
        for seen in Contact
    ]
    say("  " + ", ".join(shares))
    days = list(_days(each.from_ms, each.to_ms, zone))
    if len(days) > DAYS_MAX:
        say(f"  the last {DAYS_MAX} of {len(days)} days:")
    for name, from_ms, to_ms in days[-DAYS_MAX:]:
        say(f"  {name} {_bar(each.ledger, from_ms, to_ms)}")
    say("  " + "  ".join(f"{sign} {WORDS[seen]}" for seen, sign in SIGNS.items()))
    if each.ledger.unpromised:
        reports = counted(each.ledger.unpromised, "report")
        say(
            f"  {reports} came when the seal had promised no heartbeat, so nothing is claimed "
            "between them; seals.csv says how often it sends one (heartbeat_s)"
        )
    for hidden in each.ledger.untimed:
        openings = counted(hidden.openings, "opening")
        begins, ends = when(hidden.from_ms, zone), when(hidden.to_ms, zone)
        say(f"  {openings}, time unknown, between {begins} and {ends}")


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


def _bar(its: Ledger, from_ms: int, to_ms: int) -> str:
    """A cell for each part of the day; blank outside the order."""
    seen: list[set[Contact]] = [set() for _ in range(CELLS)]
    cell_ms = (to_ms - from_ms) / CELLS
    for part in its.spans:
        start, end = max(part.from_ms, from_ms), min(part.to_ms, to_ms)
        if start < end:
            last = min(CELLS - 1, int((end - 1 - from_ms) / cell_ms))
            for cell in range(int((start - from_ms) / cell_ms), last + 1):
                seen[cell].add(part.seen)
    return "".join(
        next((SIGNS[contact] for contact in _STRONGEST if contact in cell), " ") for cell in seen
    )
