"""A household at its page: what it sees, what it announces, and how all of it ends."""

import re
from pathlib import Path

import pytest

from gateway.core.events import OrderPlaced, ReportCame, SealBound
from gateway.core.model import Contact, Order, Policy
from gateway.core.subject import of_door
from gateway.store import views
from gateway.web.resident.sessions import IDLE_MS
from tests.web.households import HouseholdPhone, household_phone, new_code, permits_of
from tests.web.marked_ways import saying, way_to
from tests.web.signed_in import Site, signed_in_site
from tests.web.web_site import (
    HOUR_MS,
    Console,
    acting_as,
    console,
    first_case,
    new_store,
    now_ms,
    seal_id,
    slot,
)

pytestmark = pytest.mark.usefixtures("short_queries")


async def test_a_code_opens_the_page_and_nothing_on_it_names_anybody(
    site: Console, phone: HouseholdPhone
) -> None:
    page = await phone.opens("/r/home")
    assert "<b>1</b> day left" in page.text
    assert "The seal works." in page.text
    assert "The door is shut." in page.text
    for named in ("3-101", ">d0", "Grid One", "Wang"):
        assert named not in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_what_is_announced_now_is_spent_and_nobody_is_told(
    site: Console, phone: HouseholdPhone
) -> None:
    page = await phone.opens("/r/home")
    pressed = {"offered": "0123456789abcdef"}
    for _ in range(2):  # pressed twice, it is one
        done = await phone.presses("/r/announce/now", **pressed)
        assert (done.status_code, way_to(done)) == (303, saying("/r/home", "/r/announce/now"))
    page = await phone.opens(done.headers["location"])
    assert "It is announced." in page.text
    assert page.text.count("Take it back") == 1
    await site.opens(0)
    await site.shuts(0)
    site.clock.advance(HOUR_MS // 60)  # type: ignore[attr-defined] # a manual one
    await site.engine.idle()
    record = await phone.opens("/r/openings")
    assert "You announced it." in record.text
    assert "the household, on its page" in record.text
    in_chinese = (await phone.opens("/r/openings?lang=zh")).text
    assert "the household, on its page" not in in_chinese, "stored in the site's language"
    assert "其他 · " in in_chinese
    await phone.opens("/r/openings?lang=en")
    assert site.engine.state.doors["d0"].case is None


async def test_what_was_not_announced_says_who_was_told_by_their_duty(
    site: Console, phone: HouseholdPhone
) -> None:
    await site.on_duty("wang")
    await site.opens(0)
    await site.engine.idle()
    record = (await phone.opens("/r/openings")).text
    assert "It was not announced, so somebody was told." in record
    assert "Not answered yet." in record
    assert "Wang" not in record
    await phone.presses("/r/announce/now")  # within ten minutes it still counts
    record = (await phone.opens("/r/openings")).text
    assert "You announced it afterwards, in time. All is well." in record


async def test_what_opened_at_a_time_that_nobody_knows_is_not_said_to_have_stood_open_since_then(
    site: Console, phone: HouseholdPhone
) -> None:
    """A seal lost count of its age: the door opened and shut at some time of six minutes."""
    site.clock.advance(HOUR_MS // 10)  # type: ignore[attr-defined] # a manual one
    await site.opens(0, age_ms=None)
    await site.shuts(0, age_ms=None)
    site.clock.advance(HOUR_MS // 60)  # type: ignore[attr-defined]
    await site.engine.idle()
    with site.store.reading() as connection:
        (opening,) = views.openings(connection, "d0", 10)
    assert opening.latest_ms - opening.opened_ms == HOUR_MS // 10
    record = (await phone.opens("/r/openings")).text
    assert re.search(r"<h2>Between .+ and .+</h2>", record)
    assert "Open for at most 6 min" in record
    contested = f"/r/dispute?record=opening&of={opening.opening_id}"
    assert "Between " in (await phone.opens(contested)).text
    (kept,) = (await phone.opens("/r/file")).json()["openings"]
    assert (kept["opened"], kept["opened_by"]) == (kept["shut_not_before"], kept["shut"])
    assert kept["opened"] < kept["shut"]
    page = await site.text("/doors/d0")
    assert "Time unknown" in page
    assert "for at most 6 min" in page


async def test_once_and_every_day(site: Console, phone: HouseholdPhone) -> None:
    page = (await phone.opens("/r/announce")).text
    at = slot(site.clock.now_ms() + 12 * HOUR_MS, site.zone)
    assert f'<option value="{at["day"]}"' in page
    once = {**at, "lasts": "30", "what": "rubbish"}
    assert (await phone.presses("/r/announce/once", **once)).status_code == 303
    daily = {"minute": "690", "lasts": "60", "what": "meal"}
    assert (await phone.presses("/r/announce/daily", **daily)).status_code == 303
    permits = permits_of(site.store, "d0")
    assert {(permit.why, permit.daily) for permit in permits} == {
        ("Rubbish", ()),
        ("Food or parcel", ((690, 750),)),
    }
    for permit in permits:
        ended = await phone.presses("/r/announce/end", permit_id=permit.permit_id)
        assert way_to(ended) == saying("/r/home", "/r/announce/end")
    assert "Take it back" not in (await phone.opens("/r/home")).text
    for wrong in ({"lasts": "31"}, {"day": "2026-13-01"}, {"what": "gold"}, {"minute": "1440"}):
        assert (await phone.presses("/r/announce/once", **{**once, **wrong})).status_code == 422


async def test_a_household_announces_so_much_a_day_and_then_rings(tmp_path: Path) -> None:
    few = {"household": {"announcements_a_day": 2}}
    async with console(new_store(tmp_path, 1), **few) as site, household_phone(site.app) as phone:
        await site.seal(0)
        await phone.enters(new_code(site.store, "d0"))
        whats = ("meal", "rubbish", "test")
        pressed = [await phone.presses("/r/announce/now", what=what) for what in whats]
        assert [answer.status_code for answer in pressed] == [303, 303, 409]
        assert "ring your grid worker" in pressed[2].text


async def test_a_new_sheet_kills_the_old_one_and_its_open_page(
    site: Console, phone: HouseholdPhone
) -> None:
    old, new = new_code(site.store, "d0"), new_code(site.store, "d0")
    where = (await phone.opens("/r/home")).headers["location"]
    assert "The page was closed." in (await phone.opens(where)).text
    assert "The page was closed." not in (await phone.opens("/r")).text
    assert (await phone.enters(old)).status_code == 403
    assert (await phone.enters(new)).status_code == 200


async def test_the_page_closes_when_it_is_left_or_forgotten(
    site: Console, phone: HouseholdPhone
) -> None:
    site.clock.advance(IDLE_MS - 1)  # type: ignore[attr-defined]
    assert (await phone.opens("/r/home")).status_code == 200
    kept = phone.client.cookies.get("menshen_household")
    assert kept is not None
    await phone.client.post("/r/leave")
    phone.client.cookies.set("menshen_household", kept, domain="127.0.0.1", path="/r")
    assert (await phone.opens("/r/home")).status_code == 303
    await phone.enters(new_code(site.store, "d0"))
    site.clock.advance(IDLE_MS)  # type: ignore[attr-defined]
    assert (await phone.opens("/r/home")).status_code == 303


async def test_once_the_order_is_over_the_page_says_so_and_shows_nothing(
    site: Console, phone: HouseholdPhone
) -> None:
    code = new_code(site.store, "d0")
    await phone.enters(code)
    await site.engine.submit(of_door("d0"), OrderPlaced(Order("o0", 0, now_ms())))
    for path in ("/r/home", "/r/openings", "/r/announce", "/r/looks"):
        answer = await phone.opens(path)
        assert answer.status_code == 410, path
        assert "Your order has ended." in answer.text
    assert (await phone.presses("/r/announce/now")).headers["location"] == "/r/home"
    assert not site.engine.state.doors["d0"].permits
    again = await phone.enters(code)
    assert (again.status_code, "Your order has ended." in again.text) == (410, True)


async def test_all_that_is_kept_is_a_file_at_once(site: Console, phone: HouseholdPhone) -> None:
    await phone.presses("/r/announce/now", what="rubbish")
    await site.opens(0)
    await phone.presses("/r/ask", kind="other", words="a lamp", offered="2" * 16)
    await phone.presses("/r/well", is_well="true")
    await site.engine.idle()
    answer = await phone.opens("/r/file")
    assert "attachment" in answer.headers["content-disposition"]
    data = answer.json()
    assert data["doors"] == [{"label": "3-101", "telephone": None}]
    assert [one["why"] for one in data["announced"]] == ["Rubbish", "Something else"]
    assert [one["reason"] for one in data["openings"]] == ["permit"]
    assert [(one["words"], one["state"]) for one in data["requests"]] == [("a lamp", "asked")]
    assert [one["is_well"] for one in data["health"]] == [True]
    assert "3-201" not in answer.text


async def test_where_the_ground_is_consent_it_is_given_and_taken_back_and_dated(
    tmp_path: Path,
) -> None:
    ground = {"household": {"ground": "consent"}}
    async with (
        console(new_store(tmp_path, 1), **ground) as site,
        household_phone(site.app) as phone,
    ):
        await site.seal(0)
        await phone.enters(new_code(site.store, "d0"))
        assert "My consent" in (await phone.opens("/r/home")).text
        for _ in range(2):
            await phone.presses("/r/consent/give")
        page = (await phone.opens("/r/consent")).text
        assert (page.count("Given at"), page.count("Taken back at")) == (1, 0)
        for _ in range(2):
            await phone.presses("/r/consent/withdraw")
        page = (await phone.opens("/r/consent")).text
        assert (page.count("Given at"), page.count("Taken back at")) == (1, 1)
        assert (await phone.opens("/r/ask")).text.count("takes its consent back") == 1
        await phone.presses("/r/consent/give")
        assert (await phone.opens("/r/consent")).text.count("Given at") == 2
        assert len((await phone.opens("/r/file")).json()["consent"]) == 2


async def test_without_consent_as_the_ground_nobody_is_asked(phone: HouseholdPhone) -> None:
    assert "My consent" not in (await phone.opens("/r/home")).text
    assert (await phone.opens("/r/consent")).status_code == 404
    assert (await phone.presses("/r/consent/give")).status_code == 404


async def test_a_warden_at_the_line_books_what_is_said_and_prints_another_sheet(
    tmp_path: Path,
) -> None:
    async with signed_in_site(tmp_path) as site:
        await site.console.seal(0)
        old = new_code(site.store, "d0")
        async with site.browser("wang") as desk:
            page = (await desk.get("/doors/d0/household")).text
            assert "They have one." in page
            assert "The seal works." in page
            booked = await desk.post("/doors/d0/household/announce/now", data={"what": "doctor"})
            now = "/doors/{door_id}/household/announce/now"
            assert way_to(booked) == saying("/doors/d0/household", now)
            (permit,) = permits_of(site.store, "d0")
            assert permit.who == "the household, by telephone"
            sheet = await desk.post("/doors/d0/household/sheet", data={"language": "en"})
            assert sheet.content.startswith(b"%PDF-")
            assert (
                await desk.post("/doors/d0/household/sheet", data={"language": "tlh"})
            ).status_code == 422
            assert (await desk.get("/doors/d2/household")).status_code == 404, "of another grid"
            ended = await desk.post(
                "/doors/d0/household/announce/end", data={"permit_id": permit.permit_id}
            )
            assert ended.status_code == 303
        async with household_phone(site.console.app, base="http://menshen.test") as phone:
            assert (await phone.enters(old)).status_code == 403
        assert [(who, about) for who, _, about, _, _ in site.noted("sheet")][:1] == [
            ("wang", "door d0")
        ]
        assert await _first_sheet(site) == 200


async def _first_sheet(site: Site) -> int:
    """Who tests the seal prints the first one."""
    page = (await site.asks("inst", "GET", "/doors/d0/walk-test")).text
    assert "The sheet for the household" in page
    answer = await site.asks("inst", "POST", "/doors/d0/walk-test/sheet", data={"language": "zh"})
    return answer.status_code


async def test_what_is_asked_for_is_taken_and_done_and_its_opening_disturbs_nobody(
    site: Console, phone: HouseholdPhone
) -> None:
    for _ in range(2):  # pressed twice, it is one
        sent = await phone.presses("/r/ask", kind="rubbish", offered="00000000000000aa")
    assert "It is sent." in (await phone.opens(sent.headers["location"])).text
    page = (await phone.opens("/r/ask")).text
    assert page.count("Not needed any more") == 1
    await site.opens(0)
    await site.shuts(0)
    await site.engine.idle()
    assert site.engine.state.doors["d0"].case is None, "somebody comes for it"
    (request_id,) = [one.request_id for one in site.engine.state.households["d0"].requests]
    for deed, shown in (
        ("take", "Somebody sees to it"),
        ("on_the_way", "Somebody is on the way"),
        ("at_the_door", "At the door"),
        ("done", "Done"),
    ):
        done = await site.client.post(
            f"/api/v1/requests/{request_id}/{deed}", json={}, headers=acting_as("wang")
        )
        assert done.status_code == 200, done.text
        page = (await phone.opens("/r/ask")).text
        assert shown in page
        assert "Wang" not in page
    assert "Not needed any more" not in page


async def test_a_request_is_withdrawn_by_its_own_household_only(
    site: Console, phone: HouseholdPhone
) -> None:
    await phone.presses("/r/ask", kind="other", words="a lamp  is broken", offered="0" * 16)
    assert "a lamp is broken" in (await phone.opens("/r/ask")).text
    (asked,) = site.engine.state.households["d0"].requests
    async with household_phone(site.app) as other:
        await other.enters(new_code(site.store, "d1"))
        stolen = await other.presses("/r/ask/withdraw", request_id=asked.request_id)
        assert stolen.status_code == 404
        assert "a lamp" not in (await other.opens("/r/ask")).text
    await phone.presses("/r/ask/withdraw", request_id=asked.request_id)
    assert "Withdrawn" in (await phone.opens("/r/ask")).text
    for wrong in ({"kind": "gold"}, {"kind": "other", "words": "x" * 401}, {}):
        assert (await phone.presses("/r/ask", **wrong)).status_code == 422
    assert (await phone.presses("/r/ask", kind="other")).status_code == 409, "of what?"


async def test_a_record_is_contested_and_answered_by_who_had_no_part_in_it(
    site: Console, phone: HouseholdPhone
) -> None:
    await site.opens(0)
    await site.shuts(0)
    await site.act(first_case(0), "acknowledge", "wang")
    page = (await phone.opens("/r/openings")).text
    (address,) = re.findall(r'href="(/r/dispute[^"]+)"', page)
    form = (await phone.opens(address.replace("&amp;", "&"))).text
    assert "within 3 days" in form
    record_id = first_case(0)
    sent = {"record": "opening", "record_id": record_id, "words": "the wind", "offered": "1" * 16}
    assert way_to(await phone.presses("/r/dispute", **sent)) == saying("/r/home", "/r/dispute")
    assert "You contested it." in (await phone.opens("/r/openings")).text
    (raised,) = site.engine.state.households["d0"].disputes
    dispute = f"/api/v1/disputes/{raised.dispute_id}"
    refused = await site.client.post(f"{dispute}/assign", json={}, headers=acting_as("wang"))
    assert refused.status_code == 409, "she was part of it"
    answer = {"is_upheld": True, "words": "It was the wind."}
    for deed, body in (("assign", {}), ("answer", answer)):
        done = await site.client.post(f"{dispute}/{deed}", json=body, headers=acting_as("li"))
        assert done.status_code == 200, done.text
    page = (await phone.opens("/r/openings")).text
    assert "The record was wrong, and is corrected" in page
    assert "It was the wind." in page
    async with household_phone(site.app) as other:
        await other.enters(new_code(site.store, "d1"))
        assert (await other.presses("/r/dispute", **sent)).status_code == 404
        assert (await other.opens(f"/r/dispute?record=opening&of={record_id}")).status_code == 404


async def test_how_they_are_and_when_they_want_to_be_left_alone(
    site: Console, phone: HouseholdPhone
) -> None:
    assert (await phone.presses("/r/well", is_well="true")).status_code == 303
    unwell = {"is_well": "false", "symptoms": ["fever", "cough"]}
    assert (await phone.presses("/r/well", **unwell)).status_code == 303
    page = (await phone.opens("/r/well")).text
    assert "Somebody is not well, Fever, Cough" in page
    quiet = {"from_min": "1320", "to_min": "420"}
    assert (await phone.presses("/r/quiet", **quiet)).status_code == 303
    assert '<option value="1320" selected>22:00' in (await phone.opens("/r/quiet")).text
    assert site.engine.state.doors["d0"].quiet == ((1320, 420),)
    all_day = {"from_min": "0", "to_min": "1410"}
    answer = await phone.presses("/r/quiet", **all_day)
    assert (answer.status_code, "eight hours" in answer.text) == (409, True)
    await phone.presses("/r/quiet", from_min="0", to_min="0")
    assert site.engine.state.doors["d0"].quiet == ()


@pytest.mark.parametrize("is_well", ["true", "false"])
async def test_where_the_order_asks_for_it_the_page_asks_how_they_are_until_they_say(
    site: Console, phone: HouseholdPhone, is_well: str
) -> None:
    asked = "Please say today how you all are."
    order = Order("o0", 0, now_ms() + 72 * HOUR_MS, Policy(health_daily=True))
    await site.engine.submit(of_door("d0"), OrderPlaced(order))
    code = new_code(site.store, "d0")
    for _ in range(25):  # by tomorrow's noon at the latest
        if asked in (await phone.enters(code)).text:
            break
        site.clock.advance(HOUR_MS)  # type: ignore[attr-defined]
        await site.engine.idle()
    assert asked in (await phone.opens("/r/home")).text
    assert (await phone.presses("/r/well", is_well=is_well)).status_code == 303
    assert asked not in (await phone.opens("/r/home")).text


async def test_a_seal_that_is_not_heard_is_asked_about_and_nothing_is_held_against_them(
    site: Console, phone: HouseholdPhone
) -> None:
    await site.engine.submit(of_door("d0"), SealBound(seal_id(0), heartbeat_ms=100_000))
    beat = ReportCame(seal_id(0), 0, Contact.SHUT, 0, False)
    await site.engine.submit(of_door("d0"), beat)
    site.clock.advance(HOUR_MS // 3)  # type: ignore[attr-defined]
    await site.engine.idle()
    page = (await phone.opens("/r/home")).text
    assert "Is it in its place on the door? Nothing is held against you" in page
    answer = await phone.presses("/r/seal", door="1", answer="in_place")
    assert answer.status_code == 303
    assert (await phone.presses("/r/seal", door="2", answer="in_place")).status_code == 404
