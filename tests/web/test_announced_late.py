"""A10: an opening that was told and then announced: the log says who was disturbed, and a stair's
meal round closes nothing silently."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway.store import tables
from tests.web.web_site import Console, console, first_case, new_store, now_ms

MINUTE_MS = 60_000


def round_of(site: Console, **more: Any) -> dict[str, Any]:
    times = {"from_ms": now_ms() - 30 * MINUTE_MS, "to_ms": now_ms() + 60 * MINUTE_MS}
    return {**times, "who": "Canteen", "why": "lunch", "openings": 2, **more}


def states(site: Console) -> dict[str, str]:
    with site.store.reading() as connection:
        c = tables.cases.c
        return {row.door_id: row.state for row in connection.execute(select(c.door_id, c.state))}


def permits(site: Console) -> int:
    with site.store.reading() as connection:
        return len(connection.execute(select(tables.permits.c.permit_id)).all())


def in_a_stair(folder: Path) -> Any:
    store = new_store(folder)
    with store.writing() as connection:
        connection.execute(update(tables.doors).values(building="3", stair="2"))
    return store


async def test_a10_the_log_says_who_was_disturbed_and_when(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        await site.permit(0)
        page = await site.text("/doors/d0")
        assert "Announced afterwards by Zhang Wei: lunch. Told before that: Wang Fang" in page
        assert "nobody was disturbed" not in page.lower().split("announce an opening")[0]
        assert "事后由Zhang Wei报备" in await site.text("/doors/d0", "zh")
        assert "Wang Fang" in await site.text(f"/cases/{first_case(0)}")
        await site.seal(1)
        await site.permit(1)
        await site.opens(1)
        assert "Nobody was disturbed" in await site.text("/doors/d1")


async def test_a10_a_meal_round_lists_the_doors_that_wait_and_asks(tmp_path: Path) -> None:
    async with console(in_a_stair(tmp_path)) as site:
        for number in range(3):
            await site.seal(number)
        await site.opens(0)
        await site.opens(1)
        body = round_of(site)
        answer = await site.client.post("/api/v1/areas/stair:3/2/permits", json=body)
        assert answer.status_code == 409
        asked = answer.json()
        assert asked["reason"] == "late"
        assert [door["door_id"] for door in asked["waiting"]] == ["d0", "d1"]
        assert {door["label"] for door in asked["waiting"]} == {"3-101", "3-201"}
        assert "2 doors" in asked["detail"]
        assert permits(site) == 0, "nothing is announced before it is said"
        assert set(states(site).values()) <= {"raised", "paged"}


@pytest.mark.parametrize(("late", "state"), [("close", "closed"), ("leave", "raised")])
async def test_a10_what_is_said_of_them_is_done(tmp_path: Path, late: str, state: str) -> None:
    async with console(in_a_stair(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        body = round_of(site, late=late)
        answer = await site.client.post("/api/v1/areas/stair:3/2/permits", json=body)
        assert answer.status_code == 200, answer.text
        assert states(site)["d0"].replace("paged", "raised") == state
        assert permits(site) == 4
        bad = await site.client.post(
            "/api/v1/areas/stair:3/2/permits", json=body | {"late": "maybe"}
        )
        assert bad.status_code == 422


async def test_a10_a_round_where_nobody_waits_is_announced_at_once_and_closes_nothing_later(
    tmp_path: Path,
) -> None:
    async with console(in_a_stair(tmp_path)) as site:
        await site.seal(0)
        answer = await site.client.post("/api/v1/areas/stair:3/2/permits", json=round_of(site))
        assert answer.status_code == 200
        with site.store.reading() as connection:
            j = tables.journal.c
            bodies = connection.execute(select(j.body).where(j.kind == "permit")).scalars().all()
        assert all(json.loads(body)["explains"] is False for body in bodies)
        await site.opens(0)
        assert states(site) == {}, "the round covers it"
