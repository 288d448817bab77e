"""`menshen doors` and `menshen cases`: what the gateway knows, in a table or as JSON."""

from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from gateway.commands.terminal import ago, counted, now_ms, say, say_json, show, when
from gateway.notify.wording import reason_word
from gateway.settings import load
from gateway.store import tables, views
from gateway.store.engine import Store


def doors(config: Path, limit: int, as_json: bool) -> None:
    """Every door: how it stands, since when it was heard, its order and its case."""
    now = now_ms()
    store = Store.open(load(config).store.path, create=False)
    try:
        with store.reading() as connection:
            rows = views.doors(connection, limit)
            total = views.door_count(connection)
            hung, ordered = _seals(connection), _orders(connection, now)
    finally:
        store.close()
    listed = [(row, hung.get(row.door_id), ordered.get(row.door_id)) for row in rows]
    if as_json:
        say_json([_door(*each) for each in listed])
        return
    if not rows:
        say("There is no door yet; `menshen enrol doors.csv` brings some.")
        return
    show(
        ["door", "label", "grid", "stands", "heard", "battery", "order until", "case"],
        [_door_cells(*each, now) for each in listed],
    )
    if total > len(rows):
        say(f"… {len(rows)} of {total}; --limit shows more")


def cases(config: Path, closed: bool, limit: int, as_json: bool) -> None:
    """Open cases, or with `closed` those that have ended."""
    store = Store.open(load(config).store.path, create=False)
    try:
        with store.reading() as connection:
            read = views.closed_cases if closed else views.open_cases
            rows = read(connection, limit)
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
        [_case_cells(row) for row in rows],
    )
    if len(rows) == limit:
        say(f"The first {counted(limit, 'case')}; --limit shows more.")


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


def _door(row: views.DoorRow, seal_id: str | None, until_ms: int | None) -> dict[str, Any]:
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
        "order_until_ms": until_ms,
        "case_id": state.case.case_id if state.case else None,
        "case_state": state.case.state if state.case else None,
    }


def _door_cells(
    row: views.DoorRow, seal_id: str | None, until_ms: int | None, now: int
) -> list[str]:
    state = row.state
    battery = "-" if state.battery_mv is None else f"{state.battery_mv / 1000:.2f} V"
    return [
        row.door_id,
        row.label,
        row.grid,
        state.contact,
        ago(state.heard_ms, now) if seal_id else "no seal",
        battery,
        when(until_ms),
        state.case.state if state.case else "-",
    ]


def _case_cells(row: views.CaseRow) -> list[str]:
    who = row.closed_by or row.acknowledged_by
    name = row.closed_name if row.closed_by else row.acknowledged_name
    return [
        row.case_id,
        row.door_id,
        row.label,
        row.state,
        reason_word(row.reason, "en"),
        when(row.raised_ms),
        str(row.openings),
        name or who or "-",
        row.outcome or "-",
    ]
