"""The lists of cases come in parts: none of a thousand is left out without a word."""

import re
from pathlib import Path

import pytest

from gateway.web import case_lists
from tests.web.web_site import Console, console, first_case, listening, new_store


def listed(page: str) -> list[str]:
    """The cases of a page, in its order."""
    return re.findall(r'<a class="case [^"]*" href="/cases/([^"]*)"', page)


def next_part(page: str, kind: str) -> str:
    """Where a list's next part is; nothing at its end."""
    found = re.search(rf'href="(/cases\?{kind}=[^"]*)">Next<', page)
    return found[1] if found else ""


async def walked(site: Console, kind: str) -> list[str]:
    """All cases of a list, from part to part."""
    path, found = "/cases", list[str]()
    while path:
        page = await site.text(path)
        found += listed(page)
        path = next_part(page, kind)
    return found


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_lists, "LISTED_MAX", 2)


@pytest.mark.parametrize("kind", ["open", "review"])
async def test_every_case_of_a_long_list_is_reached_once_and_the_list_says_how_many(
    tmp_path: Path, kind: str
) -> None:
    cases = [first_case(number) for number in range(5)]
    async with console(new_store(tmp_path, 5)) as site:
        for number, case_id in enumerate(cases):
            await site.seal(number)
            await site.opens(number)
            if kind == "review":
                await site.reported(case_id)
        page = await site.text("/cases")
        assert {"open": "5 open cases", "review": "5 cases in review"}[kind] in page
        assert sorted(await walked(site, kind)) == sorted(cases)
        later = await site.text(next_part(page, kind))
        assert re.search(r'href="/cases">To the beginning<', later)
        assert re.search(r"view=cases&amp;name=[^&]*%7C", later), "a later part is live too"


async def test_a_short_list_says_nothing_of_parts(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        page = await site.text("/cases")
    assert len(listed(page)) == 1
    assert "Next" not in page
    assert "1 open case" not in page


async def test_a_later_part_goes_on_by_itself_and_an_address_that_is_none_is_refused(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        for number in range(3):
            await site.seal(number)
            await site.opens(number)
        path = next_part(await site.text("/cases"), "open")
        (last,) = listed(await site.text(path))
        stream = re.search(r'sse-connect="/stream\?([^"]*)"', await site.text(path))
        assert stream
        async with listening(site, stream[1].replace("&amp;", "&")) as listener:
            await listener.rests()
            await site.act(last, "acknowledge")
            assert "tone-in_hand" in (await listener.next("fragment")).data
        for wrong in ("x", "000:1", "2:1:a"):
            answer = await site.client.get("/cases", params={"review": wrong})
            assert answer.status_code == 422, wrong
            query = {"view": "cases", "name": f"|{wrong}"}
            assert (await site.client.get("/stream", params=query)).status_code == 422, wrong
