"""`menshen doors` and `menshen cases`: what the gateway knows, in a table or as JSON."""

from datetime import tzinfo
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from gateway.cli.output import ago, counted, now_ms, say, say_json, show, when
from gateway.core.doors.silence import Liveness, liveness
from gateway.core.model import CaseState, Door
from gateway.core.rules import Rulebook
from gateway.language.reasons import reason_word
from gateway.settings import load
from gateway.store import case_views, tables, views
from gateway.store.case_views import CaseRow
from gateway.store.database import Store
from gateway.store.tables import DONE_TO_CASE
from gateway.web.case_words import place_word


def doors(config: Path, limit: int, as_json: bool) -> None:
    """Every door: how it stands, how alive its seal is, its order and its case."""
    now = now_ms()
    settings = load(config)
    rulebook = settings.rulebook
    store = Store.open(settings.store.path, create=False)
    try:
        with store.reading() as connection:
            rows = views.doors(connection, limit)
            total = views.door_count(connection)
            hung, ordered = _seals(connection), _orders(connection, now)
    finally:
        store.close()
    listed = [
        (row, hung.get(row.door_id), ordered.get(row.door_id), _alive(row.state, now, rulebook))
        for row in rows
    ]
    if as_json:
        say_json([_door(*each) for each in listed])
        return
    if not rows:
        say("There is no door yet; `menshen enrol doors.csv` brings some.")
        return
    show(
        ["door", "label", "grid", "stands", "seal", "heard", "battery", "order until", "case"],
        [_door_cells(*each, now, settings.zone) for each in listed],
    )
    if total > len(rows):
        say(f"… {len(rows)} of {total}; --limit shows more")


def cases(config: Path, closed: bool, limit: int, as_json: bool) -> None:
    """Open cases and those in review, or with `closed` those that have ended."""
    settings = load(config)
    store = Store.open(settings.store.path, create=False)
    try:
        with store.reading() as connection:
            if closed:
                rows = case_views.closed_cases(connection, limit)
            else:
                rows = case_views.open_cases(connection, limit)
                rows += case_views.cases_in_review(connection, limit)
    finally:
        store.close()
    if as_json:
        say_json([msgspec.to_builtins(row) for row in rows])
        return
    if not rows:
        say("No case has been closed yet." if closed else "No case is open.")
        return
    show(
        ["case", "door", "label", "state", "reason", "raised", "events", "who", "outcome"],
        [_case_cells(row, settings.zone) for row in rows],
    )
    if len(rows) >= limit:
        say(f"The first {counted(limit, 'case')} of each kind; --limit shows more.")


def _alive(door: Door, now: int, rulebook: Rulebook) -> Liveness:
    return liveness(door, now, rulebook.of(door.door_class))


def _seals(connection: Connection) -> dict[str, str]:
    """The seal on each door. The gateway's own state may be seconds behind an enrolment."""
    c = tables.seals.c
    rows = connection.execute(select(c.door_id, c.seal_id).where(c.door_id.is_not(None)))
    return {door_id: seal_id for door_id, seal_id in rows}


def _orders(connection: Connection, now: int) -> dict[str, int]:
    """When the order on each door ends, where one runs now."""
    c = tables.orders.c
    rows = connection.execute(select(c.door_id, c.to_ms).where(c.from_ms <= now, c.to_ms > now))
    return {door_id: to_ms for door_id, to_ms in rows}


def _door(
    row: views.DoorRow, seal_id: str | None, until_ms: int | None, alive: Liveness
) -> dict[str, Any]:
    state = row.state
    return {
        "door_id": row.door_id,
        "label": row.label,
        "grid_id": row.grid_id,
        "grid": row.grid,
        "contact": state.contact,
        "heard_ms": state.heard_ms,
        "battery_mv": state.battery_mv,
        "seal_id": seal_id,
        "liveness": alive if seal_id else None,
        "outage": state.outage,
        "order_until_ms": until_ms,
        "case_id": state.case.case_id if state.case else None,
        "case_state": state.case.state if state.case else None,
    }


def _door_cells(
    row: views.DoorRow,
    seal_id: str | None,
    until_ms: int | None,
    alive: Liveness,
    now: int,
    zone: tzinfo,
) -> list[str]:
    state = row.state
    battery = "-" if state.battery_mv is None else f"{state.battery_mv / 1000:.2f} V"
    is_lost = alive is Liveness.LOST
    return [
        row.door_id,
        row.label,
        row.grid,
        "not seen" if seal_id and is_lost else state.contact,
        ("outage" if state.outage and is_lost else alive) if seal_id else "no seal",
        ago(state.heard_ms, now),
        battery,
        when(until_ms, zone),
        _case_state(state),
    ]


def _case_state(door: Door) -> str:
    if door.case is not None:
        return "put aside" if door.case.shelf else _state_word(door.case.state)
    return f"{len(door.in_review)} in review" if door.in_review else "-"


def _state_word(state: CaseState) -> str:
    return state.replace("_", " ")


def _case_cells(row: CaseRow, zone: tzinfo) -> list[str]:
    return [
        row.case_id,
        row.door_id,
        place_word(row.label, row.area, "en"),
        "put aside" if row.shelved_until_ms else _state_word(row.state),
        reason_word(row.reason, "en"),
        when(row.raised_ms, zone),
        str(row.openings),
        _latest(row) or "-",
        row.outcome or "-",
    ]


def _latest(row: CaseRow) -> str | None:
    """Who did the latest thing about it."""
    if row.shelved_until_ms:
        return row.shelved_name or row.shelved_by
    for did in reversed(DONE_TO_CASE):
        if by := getattr(row, f"{did}_by"):
            return str(getattr(row, f"{did}_name") or by)
    return None
