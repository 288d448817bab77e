"""The installer's phone: which doors want a test, what is scanned, the test itself, a certificate;
and visits, for people and for programs."""

import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from playwright.async_api import expect
from sqlalchemy import insert

from gateway.core.commissioning import CheckMark
from gateway.core.doors.walk_test import HOLD_MS, LASTS_MOST_MS
from gateway.core.events import OrderPlaced, ReportCame, SealBound
from gateway.core.model import Contact, Door, Order
from gateway.core.subject import of_door
from gateway.engine.clock import MachineClock
from gateway.registry.certificates import verified
from gateway.store import tables
from gateway.web.pages import commission
from tests.web.door_labels import camera_phone, other_film
from tests.web.handheld_phone import complaints_of
from tests.web.marked_ways import saying, way_to
from tests.web.signed_in import Site, signed_in_site
from tests.web.test_in_a_browser import served
from tests.web.web_site import HOUR_MS, console, new_store, now_ms, problem_of, seal_id

API = "/api/v1/doors/d0"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """Two doors under an order, whose seals nobody has tested; d2 of another grid."""
    async with signed_in_site(tmp_path) as found:
        for number in (0, 1, 2):
            with found.store.writing() as connection:
                seal = {"seal_id": seal_id(number), "key": bytes(32), "door_id": f"d{number}"}
                connection.execute(insert(tables.seals), seal | {"enrolled_ms": 0})
            door = of_door(f"d{number}")
            await found.engine.submit(door, SealBound(seal_id(number), must_certify=True))
            order = Order(f"o{number}", 0, now_ms() + 24 * HOUR_MS)
            await found.engine.submit(door, OrderPlaced(order))
            await Hand(found, number).says(Contact.SHUT)
        yield found


class Hand:
    """Whoever tests a seal, as its seal tells it."""

    def __init__(self, site: Site, number: int = 0) -> None:
        self._site, self._number = site, number
        self.edges = self._seq = 0

    async def says(self, contact: Contact, edge: bool = False, **more: object) -> None:
        self._site.clock.advance(1_000)  # type: ignore[attr-defined] # a manual one
        self.edges += edge
        self._seq += 1
        fields = {"edge": edge, **more}
        seal = seal_id(self._number)
        said = ReportCame(seal, self._seq if edge else 0, contact, self.edges, **fields)  # type: ignore[arg-type]
        await self._site.engine.submit(of_door(f"d{self._number}"), said)

    async def tests(self) -> None:
        """All that is asked for."""
        await self.says(Contact.SHUT, cover=True)
        await self.says(Contact.SHUT)
        for contact in (Contact.OPEN, Contact.SHUT) * 3:
            await self.says(contact, edge=True)
        self._site.clock.advance(HOLD_MS)  # type: ignore[attr-defined]
        await self.says(Contact.SHUT)


def door(site: Site, number: int = 0) -> Door:
    return site.engine.state.doors[f"d{number}"]


async def test_every_door_that_wants_a_test_can_be_reached_however_many(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commission, "LISTED_MAX", 2)
    async with site.browser("inst") as phone:
        seen, address = [], "/commission"
        for _ in range(2):
            page = (await phone.get(address)).text
            seen += re.findall(r"/doors/(d[0-9])/walk-test", page)
            address = (re.findall(r'href="(/commission\?begin=[0-9]+)"', page) or [""])[-1]
        assert sorted(seen) == ["d0", "d1", "d2", "d3"]
        assert address == "/commission?begin=0", "and back to the most urgent"
        page = (await phone.get("/commission?begin=99")).text  # meanwhile most have passed
        assert page.count("/walk-test") == 1
        for wrong in ("-1", "x", "9" * 30):
            assert (await phone.get(f"/commission?begin={wrong}")).status_code == 422


async def test_a_captain_learns_nothing_of_another_grids_door_by_a_seals_label(site: Site) -> None:
    said = {"code": seal_id(2), "door": "d0"}
    for name, status in (("inst", 409), ("cai", 404)):
        async with site.browser(name) as phone:
            told = await phone.post("/commission", data=said)
            assert (told.status_code, "9-909" in told.text) == (status, status == 409)


