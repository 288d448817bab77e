"""What handhelds sign for, and who cannot be reached."""

import json
from pathlib import Path

import msgspec
from sqlalchemy import insert, update

from gateway.core.events import DoorClassed
from gateway.core.paging.person import Person
from gateway.core.rules import CANARY
from gateway.core.subject import of_door
from gateway.store import tables
from tests.web.web_site import (
    Console,
    acting_as,
    console,
    first_case,
    new_store,
    now_ms,
)

UNSIGNED = "/api/v1/wardens/wang/unsigned"


async def unsigned(site: Console) -> list[dict[str, object]]:
    pages: list[dict[str, object]] = (await site.client.get(UNSIGNED)).json()["pages"]
    return pages


async def test_a_handheld_signs_for_a_page_and_the_case_says_that_it_arrived(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        [page] = await unsigned(site)
        assert page["page_id"] == page["case_id"] == first_case(0)
        assert f"/inbox/wang/pages/{first_case(0)}/received" in await site.text("/inbox/wang")
        url = f"/api/v1/pages/{page['page_id']}/received"
        answer = await site.client.post(url, headers=acting_as("wang"))
        assert answer.json() == {"changed": True}
        assert await unsigned(site) == []
        assert "data-sign" not in await site.text("/inbox/wang")
        assert "Delivered" in await site.text(f"/cases/{first_case(0)}")
        [case] = (await site.client.get("/api/v1/cases")).json()["open"]
        assert case["state"] == "paged"
        assert 'data-state="raised" data-waits' in await site.text("/inbox/wang")


async def test_nobody_signs_for_what_was_told_to_another(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        for by, page in (("li", first_case(0)), ("wang", "none"), ("nobody", first_case(0))):
            url = f"/api/v1/pages/{page}/received"
            answer = await site.client.post(url, headers=acting_as(by))
            assert answer.status_code == 404
            answer = await site.client.post(f"/inbox/{by}/pages/{page}/received")
            assert answer.status_code == 404
        assert (await site.client.get("/api/v1/wardens/none/unsigned")).status_code == 404


async def test_the_canary_is_signed_for_and_is_no_card(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.engine.submit(of_door("d0"), DoorClassed(CANARY))
        await site.seal(0)
        await site.opens(0)
        [page] = await unsigned(site)
        assert (page["case_id"], page["reason"]) == ("", "canary")
        phone = await site.text("/inbox/wang")
        assert "data-case-id" not in phone
        assert str(page["page_id"]) in phone
        url = f"/inbox/wang/pages/{page['page_id']}/received"
        assert (await site.client.post(url)).status_code == 204
        assert await unsigned(site) == []


def entry(site: Console, number: int, **fields: object) -> None:
    row: dict[str, object] = {
        "page_id": f"p{number}",
        "case_id": "",
        "door_id": "",
        "warden_id": "wang",
        "channel": "inbox",
        "since_ms": now_ms(),
        "made_ms": now_ms(),
        "next_ms": 0,
        "done_ms": now_ms(),
    }
    with site.store.writing() as connection:
        connection.execute(insert(tables.outbox), row | fields)


async def test_a_grouped_page_shows_every_case_that_is_in_it(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        for number in (0, 1):
            await site.seal(number)
            await site.opens(number)
        ids = [first_case(0), first_case(1)]
        with site.store.writing() as connection:
            connection.execute(tables.outbox.delete())
        about = json.dumps({"cases": 2, "breaches": 2, "case_ids": ids})
        entry(site, 1, reason="grouped", about=about, case_id=ids[0], door_id="d0")
        phone = await site.text("/inbox/wang")
        assert phone.count("data-case-id") == 2
        assert phone.count("The door opened, and nobody had announced it.") == 2


async def test_that_somebody_cannot_be_reached_is_a_note_on_the_phone(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        entry(site, 1, reason="unreachable")
        entry(site, 2, reason="test")
        phone = await site.text("/inbox/wang")
        assert "did not reach a person on the on-call schedule" in phone
        assert phone.count("data-sign") == 2


async def test_what_is_told_again_stands_on_the_card_once(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        [page] = await unsigned(site)
        again = {name: page[name] for name in ("case_id", "door_id", "since_ms")}
        entry(site, 1, reason="no_permit", **again)
        phone = await site.text("/inbox/wang")
        assert phone.count("data-page-id") == 1
        assert f'data-page-id="{first_case(0)}"' in phone


async def test_the_list_of_wardens_says_who_is_what_and_who_cannot_be_reached(
    tmp_path: Path,
) -> None:
    store = new_store(tmp_path)
    with store.writing() as connection:
        captain = update(tables.wardens).where(tables.wardens.c.warden_id == "li")
        connection.execute(captain.values(role="captain"))
        state = msgspec.json.encode(Person("li", working=False))
        connection.execute(insert(tables.people), {"warden_id": "li", "state": state})
    async with console(store) as site:
        page = await site.text("/wardens")
        assert "Grid Two · Captain" in page
        assert page.count(">Not reached</span>") == 1
