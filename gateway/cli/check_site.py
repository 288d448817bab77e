"""What `menshen check` checks in the database: doors, wardens, staff, seals, refusals, pages.

A sealed door under an order that is not watched is a failure, and so is one of which nobody is
told. What concerns no running order is a warning.
"""

import json
from collections.abc import Iterator
from datetime import tzinfo

from sqlalchemy import Connection, func, select

from gateway.channels.kinds import is_channel, samples
from gateway.cli import (
    check_certificates,
    check_channels,
    check_labels,
    check_machine,
    check_spares,
    check_stored,
)
from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.named_door import named_doors
from gateway.cli.output import ago, counted, named
from gateway.core.doors.silence import Liveness, liveness
from gateway.core.duration import DAY_MS, MINUTE_MS, SECOND_MS
from gateway.core.paging.schedule import Role
from gateway.core.reasons import REFUSALS
from gateway.core.rules import Rulebook
from gateway.store import households, journal, states, tables, views
from gateway.store.database import Store

HEADS = (Role.CAPTAIN, Role.CENTRE)  # told of what a warden does not answer, and of the site's
PAGE_WARN_MS, PAGE_FAIL_MS = 10 * SECOND_MS, MINUTE_MS


def parts(
    store: Store, site_webhook: str, now: int, zone: tzinfo, rulebook: Rulebook
) -> Iterator[CheckResult]:
    """Every part, on one snapshot."""
    with store.reading() as connection:
        doubt = states.doubt(connection)
        looks: list[tuple[str, check_stored.Look]] = [
            ("clock", lambda: check_machine.clock(_newest_ms(connection), now, zone, doubt)),
            ("stored", lambda: check_stored.stored(connection, now)),
            ("doors", lambda: doors(connection, now)),
            ("labels", lambda: check_labels.labels(connection, now)),
            ("wardens", lambda: wardens(connection, bool(site_webhook))),
            ("channels", lambda: check_channels.parts(connection, site_webhook, now)),
            ("staff", lambda: staff(connection)),
            ("seals", lambda: seals(connection, now, rulebook)),
            ("spares", lambda: check_spares.spares(connection, now)),
            ("tests", lambda: check_certificates.certificates(connection, now)),
            ("refusals", lambda: refusals(connection, now)),
            ("pages", lambda: pages(connection, now)),
        ]
        for part, look in looks:
            yield from check_stored.guarded(part, look)


def _newest_ms(connection: Connection) -> int:
    return journal.newest(connection)[1]


def doors(connection: Connection, now: int) -> CheckResult:
    """Whether there is anything to watch, and whether each door under an order has a seal."""
    total = views.door_count(connection)
    ordered = _under_order(connection, now)
    bare = sorted(ordered - _sealed(connection))
    covered = _covered_in_part(connection, bare)
    facts = {
        "doors": total,
        "under_order": len(ordered),
        "without_seal": bare,
        "covered_in_part": covered,
    }
    if not total:
        words = "no door is enrolled; `menshen enrol --example doors` shows the table"
        return CheckResult("doors", Mark.FAIL, words, facts)
    if bare:
        words = (
            f"of {counted(len(ordered), 'door')} under an order, {len(bare)} without a seal, so "
            f"nobody watches: {named_doors(connection, bare)}; `menshen flash` makes a seal"
        )
        if covered:
            words += (
                f". Of {counted(len(covered), 'household')} another door has one, and by this one "
                f"they go unseen: {named_doors(connection, covered)}"
            )
        return CheckResult("doors", Mark.FAIL, words, facts)
    if not ordered:
        words = f"{counted(total, 'door')}, none under an order now: nobody is paged of any"
        return CheckResult("doors", Mark.WARN, words, facts)
    words = f"{counted(total, 'door')}, {len(ordered)} under an order, each with a seal"
    return CheckResult("doors", Mark.OK, words, facts)