async def test_an_installer_finds_the_doors_tests_one_and_has_its_certificate(site: Site) -> None:
    async with site.browser("inst") as phone:
        page = (await phone.get("/commission")).text
        assert page.count("Not tested yet") == 3
        scanned = await phone.post("/commission", data={"code": f"menshen:seal:{seal_id(0)}"})
        leads_to = saying("/doors/d0/walk-test", "/commission")
        assert (scanned.status_code, way_to(scanned)) == (303, leads_to)
        assert (
            "Not sealed: never tested at this door" in (await phone.get("/doors/d0/walk-test")).text
        )
        await phone.post("/doors/d0/walk-test")
        page = (await phone.get("/doors/d0/walk-test")).text
        assert "The test runs" in page
        assert "Lift the seal off its plate" in page
        await Hand(site).tests()
        page = (await phone.get("/doors/d0/walk-test")).text
        assert "Sealed: tested and certified" in page
        printed = (await phone.get("/doors/d0/certificate")).text
        assert "Certificate of a seal" in printed
        assert seal_id(0) in printed
        file = await phone.get("/doors/d0/certificate/file")
        assert "attachment" in file.headers["content-disposition"]
        said = verified(file.content, {json.loads(file.content)["key"]})
        assert (said.door, said.by) == ("d0", "inst")
        assert (await phone.get("/commission")).text.count("Not tested yet") == 2
    assert door(site).case is None


async def test_a_seal_at_the_wrong_door_is_told(site: Site) -> None:
    async with site.browser("inst") as phone:
        wrong = await phone.post("/commission", data={"code": seal_id(0), "door": "d1"})
        assert wrong.status_code == 409
        assert "This seal belongs to another door: 3-101" in wrong.text
        for said, status in (
            ({"code": "f" * 16}, 404),
            ({"code": "nonsense"}, 422),
            ({"door": "nowhere"}, 422),
            ({}, 422),
        ):
            assert (await phone.post("/commission", data=said)).status_code == status, said
        assert (await phone.get(f"/seals/{seal_id(1)}")).headers[
            "location"
        ] == "/doors/d1/walk-test"


async def test_a_captain_finds_the_seals_of_her_grids_only(site: Site) -> None:
    async with site.browser("cai") as captain:
        assert (await captain.get(f"/seals/{seal_id(0)}")).status_code == 303
        assert (await captain.get(f"/seals/{seal_id(2)}")).status_code == 404
        assert (await captain.get("/doors/d2/walk-test")).status_code == 404
    async with site.browser("wang") as warden:
        assert (await warden.get("/commission")).status_code == 403


async def test_who_leaves_off_or_forgets_it_covers_no_more(site: Site) -> None:
    async with site.browser("inst") as phone:
        await phone.post("/doors/d0/walk-test")
        await phone.post("/doors/d0/walk-test/end")
        assert (
            "The test is over, without a certificate"
            in (await phone.get("/doors/d0/walk-test")).text
        )
        await phone.post("/doors/d0/walk-test")
        site.clock.advance(LASTS_MOST_MS)  # type: ignore[attr-defined]
        await Hand(site).says(Contact.OPEN, edge=True)
    case = door(site).case
    assert case is not None
    assert case.reason == "no_permit"


async def test_a_visit_is_announced_and_ended_on_the_door_s_page(site: Site) -> None:
    async with site.browser("inst") as phone:
        form = {"who": "Li", "purpose": "battery", "minutes": 30, "offered": "0" * 16}
        for _ in range(2):  # pressed twice, it is one
            assert (await phone.post("/doors/d0/visits", data=form)).status_code == 303
        (visit,) = door(site).visits
        page = (await phone.get("/doors/d0")).text
        assert "Battery change: Li" in page
        await Hand(site).says(Contact.SHUT, cover=True)
        assert door(site).case is None
        await phone.post(f"/doors/d0/visits/{visit.visit_id}/end")
        case = door(site).case
        assert case is not None
        assert case.reason == "cover_tamper"
        assert (await phone.post("/doors/d0/visits", data=form | {"who": " "})).status_code == 422
        assert (await phone.post("/doors/d3/visits", data=form)).status_code == 404


