"""What a household says of its silent seals by text message."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from gateway.core.duration import MINUTE_MS
from gateway.core.events import DoorPlaced, SealBound
from gateway.core.subject import of_door
from gateway.store import household_views, tables
from tests.web.texting import says, site_of
from tests.web.web_site import Console, new_store, seal_id


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Console]:
    async with site_of(new_store(tmp_path, 2)) as found:
        yield found


async def test_a_silent_seal_is_answered_for_by_text(site: Console) -> None:
    """Nothing is asked while it is heard; then what is said is noted, of each that is silent."""
    asked = (
        "Nothing is asked of your seal now, so nothing is noted. If it came off or hangs loose, "
    )
    assert await says(site, "came off") == asked + "ring your grid worker."
    assert not answers_of(site)
    await falls_silent(site)
    assert await says(site, "封条掉了", "m2") == (
        "明白：封条不在原位了。已记下，不怪您。白天会有人来处理。"
    )
    assert await says(site, "sorry, it is in its place", "m3") == (
        "Understood: the seal is in its place. It is noted."
    )
    assert await says(site, "sorry, it is in its place", "m3"), "handed over twice"
    assert answers_of(site) == [("in_place", "text"), ("not_in_place", "text")]
    silence = site.engine.state.doors["d0"].silence
    assert silence is not None
    assert silence.said_in_place
    help_line = await says(site, "hm", "m4")
    assert "in place; came off" in help_line
    for named in ("3-101", "d0", "quarantine", "order"):
        assert named not in asked + help_line


async def test_of_several_doors_those_that_are_silent_are_answered_for(site: Console) -> None:
    for door_id, other in (("d0", "d1"), ("d1", "d0")):
        placed = DoorPlaced("g1", household="d0", beside=(other,))
        await site.engine.submit(of_door(door_id), placed)
    with site.store.writing() as connection:
        change = update(tables.doors).where(tables.doors.c.door_id == "d1")
        connection.execute(change.values(household_id="d0"))
    await falls_silent(site, 1)
    assert "in its place" in await says(site, "in place")
    assert not answers_of(site)
    assert answers_of(site, "d1") == [("in_place", "text")]
    await falls_silent(site, 0)
    assert "in its place" in await says(site, "still in place", "m2")
    assert [len(answers_of(site, door_id)) for door_id in ("d0", "d1")] == [1, 2]


async def falls_silent(site: Console, number: int = 0) -> None:
    """A door's seal promises a heartbeat each ten minutes, and keeps none of four."""
    await site.engine.submit(of_door(f"d{number}"), SealBound(seal_id(number), 10 * MINUTE_MS))
    await site.shuts(number, 0)
    for _ in range(8):
        site.clock.advance(5 * MINUTE_MS)  # type: ignore[attr-defined] # a manual one
        await site.engine.idle()
    assert site.engine.state.doors[f"d{number}"].silence is not None


def answers_of(site: Console, door_id: str = "d0") -> list[tuple[str, str]]:
    """What was said of a door's seal, and how, the latest first."""
    with site.store.reading() as connection:
        rows = household_views.seal_answers_at(connection, door_id, site.clock.now_ms())
    return [(row.answer, row.said_way) for row in rows]