def _under_order(connection: Connection, now: int) -> set[str]:
    o, d = tables.orders.c, tables.doors.c
    query = select(d.door_id).join(tables.orders, o.household_id == d.household_id)
    query = query.where(d.ended_ms.is_(None), o.from_ms <= now, o.to_ms > now).distinct()
    return set(connection.execute(query).scalars())


def _covered_in_part(connection: Connection, bare: list[str]) -> list[str]:
    """The households that have a seal, though not at each of these doors."""
    d, s = tables.doors.c, tables.seals.c
    of_bare = set(households.of_doors(connection, bare).values())
    query = select(d.household_id).join(tables.seals, s.door_id == d.door_id)
    return sorted(of_bare & set(connection.execute(query).scalars()))


def _sealed(connection: Connection) -> set[str]:
    hangs = tables.seals.c.door_id
    return set(connection.execute(select(hangs).where(hangs.is_not(None))).scalars())


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


def staff(connection: Connection) -> CheckResult:
    """Whether somebody stands above the wardens, and somebody mends what breaks."""
    w = tables.wardens.c
    in_use = w.channels != "[]", w.ended_ms.is_(None)
    query = select(w.role, func.count()).where(*in_use).group_by(w.role)
    counts = {str(role): count for role, count in connection.execute(query)}
    if not counts:
        words = "nobody who can be told is enrolled; `menshen enrol --example wardens`"
        return CheckResult("staff", Mark.FAIL, words, counts)
    wanting = []
    if not any(counts.get(role) for role in HEADS):
        wanting.append(
            "no captain and no centre, so a page that no warden answers, and a trouble of the "
            "gateway, go to everybody"
        )
    if not counts.get(Role.INSTALLER):
        wanting.append("no installer, so broken seals are told to the captain")
    if wanting:
        return CheckResult("staff", Mark.WARN, "; ".join(wanting), counts)
    words = ", ".join(f"{count} {role}" for role, count in sorted(counts.items()))
    return CheckResult("staff", Mark.OK, words, counts)


def seals(connection: Connection, now: int, rulebook: Rulebook) -> CheckResult:
    """Which doors' seals are not heard, by what each promised, as the pages show it.

    A gateway that was off heard none."""
    hung, ordered = _sealed(connection), _under_order(connection, now)
    alive = {
        row.door_id: (row.state, liveness(row.state, now, rulebook.of(row.state.door_class)))
        for row in views.unnamed_doors(connection)
        if row.door_id in hung
    }
    never = [door_id for door_id, (state, _) in alive.items() if state.heard_ms is None]
    lost = [
        door_id
        for door_id, (state, how) in alive.items()
        if how is Liveness.LOST and state.heard_ms is not None
    ]
    late = [door_id for door_id, (_, how) in alive.items() if how is Liveness.LATE]
    facts = {"seals": len(alive), "silent": lost, "late": late, "never_heard": never}
    words = [
        f"{len(door_ids)} {what}: {named_doors(connection, door_ids)}"
        for door_ids, what in ((lost, "silent"), (late, "late"), (never, "never heard"))
        if door_ids
    ]
    if not words:
        heard = (
            f"{counted(len(alive), 'door')} with a seal, all heard" if alive else "none on a door"
        )
        return CheckResult("seals", Mark.OK, heard, facts)
    blind = sorted(ordered & {*lost, *never})
    if blind:
        words.append(f"{len(blind)} of them under an order, not watched now; go and look")
    mark = Mark.FAIL if blind else Mark.WARN
    return CheckResult("seals", mark, f"of {len(alive)} on doors, {'; '.join(words)}", facts)


def refusals(connection: Connection, now: int) -> CheckResult:
    """What was refused in a day, by reason. Strangers and old recordings are no failure of ours.

    What is counted beside it is none: openings of a door under no order (the canary's is one), and
    what seals on no door say (`check_spares`)."""
    rows = [r for r in views.refusals(connection, now - DAY_MS) if r.reason in REFUSALS]
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
        select(func.count()).where(o.gave_up, o.ended.is_(None), o.made_ms > now - DAY_MS)
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
