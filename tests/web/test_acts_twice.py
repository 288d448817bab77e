"""An act that is done twice is one act; what people write is held to one rule; orders and permits
end on the door's page and by program."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from gateway.core.events import OrderPlaced
from gateway.core.model import Order
from gateway.core.subject import of_door
from gateway.language import times
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import Ending
from gateway.store import tables, views
from tests.web.web_site import HOUR_MS, console, first_case, new_store, now_ms

SAME_TIMES = 1_000
PERMITS = "/api/v1/doors/d0/permits"
AT_ONCE = 50


def permits(store):
    with store.reading() as connection:
        return views.doors_of(connection, ["d0"])[0].state.permits


def rows(store):
    with store.reading() as connection:
        return connection.execute(select(func.count()).select_from(tables.permits)).scalar()


def body(**changed):
    meal = {"from_ms": now_ms(), "to_ms": now_ms() + HOUR_MS, "who": "Li", "why": "meal"}
    return meal | changed


async def test_i12_a_thousand_identical_announcements_are_one_by_program(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        same = body()
        ids = set()
        for _ in range(SAME_TIMES // AT_ONCE):
            posts = (site.client.post(PERMITS, json=same) for _ in range(AT_ONCE))
            for answer in await asyncio.gather(*posts):
                assert answer.status_code == 200
                ids.add(answer.json()["permit_id"])
        assert rows(site.store) == len(permits(site.store)) == len(ids) == 1
        later = await site.client.post(PERMITS, json=same | {"from_ms": now_ms()})
        assert later.json() == {"changed": False, "permit_id": ids.pop()}
        other = await site.client.post(PERMITS, json=same | {"why": "test"})
        assert other.json()["changed"]


async def test_i12_and_for_a_whole_building(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        with site.store.writing() as connection:
            connection.execute(update(tables.doors).values(building="3"))
        same = body()
        first, again = [
            (await site.client.post("/api/v1/areas/building:3/permits", json=same)).json()
            for _ in range(2)
        ]
        assert again == first | {"changed": False}
        assert rows(site.store) == len(first["doors"]) == 4


async def test_i12_and_by_form_though_each_page_has_an_id_of_its_own(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        form = {
            "from": times.field(now_ms(), site.zone),
            "to": times.field(now_ms() + HOUR_MS, site.zone),
            "who": " Li　Si ",
            "why": "meal",
        }
        for number in range(40):
            fresh = form | {"offered": f"{number:016x}"}
            assert (await site.client.post("/doors/d0/permits", data=fresh)).status_code == 303
        assert rows(site.store) == 1
        assert permits(site.store)[0].who == "Li Si"


@pytest.mark.parametrize(
    ("written", "sign"),
    [("Li\u202eS", "U+202E"), ("Li\x07", "U+0007"), ("a\nb", "U+000A"), ("x\ufffd", "U+FFFD")],
)
async def test_i12_one_rule_for_peoples_text_by_form_and_program(
    tmp_path: Path, written: str, sign: str
) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        case_id = first_case(0)
        form = {
            "from": times.field(now_ms(), site.zone),
            "to": times.field(now_ms() + HOUR_MS, site.zone),
            "who": "Li",
            "why": "meal",
        }
        shelf = {"why": written, "until_ms": now_ms() + HOUR_MS}
        actor = {"Menshen-Actor": "centre"}
        answers = [
            await site.client.post("/doors/d0/permits", data=form | {"who": written}),
            await site.client.post(PERMITS, json=body(why=written)),
            await site.client.post(f"/api/v1/cases/{case_id}/shelve", json=shelf, headers=actor),
        ]
        for answer in answers:
            assert answer.status_code == 422
            assert sign in answer.text
        assert rows(site.store) == 0


async def test_e8_an_order_and_a_permit_end_on_the_doors_page_and_by_program(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        order = Order("o-end", now_ms() - HOUR_MS, now_ms() + 9 * HOUR_MS)
        await site.engine.submit(of_door("d0"), OrderPlaced(order))
        announced = (await site.client.post(PERMITS, json=body())).json()
        page = await site.text("/doors/d0")
        assert "/doors/d0/orders/o-end/end" in page
        assert f"/doors/d0/permits/{announced['permit_id']}/end" in page
        path = f"/doors/d0/permits/{announced['permit_id']}/end"
        assert (await site.client.post(path)).status_code == 303
        assert (await site.client.post(f"/api/v1{path}")).json() == {"changed": False}
        assert (await site.client.post("/doors/d0/orders/o-end/end")).status_code == 303
        assert (await site.client.post("/api/v1/doors/d0/orders/o-end/end")).json() == {
            "changed": False
        }
        assert (await site.client.post("/api/v1/doors/d0/orders/o-none/end")).status_code == 404
        assert (await site.client.post("/api/v1/doors/d99/permits/p/end")).status_code == 404
        page = await site.text("/doors/d0")
        assert "/orders/o-end/end" not in page
        assert "No opening is announced." in page
        with site.store.reading() as connection:
            o = tables.orders.c
            to_ms = connection.execute(select(o.to_ms).where(o.order_id == "o-end")).scalar()
        assert to_ms <= now_ms()


async def test_e8_a_door_out_of_use_shows_its_history_and_takes_nothing(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        with site.store.writing() as connection:
            enrolment = Enrolment(connection, now_ms(), site.zone)
            enrolment.take(Ending("doors", "d0"))
            enrolment.write()
        page = await site.text("/doors/d0")
        assert "Door out of use" in page
        assert "/doors/d0/permits" not in page
        assert "3-101" in page
        assert (await site.client.post(PERMITS, json=body())).status_code == 404
        assert "3-101" not in await site.text("/")
