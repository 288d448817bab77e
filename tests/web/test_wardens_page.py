"""The wardens' page: who has duty, what reaches whom, phones and invitations; and many people."""

import re
from pathlib import Path

import pytest
from sqlalchemy import insert

from gateway.accounts import sessions
from gateway.core.paging import person as people
from gateway.core.paging.person import TEST_MS
from gateway.core.reasons import Reason
from gateway.store import tables
from gateway.web.pages.wardens import LISTED_MAX
from tests.engine.small_site import rows
from tests.web.marked_ways import saying, way_to
from tests.web.signed_in import Site, signed_in_site
from tests.web.web_site import HOUR_MS, new_store


async def page(site: Site, name: str, path: str, status: int = 200) -> str:
    answer = await site.asks(name, "GET", path)
    assert answer.status_code == status, answer.text
    return answer.text


async def test_each_sees_whom_they_may(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        for name in ("desk", "eng", "adm", "aud"):
            everybody = await page(site, name, "/wardens")
            assert "Wang Fang" in everybody
            assert "Li Qiang" in everybody
        own = await page(site, "cai", "/wardens")
        assert "Wang Fang" in own
        assert "Li Qiang" not in own
        assert "Wang Fang" in await page(site, "cai", "/wardens/wang")
        await page(site, "cai", "/wardens/li", 404)
        await page(site, "wang", "/wardens", 403)
        await page(site, "wang", "/wardens/wang", 403)


async def test_it_is_looked_through_by_name_grid_duty_and_what_is_wrong(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        by_name = await page(site, "desk", "/wardens?q=fang")
        assert ("Wang Fang" in by_name, "Li Qiang" in by_name) == (True, False)
        by_grid = await page(site, "desk", "/wardens?grid=g2")
        assert ("Wang Fang" in by_grid, "Li Qiang" in by_grid) == (False, True)
        await site.console.on_duty("wang")
        on_duty = await page(site, "desk", "/wardens?show=duty")
        assert ("Wang Fang" in on_duty, "Cai" in on_duty) == (True, False)
        assert "Nobody is like that." in await page(site, "desk", "/wardens?q=zzz")


async def test_a_thousand_people_come_in_parts(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        many = [
            {"warden_id": f"w{n:04}", "name": f"Person {n:04}", "grid_id": "g1"}
            for n in range(1_000)
        ]
        with site.store.writing() as connection:
            connection.execute(insert(tables.wardens), many)
        first = await page(site, "desk", "/wardens?q=person")
        assert len(re.findall('class="person"', first)) == LISTED_MAX
        assert "1000 people" in first.replace("\xa0", "").replace(",", "")
        assert "1 of 20" in first
        last = await page(site, "desk", "/wardens?q=person&page=20")
        assert "Person 0999" in last
        assert ">Next<" not in last


async def test_whom_no_way_reaches_is_shown_and_told_to_the_desk(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path, ("inbox",)) as site:
        first_ms = site.engine.state.router.people["wang"].test_ms
        assert first_ms is not None
        for at_ms in (first_ms, first_ms + TEST_MS):
            site.clock.advance(at_ms - site.clock.now_ms())  # type: ignore[attr-defined]
            await site.engine.idle()
        shown = await page(site, "desk", "/wardens?show=unreached")
        assert "Wang Fang" in shown
        assert "Not reached" in await page(site, "desk", "/wardens/wang")
        site.clock.advance(24 * HOUR_MS)  # type: ignore[attr-defined]
        await site.engine.idle()
        about = {row["about"]: row for row in rows(site.store, tables.cases)}
        case = about[people.code("wang")]
        assert (case["reason"], case["state"] in ("raised", "paged")) == (Reason.UNREACHED, True)
        words = await page(site, "desk", f"/cases/{case['case_id']}")
        assert "Wang Fang" in words
        assert 'href="/wardens/wang"' in words

        await site.asks("wang", "GET", "/inbox/wang")
        page_id = (await site.asks("wang", "GET", "/api/v1/wardens/wang/unsigned")).json()["pages"][
            0
        ]["page_id"]
        answer = await site.asks("wang", "POST", f"/api/v1/pages/{page_id}/received")
        assert answer.status_code == 200
        await site.engine.idle()
        (again,) = [
            row for row in rows(site.store, tables.cases) if row["about"] == people.code("wang")
        ]
        assert again["state"] == "closed"
        assert "Wang Fang" not in await page(site, "desk", "/wardens?show=unreached")


async def test_a_lost_phone_is_signed_out_by_whom_may(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        lost = site.token("wang")
        with site.accounts.reading() as connection:
            session = sessions.of_token(connection, lost, site.clock.now_ms())
        assert session is not None
        end = f"/wardens/wang/phones/{session.session_id}/end"
        assert "Lost: sign it out" in await page(site, "cai", "/wardens/wang")
        assert "Lost: sign it out" not in await page(site, "desk", "/wardens/wang")
        assert (await site.asks("desk", "POST", end)).status_code == 403
        assert (await site.asks("cao", "POST", end)).status_code == 404
        other = end.replace("/wang/", "/deng/")
        assert (await site.asks("cai", "POST", other)).status_code == 404, "it is Wang's phone"
        answer = await site.asks("cai", "POST", end)
        leads_to = saying("/wardens/wang", "/wardens/{warden_id}/phones/{session_id}/end")
        assert (answer.status_code, way_to(answer)) == (303, leads_to)
        async with site.browser(token=lost) as client:
            assert (await client.get("/handheld/wang")).status_code == 303
        assert ("cai", "POST /wardens/{warden_id}/phones/{session_id}/end") in [
            note[:2] for note in site.noted("phones")
        ]


async def test_an_invitation_stands_on_her_own_page(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        assert "Invite a phone" not in await page(site, "cai", "/wardens/wang")
        assert (await site.asks("cai", "POST", "/wardens/wang/invite")).status_code == 403
        shown = (await site.asks("adm", "POST", "/wardens/wang/invite")).text
        assert 'class="qr"' in shown
        assert "Invitation for Wang Fang" in shown
        assert (await site.asks("adm", "POST", "/wardens/nobody/invite")).status_code == 404


async def test_a_site_without_accounts_has_the_page_and_no_phones(tmp_path: Path) -> None:
    from tests.web.web_site import console

    async with console(new_store(tmp_path)) as site:
        assert "Wang Fang" in await site.text("/wardens")
        words = await site.text("/wardens/wang")
        assert "Send a test page" in words
        assert "Lost: sign it out" not in words
        answer = await site.client.post("/wardens/wang/test")
        leads_to = saying("/wardens/wang#tested", "/wardens/{warden_id}/test")
        assert (answer.status_code, way_to(answer)) == (303, leads_to)
        for path in ("/wardens/wang/invite", "/wardens/wang/phones/x/end"):
            assert (await site.client.post(path)).status_code == 404


@pytest.mark.parametrize("by", ["482-917", "482917", "４８２９１７"])
async def test_the_short_link_leads_to_the_case_for_whom_may_see_it(
    by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.store import case_writes
    from tests.web.web_site import first_case

    monkeypatch.setattr(case_writes, "case_number", lambda _: "482-917")
    async with signed_in_site(tmp_path) as site:
        await site.console.seal(0)
        await site.console.opens(0)
        for name, where in (("desk", ""), ("wang", "/handheld/wang"), ("deng", "/handheld/deng")):
            answer = await site.asks(name, "GET", f"/c/{by}")
            assert answer.headers["location"] == f"{where}/cases/{first_case(0)}"
        assert (await site.asks("li", "GET", f"/c/{by}")).status_code == 404
        assert (await site.asks("desk", "GET", "/c/12")).status_code == 404
        async with site.browser() as stranger:
            answer = await stranger.get("/c/482917")
            assert answer.headers["location"] == "/sign-in?after=/c/482917"
