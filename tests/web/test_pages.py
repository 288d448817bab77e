"""What the pages say, in both languages, and that they hold whatever people are called."""

from pathlib import Path

import pytest

from gateway.core.events import MessageRefused, ReportCame
from gateway.core.model import Contact
from gateway.core.reasons import Reason
from gateway.core.subject import of_door
from gateway.store.database import Store, StoreError
from tests.web.web_site import (
    NASTY,
    SECRET_ADDRESS,
    console,
    first_case,
    new_store,
    now_ms,
    problem_of,
    seal_id,
)

PAGES = [
    "/",
    "/cases",
    f"/cases/{first_case(0)}",
    "/wardens",
    "/inbox/wang",
    "/doors/d0",
    "/health",
]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_page_is_there_in_both_languages(
    path: str, language: str, tmp_path: Path
) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        page = await site.text(path, language)
        assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in page
        other = "en" if language == "zh" else "zh"
        assert f'href="?lang={other}"' in page
        assert ("实时" in page or "状况" in page or "网格员" in page) is (language == "zh")


async def test_an_empty_site_says_what_to_do(tmp_path: Path) -> None:
    async with console(new_store(tmp_path, doors=0)) as site:
        assert "No doors yet." in await site.text("/")
        assert "No case is unacknowledged." in await site.text("/")
        assert "No case has been closed yet." in await site.text("/cases")
        assert "Nothing for you to acknowledge." in await site.text("/inbox/li")
        assert "Every message was genuine and new." in await site.text("/health")


async def test_every_tone_is_a_word_and_a_symbol_too(tmp_path: Path) -> None:
    async with console(new_store(tmp_path, doors=9)) as site:
        for number in range(1, 9):
            await site.seal(number, under_order=number != 1)
        await site.permit(5)
        for number in (2, 4, 5, 6, 7, 8):
            await site.opens(number)
        await site.shuts(4)
        await site.act(first_case(6), "acknowledge")
        await site.reported(first_case(7))
        await site.reported(first_case(8))
        await site.act(first_case(8), "assess", "centre")
        await site.act(first_case(8), "sign_off", "centre")
        page = await site.text("/")
        for tone, word, symbol in [
            ("no_seal", "No seal", "unknown"),
            ("resting", "Shut, no order", "shut"),
            ("breach", "Open, unacknowledged", "open"),
            ("shut", "Shut", "shut"),
            ("waiting", "Shut again, unacknowledged", "shut"),
            ("announced", "Open, announced", "announced"),
            ("in_hand", "Open, acknowledged", "open"),
            ("recorded", "Open, reported", "open"),
        ]:
            tile = page.partition(f'data-tone="{tone}"')[2].partition("</li>")[0]
            assert f">{word}" in tile, tone
            assert f"#door-is-{symbol}" in tile, tone


