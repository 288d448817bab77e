"""The same once more: a form pressed twice, an old page, a flood of forms; and another household at
the same home."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.core.events import OrderPlaced
from gateway.core.model import Order, Policy
from gateway.core.subject import of_door
from gateway.store import household_tables as matters
from gateway.web.resident import asking_routes, data_routes, entrance, shown
from tests.web.households import HouseholdPhone, household_phone, new_code, permits_of
from tests.web.marked_ways import saying, way_to
from tests.web.signed_in import signed_in_site
from tests.web.web_site import HOUR_MS, Console, console, new_store

OFFER, OTHER = "0123456789abcdef", "fedcba9876543210"
SECOND_MS = 1_000


def later(site: Console, ms: int) -> None:
    """The gateway's clock goes on, as it does between two presses."""
    site.clock.advance(ms)  # type: ignore[attr-defined] # a manual one


def count(site: Console, table: Any) -> int:
    """How many rows a table has."""
    with site.store.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar() or 0


async def test_the_same_pressed_twice_is_one_however_much_later(
    site: Console, phone: HouseholdPhone
) -> None:
    pressed: list[tuple[str, dict[str, str]]] = [
        ("/r/announce/now", {}),
        ("/r/announce/daily", {"minute": "690", "lasts": "60"}),
        ("/r/ask", {"kind": "food"}),
        ("/r/well", {"is_well": "false", "symptoms": "fever"}),
    ]
    for path, fields in pressed:
        for _ in range(2):
            done = await phone.presses(path, offered=OFFER, **fields)
            assert done.status_code == 303, (path, done.text)
            later(site, 2 * SECOND_MS)
    assert len(permits_of(site.store, "d0")) == 3, "now, every day, and with the request"
    assert (count(site, matters.requests), count(site, matters.health_reports)) == (1, 1)
    # A form says more than its id: what else is wanted by the same page is not swallowed.
    done = await phone.presses("/r/ask", offered=OFFER, kind="medicine")
    assert way_to(done) == saying("/r/home", "/r/ask")
    assert count(site, matters.requests) == 2
    # And no id of one household's form touches what is another's.
    async with household_phone(site.app) as other:
        await other.enters(new_code(site.store, "d1"))
        await other.presses("/r/ask", offered=OFFER, kind="food")
    assert count(site, matters.requests) == 3


async def test_what_is_over_is_said_anew_by_an_old_page(
    site: Console, phone: HouseholdPhone
) -> None:
    await phone.presses("/r/announce/now", offered=OFFER)
    await phone.presses("/r/ask", offered=OFFER, kind="food")
    (request,) = site.engine.state.households["d0"].requests
    await phone.presses("/r/ask/withdraw", request_id=request.request_id)
    later(site, 20 * 60 * SECOND_MS)
    for path, fields in (("/r/announce/now", {}), ("/r/ask", {"kind": "food"})):
        assert (await phone.presses(path, offered=OFFER, **fields)).status_code == 303
    assert len(site.engine.state.households["d0"].requests) == 1
    now_ms = site.clock.now_ms()
    own = [one for one in permits_of(site.store, "d0") if one.permit_id.startswith("hh-")]
    assert any(one.from_ms == now_ms and one.to_ms > now_ms for one in own), "it opens unannounced"


async def test_what_is_booked_by_telephone_is_booked_once(site: Console) -> None:
    before = "/doors/d0/household"
    for path, fields in (
        ("announce/now", {"what": "meal"}),
        ("ask", {"kind": "doctor"}),
        ("well", {"is_well": "false"}),
        ("seal", {"door": "1", "answer": "in_place"}),
    ):
        for _ in range(2):
            sent = {"offered": OTHER, **fields}
            done = await site.client.post(f"{before}/{path}", data=sent)
            assert done.status_code == 303, (path, done.text)
            later(site, SECOND_MS)
    tables = matters.requests, matters.health_reports, matters.seal_answers
    assert [count(site, table) for table in tables] == [1, 1, 1]


