"""A household with two contacts on the console: one case, and its pages name both doors."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.core.events import DoorPlaced, SealBound
from gateway.core.subject import of_door
from gateway.replay.replay import Replay, differing, journaled
from gateway.store import tables
from gateway.store.database import Store
from tests.web.web_site import Console, console, first_case, new_store, seal_id


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = new_store(tmp_path)
    d = tables.doors
    with opened.writing() as connection:
        connection.execute(d.update().where(d.c.door_id == "d1").values(household_id="d0"))
    yield opened
    opened.close()


async def one_household(site: Console) -> None:
    """The first two doors are one household's, with one order and a seal at each."""
    await site.engine.submit(of_door("d0"), DoorPlaced("g1", (), "", ("d1",)))
    await site.engine.submit(of_door("d1"), DoorPlaced("g1", (), "d0", ("d0",)))
    await site.seal(0)
    await site.seal(1, under_order=False)


async def test_one_case_names_both_doors_on_every_page(store: Store) -> None:
    async with console(store) as site:
        await one_household(site)
        await site.opens(0)
        await site.opens(1)
        await site.engine.idle()
        case = await site.text(f"/cases/{first_case(0)}")
        assert "3-101" in case
        assert "3-201" in case
        assert (await site.client.get(f"/cases/{first_case(1)}")).status_code == 404
        assert "该户其他门" in await site.text("/doors/d0", "zh")
        beside = await site.text("/doors/d1")
        assert f"/cases/{first_case(0)}" in beside
        assert "3-201: Open" in await site.text("/")  # the wall says that it is a breach too
        assert "3-101" in beside
        line = await site.text("/doors/d0/household")
        assert line.count("<b>3-101</b>") == line.count("<b>3-201</b>") == 1, "whose state it is"
        assert line.count(" · 3-101 · ") == line.count(" · 3-201 · ") == 1, "and what is contested"
        assert "One opening with another door of the household" in beside
    with store.reading() as connection:
        o = tables.openings.c
        parts = connection.execute(select(o.door_id, o.beside).order_by(o.door_id)).all()
        assert [tuple(row) for row in parts] == [("d0", None), ("d1", first_case(0))]
        ((order_id, household_id),) = connection.execute(
            select(tables.orders.c.order_id, tables.orders.c.household_id)
        )
        assert (order_id, household_id) == ("o0", "d0")


async def test_a_permit_is_used_once_whichever_door_opens(store: Store) -> None:
    async with console(store) as site:
        await one_household(site)
        await site.permit(0)
        for number in (1, 0):
            await site.opens(number)
            await site.shuts(number)
        await site.engine.idle()
        with store.reading() as connection:
            (row,) = connection.execute(select(tables.permits)).mappings().all()
            assert (row["household_id"], row["openings"]) == ("d0", 1)
            assert connection.execute(select(tables.cases.c.case_id)).all() == []


async def test_the_journal_makes_the_same_of_a_household(store: Store) -> None:
    async with console(store) as site:
        await one_household(site)
        await site.permit(1)
        for number in (0, 1, 1):
            await site.opens(number)
            await site.shuts(number)
        await site.engine.idle()
        rulebook = site.engine.state.rulebook
    with store.reading() as connection:
        replay = Replay(rulebook)
        for _ in replay.live(journaled(connection)):
            pass
        apart = differing(connection, replay)
    assert not apart.doors
    assert not apart.journal


async def test_the_phone_the_page_and_the_api_say_what_each_of_its_doors_did(store: Store) -> None:
    async with console(store) as site:
        await one_household(site)
        await site.engine.submit(of_door("d1"), SealBound(seal_id(1), 600_000, make="zigbee2mqtt"))
        await site.opens(0)
        site.clock.advance(5_000)
        await site.opens(1)
        await site.shuts(0)
        site.clock.advance(60_000)
        await site.engine.idle()
        case_id = first_case(0)
        (front, back) = (await site.client.get(f"/api/v1/cases/{case_id}/contacts")).json()[
            "contacts"
        ]
        assert (front["label"], front["openings"], front["make"]) == ("3-101", 1, "")
        assert front["shut_ms"] - front["opened_ms"] >= 5_000
        assert (back["label"], back["shut_ms"], back["make"]) == ("3-201", None, "zigbee2mqtt")
        for path in (f"/cases/{case_id}", f"/handheld/wang/cases/{case_id}"):
            told = (await site.text(path)).split("doors in this case")[1]
            first, second = told.split("</ol>")[0].split("</li>")[:2]
            assert "3-101" in first
            assert "shut again" in first
            assert "Reported by its seal." in first
            assert "3-201" in second
            assert "still open" in second
            assert "another maker" in second
            assert "由本门封条报告" in await site.text(path, "zh")
        missing = await site.client.get("/api/v1/cases/nothing/contacts")
        assert missing.status_code == 404
        await site.shuts(1)
        site.clock.advance(60_000)
        await site.engine.idle()
        assert "still open" not in await site.text(f"/handheld/wang/cases/{case_id}")


async def test_a_contact_that_opened_at_an_unknown_time_says_between_when(store: Store) -> None:
    async with console(store) as site:
        await one_household(site)
        await site.opens(0)
        site.clock.advance(600_000)
        await site.opens(1, age_ms=None)
        await site.engine.idle()
        path = f"/api/v1/cases/{first_case(0)}/contacts"
        front, back = (await site.client.get(path)).json()["contacts"]
        assert front["latest_ms"] == front["opened_ms"]
        assert back["latest_ms"] - back["opened_ms"] >= 600_000
        told = (await site.text(f"/cases/{first_case(0)}")).split("doors in this case")[1]
        assert "between " in told.split("</ol>")[0].split("</li>")[1]


async def test_a_case_of_one_door_lists_none(store: Store) -> None:
    async with console(store) as site:
        await site.seal(2)
        await site.opens(2)
        answer = await site.client.get(f"/api/v1/cases/{first_case(2)}/contacts")
        assert answer.json() == {"contacts": []}
        assert "doors in this case" not in await site.text(f"/cases/{first_case(2)}")
