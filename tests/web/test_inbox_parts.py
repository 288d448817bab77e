"""More open cases than a page shows: each is on one page of the list; the count is the whole."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from gateway.store import page_views
from gateway.web import inbox_parts
from gateway.web.inbox_parts import CARDS_MAX, part_of
from tests.web.web_site import Console, console, first_case, new_store

DOORS = 8
SHOWN = 3  # on a page, in these tests


@pytest.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Console]:
    """Each of eight doors has a case that Wang was told of; she has taken one of them."""
    monkeypatch.setattr(inbox_parts, "CARDS_MAX", SHOWN)
    async with console(new_store(tmp_path, DOORS)) as found:
        for number in range(DOORS):
            await found.seal(number)
            await found.opens(number)
        await found.act(first_case(7), "acknowledge")
        await found.engine.idle()
        yield found


def cards(page: str) -> list[str]:
    """The cases of a page's cards, in their order."""
    return list(dict.fromkeys(re.findall(r'id="card-([0-9a-f]+-\d+)"', page)))


def onward(page: str) -> str | None:
    """Where the page says that the list goes on."""
    found = re.search(r'href="(/[^"]*\?after=[^"]*)"', page)
    return None if found is None else found[1].replace("&amp;", "&")


@pytest.mark.parametrize("phone", ["handheld", "inbox"])
async def test_every_case_is_on_one_page_and_the_count_is_the_whole(
    site: Console, phone: str
) -> None:
    path, seen, pages = f"/{phone}/wang", list[str](), list[str]()
    while path is not None:
        page = await site.text(path)
        assert f"{DOORS} open cases" in page
        assert f'data-waiting="{DOORS - 1}"' in page, "which the title of the page says"
        assert len(page) < 45_000
        seen += cards(page)
        pages.append(page)
        path = onward(page)
    assert len(pages) == 3
    assert sorted(seen) == sorted(first_case(number) for number in range(DOORS))
    assert seen[-1] == first_case(7), "what waits stands before what she has"
    assert "here 4 to 6" in pages[1]
    live = ["view=tasks" in page or "view=inbox" in page for page in pages]
    assert live == [True, False, False], "the line brings each part what is its own"
    assert all(("view=further" in page) == (phone == "handheld") for page in pages[1:])
    assert "未办结 8 件" in await site.text(f"/{phone}/wang", "zh")


async def test_what_is_done_meanwhile_moves_no_other_to_another_page(site: Console) -> None:
    first = await site.text("/handheld/wang")
    where = onward(first)
    assert where is not None
    await site.reported(cards(first)[0])
    then = await site.text(where)
    assert not set(cards(first)) & set(cards(then))
    assert f"{DOORS - 1} open cases" in then
    for wrong in ("x", "9", "1-2-3-", "%00", "x" * 300):
        path = f"/handheld/wang/further?after={wrong}"
        assert (await site.client.get(path)).status_code == 422, wrong
    assert (await site.client.get("/handheld/nobody/further?after=0-1-1-x")).status_code == 404


async def test_a_phone_keeps_the_first_part_and_each_case_says_how_many_wait(
    site: Console,
) -> None:
    first = cards(await site.text("/handheld/wang"))
    kept = (await site.client.get("/handheld/wang/tasks")).json()["pages"]
    ids = {path.rpartition("/")[2] for path in kept if "/cases/" in path}
    assert ids == set(first)
    assert not any("further" in path for path in kept)
    page = await site.text(f"/handheld/wang/cases/{first_case(0)}")
    assert f"{DOORS - 2} more cases wait for you" in page


async def test_what_all_kept_pages_ask_is_asked_once_and_each_name_is_its_page_s(
    site: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand cases were put in order for each of thirty pages. Beside that a page asks for some
    rows of its own; a name that is not its page's would have it fetched again and again."""
    asked: list[str] = []

    def noted(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    names: dict[str, str] = {}
    event.listen(Engine, "before_cursor_execute", noted)
    try:
        counts = []
        for most in (SHOWN, DOORS):
            monkeypatch.setattr(inbox_parts, "CARDS_MAX", most)
            asked.clear()
            names = (await site.client.get("/handheld/wang/tasks")).json()["pages"]
            counts.append((len(names), len(asked)))
    finally:
        event.remove(Engine, "before_cursor_execute", noted)
    (few, less), (many, more) = counts
    assert (few, many) == (SHOWN + 2, DOORS + 2)
    assert more - less <= 9 * (many - few), "its openings, photos, telephone and the like"
    for path, name in names.items():
        page = await site.text(path)
        if "/cases/" in path or path == "/handheld/wang":
            assert f"seen={name.partition('.')[0]}" in page, path


async def test_a_grouped_page_counts_each_of_its_cases_once(tmp_path: Path) -> None:
    """In a storm one page names many: each stands in the list, and none twice."""
    async with console(new_store(tmp_path, 60)) as site:
        for number in range(60):
            await site.seal(number)
        for number in range(60):
            await site.opens(number)
        await site.engine.idle()
        with site.store.reading() as connection:
            told = page_views.told_cases(connection, "wang", 1_000)
            known = [case.case_id for case in told.cases]
            assert len(known) == len(set(known))
            part, shown = part_of(connection, "wang"), list[str]()
            assert len(part.case_ids) == CARDS_MAX
            while True:
                shown += part.case_ids
                if not part.more:
                    break
                part = part_of(connection, "wang", part.more)
            whole = page_views.inbox(connection, "wang", is_open=True, limit=1_000)
        assert shown == list(dict.fromkeys(page.case_id for page in whole))
        assert set(shown) == set(known)