async def test_a_household_that_sends_forms_all_day_is_stopped_and_its_neighbour_not(
    site: Console, phone: HouseholdPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    burst = 5
    monkeypatch.setattr(entrance, "FORMS", (0.0, float(burst)))
    async with console(site.store) as anew, household_phone(anew.app) as many:
        await many.enters(new_code(anew.store, "d0"))
        pressed = [await many.presses("/r/well", is_well="true") for _ in range(burst + 1)]
        assert [one.status_code for one in pressed] == [303] * burst + [429]
        assert "ring your grid worker" in pressed[-1].text
        assert count(anew, matters.health_reports) == burst
        assert (await many.opens("/r/home")).status_code == 200, "looking is no form"
        async with household_phone(anew.app) as other:
            await other.enters(new_code(anew.store, "d1"))
            assert (await other.presses("/r/well", is_well="true")).status_code == 303


async def test_the_next_household_of_a_home_sees_nothing_of_the_one_before(
    site: Console, phone: HouseholdPhone
) -> None:
    await phone.presses("/r/ask", kind="other", words="insulin for Mr Qin")
    await phone.presses("/r/well", is_well="false", symptoms="fever")
    await site.opens(0)
    await site.shuts(0)
    await site.engine.idle()
    record = (await phone.opens("/r/openings")).text
    case_id = record.split("record=opening&amp;of=")[1].split('"')[0]
    later(site, 30 * HOUR_MS)
    await site.engine.idle()
    now_ms = site.clock.now_ms()
    order = Order("next", now_ms, now_ms + 240 * HOUR_MS, Policy())
    await site.engine.submit(of_door("d0"), OrderPlaced(order))
    async with household_phone(site.app) as others:
        assert (await others.enters(new_code(site.store, "d0", now_ms))).status_code == 200
        for path in ("home", "ask", "well", "openings", "looks", "file"):
            page = (await others.opens(f"/r/{path}")).text
            for told in ("Qin", ", Fever", case_id[-12:]):
                assert told not in page, (path, told)
        kept = (await others.opens("/r/file")).json()
        assert not any(kept[kind] for kind in ("requests", "health", "cases", "openings"))
        stolen = await others.presses("/r/dispute", record="opening", record_id=case_id)
        assert stolen.status_code == 404
        assert not site.engine.state.households["d0"].disputes


async def test_a_consent_is_not_taken_back_unheard(tmp_path: Path) -> None:
    ours = {"ground": "consent", "requests_open": 1}
    async with console(new_store(tmp_path, 1), household=ours) as site:
        await site.seal(0)
        async with household_phone(site.app) as phone:
            await phone.enters(new_code(site.store, "d0"))
            await phone.presses("/r/ask", kind="food")
            await phone.presses("/r/consent/give")
            full = await phone.presses("/r/consent/withdraw")
            assert full.status_code == 409
            assert "It is noted that you take your consent back." in full.text
            assert "Ring your grid worker" in full.text
            assert "Taken back at" in (await phone.opens("/r/consent")).text
            (request,) = site.engine.state.households["d0"].requests
            await phone.presses("/r/ask/withdraw", request_id=request.request_id)
            for _ in range(2):
                assert (await phone.presses("/r/consent/withdraw")).status_code == 303
            (request,) = site.engine.state.households["d0"].requests
            assert request.kind == "other", "somebody comes, once"


async def test_an_opening_of_long_ago_can_be_contested_too(
    site: Console, phone: HouseholdPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown, "OPENINGS_MAX", 2)
    for _ in range(4):
        await site.opens(0)
        await site.shuts(0)
        await site.engine.idle()
        later(site, 60 * SECOND_MS)
    page = (await phone.opens("/r/openings")).text
    older = page.split("before_ms=")[1].split('"')[0]
    page = (await phone.opens(f"/r/openings?before_ms={older}")).text
    link = page.split('href="/r/dispute')[-1].split('"')[0].replace("&amp;", "&")
    assert (await phone.opens(f"/r/dispute{link}")).status_code == 200


async def test_leaving_takes_nothing_that_a_wardens_phone_keeps(phone: HouseholdPhone) -> None:
    left = await phone.client.post("/r/leave")
    assert left.headers["clear-site-data"] == '"cache"', "unsent acts lie in storage"


async def test_words_of_which_nobody_sees_anything_are_none(
    site: Console, phone: HouseholdPhone
) -> None:
    unseen = "\u200b\u3000\ufeff\u2800"
    done = await phone.presses("/r/ask", offered=OFFER, kind="food", words=unseen)
    assert done.status_code == 303, done.text
    (asked,) = site.engine.state.households["d0"].requests
    assert asked.words == ""
    of_what = await phone.presses("/r/ask", offered=OTHER, kind="other", words=unseen)
    assert of_what.status_code == 409


async def test_a_list_that_stops_says_so_and_the_file_has_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking_routes, "LISTED_MAX", 2)
    monkeypatch.setattr(data_routes, "LOOKS_MAX", 2)
    cut = "Only the latest 2 are listed here."
    async with signed_in_site(tmp_path) as site:
        await site.console.seal(0)
        code = new_code(site.console.store, "d0")
        async with household_phone(site.console.app, base="http://menshen.test") as phone:
            assert (await phone.enters(code)).status_code == 200
            kinds = ("food", "doctor", "rubbish")
            for number in (1, 2, 3):
                await phone.presses("/r/ask", kind=kinds[number - 1])
                await phone.presses("/r/well", is_well="true")
                await site.asks("wang", "GET", "/doors/d0")
                if number == 1:
                    continue
                for path in ("ask", "well", "looks"):
                    said = cut in (await phone.opens(f"/r/{path}")).text
                    assert said is (number > 2), (path, number)
            file = (await phone.opens("/r/file")).json()
            assert [len(file[name]) for name in ("requests", "health", "looked")] == [3, 3, 3]
