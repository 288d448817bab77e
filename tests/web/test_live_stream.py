"""What a page hears: the fragment that changed, all that was missed, and nothing else."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from gateway.engine.broadcast import merged
from gateway.engine.ports import Committed
from gateway.store import outbox
from gateway.store.database import Store, StoreError
from gateway.store.outbox import Entry
from gateway.web import live_stream, topics
from gateway.web.context import WebContext
from gateway.web.topics import PING_MS, PUSH_EVERY_MS, UNTAKEN_MAX, event
from tests.waiting import until
from tests.web.web_site import Console, Listener, console, first_case, listening, new_store

IDS = re.compile(r'id="([^"]+)" hx-swap-oob')


async def seen_by(site: Console, path: str) -> str:
    """The digest of what a page showed."""
    found = re.search(r"seen=([0-9a-f]+)", await site.text(path))
    assert found
    return found[1]


async def test_a_page_that_missed_nothing_is_sent_nothing_but_the_change(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.seal(1)
        seen = await seen_by(site, "/")
        async with listening(site, f"view=wallboard&name=&seen={seen}") as line:
            await line.rests()
            await site.opens(1)
            told = await line.next("fragment")
            assert set(IDS.findall(told.data)) == {"door-d1", "tally", "side"}
            assert 'data-tone="breach"' in told.data
            assert told.id == await seen_by(site, "/")


async def test_a_page_that_comes_back_is_sent_what_it_missed(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        seen = await seen_by(site, "/inbox/wang")
        await site.opens(0)  # nobody listens
        async with listening(site, f"view=inbox&name=wang&seen={seen}") as line:
            told = await line.next("fragment")
            assert f'data-page-id="{first_case(0)}"' in told.data
            assert IDS.findall(told.data)[:3] == ["asked", "counted", "inbox"]


async def test_the_phone_of_another_grid_hears_nothing(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        seen = await seen_by(site, "/inbox/li")
        async with listening(site, f"view=inbox&name=li&seen={seen}") as line:
            await line.rests()
            await site.opens(0)
            news = await line.next("committed")
            assert json.loads(news.data)["cases"] == [first_case(0)]
            assert line.events.empty()


async def test_another_opening_of_the_newest_case_changes_its_card_only(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        for number in (0, 1):
            await site.seal(number)
            await site.opens(number)
        seen = await seen_by(site, "/inbox/wang")
        async with listening(site, f"view=inbox&name=wang&seen={seen}") as line:
            await line.rests()
            site.clock.advance(PUSH_EVERY_MS)
            await site.opens(1, moved=2)
            told = await line.next("fragment")
            assert IDS.findall(told.data) == [f"card-{first_case(1)}", "unsigned"]
            assert told.data.count("data-page-id=") == 2


async def test_a_case_that_somebody_takes_moves_to_its_group(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        seen = await seen_by(site, "/inbox/wang")
        async with listening(site, f"view=inbox&name=wang&seen={seen}") as line:
            await line.rests()
            await site.act(first_case(0), "acknowledge")
            told = await line.next("fragment")
            assert IDS.findall(told.data)[:2] == ["counted", "inbox"]  # and how many wait
            assert "Acknowledged" in told.data


@pytest.mark.parametrize("view", ["wallboard", "cases", "case", "door", "inbox"])
async def test_every_live_page_has_a_stream_that_agrees_with_it(view: str, tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        path, name = {
            "wallboard": ("/", ""),
            "cases": ("/cases", ""),
            "case": (f"/cases/{first_case(0)}", first_case(0)),
            "door": ("/doors/d0", "d0"),
            "inbox": ("/inbox/wang", "wang"),
        }[view]
        page = await site.text(path)
        assert f"view={view}&amp;name={name}&amp;seen=" in page
        seen = await seen_by(site, path)
        async with listening(site, f"view={view}&name={name}&seen={seen}") as line:
            await line.rests()
            await site.act(first_case(0), "acknowledge")
            told = await line.next("fragment")
            for dom_id in IDS.findall(told.data):
                assert f'id="{dom_id}"' in page


async def test_a_page_that_goes_out_leaves_the_form_beside_it_alone(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        seen = await seen_by(site, f"/cases/{first_case(0)}")
        async with listening(site, f"view=case&name={first_case(0)}&seen={seen}") as line:
            await line.rests()
            entry = registry_entry(site)
            entry.done_ms = entry.made_ms + 5
            site.engine.attempted(entry)
            told = await line.next("fragment")
            assert IDS.findall(told.data) == ["workflow", "deliveries"]


def registry_entry(site: Console) -> Entry:
    """The webhook's entry in the outbox."""
    with site.store.reading() as connection:
        return outbox.undelivered(connection, "webhook", 0)[0]


async def test_a_stream_outlives_a_store_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)

        def broken(self: Store) -> None:
            raise StoreError("the disk is on fire")

        with monkeypatch.context() as broken_store:
            broken_store.setattr(Store, "reading", broken)
            async with listening(site, "view=wallboard&name=") as line:
                await site.opens(0)
                await line.next("committed")
                broken_store.undo()
                await site.shuts(0)
                assert 'data-tone="waiting"' in (await line.next("fragment")).data


