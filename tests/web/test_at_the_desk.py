"""Whoever sits at the centre's desk and signed in acts for the centre, under their own name."""

import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import expect
from sqlalchemy import insert, select

from gateway.accounts import tables as accounts
from gateway.accounts.roles import Role
from gateway.core.actor import Acting, actor_of
from gateway.core.cases.transitions import Action
from gateway.core.events import StaffSet
from gateway.core.households.events import HealthReported
from gateway.core.paging import schedule, staff
from gateway.core.paging.staff import Member
from gateway.core.subject import SITE, of_household
from gateway.engine.clock import MachineClock
from gateway.store import case_views, household_views, tables
from gateway.store.case_views import CaseRow
from gateway.store.feed_tables import milestones
from gateway.store.journal import decode_event
from gateway.web.case_ahead import walked
from gateway.web.visitors import COOKIE
from tests.accounts.people_file import add
from tests.web.handheld_phone import WAIT_MS, holds, kept, phone
from tests.web.signed_in import Site, signed_in_site
from tests.web.test_in_a_browser import served
from tests.web.test_requests import asks, contests, request_of
from tests.web.web_site import first_case, listening, problem_of

CASE = first_case(0)
ON_DUTY = {
    "wang": Member("g1", schedule.Role.WARDEN, (1,)),
    "deng": Member("g1", schedule.Role.DEPUTY, (2,)),
    "he": Member("g1", schedule.Role.CENTRE, (3,)),
}
# Two dispatchers: one stands in the register, the other does not. By what each is named.
DESK = {"he": "He Ping", "desk": "@desk"}


@contextlib.asynccontextmanager
async def a_centre(folder: Path, **more: Any) -> AsyncIterator[Site]:
    """The site with He Ping at its centre too."""
    async with signed_in_site(folder, **more) as site:
        with site.store.writing() as connection:
            ping = {"warden_id": "he", "name": "He Ping", "grid_id": "g1", "role": "centre"}
            connection.execute(insert(tables.wardens), [ping])
        add(site.accounts, "he", Role.DISPATCHER, warden_id="he")
        await site.engine.submit(SITE, StaffSet(staff.of(ON_DUTY, [], [])))
        await site.console.seal(0)
        yield site


async def does(site: Site, name: str, path: str, **more: Any) -> httpx.Response:
    """A program's act, under the session of somebody."""
    return await site.asks(name, "POST", f"/api/v1/{path}", json=more)


async def opened(site: Site) -> None:
    """A case that Wang has."""
    await site.console.opens(0)
    assert (await does(site, "wang", f"cases/{CASE}/acknowledge")).status_code == 200


def case_of(site: Site) -> CaseRow:
    with site.store.reading() as connection:
        case = case_views.case(connection, CASE)
    assert case is not None
    return case


@pytest.mark.parametrize("name", DESK)
async def test_a_dispatcher_ends_what_another_has_and_a_captain_does_not(
    name: str, tmp_path: Path
) -> None:
    async with a_centre(tmp_path) as site:
        request_id = await asks(site.console)
        assert (await does(site, "wang", f"requests/{request_id}/take")).status_code == 200
        done = f'action="/requests/{request_id}/done"'
        for other in ("cai", "deng"):
            page = (await site.asks(other, "GET", "/requests")).text
            assert "Wang Fang sees to it" in page
            assert done not in page
            refused = await does(site, other, f"requests/{request_id}/done")
            assert problem_of(refused, 409)["reason"] == "not_holder"
        async with site.browser(name) as client:
            assert done in (await client.get("/requests")).text
            pressed = await client.post(f"/requests/{request_id}/done", data={})
            assert pressed.status_code == 303
        row = request_of(site.console, request_id)
        assert (row.state, row.taken_name or row.taken_by) == ("done", DESK[name])
        assert site.noted("done")[-1][0] == name


