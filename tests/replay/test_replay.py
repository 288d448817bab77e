"""The journal alone makes the same doors and people, byte for byte, as living through it."""

from pathlib import Path

import pytest

from gateway.core.effects import CaseMoved, OpeningBegan, OpeningEnded, PageDue
from gateway.core.events import RulesSet
from gateway.core.rules import Rulebook, Rules
from gateway.replay.replay import Apart, Replay, differing, journaled
from gateway.store import tables
from gateway.store.database import Store
from tests.engine.random_days import DOORS, HOUR, OF_PEOPLE, Days
from tests.engine.small_site import beating_at, new_store, rows

RESTARTS = 2
TEAM = ("chen", "li", "wang", "zhao")
FEW = Rules(pages_most=2, pages_window_ms=2 * HOUR)  # so that pages wait, and go out as one


async def lived(store: Store, seed: int) -> None:
    """A few days on a store, with restarts between."""
    days = Days(seed, store)
    days.enrol()
    for _ in range(RESTARTS + 1):
        async with beating_at(store, days.clock, FEW) as engine:
            await days.live(engine)
            await days.unanswered_day(engine)


@pytest.mark.parametrize("seed", range(3))
async def test_replaying_the_journal_gives_every_door_and_person_as_they_were_lived(
    seed: int, tmp_path: Path
) -> None:
    store = new_store(tmp_path)
    await lived(store, seed)
    replay = Replay(Rulebook())
    with store.reading() as connection:
        told = [
            (row, effect)
            for row, step in replay.live(journaled(connection))
            for effect in step.effects
        ]
        assert differing(connection, replay) == Apart()
        stored = [door["state"] for door in rows(store, tables.doors)]
        assert [replay.door(f"door-{n}") for n in range(DOORS)] == stored
        people = {row["warden_id"]: row["state"] for row in rows(store, tables.people)}
        assert {who: replay.person(who) for who in TEAM} == people
    kinds = {row["kind"] for row in rows(store, tables.journal)}
    assert kinds >= {"report", "refused", "deadline", "reported", "seal_bound"}
    assert kinds >= {"staff", "door_placed", "person_due", "person_reached", "page_received"}
    pages = {e.page_id for _, e in told if isinstance(e, PageDue)}
    # That somebody cannot be reached may stand in a page for many.
    reasons = {row["reason"] for row in rows(store, tables.outbox)}
    assert reasons >= OF_PEOPLE - {"unreachable"}
    sent = [row for row in rows(store, tables.outbox) if row["reason"] not in OF_PEOPLE]
    assert pages >= {row["page_id"] for row in sent} != set()
    opened = {e.opening_id for _, e in told if isinstance(e, OpeningBegan)}
    assert opened == {row["opening_id"] for row in rows(store, tables.openings)}
    moved = {e.case.case_id: e.case.state for _, e in told if isinstance(e, CaseMoved)}
    assert moved == {row["case_id"]: row["state"] for row in rows(store, tables.cases)}
    assert any(isinstance(e, OpeningEnded) for _, e in told)
    store.close()


async def test_a_replay_under_other_rules_is_seen_to_differ(tmp_path: Path) -> None:
    """The comparison can fail: it is not two empty things that are equal."""
    store = new_store(tmp_path)
    await lived(store, seed=0)
    replay = Replay(Rulebook(Rules(chatter_openings=50, chatter_joined=1000, burst_count=3)))
    with store.reading() as connection:
        its_own = (its for its in journaled(connection) if not isinstance(its.event, RulesSet))
        for _ in replay.live(its_own):
            pass
        assert differing(connection, replay).doors
    store.close()
