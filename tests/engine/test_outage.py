"""An outage as the gateway lives through it: one case, and what is true inside it still pages."""

from msgspec.structs import replace
from sqlalchemy import update

from gateway.core.events import PageReceived, SealBound
from gateway.core.rules import Rulebook, Rules
from gateway.core.subject import SITE, of_door
from gateway.engine.engine import Engine
from gateway.replay.replay import Apart, Replay, differing, journaled
from gateway.store import tables
from gateway.store.database import Store
from sealwire import report
from tests.engine.small_site import HandSeal, acknowledged, beating_at, enrol, rows
from tests.manual_clock import ManualClock

SECOND, MINUTE = 1_000, 60_000
HEARTBEAT_MS = 100 * SECOND
SEEING = Rules(blind_percent=100)  # that the watch is lost is another story
DARK, LIT = 24, 6  # doors of the stair that loses its power, and of the other one


class Stairs:
    """Two stairs of sealed doors, and a clock that is moved by hand."""

    def __init__(self, store: Store) -> None:
        self.clock = ManualClock()
        self.seals = [HandSeal() for _ in range(DARK + LIT)]
        self.tokens = 0
        enrol(store, self.seals)
        doors = tables.doors
        with store.writing() as connection:
            for n in range(DARK + LIT):
                place = {"building": "3", "stair": "1" if n < DARK else "2"}
                connection.execute(
                    update(doors).where(doors.c.door_id == f"door-{n}").values(place)
                )

    async def passes(self, engine: Engine, ms: int, beating: range) -> None:
        """Time passes, heartbeat by heartbeat; only these doors' seals are heard."""
        for _ in range(ms // HEARTBEAT_MS):
            for n in beating:
                self.says(engine, n, self.seals[n].heartbeat(self.seals[n].edges % 2))
            await engine.idle()
            self.clock.advance(HEARTBEAT_MS)
            await engine.idle()

    def says(self, engine: Engine, n: int, said: report.Report) -> None:
        self.tokens += 1
        assert engine.receive(self.seals[n].topic, self.seals[n].sealed(said), self.tokens)


def apart(store: Store) -> Apart:
    """What the journal makes otherwise than it was lived."""
    with store.reading() as connection:
        replay = Replay(Rulebook())
        for _ in replay.live(journaled(connection)):
            pass
        return differing(connection, replay)


async def test_a_dark_stair_is_one_case_and_an_opening_inside_it_pages_at_once(
    store: Store,
) -> None:
    stairs, all_doors = Stairs(store), range(DARK + LIT)
    async with beating_at(store, stairs.clock, SEEING) as engine:
        for n in all_doors:
            await engine.submit(
                of_door(f"door-{n}"), SealBound(stairs.seals[n].seal_id, HEARTBEAT_MS)
            )
        await stairs.passes(engine, 3 * HEARTBEAT_MS, all_doors)
        await stairs.passes(engine, 20 * MINUTE, range(DARK, DARK + LIT))
        (case,) = rows(store, tables.cases)
        assert (case["reason"], case["area"]) == ("outage", "stair:3/1")
        (outage,) = rows(store, tables.outages)
        assert outage["doors"].count("door-") == DARK
        stairs.says(engine, 5, stairs.seals[5].edge())
        await engine.idle()
        told = {row["reason"] for row in rows(store, tables.cases)}
        assert told == {"outage", "no_permit"}
        await engine.submit(of_door("door-5"), acknowledged(f"{stairs.seals[5].seal_id}-1", "wang"))
        await stairs.passes(engine, 10 * MINUTE, all_doors)
    cases = {row["reason"]: row for row in rows(store, tables.cases)}
    assert cases["outage"]["outcome"] == "heard_again"
    assert len(cases) == 2, "the storm of their return raised nothing"
    assert apart(store) == Apart()


async def test_the_case_of_an_outage_is_answered_like_any_other(store: Store) -> None:
    stairs, all_doors = Stairs(store), range(DARK + LIT)
    async with beating_at(store, stairs.clock, SEEING) as engine:
        for n in all_doors:
            await engine.submit(
                of_door(f"door-{n}"), SealBound(stairs.seals[n].seal_id, HEARTBEAT_MS)
            )
        await stairs.passes(engine, 2 * HEARTBEAT_MS, all_doors)
        await stairs.passes(engine, 15 * MINUTE, range(DARK, DARK + LIT))
        (case,) = rows(store, tables.cases)
        (page,) = rows(store, tables.outbox)
        signed = PageReceived(case["case_id"], page["page_id"], "wang")
        assert (await engine.submit(SITE, signed)).changed
        taken = await engine.submit(SITE, acknowledged(case["case_id"], "wang"))
        assert taken.changed
        await stairs.passes(engine, 10 * MINUTE, all_doors)
    (case,) = rows(store, tables.cases)
    assert (case["state"], case["acknowledged_by"]) == ("acknowledged", "wang")
    assert case["cleared_ms"] is not None
    assert rows(store, tables.outbox)[0]["received_ms"] is not None
    assert apart(store) == Apart()


async def test_the_receipt_of_a_grouped_page_speaks_for_the_outage_in_it(store: Store) -> None:
    stairs, all_doors = Stairs(store), range(DARK + LIT)
    async with beating_at(store, stairs.clock, replace(SEEING, pages_most=1)) as engine:
        for n in all_doors:
            await engine.submit(
                of_door(f"door-{n}"), SealBound(stairs.seals[n].seal_id, HEARTBEAT_MS)
            )
        await stairs.passes(engine, 2 * HEARTBEAT_MS, all_doors)
        await stairs.passes(engine, 4 * HEARTBEAT_MS, range(DARK, DARK + LIT))
        stairs.says(engine, DARK, stairs.seals[DARK].edge())  # takes the only place there is
        await engine.idle()
        await engine.submit(
            of_door(f"door-{DARK}"), acknowledged(f"{stairs.seals[DARK].seal_id}-1", "w")
        )
        await stairs.passes(engine, 20 * MINUTE, range(DARK, DARK + LIT))
        *_, group = (row for row in rows(store, tables.outbox) if row["reason"] == "grouped")
        (before,) = engine.state.outages.outages
        assert group["case_id"] == before.case.case_id  # type: ignore[union-attr]
        assert not before.case.escalation.received  # type: ignore[union-attr]
        signed = PageReceived(group["case_id"], group["page_id"], "wang")
        await engine.submit(SITE, signed)
        (after,) = engine.state.outages.outages
        assert after.case.escalation.received  # type: ignore[union-attr]
    assert apart(store) == Apart()
