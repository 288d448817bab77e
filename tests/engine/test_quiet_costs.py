"""What is done after each commit, and while nothing happens, does not grow with what waits."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from gateway.core.duration import HOUR_MS
from gateway.core.events import TroubleEnded
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from gateway.core.subject import SITE
from gateway.engine.clock import MachineClock
from gateway.engine.downlink import Downlink
from gateway.engine.queue import NOTED_MS
from gateway.registry import load as registry
from gateway.store import left_by_others, pending, seal_commands, tables
from gateway.store.database import Store
from gateway.store.seal_commands import CommandKind, CommandState, SealCommand
from sealwire import report
from tests.engine.small_site import HandSeal, beating, enrol, new_store, rows
from tests.manual_clock import ManualClock
from tests.waiting import until

OPEN_COMMANDS = 10_000


class Counted:
    """A command that knows how often somebody asked when it ends."""

    asked = 0

    def __init__(self, command: SealCommand) -> None:
        self._command = command

    def __getattr__(self, name: str) -> Any:
        Counted.asked += name == "ends_ms"
        return getattr(self._command, name)


def _command(number: int, ends_ms: int) -> SealCommand:
    seal_id = f"{number:016x}"
    return SealCommand(
        number, seal_id, CommandKind.WIFI, number, b"", CommandState.WAITING, ends_ms
    )


def test_a_fleet_that_is_asked_for_something_costs_no_report_anything() -> None:
    """After each commit it is asked whose time is over: they are gone through once, not each time,
    until the first of them ends."""
    downlink = Downlink()
    fleet: list[Any] = [Counted(_command(n, HOUR_MS + n)) for n in range(OPEN_COMMANDS)]
    downlink.know(fleet)
    assert downlink.overdue(0) == []
    once = Counted.asked
    for now_ms in range(1_000):
        assert downlink.overdue(now_ms) == []
    assert Counted.asked == once


def test_a_command_ends_in_its_time_whatever_was_known_before() -> None:
    """Those that end are told until they have ended; one that is asked later may end earlier; what
    a seal took ends by its word, until it knows nothing of it."""
    downlink = Downlink()
    downlink.know([_command(1, 5_000), _command(2, 7_000)])
    assert downlink.overdue(4_999) == []
    over = downlink.overdue(5_000)
    assert [one.command_id for one in over] == [1]
    assert downlink.overdue(5_001)[0].command_id == 1
    downlink.adopt({1: over[0]})
    assert downlink.overdue(5_001) == []
    downlink.adopt({3: _command(3, 6_000)})
    assert [one.command_id for one in downlink.overdue(6_000)] == [3]
    taken = replace(_command(3, 6_000), state=CommandState.TAKEN)
    downlink.adopt({3: taken})
    assert downlink.overdue(6_999) == []
    downlink.adopt({3: replace(taken, state=CommandState.WAITING)})
    assert [one.command_id for one in downlink.overdue(6_999)] == [3]


def test_one_small_question_tells_of_all_that_other_programs_left(tmp_path: Path) -> None:
    """It says the same as the questions that it spares."""
    store, seal = new_store(tmp_path), HandSeal()
    with store.reading() as connection:
        assert left_by_others.look(connection) == (0, registry.enrolment(connection), 0, 0)
    enrol(store, [seal])
    with store.writing() as connection:
        pending.leave(connection, [(SITE, TroubleEnded(Reason.FLOOD, ""))])
        beat = ((300).to_bytes(3, "big"),)
        seal_commands.add(connection, seal.seal_id, CommandKind.HEARTBEAT, beat, 0, HOUR_MS)
    with store.reading() as connection:
        found = left_by_others.look(connection)
        left = pending.pending_events(connection, 0)
        assert found.pending_id == left[-1][0]
        assert found.enrolment == registry.enrolment(connection)
        assert found[2:] == seal_commands.newest(connection) == (1, 1)
        assert pending.pending_events(connection, found.pending_id) == []
    store.close()


def test_who_was_woken_is_not_woken_again_by_the_time_that_it_would_have_waited() -> None:
    """The machine's clock waits without a task of its own, and leaves nothing behind."""

    async def story() -> None:
        clock, wake, other = MachineClock(0), asyncio.Event(), asyncio.Event()
        asyncio.get_running_loop().call_soon(wake.set)
        await clock.wait(wake, 20)
        wake.clear()
        await clock.wait(other, 60)  # nobody sets it: the time does
        assert other.is_set()
        assert not wake.is_set()

    asyncio.run(story())


async def test_what_is_due_holds_up_no_page_and_waits_for_a_commit_that_comes_anyway(
    store: Store,
) -> None:
    """That an opening is over is written with a report that pages nobody, or a moment later by
    itself; a report that pages somebody is stored without it."""
    first, second, third = seals = [HandSeal(), HandSeal(), HandSeal()]
    enrol(store, seals)
    clock = ManualClock()

    def over() -> int:
        return sum(row["shut_ms"] is not None for row in rows(store, tables.openings))

    def said(seal: HandSeal, what: report.Report) -> None:
        engine.receive(seal.topic, seal.sealed(what), 1)

    async with beating(store, clock=clock) as (engine, post):
        for seal in (first, second):
            said(seal, seal.edge())
            said(seal, seal.edge(report.SHUT))
            await engine.idle()
            clock.advance(1)
        clock.advance(Rules().off_delay_ms)
        said(third, third.edge())
        await until(lambda: len(post.receipts()) == 5)
        assert len(rows(store, tables.outbox)) == 3
        assert over() == 0
        said(third, third.heartbeat(report.OPEN))
        await until(lambda: over() == 2)
        said(third, third.edge(report.SHUT))
        await until(lambda: len(post.receipts()) == 7)
        clock.advance(Rules().off_delay_ms + NOTED_MS)
        await until(lambda: over() == 3)