async def test_what_else_is_announced_by_an_old_page_is_another_visit(site: Site) -> None:
    """A browser kept the page: by its id the second took the place of the first, whose openings
    were nobody's then."""
    async with site.browser("inst") as phone:
        form = {"who": "Li", "purpose": "battery", "minutes": 30, "offered": "0" * 16}
        for said in (form, form | {"who": "Wang"}, form):
            assert (await phone.post("/doors/d0/visits", data=said)).status_code == 303
        assert len({visit.who for visit in door(site).visits}) == len(door(site).visits) == 2
    site.clock.advance(HOUR_MS)  # type: ignore[attr-defined]
    async with site.browser("inst") as phone:
        assert (await phone.post("/doors/d0/visits", data=form)).status_code == 303
        assert len(door(site).visits) == 3


async def test_a_program_announces_a_visit_and_reads_how_a_test_goes(site: Site) -> None:
    async with site.browser("inst") as robot:
        visit = {"from_ms": now_ms(), "to_ms": now_ms() + HOUR_MS, "who": "Li"}
        told = (await robot.post(f"{API}/visits", json=visit)).json()
        assert (told["changed"], told["doors"]) == (True, ["d0"])
        ended = await robot.post(f"{API}/visits/{told['visit_id']}/end")
        assert ended.json() == {"changed": True}
        again = await robot.post(f"{API}/visits/{told['visit_id']}/end")
        assert (again.status_code, again.json()) == (200, {"changed": False}), "pressed twice"
        none = await robot.post(f"{API}/visits/{'0' * 16}/end")
        assert problem_of(none, 404) == {}
        long = visit | {"to_ms": now_ms() + 9 * HOUR_MS}
        assert "8 hours" in (await robot.post(f"{API}/visits", json=long)).json()["detail"]

        begun = (await robot.post(f"{API}/walk-test")).json()
        state = (await robot.get(f"{API}/walk-test")).json()
        assert (state["standing"], state["walk_test"]["test_id"]) == ("untested", begun["test_id"])
        assert {check["mark"] for check in state["checks"]} == {CheckMark.WAITS}
        await Hand(site).tests()
        state = (await robot.get(f"{API}/walk-test")).json()
        assert (state["standing"], state["walk_test"]) == ("certified", None)
        assert state["certificate"]["certificate_id"] == begun["test_id"]
        without = await robot.post("/api/v1/doors/d3/walk-test")
        assert "No seal hangs on this door" in without.json()["detail"]


async def test_the_wall_and_the_health_page_say_which_doors_are_not_sealed(site: Site) -> None:
    async with site.browser("desk") as desk:
        wall = (await desk.get("/")).text
        assert "<b>3</b> doors under an order not sealed" in wall
        assert wall.count("<b>not sealed</b>") == 3
        health = (await desk.get("/health")).text
        assert health.count("Not sealed: never tested at this door") == 3
        await desk.post("/doors/d0/walk-test")
        await Hand(site).tests()
        assert (await desk.get("/")).text.count("<b>not sealed</b>") == 2


async def test_a_seal_is_scanned_with_the_phones_camera(
    chromium: str, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    port, seen, label = free_port(), other_film(tmp_path), "00112233445566aa"
    store = new_store(tmp_path)
    with store.writing() as connection:
        seal = {"seal_id": label, "key": bytes(32), "door_id": "d0", "enrolled_ms": 0}
        connection.execute(insert(tables.seals), seal)
    async with console(store, MachineClock(0)) as site, served(site, port):
        await site.engine.submit(of_door("d0"), SealBound(label, must_certify=True))
        async with camera_phone(chromium, tmp_path / "phone", seen) as context:
            page = await context.new_page()
            complaints = complaints_of(page)
            await page.goto(f"http://127.0.0.1:{port}/commission")
            await page.get_by_role("button", name="Scan").click()
            await page.wait_for_url("**/doors/d0/walk-test")
            await page.get_by_role("button", name="Begin the test").click()
            await expect(page.get_by_role("heading", name="The test runs")).to_be_visible()
            said = ReportCame(label, 1, Contact.OPEN, 1, edge=True)
            await site.engine.submit(of_door("d0"), said)  # and there it is, live
            await expect(page.get_by_text("So far: 0")).to_be_visible()
            await expect(page.get_by_text("Openings that the gateway saw")).to_be_visible()
            assert complaints == []
