"""G9, A11: a case that was raised again, or came back, shows one state and one advice."""

from pathlib import Path

from gateway.core.rules import Rules
from tests.web.web_site import console, first_case, new_store


async def test_g9_a_case_raised_again_waits_and_is_in_nobodys_hands(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        case_id = first_case(0)
        await site.act(case_id, "acknowledge")
        for path in ("/cases", "/inbox/wang"):
            assert "Acknowledged by Wang Fang" in await site.text(path)
        await site.shuts(0)
        site.clock.advance(Rules().off_delay_ms + 1)
        await site.engine.idle()
        await site.opens(0)
        for path in ("/cases", "/inbox/wang", f"/cases/{case_id}", "/"):
            page = await site.text(path)
            assert "Unacknowledged" in page, path
            assert "has it" not in page, path
            assert "Acknowledged" not in page, path
        page = await site.text(f"/cases/{case_id}")
        assert (
            page.index("Wang Fang acknowledged it")
            < page.index("Raised again")
            < page.index("Acknowledge<")
        )
        assert (await site.client.get("/api/v1/cases")).json()["open"][0]["state"] in (
            "raised",
            "paged",
        )


async def test_g9_a_shut_door_is_not_to_be_shut_and_the_case_still_wants_its_report(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.permit(0)
        await site.opens(0)
        site.clock.advance(3_600_001)
        await site.engine.idle()
        assert "to shut the door" in await site.text("/inbox/wang")
        await site.shuts(0)
        site.clock.advance(Rules().off_delay_ms + 1)
        await site.engine.idle()
        for path in ("/inbox/wang", f"/cases/{first_case(0)}-overstay"):
            answer = await site.client.get(path)
            if answer.status_code == 404:
                continue
            assert "to shut the door" not in answer.text, path
        page = await site.text("/inbox/wang")
        assert "Shut again" in page
        assert "report how it ended" in page


async def test_a11_a_case_that_came_back_says_so_and_waits(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        await site.act(first_case(0), "acknowledge")
        site.clock.advance(Rules().taken_ms)
        await site.engine.idle()
        page = await site.text(f"/cases/{first_case(0)}")
        assert (
            page.index("Wang Fang acknowledged it")
            < page.index("Came back")
            < page.index("Acknowledge<")
        )
        assert "has it" not in await site.text("/cases")
        assert await site.act(first_case(0), "acknowledge") == {"changed": True}
        assert "Acknowledged by Wang Fang" in await site.text("/cases")
