"""What a warden does in a dead stairwell beside the loop: on her way, a report with a note, taken
back, handed over; and what she is asked before she reports against her seal."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from gateway.core.cases.refusal import Refusal
from gateway.core.cases.transitions import Action
from gateway.core.duration import MINUTE_MS
from gateway.core.model import CaseState
from gateway.core.rules import Rules
from gateway.engine.clock import MachineClock
from gateway.language.catalogue import say
from gateway.language.refusals import refusal_line
from gateway.store import case_log, case_views, tables
from gateway.store.case_views import CaseRow
from tests.manual_clock import ManualClock
from tests.web.handheld_phone import (
    KEPT,
    WAIT_MS,
    at_hand,
    complaints_of,
    holds,
    is_shown,
    kept,
    open_and_keep,
    phone,
    reload,
)
from tests.web.test_in_a_browser import served
from tests.web.web_site import Console, console, first_case, new_store, now_ms

CASE = first_case(0)
ALL_TOLD = f"() => ({KEPT})().then((kept) => kept.out === 0)"
DATED_MS = 15_000  # by so much may a busy machine be late; its acts are a minute apart


def address(port: int) -> str:
    return f"http://127.0.0.1:{port}/handheld/wang/cases/{CASE}"


async def press(page: Page, name: str) -> tuple[int, int]:
    """A button, and what it did is kept. Between which times of the phone that was, in ms."""
    before = (await kept(page))["out"]
    from_ms: int = await page.evaluate("Date.now()")
    await page.get_by_role("button", name=name, exact=True).click()
    await holds(page, f"() => ({KEPT})().then((kept) => kept.out > {before})")
    return from_ms, await page.evaluate("Date.now()")


def case_of(site: Console) -> CaseRow:
    with site.store.reading() as connection:
        case = case_views.case(connection, CASE)
    assert case is not None
    return case


def journaled(site: Console) -> list[str]:
    """The ids of all acts, in the order in which they came."""
    with site.store.reading() as connection:
        query = select(tables.journal.c.body).order_by(tables.journal.c.journal_id)
        events = [json.loads(body) for (body,) in connection.execute(query)]
    return list(dict.fromkeys(event["action_id"] for event in events if "action_id" in event))


async def test_a_whole_visit_in_the_cellar_is_told_once_in_order_and_dated_right(
    chromium: str, port: int, tmp_path: Path
) -> None:
    """On the way, at the door, reported with a note, taken back, and reported again: half an hour
    before the line is back, by which time nobody could take anything back any more."""
    store, began_ms = new_store(tmp_path), now_ms() - 30 * MINUTE_MS
    async with console(store, ManualClock(began_ms)) as site:
        await site.seal(0)
        await site.opens(0)
    async with console(store, MachineClock(0)) as site, served(site, port):
        async with phone(chromium, tmp_path / "phone") as context:
            page = await context.new_page()
            said = complaints_of(page)
            await open_and_keep(page, port)
            await context.set_offline(True)
            await page.clock.install(time=(began_ms + 5 * MINUTE_MS) / 1_000)
            await page.goto(address(port))
            pressed = [await press(page, "I am on my way")]
            await expect(page.get_by_role("button", name="I have it", exact=True)).to_be_hidden()
            await page.clock.fast_forward(2 * MINUTE_MS)
            pressed.append(await press(page, "I am at the door"))
            await page.clock.fast_forward(3 * MINUTE_MS)
            await page.get_by_label("Left, and not back").check()
            await page.get_by_label("Note", exact=True).fill("邻居说中午就走了")
            pressed.append(await press(page, "Report how it ended"))
            await is_shown(page, "Report how it ended · Left, and not back: kept on this phone")
            await page.clock.fast_forward(MINUTE_MS)
            pressed.append(await press(page, "Take the report back"))
            await page.clock.fast_forward(MINUTE_MS)
            await page.get_by_label("No answer").check()
            await page.get_by_label("Note", exact=True).fill("")
            pressed.append(await press(page, "Report how it ended"))
            await is_shown(page, "5 things that you did are only on this phone")
            did: list[dict[str, Any]] = await page.evaluate("() => Outbox.waiting()")
            for one, (from_ms, to_ms) in zip(did, pressed, strict=True):
                assert from_ms <= one["at"] <= to_ms
            assert pressed[-1][0] - pressed[0][1] >= 5 * MINUTE_MS
        async with phone(chromium, tmp_path / "phone") as context:  # it is started anew, outside
            page = await context.new_page()
            await page.goto(f"http://127.0.0.1:{port}/handheld/wang")
            await holds(page, ALL_TOLD)
            assert await page.evaluate("() => Outbox.refused()") == []
        assert journaled(site) == [one["id"] for one in did]
        case = case_of(site)
        assert (case.state, case.outcome, case.note) == (CaseState.REPORTED, "no_answer", "")
        dated = [case.on_the_way_ms, case.on_site_ms, case.reported_ms]
        with store.reading() as connection:
            [detour] = case_log.log_of(connection, CASE, 9).detours
        assert (detour.action, detour.outcome) == (Action.TAKE_BACK, "absent")
        assert detour.note == "邻居说中午就走了"
        by_hand = [did[0]["at"], did[1]["at"], did[4]["at"], did[3]["at"]]
        assert [*dated, detour.done_ms] == pytest.approx(by_hand, abs=DATED_MS)
        assert said == []


async def test_who_is_off_duty_meanwhile_gets_no_case_and_she_reads_why(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with (
        console(new_store(tmp_path), MachineClock(0)) as site,
        served(site, port),
        phone(chromium, tmp_path / "phone", "zh-CN") as context,
    ):
        await site.on_duty("wang", "li")
        await site.seal(0)
        await site.opens(0)
        await site.act(CASE, "acknowledge")
        page = await context.new_page()
        await open_and_keep(page, port)
        await context.set_offline(True)
        await page.goto(address(port))
        await page.get_by_text(say("Hand over to somebody on duty", "zh")).click()
        await is_shown(page, "的名单；发出去时会再核对对方是否还在值班。")
        hand_over = say("Hand over", "zh")
        await press(page, hand_over)
        await is_shown(page, f"{hand_over} · Li Qiang")
        # Nobody has it then: she may take it again, and not hand it over once more.
        await expect(page.locator('form[data-action="acknowledge"]')).to_be_visible()
        await expect(page.locator("#task details")).to_be_hidden()
        await site.on_duty("wang")  # meanwhile
        await context.set_offline(False)
        told = page.locator("#refused .case")
        await expect(told).to_contain_text(refusal_line(Refusal.NOT_ON_DUTY, "zh"), timeout=WAIT_MS)
        assert (case_of(site).state, case_of(site).handed_to) == (CaseState.ACKNOWLEDGED, "")
        await expect(page.locator("#task")).to_have_attribute("data-state", "acknowledged")
        await expect(page.locator('form[data-action="on_site"]')).to_be_visible()
        await reload(page)
        await expect(told).to_have_count(1)
        await told.get_by_role("button", name="知道了").click()
        await expect(told).to_have_count(0)
        await reload(page)
        await is_shown(page, "实时")
        await expect(told).to_have_count(0)


async def test_before_she_reports_against_her_seal_she_is_asked(
    chromium: str, port: int, tmp_path: Path
) -> None:
    """Without a line too, by what the seal said last."""
    async with at_hand(chromium, port, tmp_path) as (site, page):
        await site.act(CASE, "on_site")
        await open_and_keep(page, port)
        await page.context.set_offline(True)
        await page.goto(address(port))
        await page.get_by_label("False alarm: a pet").check()
        await page.get_by_role("button", name="Report how it ended").click()
        await is_shown(page, refusal_line(Refusal.SEAL_SAYS_OPEN, "en"))
        despite = page.get_by_label("It is so, even if the seal says otherwise")
        await expect(despite).to_be_focused()
        assert (await kept(page))["out"] == 0
        await page.get_by_label("Left, and not back").check()
        await expect(page.locator(".asked")).to_be_hidden()
        await page.get_by_label("False alarm: a pet").check()
        await despite.check()
        await press(page, "Report how it ended")
        await page.context.set_offline(False)
        await is_shown(page, "False alarm: a pet · the seal said otherwise")
        assert case_of(site).despite_seal


# However slow the browser is, the door that opens again is the same opening.
ONE_OPENING = {"off_delay_ms": 60_000}


async def test_what_her_seal_says_meanwhile_is_read_and_she_reports_again(
    chromium: str, port: int, tmp_path: Path
) -> None:
    """It was shut when she reported so, and opened before that came."""
    async with at_hand(chromium, port, tmp_path, rules=ONE_OPENING) as (site, page):
        await site.act(CASE, "on_site")
        await site.shuts(0)
        await open_and_keep(page, port)
        await page.context.set_offline(True)
        await page.goto(address(port))
        await page.get_by_label("False alarm: a pet").check()
        await press(page, "Report how it ended")
        report = page.locator('form[data-action="report"]')
        await expect(report).to_be_hidden()
        await site.opens(0)
        await page.context.set_offline(False)
        told = page.locator("#refused .case")
        await expect(told).to_contain_text("The seal says that the door stands open.")
        await expect(report).to_be_visible(timeout=WAIT_MS)
        await told.get_by_role("button", name="I have read it").click()
        await page.get_by_label("False alarm: a pet").check()
        await page.get_by_label("It is so, even if the seal says otherwise").check()
        await page.get_by_role("button", name="Report how it ended").click()
        await expect(page.locator("#task")).to_have_attribute("data-state", "reported")
        assert case_of(site).despite_seal


async def test_whoever_hands_on_to_others_must_name_them(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with at_hand(chromium, port, tmp_path) as (site, page):
        await site.act(CASE, "on_site")
        await open_and_keep(page, port)
        await page.context.set_offline(True)
        await page.goto(address(port))
        await page.get_by_label("Handed on: the note says to whom").check()
        await page.get_by_role("button", name="Report how it ended").click()
        note = page.get_by_label("Note", exact=True)
        await expect(note).to_be_focused()
        assert (await kept(page))["out"] == 0
        await note.fill("x" * 301)
        assert len(await note.input_value()) == 300
        await note.fill("the clinic")
        await press(page, "Report how it ended")
        await page.context.set_offline(False)
        await is_shown(page, "Handed on: the note says to whom · the clinic")


async def test_two_minutes_after_her_report_the_way_back_is_shut(
    chromium: str, port: int, tmp_path: Path
) -> None:
    """Counted from when she made it, on a page that hears of nothing."""
    async with at_hand(chromium, port, tmp_path) as (site, page):
        await site.act(CASE, "on_site")
        await open_and_keep(page, port)
        await page.context.set_offline(True)
        await page.clock.install()
        await page.goto(address(port))
        await page.get_by_label("Left, and not back").check()
        await press(page, "Report how it ended")
        back = page.get_by_role("button", name="Take the report back")
        await page.clock.fast_forward(Rules().take_back_ms - 10_000)
        await expect(back).to_be_visible()
        await page.clock.fast_forward(11_000)
        await expect(back).to_be_hidden()
        await expect(page.locator("#task form:visible")).to_have_count(0)


async def test_with_a_line_a_report_is_taken_back_and_each_button_follows(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with at_hand(chromium, port, tmp_path) as (_, page):
        await open_and_keep(page, port)
        await page.goto(address(port))
        task = page.locator("#task")
        for name, state in (
            ("I am on my way", "on_the_way"),
            ("I am at the door", "on_site"),
            ("Report how it ended", "reported"),
            ("Take the report back", "on_site"),
        ):
            if state == "reported":
                await page.get_by_label("Left, and not back").check()
            await page.get_by_role("button", name=name).click()
            await expect(task).to_have_attribute("data-state", state, timeout=WAIT_MS)
        await is_shown(page, "Wang Fang took the report back")
        await expect(page.get_by_role("button", name="Report how it ended")).to_be_visible()
        await holds(page, ALL_TOLD)
        assert await page.evaluate("() => Outbox.refused()") == []