async def test_whatever_a_person_is_called_stays_text(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(3)
        await site.permit(3, who=NASTY, why='"><img src=x>')
        await site.opens(3)
        await site.shuts(3)
        for path in ("/", "/doors/d3", "/inbox/wang"):
            page = await site.text(path)
            assert NASTY not in page
            assert "<img src=x" not in page
        assert "&lt;script&gt;" in await site.text("/doors/d3")


async def test_an_unknown_time_is_told_as_an_interval(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        site.clock.advance(10)
        await site.shuts(0, moved=4, age_ms=None)
        page = await site.text("/doors/d0")
        assert "Time unknown" in page
        assert "between" in page
        assert "The door moved 4 times meanwhile." in page


async def test_a_close_that_nobody_heard_is_told_as_an_interval(tmp_path: Path) -> None:
    async with console(new_store(tmp_path), rules={"off_delay_ms": 100}) as site:
        await site.seal(0)
        await site.opens(0)
        site.clock.advance(10)
        heartbeat = ReportCame(seal_id(0), 0, Contact.SHUT, 2, False, age_ms=0)
        await site.engine.submit(of_door("d0"), heartbeat)
        site.clock.advance(200)
        await site.engine.submit(of_door("d0"), heartbeat)
        page = await site.text("/doors/d0")
        assert "for at most" in page
        assert "Nobody heard it shut; that was between" in page
        assert "没有收到关门报告" in await site.text("/doors/d0", language="zh-CN")


async def test_the_case_page_says_who_was_told_and_keeps_addresses_to_itself(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        page = await site.text(f"/cases/{first_case(0)}")
        assert "Wang Fang · phone page" in page
        assert "The site · webhook" in page
        assert "On its way" in page
        assert SECRET_ADDRESS not in page
        assert "Li Qiang" not in page  # a warden of another grid


async def test_links_keep_the_path_that_a_proxy_puts_before(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        headers = {"x-forwarded-prefix": "/gateway"}
        page = await site.text("/", **headers)
        assert 'href="/gateway/doors/d0"' in page
        assert 'src="/gateway/static/menshen.js"' in page
        assert 'sse-connect="/gateway/stream?' in page
        for bad in ("//evil.example", "/a b", "javascript:x", '/"><script>'):
            page = await site.text("/", **{"x-forwarded-prefix": bad})
            assert 'href="/doors/d0"' in page


@pytest.mark.parametrize("path", ["/doors/none", "/cases/none", "/inbox/none", "/x"])
async def test_what_is_not_there_is_a_sentence(path: str, tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        answer = await site.client.get(path, headers={"accept-language": "en"})
        assert answer.status_code == 404
        assert "There is nothing under this address." in answer.text


@pytest.mark.parametrize(
    "path",
    [
        f"/doors/d0?before_ms={2**70}",
        f"/cases?before_ms={2**70}",
        f"/api/v1/doors?limit={2**70}",
        "/api/v1/cases?limit=0",
        f"/stream?name={'x' * 500}",
    ],
)
async def test_a_number_that_cannot_be_is_refused_in_a_sentence(path: str, tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        answer = await site.client.get(path, headers={"accept-language": "en"})
        assert answer.status_code == 422
        assert "is missing, too long or out of range" in answer.text


async def test_programs_are_told_in_json_what_is_not_there(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        for path in ("/api/v1/wardens/none/pages", "/api/v1/none"):
            answer = await site.client.get(path)
            assert problem_of(answer, 404) == {}
        answer = await site.client.get("/api/v1/doors?limit=1000000")
        assert problem_of(answer, 422) == {}
        assert "limit" in answer.json()["detail"]


async def test_the_health_page_counts_refusals_by_reason_and_names_silent_seals(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        page = await site.text("/health")
        assert "Every seal is online, with battery enough" in page
        with site.store.writing() as connection:
            connection.exec_driver_sql(
                "INSERT INTO refusals VALUES (?, 'wrong_key', 7, ?)",
                (now_ms() - now_ms() % 3_600_000, now_ms()),
            )
        page = await site.text("/health")
        assert "wrong_key" in page
        told = (await site.client.get("/api/v1/health")).json()
        assert told["refusals"][0] | {"latest_ms": 0} == {
            "reason": "wrong_key",
            "count": 7,
            "latest_ms": 0,
        }
        assert told["health"]["store_ok"] is True
        await site.engine.submit(of_door("d0"), MessageRefused(seal_id(0), Reason.WRONG_KEY))


async def test_a_store_that_cannot_be_read_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(new_store(tmp_path)) as site:

        def broken(self: Store) -> None:
            raise StoreError("the disk is on fire")

        monkeypatch.setattr(Store, "reading", broken)
        answer = await site.client.get("/", headers={"accept-language": "en"})
        assert answer.status_code == 503
        assert "The gateway cannot read its database now: the disk is on fire." in answer.text
        page = await site.text("/health")  # the page for the engineer still comes
        assert "the disk is on fire" in page


async def test_g10_what_is_not_there_has_a_heading_too(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        answer = await site.client.get("/nothing/here", headers={"accept-language": "en"})
        assert answer.status_code == 404
        assert "<h1" in answer.text
