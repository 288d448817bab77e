"""I13: a whole gateway is stopped in the middle of an escalation and started again."""

from sqlalchemy import insert

from gateway.core.actor import actor_of
from gateway.core.events import CaseAssessed, CaseReported, CaseSignedOff
from gateway.core.outcome import Outcome
from gateway.core.rules import Rules
from gateway.core.subject import of_door
from gateway.store import tables
from gateway.store.database import Store
from gateway.store.outbox import Entry
from tests.engine.small_site import HandSeal, acknowledged, beating, beating_at, enrol, rows
from tests.engine.test_outage import apart
from tests.manual_clock import ManualClock

RULES = Rules()


def told(store: Store) -> list[tuple[str, int]]:
    """Who was told, and when: the pages of the first round."""
    entries = rows(store, tables.outbox)
    return [(row["warden_id"], row["made_ms"]) for row in entries if "-r" not in row["page_id"]]


async def test_i13_due_steps_are_told_at_the_start_and_the_others_when_they_would_have_been(
    store: Store,
) -> None:
    seal, clock = HandSeal(), ManualClock()
    began_ms = clock.now_ms()
    enrol(store, [seal])
    with store.writing() as connection:
        for role in ("deputy", "captain", "centre"):
            row = {"warden_id": role, "name": role, "role": role, "grid_id": "g"}
            connection.execute(insert(tables.wardens), row)
    async with beating_at(store, clock) as engine:
        engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
        await engine.idle()
    clock.advance(RULES.captain_ms + 10_000)  # nobody works; deputy and captain were due
    again_ms = clock.now_ms()
    async with beating_at(store, clock) as engine:
        await engine.idle()
        assert told(store) == [("wang", began_ms), ("deputy", again_ms), ("captain", again_ms)]
        clock.advance(began_ms + RULES.centre_ms - again_ms - 1)
        await engine.idle()
        assert len(told(store)) == 3
        clock.advance(1)
        await engine.idle()
        assert told(store)[-1] == ("centre", began_ms + RULES.centre_ms)
    assert apart(store).journal == ()


async def test_a11_the_page_of_a_waiting_review_is_needed_until_that_is_done(store: Store) -> None:
    seal, clock = HandSeal(), ManualClock()
    enrol(store, [seal])
    with store.writing() as connection:
        channels = '["webhook:http://127.0.0.1:9/hook"]'
        row = {"warden_id": "sun", "name": "sun", "role": "captain", "grid_id": "g"}
        connection.execute(insert(tables.wardens), row | {"channels": channels})
    case_id, door = f"{seal.seal_id}-1", of_door("door-0")
    told: list[Entry] = []
    async with beating(store, clock=clock) as (engine, post):
        engine.connect(post, [told.extend])
        engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
        await engine.idle()
        await engine.submit(door, acknowledged(case_id, "wang"))
        by = actor_of("wang")
        await engine.submit(door, CaseReported(case_id, by, "r", outcome=Outcome.REPORTED))
        clock.advance(2 * 86_400_000)
        await engine.idle()
        reminders = [entry for entry in told if entry.reason == "review_waits"]
        assert {entry.warden_id for entry in reminders} == {"sun"}
        assert engine.ended(reminders[0]) is None
        await engine.submit(door, CaseAssessed(case_id, actor_of("sun"), "a"))
        await engine.submit(door, CaseSignedOff(case_id, actor_of("sun"), "s"))
        await engine.idle()
    assert rows(store, tables.cases)[0]["signed_off_by"] == "sun"
