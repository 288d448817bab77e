"""A case that rests on another maker's contact says so wherever it is read, in both languages; one
of a seal never does."""

from pathlib import Path

import pytest

from gateway.core.events import SealBound
from gateway.core.makes import Make
from gateway.core.subject import of_door
from tests.web.web_site import Console, console, first_case, new_store, seal_id

TOLD = {
    "en": "Reported by a contact of another maker (Zigbee2MQTT): "
    "not authenticated, can be imitated.",
    "zh": "这是其他厂家的门磁（Zigbee2MQTT）报的：没有加密验证，别人可以冒充。",
}


async def foreign(site: Console, number: int) -> None:
    """Another maker's contact hangs there, and is heard."""
    bound = SealBound(seal_id(number), make=Make.ZIGBEE2MQTT)
    await site.engine.submit(of_door(f"d{number}"), bound)
    await site.seal(number)
    await site.engine.submit(of_door(f"d{number}"), bound)


@pytest.mark.parametrize("language", list(TOLD))
async def test_wherever_the_case_is_read_it_says_on_whose_word_it_rests(
    tmp_path: Path, language: str
) -> None:
    async with console(new_store(tmp_path)) as site:
        await foreign(site, 0)
        await site.seal(1)
        await site.opens(0)
        await site.opens(1)
        case, other = first_case(0), first_case(1)
        places = (f"/cases/{case}", "/cases", "/", "/doors/d0", "/inbox/wang")
        phone = ("/handheld/wang", f"/handheld/wang/cases/{case}")
        for path in (*places, *phone):
            page = await site.text(path, language)
            assert page.count(TOLD[language]) == 1, path
        for path in (f"/cases/{other}", "/doors/d1", f"/handheld/wang/cases/{other}"):
            assert "Zigbee2MQTT" not in await site.text(path, language), path


async def test_the_api_says_whose_contact_it_was_even_after_a_seal_took_its_place(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        await foreign(site, 0)
        await site.opens(0)
        await site.shuts(0)
        await site.engine.submit(of_door("d0"), SealBound("ab" * 8))
        told = (await site.client.get("/api/v1/cases")).json()
        assert told["open"][0]["make"] == "zigbee2mqtt"
        assert site.engine.state.doors["d0"].make == ""