async def test_a_stream_without_a_look_tells_of_commits_only(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site, listening(site, "") as line:
        await line.rests()
        await site.seal(0)
        news = json.loads((await line.next("committed")).data)
        assert news["doors"] == ["d0"]


async def test_a_listener_that_is_gone_is_watched_for_no_more(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        async with listening(site, "view=wallboard&name=") as line:
            await line.next("fragment")
            assert len(site.engine.broadcast) == 1
        assert len(site.engine.broadcast) == 0


async def test_whoever_leaves_while_another_is_read_for_ends_nobody_s_line_but_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And who leaves while it is read for them is watched for no more."""
    async with console(new_store(tmp_path)) as site:
        reads = SlowReads(monkeypatch)
        async with listening(site, "view=wallboard&name=") as stays:
            await until(lambda: reads.waiting == 1)
            async with listening(site, "topic=inbox:wang::en"):
                await until(lambda: reads.waiting == 2)
            reads.go_on.set()
            assert (await stays.next("fragment")).data
            await site.seal(0)
            assert (await stays.next("fragment")).data
            await until(lambda: len(site.engine.broadcast) == 1)
        assert len(site.engine.broadcast) == 0


async def test_a_page_that_cannot_be_drawn_lets_its_listeners_go_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with console(new_store(tmp_path)) as site:
        with monkeypatch.context() as patch:
            patch.setattr(WebContext, "draw", wrong)
            async with listening(site, "view=wallboard&name="):
                await until(lambda: "A live page cannot be drawn" in caplog.text)
                await until(lambda: site.app.state.figures.streams == 0)
        async with listening(site, "view=wallboard&name=") as line:  # it comes back
            assert (await line.next("fragment")).data


class SlowReads:
    """Readings of the console that wait until they may go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.waiting, self.go_on = 0, asyncio.Event()
        reads = WebContext.read

        async def read(context: WebContext, *asked: Any) -> Any:
            self.waiting += 1
            await self.go_on.wait()
            return await reads(context, *asked)

        monkeypatch.setattr(WebContext, "read", read)


def wrong(*_: Any) -> str:
    raise ZeroDivisionError


async def test_two_screens_of_one_case_press_under_ids_of_their_own(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        query = f"view=case&name={first_case(0)}"
        async with listening(site, query) as one, listening(site, query) as other:
            forms = [(await line.next("fragment")).data for line in (one, other)]
            ids = [set(re.findall(r'name="action_id" value="([^"]+)"', form)) for form in forms]
            assert ids[0]
            assert not ids[0] & ids[1]


async def test_a_reader_that_takes_nothing_is_let_go_and_comes_back_to_what_it_missed() -> None:
    slow = topics.Listener()
    for number in range(UNTAKEN_MAX + 1):
        slow.post(event("fragment", str(number)))
    assert not slow.is_open
    assert [one async for one in slow.events()] == []


async def test_one_line_carries_a_topic_for_each_tab(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        seen = await seen_by(site, "/")
        tabs = f"topic=inbox:wang::zh&topic=wallboard::{seen}:en&topic=:::en"
        async with listening(site, tabs) as line:
            assert (
                "没有等您处置的事件" in (await line.next("fragment.0")).data
            )  # the wall missed nothing
            await site.opens(0)
            assert "门开了" in (await line.next("fragment.0")).data
            assert site.app.state.figures.streams == 1
        assert site.app.state.figures.streams == 0
        for bad in ("topic=roof:::en", "topic=x", "topic=wallboard:::fr", "&topic=::" * 30):
            answer = await site.client.get(f"/stream?{bad}")
            assert answer.status_code in (404, 422), bad


async def test_a_tab_hears_that_its_line_stands_while_others_are_busy(tmp_path: Path) -> None:
    """A line on which nothing comes for 4.5 s counts as cut, and is opened anew."""
    async with (
        console(new_store(tmp_path, doors=12)) as site,
        listening(site, "topic=inbox:li::zh") as line,
    ):
        await line.next("ping.0")
        for number in range(12):  # a commit in each turn, and none of them is of li's
            await site.seal(number)
            await line.rests()
            site.clock.advance(PUSH_EVERY_MS)
            await line.rests()
        assert set(heard(line)) == {"ping.0"}


async def test_a_page_that_was_slow_to_draw_rests_and_its_line_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "SHARE", 1_000_000)  # as if each drawing took a long time
    async with (
        console(new_store(tmp_path)) as site,
        listening(site, "view=wallboard&name=") as line,
    ):
        await line.next("ping")
        began_ms = site.clock.now_ms()
        for _ in range(3):
            await line.next("ping")
        assert site.clock.now_ms() - began_ms <= 3 * (PING_MS + PUSH_EVERY_MS)


def heard(line: Listener) -> list[str]:
    """The names of all that has come by now."""
    return [line.events.get_nowait().name for _ in range(line.events.qsize())]


async def test_streams_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_stream, "STREAMS_MAX", 2)
    monkeypatch.setattr(live_stream, "KEPT_FOR_PHONES", 1)
    async with (
        console(new_store(tmp_path)) as site,
        listening(site, "view=wallboard&name=") as line,
    ):
        await line.next("fragment")
        answer = await site.client.get("/stream", headers={"accept-language": "en"})
        assert answer.status_code == 503
        assert "as this machine bears" in answer.text


async def test_a_look_that_does_not_exist_is_not_found(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        assert (await site.client.get("/stream?view=roof")).status_code == 404


async def test_many_commits_are_one_push(tmp_path: Path) -> None:
    async with console(new_store(tmp_path, doors=8)) as site:
        for number in range(8):
            await site.seal(number)
        async with listening(site, "view=wallboard&name=") as line:
            await line.next("fragment")
            for number in range(8):
                await site.opens(number)
            tiles: list[str] = []
            pushes = 0
            while len(set(tiles)) < 8:
                told = await line.next("fragment")
                tiles += [i for i in IDS.findall(told.data) if i.startswith("door-")]
                pushes += 1
            assert pushes < 8


def test_commits_are_merged_in_order_and_each_name_once() -> None:
    one = Committed(1, doors=("a", "b"), cases=("x",))
    two = Committed(2, doors=("b", "c"), pages=("p",), all=True)
    assert merged([one, two]) == Committed(2, ("a", "b", "c"), ("x",), ("p",), (), True)
