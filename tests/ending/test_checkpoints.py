"""A journal may begin in its middle: the states are the same, whatever went before it."""

from pathlib import Path

from sqlalchemy import delete

from gateway.core.rules import Rulebook
from gateway.replay.replay import Apart, Replay, beginning, differing, journaled
from gateway.store import checkpoints, tables
from gateway.store.database import Store
from gateway.store.poisoned import Findings
from gateway.store.rebuild import Rebuild
from gateway.store.states import encode
from tests.engine.random_days import DOORS, Days
from tests.engine.small_site import beating_at, new_store, rows


def replayed(store: Store) -> Apart:
    with store.reading() as connection:
        begins, after_id = beginning(connection)
        replay = Replay(Rulebook(), begins)
        for row in journaled(connection, after_id=after_id):
            replay.step(row)
        return differing(connection, replay)


async def test_what_stands_before_a_checkpoint_may_go_and_all_states_are_made_again(
    tmp_path: Path,
) -> None:
    store = new_store(tmp_path)
    days = Days(7, store)
    days.enrol()
    async with beating_at(store, days.clock) as engine:
        await days.live(engine)
    with store.writing() as connection:
        journal_id = checkpoints.make(connection)
        connection.execute(delete(tables.journal).where(tables.journal.c.journal_id < journal_id))
    async with beating_at(store, days.clock) as engine:
        await days.live(engine)
    assert min(row["journal_id"] for row in rows(store, tables.journal)) == journal_id
    assert replayed(store) == Apart()
    with store.reading() as connection:
        anew = Rebuild(connection, found := Findings())
        made = [encode(anew.door(f"door-{n}")) for n in range(DOORS)]
        outages, troubles = anew.site()
    assert not len(found)
    stored = {row["door_id"]: row["state"] for row in rows(store, tables.doors)}
    assert made == [stored[f"door-{n}"] for n in range(DOORS)]
    known = {row["name"]: row["state"] for row in rows(store, tables.states)}
    assert known.get("outages", encode(outages)) == encode(outages)
    assert known.get("troubles", encode(troubles)) == encode(troubles)
    store.close()


async def test_without_the_checkpoint_they_would_not_be(tmp_path: Path) -> None:
    """The comparison can fail."""
    store = new_store(tmp_path)
    days = Days(7, store)
    days.enrol()
    async with beating_at(store, days.clock) as engine:
        await days.live(engine)
    newest = max(row["journal_id"] for row in rows(store, tables.journal))
    with store.writing() as connection:
        connection.execute(delete(tables.journal).where(tables.journal.c.journal_id < newest))
    assert replayed(store).doors
    store.close()
