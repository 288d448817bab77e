"""A trouble of the site on every page that shows cases: without a door, with its words."""

from pathlib import Path

import pytest

from gateway.core.model import Doubt
from gateway.core.reasons import TROUBLES, Reason
from gateway.engine.clock_states import ClockState
from gateway.language.catalogue import LOCALES
from gateway.language.reasons import first_action, reason_word, why_line
from tests.web.web_site import acting_as, console, new_store


async def test_a_trouble_stands_on_wall_list_phone_and_page_and_is_taken_there(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        site.engine.trouble(Reason.CHANNEL_FAILING, True, "c7f1")
        await site.engine.idle()
        (case,) = (await site.client.get("/api/v1/cases")).json()["open"]
        case_id = case["case_id"]
        assert (case["door_id"], case["about"]) == (None, "c7f1")
        for path in ("/", "/cases", "/inbox/wang", f"/cases/{case_id}"):
            page = await site.text(path)
            assert "The whole site" in page, path
            assert "/doors/None" not in page, path
            assert why_line(Reason.CHANNEL_FAILING, "en") in page, path
        assert "c7f1" in await site.text(f"/cases/{case_id}")
        for path in ("/cases", "/inbox/wang"):
            assert "整个站点" in await site.text(path, "zh") or "全" in await site.text(path, "zh")
        pages = (await site.client.get("/api/v1/wardens/wang/pages")).json()["open"]
        assert pages[0]["case_id"] == case_id
        taken = await site.client.post(
            f"/inbox/wang/cases/{case_id}/acknowledge", headers=acting_as("wang")
        )
        assert taken.status_code == 303
        assert await site.act(case_id, "report", outcome="repaired") == {"changed": True}
        assert "/doors/None" not in await site.text("/cases")


@pytest.mark.parametrize("language", LOCALES)
def test_every_trouble_has_a_word_a_why_and_what_to_do(language: str) -> None:
    for say in (reason_word, why_line, first_action):
        assert len({say(reason, language) for reason in TROUBLES}) == len(TROUBLES)


async def test_b1_a_clock_in_doubt_is_said_on_every_page_while_it_lasts(tmp_path: Path) -> None:
    words = {"en": "clock is in doubt", "zh": "网关的时钟不准"}
    pages = ("/", "/cases", "/wardens", "/health", "/inbox/wang")
    async with console(new_store(tmp_path)) as site:
        for is_told in (False, True, False):
            site.engine.metrics.clock(ClockState.DOUBTED, Doubt(3_600_000, 0), is_told)
            for language, word in words.items():
                for path in pages:
                    assert (word in await site.text(path, language)) is is_told, path
        health = (await site.client.get("/api/v1/health")).json()["health"]
        assert (health["clock"], health["clock_behind_ms"]) == ("doubted", 3_600_000)
        assert "In doubt" in await site.text("/health")