async def test_a_question_of_health_that_another_has_taken_is_theirs_or_the_desk_s(
    tmp_path: Path,
) -> None:
    """Anybody who may serve could end it, with whatever they thought."""
    async with a_centre(tmp_path) as site:
        ill = HealthReported(action_id="h1", is_well=False)
        await site.engine.submit(of_household("d0"), ill)
        with site.store.reading() as connection:
            (question,) = household_views.open_questions(connection, 9).rows
        path = f"questions/{question.question_id}"
        form = f'action="/{path}/end"'
        assert form in (await site.asks("deng", "GET", "/requests")).text, "nobody has it yet"
        assert (await does(site, "wang", f"{path}/take")).status_code == 200
        for other in ("cai", "deng"):
            page = (await site.asks(other, "GET", "/requests")).text
            assert "Wang Fang sees to it" in page
            assert form not in page
            refused = await does(site, other, f"{path}/end", outcome="well")
            assert problem_of(refused, 409)["reason"] == "not_holder"
            assert "only they or the centre" in refused.json()["detail"]
        phone = (await site.asks("deng", "GET", "/handheld/deng/requests")).text
        assert 'data-after="[{}]"' in phone, "nothing is pressed in vain without a line"
        for name in ("wang", "he", "desk"):
            page = "/handheld/wang/requests" if name == "wang" else "/requests"
            assert f"{path}/end" in (await site.asks(name, "GET", page)).text, name
        assert (await does(site, "desk", f"{path}/end", outcome="well")).status_code == 200
        assert site.noted("end")[-1][0] == "desk"


@pytest.mark.parametrize("name", DESK)
async def test_a_dispatcher_hands_over_what_another_has_under_their_own_name(
    name: str, tmp_path: Path
) -> None:
    async with a_centre(tmp_path) as site:
        await opened(site)
        form = f'action="/cases/{CASE}/hand_over"'
        assert form not in (await site.asks("cai", "GET", f"/cases/{CASE}")).text
        refused = await does(site, "cai", f"cases/{CASE}/hand_over", to="deng")
        assert problem_of(refused, 409)["reason"] == "not_holder"
        async with site.browser(name) as client:
            page = (await client.get(f"/cases/{CASE}")).text
            assert form in page
            offered = re.findall(r'<option value="(\w+)"', page[page.index(form) :])
            assert "wang" not in offered, "who has it"
            pressed = await client.post(f"/cases/{CASE}/hand_over", data={"to": "deng"})
            assert pressed.status_code == 303
            assert (
                f"{DESK[name]} handed it over to Deng" in (await client.get(f"/cases/{CASE}")).text
            )
        assert case_of(site).handed_to == "deng"
        with site.store.reading() as connection:
            j = tables.journal.c
            acts = select(j.body).where(j.kind == "handed_over").order_by(j.journal_id)
            body = connection.execute(acts).scalars().all()[-1]
            by = select(milestones.c.role).where(milestones.c.happened == "handed_over")
            assert connection.execute(by).scalars().all() == ["centre"]
        event: Any = decode_event(body)
        expected = actor_of(name if name == "he" else "@desk")
        assert (event.actor, event.for_centre) == (expected, True)


async def test_on_her_phone_a_dispatcher_has_the_buttons_that_the_core_allows_her(
    tmp_path: Path,
) -> None:
    async with a_centre(tmp_path) as site:
        request_id = await asks(site.console)
        await opened(site)
        await does(site, "wang", f"requests/{request_id}/take")
        async with site.browser("he") as client:
            kept = (await client.get("/handheld/he/tasks")).json()["pages"]
            assert {"/handheld/he", "/handheld/he/requests"} <= kept.keys()
            asked = (await client.get("/handheld/he/requests")).text
            assert f'action="/handheld/he/requests/{request_id}/done"' in asked
            task = (await client.get(f"/handheld/he/cases/{CASE}")).text
            form = task[task.index(f'action="/handheld/he/cases/{CASE}/hand_over"') :]
            assert " hidden" not in form[: form.index(">")]
            who_has_it = '<option value="wang" data-has-it="0" hidden disabled>'
            assert who_has_it in form[: form.index("</form>")]
            cookie, query = f"menshen_session={site.token('he')}", f"view=task&name=he%20{CASE}"
            async with listening(site.console, query, cookie) as listener:
                live = (await listener.next("fragment")).data
            form = live[live.index(f'action="/handheld/he/cases/{CASE}/hand_over"') :]
            assert " hidden" not in form[: form.index(">")], "the line draws her page alike"
            there = f"/handheld/he/cases/{CASE}/hand_over"
            assert (await client.post(there, data={"to": "deng"})).status_code == 303
        assert case_of(site).handed_to == "deng"


