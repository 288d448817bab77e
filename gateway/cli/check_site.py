"""What `menshen check` checks in the database: clock, wardens, seals, refusals, pages."""

import json
from collections.abc import Iterator
from datetime import tzinfo

from sqlalchemy import Connection, func, select

from gateway.channels.kinds import is_channel, samples
from gateway.cli import check_machine
from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.output import ago, counted, named, span
from gateway.core.duration import DAY_MS, MINUTE_MS, SECOND_MS
from gateway.store import journal, tables, views
from gateway.store.database import Store

SILENT_MS = 200_000  # two heartbeats of 100 s
PAGE_WARN_MS, PAGE_FAIL_MS = 10 * SECOND_MS, MINUTE_MS


def parts(store: Store, has_webhook: bool, now: int, zone: tzinfo) -> Iterator[CheckResult]:
    """Every part, on one snapshot."""
    with store.reading() as connection:
        yield check_machine.clock(journal.newest(connection)[1], now, zone)
        yield wardens(connection, has_webhook)
        yield seals(connection, now)
        yield refusals(connection, now)
        yield pages(connection, now)


def wardens(connection: Connection, has_webhook: bool) -> CheckResult:
    """Whether somebody is told of every door, and can be reached."""
    d, w = tables.doors.c, tables.wardens.c
    query = select(w.warden_id, w.grid_id, w.channels).where(
        w.channels != "[]", w.ended_ms.is_(None)
    )
    enrolled = connection.execute(query).all()
    reachable = [(warden_id, grid_id) for warden_id, grid_id, _ in enrolled]
    unknown = sorted(
        {
            channel.partition(":")[0]
            for _, _, channels in enrolled
            for channel in json.loads(channels)
            if not is_channel(channel)
        }
    )
    doors_in = set(
        connection.execute(select(d.grid_id).where(d.ended_ms.is_(None)).distinct()).scalars()
    )
    grids = sorted(doors_in - {grid_id for _, grid_id in reachable})
    unreached = sorted(views.unreached(connection) & {warden_id for warden_id, _ in reachable})
    facts = {
        "wardens": len(reachable),
        "grids_without": grids,
        "unreached": unreached,
        "unknown_channels": unknown,
    }
    if grids:
        words = (
            f"nobody is told of the doors in {named(grids)}; enrol a warden with a channel there"
        )
        if has_webhook:
            return CheckResult("wardens", Mark.WARN, f"only the webhook: {words}", facts)
        return CheckResult("wardens", Mark.FAIL, words, facts)
    if unknown:
        words = f"nothing goes out by {named(unknown)}; allowed are {samples()}"
        return CheckResult("wardens", Mark.WARN, words, facts)
    if unreached:
        some = f"{len(unreached)} not reached by the daily test: {named(unreached)}"
        words = f"of {len(reachable)}, {some}"
        return CheckResult("wardens", Mark.WARN, f"{words}; check their phones", facts)
    return CheckResult("wardens", Mark.OK, counted(len(reachable), "warden"), facts)


def seals(connection: Connection, now: int) -> CheckResult:
    """Which doors' seals were not heard for a while. A gateway that was off heard none."""
    hangs = tables.seals.c.door_id
    hung = set(connection.execute(select(hangs).where(hangs.is_not(None))).scalars())
    every = views.doors(connection, views.door_count(connection))
    doors = [row for row in every if row.door_id in hung]
    never = [row.door_id for row in doors if row.state.heard_ms is None]
    silent = [
        row.door_id
        for row in doors
        if row.state.heard_ms is not None and now - row.state.heard_ms > SILENT_MS
    ]
    facts = {"seals": len(doors), "silent": silent, "never_heard": never}
    words = []
    if silent:
        words.append(f"{len(silent)} silent for over {span(SILENT_MS)}: {named(silent)}")
    if never:
        words.append(f"{len(never)} never heard: {named(never)}")
    if words:
        return CheckResult(
            "seals", Mark.WARN, f"of {len(doors)} on doors, {'; '.join(words)}", facts
        )
    return CheckResult(
        "seals", Mark.OK, f"{counted(len(doors), 'door')} with a seal, all heard", facts
    )


def refusals(connection: Connection, now: int) -> CheckResult:
    """What was refused in a day, by reason. Strangers and old recordings are no failure of ours."""
    rows = views.refusals(connection, now - DAY_MS)
    facts = {row.reason.value: row.count for row in rows}
    if not rows:
        return CheckResult("refusals", Mark.OK, "none in the last day", facts)
    words = ", ".join(f"{row.reason} {row.count}" for row in rows)
    latest = ago(max(row.latest_ms for row in rows), now)
    return CheckResult(
        "refusals", Mark.WARN, f"in the last day: {words}; the latest {latest}", facts
    )


def pages(connection: Connection, now: int) -> CheckResult:
    """Pages that have not gone out, and pages that were given up."""
    o = tables.outbox.c
    waiting, oldest_ms = connection.execute(
        select(func.count(), func.min(o.made_ms)).where(o.done_ms.is_(None), ~o.gave_up)
    ).one()
    given_up = connection.execute(
        select(func.count()).where(o.gave_up, o.made_ms > now - DAY_MS)
    ).scalar()
    facts = {"waiting": waiting, "oldest_ms": oldest_ms, "given_up": given_up}
    if given_up:
        words = f"{counted(given_up, 'page')} given up in the last day{_latest_error(connection)}"
        return CheckResult("pages", Mark.FAIL, words, facts)
    if not waiting:
        return CheckResult("pages", Mark.OK, "none waits", facts)
    words = f"{counted(waiting, 'page')} not delivered, the oldest {ago(oldest_ms, now)}"
    late_ms = now - oldest_ms
    mark = Mark.FAIL if late_ms > PAGE_FAIL_MS else Mark.WARN if late_ms > PAGE_WARN_MS else Mark.OK
    return CheckResult("pages", mark, words + _latest_error(connection), facts)


def _latest_error(connection: Connection) -> str:
    o = tables.outbox.c
    latest = connection.execute(
        select(o.channel, o.error).where(o.error.is_not(None)).order_by(o.entry_id.desc()).limit(1)
    ).first()
    return f"; {latest[0]} says: {latest[1]}" if latest else ""
