"""What handhelds sign for, what permits are announced by programs, and how alive a door is
shown."""

import json
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import insert, update

from gateway.core.actor import actor_of
from gateway.core.events import DoorClassed
from gateway.core.model import Case, CaseState, Contact, Door, Opening, Order, Shelf, Silence
from gateway.core.paging.person import Person
from gateway.core.reasons import Reason
from gateway.core.rules import CANARY, Rulebook
from gateway.core.subject import of_door
from gateway.language import times
from gateway.store import tables, views
from gateway.store.views import DoorRow
from gateway.web.door_words import WORDS, tile
from tests.web.web_site import (
    HOUR_MS,
    Console,
    acting_as,
    console,
    first_case,
    new_store,
    now_ms,
    seal_id,
)

HEARTBEAT_MS = 100_000
UNSIGNED = "/api/wardens/wang/unsigned"


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
        url = f"/api/pages/{page['page_id']}/received"
        answer = await site.client.post(url, headers=acting_as("wang"))
        assert answer.json() == {"changed": True}
        assert await unsigned(site) == []
        assert "data-sign" not in await site.text("/inbox/wang")
        assert "Arrived" in await site.text(f"/cases/{first_case(0)}")
        [case] = (await site.client.get("/api/cases")).json()["open"]
        assert case["state"] == "paged"
        assert 'data-state="raised" data-waits' in await site.text("/inbox/wang")


async def test_nobody_signs_for_what_was_told_to_another(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        for by, page in (("li", first_case(0)), ("wang", "none"), ("nobody", first_case(0))):
            url = f"/api/pages/{page}/received"
            answer = await site.client.post(url, headers=acting_as(by))
            assert answer.status_code == 404
            answer = await site.client.post(f"/inbox/{by}/pages/{page}/received")
            assert answer.status_code == 404
        assert (await site.client.get("/api/wardens/none/unsigned")).status_code == 404


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


def announcement(**changed: object) -> dict[str, object]:
    body = {"from_ms": now_ms(), "to_ms": now_ms() + HOUR_MS, "who": "Zhang", "why": "meals"}
    return body | changed


async def test_a_permit_recurs_for_programs_and_on_the_doors_page(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        daily = announcement(daily=[[420, 510], [1380, 60]], days=0b0011111, openings=2)
        assert (await site.client.post("/api/doors/d0/permits", json=daily)).json()["changed"]
        page = await site.text("/doors/d0")
        assert "Mon, Tue, Wed, Thu, Fri 07:00–08:30, 23:00–01:00" in page
        assert "2 openings each time" in page
        form = {
            "from": times.field(now_ms(), site.zone),
            "to": times.field(now_ms() + HOUR_MS, site.zone),
            "who": "Zhang",
            "why": "meals",
            "daily": "07:00-08:30, 11:30-13:00",
            "days": ["5", "6"],
        }
        assert (await site.client.post("/doors/d1/permits", data=form)).status_code == 303
        with site.store.reading() as connection:
            [row] = views.doors_of(connection, ["d1"])
        [permit] = row.state.permits
        assert (permit.daily, permit.days) == (((420, 510), (690, 780)), 0b1100000)
        bad = await site.client.post("/doors/d1/permits", data=form | {"daily": "morning"})
        assert (bad.status_code, "Times of the day" in bad.text) == (422, True)


@pytest.mark.parametrize("daily", [[[420]], [[0, 1440]], [[-1, 5]], [[1, 2]] * 9, "07:00"])
async def test_windows_that_cannot_be_are_refused(daily: object, tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        answer = await site.client.post("/api/doors/d0/permits", json=announcement(daily=daily))
        assert answer.status_code == 422


async def test_a_courier_is_announced_for_a_whole_stair(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        with site.store.writing() as connection:
            placed = update(tables.doors).values(building="3", stair="2")
            connection.execute(placed.where(tables.doors.c.door_id.in_(["d0", "d2"])))
        body = announcement(permit_id="0123456789abcdef")
        told = (await site.client.post("/api/areas/stair:3/2/permits", json=body)).json()
        assert told == {"changed": True, "permit_id": "0123456789abcdef", "doors": ["d0", "d2"]}
        with site.store.reading() as connection:
            rows = views.doors_of(connection, ["d0", "d1", "d2"])
        ids = {row.door_id: [p.permit_id for p in row.state.permits] for row in rows}
        assert ids == {"d0": ["0123456789abcdef-1"], "d1": [], "d2": ["0123456789abcdef-2"]}
        missing = await site.client.post("/api/areas/building:9/permits", json=body)
        assert missing.status_code == 404


NOW = 10_000_000
SEEN = Door(
    "d0",
    seal_id=seal_id(0),
    heartbeat_ms=HEARTBEAT_MS,
    contact=Contact.SHUT,
    heard_ms=NOW,
    orders=(Order("o", 0, 10**12),),
)
RAISED = Case("c", Reason.SILENT_OPEN, CaseState.PAGED, NOW)


@pytest.mark.parametrize(
    ("door", "later_ms", "tone", "word", "is_late"),
    [
        (SEEN, 0, "shut", "shut", False),
        (SEEN, 2 * HEARTBEAT_MS, "shut", "shut", True),
        (SEEN, 4 * HEARTBEAT_MS, "unheard", "lost", False),
        (replace(SEEN, heartbeat_ms=None), 9 * HEARTBEAT_MS, "shut", "shut", False),
        (replace(SEEN, heard_ms=None), 0, "unheard", "unheard", False),
        (
            replace(SEEN, outage="x", silence=Silence(NOW)),
            4 * HEARTBEAT_MS,
            "unheard",
            "outage",
            False,
        ),
        (replace(SEEN, contact=Contact.OPEN, case=RAISED), 0, "breach", "breach", False),
        (
            replace(SEEN, contact=Contact.OPEN, case=RAISED),
            4 * HEARTBEAT_MS,
            "waiting",
            "lost_waiting",
            False,
        ),
        (
            replace(SEEN, case=replace(RAISED, shelf=Shelf(actor_of("w"), "y", 9))),
            0,
            "in_hand",
            "aside",
            False,
        ),
        (
            replace(
                SEEN,
                contact=Contact.OPEN,
                opening=Opening("o", NOW, Reason.ALLOWANCE),
            ),
            0,
            "announced",
            "allowed",
            False,
        ),
    ],
)
def test_how_alive_a_door_looks(
    door: Door, later_ms: int, tone: str, word: str, is_late: bool
) -> None:
    shown = tile(DoorRow("d0", "3-101", "g1", "Grid", door), NOW + later_ms, Rulebook())
    assert (shown.tone, shown.word, shown.is_late) == (tone, word, is_late)
    assert shown.word in WORDS
    if word in ("lost", "outage"):
        assert (shown.symbol, shown.since_ms) == ("unknown", NOW)


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
        assert page.count("Not reached") == 1