async def test_without_a_line_a_dispatcher_takes_a_case_over_and_gives_it_back(
    chromium: str, port: int, tmp_path: Path
) -> None:
    """Her page was drawn while Wang had it, who was missing in her list for good."""
    async with (
        a_centre(tmp_path, clock=MachineClock(0)) as site,
        served(site.console, port),
        phone(chromium, tmp_path / "phone") as context,
    ):
        await opened(site)
        page = await context.new_page()
        await context.add_cookies(
            [{"name": COOKIE, "value": site.token("he"), "url": f"http://127.0.0.1:{port}"}]
        )
        await page.goto(f"http://127.0.0.1:{port}/handheld/he/cases/{CASE}")
        await expect(page.locator("body.is-live")).to_be_visible(timeout=WAIT_MS)
        hand_over = page.locator('form[data-action="hand_over"]')
        to = hand_over.locator("select")
        wang = to.locator('option[value="wang"]')
        await expect(wang).to_be_disabled()
        await expect(to).to_have_value("deng")
        await context.set_offline(True)
        await page.get_by_role("button", name="I am at the door", exact=True).click()
        await expect(wang).to_be_enabled()
        await page.get_by_text("Hand over to somebody on duty").click()
        await to.select_option("wang")
        await page.get_by_role("button", name="Hand over", exact=True).click()
        await holds(page, "async () => (await Outbox.waiting()).length === 2")
        await context.set_offline(False)
        await holds(page, "async () => (await Outbox.waiting()).length === 0")
        assert (await kept(page))["refused"] == 0
    assert (case_of(site).handed_to, case_of(site).on_site_by) == ("wang", "he")


async def test_what_a_report_that_is_taken_back_gives_back_is_nobody_s_to_hand_to_again(
    tmp_path: Path,
) -> None:
    """Who had it before the report has it again then."""
    async with a_centre(tmp_path) as site:
        await opened(site)
        walk = walked(case_of(site), Acting(actor_of("he"), for_centre=True), sign_off=True)
        reported = walk[walk[0].may[Action.REPORT]]
        assert (walk[0].has_it, reported.has_it) == ("wang", "")
        assert walk[reported.may[Action.TAKE_BACK]].has_it == "wang"
        taken_over = walk[walk[0].may[Action.ON_SITE]]
        assert taken_over.has_it == "he"
        assert walk[taken_over.may[Action.HAND_OVER]].has_it == ""


async def test_nobody_at_the_desk_assesses_what_they_reported(tmp_path: Path) -> None:
    name, other = DESK
    async with a_centre(tmp_path) as site:
        await opened(site)
        reported = await does(site, name, f"cases/{CASE}/report", outcome="lawful")
        assert reported.status_code == 200
        refused = await does(site, name, f"cases/{CASE}/assess")
        assert problem_of(refused, 409)["reason"] == "own_report"
        page = (await site.asks(name, "GET", f"/cases/{CASE}")).text
        assert f'action="/cases/{CASE}/assess"' in page
        assert "button first" not in page[page.index("In review") :]
        assert (await does(site, other, f"cases/{CASE}/assess")).status_code == 200


async def test_what_is_named_to_the_centre_is_answered_by_who_sits_there(tmp_path: Path) -> None:
    name = "desk"
    async with a_centre(tmp_path) as site:
        await opened(site)
        await contests(site.console, CASE, parties=("wang",))
        there = "disputes/dispute-1"
        assert (await does(site, "cai", f"{there}/assign", to="centre")).status_code == 200
        found = {"is_upheld": True, "words": "the door had not moved"}
        refused = await does(site, "cai", f"{there}/answer", **found)
        assert problem_of(refused, 409)["reason"] == "not_assigned"
        assert f"/{there}/answer" not in (await site.asks("cai", "GET", "/requests")).text
        assert f"/{there}/answer" in (await site.asks(name, "GET", "/requests")).text
        assert (await does(site, name, f"{there}/answer", **found)).status_code == 200
        with site.store.reading() as connection:
            row = household_views.dispute(connection, "dispute-1")
        assert row is not None
        assert actor_of(str(row.answered_by)) == site.account(name).actor


async def test_who_is_no_dispatcher_any_more_is_asked_anew_at_each_press(tmp_path: Path) -> None:
    """The role is read with the session, so it ends with it."""
    async with a_centre(tmp_path) as site:
        request_id = await asks(site.console)
        await does(site, "wang", f"requests/{request_id}/take")
        a = accounts.accounts
        with site.accounts.writing() as connection:
            connection.execute(a.update().where(a.c.name == "he").values(roles="captain"))
        refused = await does(site, "he", f"requests/{request_id}/done")
        assert problem_of(refused, 409)["reason"] == "not_holder"
        assert request_of(site.console, request_id).taken_by == "wang"
