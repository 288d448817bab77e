"""Text messages of households: what is understood, who is known; what is forged, or comes again."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, update

from gateway.core.cases.number import case_number
from gateway.core.households.model import Way
from gateway.store import household_views, resident_views, tables, views
from gateway.store.household_views import DisputeRow
from gateway.web.app import build
from gateway.web.resident.text_messages import Wish, numbers_match, understood
from tests.web.households import permits_of
from tests.web.texting import HERS, says, site_of, text
from tests.web.web_site import HOUR_MS, Console, console, new_store

NOBODYS = "+8613999999999"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Console]:
    """One household under an order, whose telephone is known."""
    async with site_of(new_store(tmp_path, 2)) as found:
        yield found


@pytest.mark.parametrize(
    ("said", "wish", "minute"),
    [
        ("开门", Wish.NOW, None),
        ("我现在要出门倒垃圾", Wish.NOW, None),
        ("下午6点半开门", Wish.ONCE, 18 * 60 + 30),
        ("开门 １８：３０", Wish.ONCE, 18 * 60 + 30),
        ("\u202e开\u200b门\u200f １８：３０\u0000", Wish.ONCE, 18 * 60 + 30),
        ("o\u00adpe\u2060n now", Wish.NOW, None),
        ("每天11点送饭，开门", Wish.DAILY, 11 * 60),
        ("取消", Wish.CANCEL, None),
        ("还有几天？", Wish.STATUS, None),
        ("你好", Wish.HELP, None),
        ("", Wish.HELP, None),
        ("Opening the door now", Wish.NOW, None),
        ("open at 6:30 pm", Wish.ONCE, 18 * 60 + 30),
        ("open 12:15 am", Wish.ONCE, 15),
        ("DAILY 11:30", Wish.DAILY, 11 * 60 + 30),
        ("cancel", Wish.CANCEL, None),
        ("家里没菜了", Wish.FOOD, None),
        ("请来收垃圾", Wish.RUBBISH, None),
        ("药吃完了", Wish.MEDICINE, None),
        ("要看医生", Wish.DOCTOR, None),
        ("孩子发烧", Wish.UNWELL, None),
        ("都好", Wish.WELL, None),
        ("we are not well", Wish.UNWELL, None),
        ("all fine", Wish.WELL, None),
        ("trash please", Wish.RUBBISH, None),
        ("status", Wish.STATUS, None),
        ("下午三点半开门", Wish.ONCE, 15 * 60 + 30),
        ("两点三刻开门", Wish.ONCE, 2 * 60 + 45),
        ("晚上十二点半开门", Wish.ONCE, 30),
        ("中午十二点开门", Wish.ONCE, 12 * 60),
        ("二十点开门", Wish.ONCE, 20 * 60),
        ("open at 6pm", Wish.ONCE, 18 * 60),
        ("open at 6 o'clock", Wish.ONCE, 6 * 60),
        ("open now, back at 18:30", Wish.NOW, None),
        ("3号楼1单元开门", Wish.NOW, None),
        ("open the door at once", Wish.NOW, None),
        ("今天不开门了", Wish.CANCEL, None),
        ("别开门", Wish.CANCEL, None),
        ("I won’t be opening the door", Wish.CANCEL, None),
        ("我没开门", Wish.NOW, None),
        ("不太好", Wish.UNWELL, None),
        ("身体不太舒服", Wish.UNWELL, None),
        ("we're not feeling so well", Wish.UNWELL, None),
        ("not fine", Wish.UNWELL, None),
        ("well, we need food", Wish.FOOD, None),
        ("不好意思，开一下门", Wish.NOW, None),
        ("记错了，是风吹开的", Wish.WRONG, None),
        ("我要申诉 482-917", Wish.WRONG, None),
        ("wrong, we did not open", Wish.WRONG, None),
        ("Records?", Wish.RECORDS, None),
        ("你们记了什么", Wish.RECORDS, None),
        ("cancel, it was wrong", Wish.CANCEL, None),
        ("x" * 10_000, Wish.HELP, None),
    ],
)
def test_words_of_the_street_are_understood(said: str, wish: Wish, minute: int | None) -> None:
    found = understood(said)
    assert (found.wish, found.minute) == (wish, minute)
    assert found.language == ("zh" if any(letter > "\u3400" for letter in said[:9]) else "en")


@pytest.mark.parametrize(
    "said",
    [
        *("open 25:00", "open at 123:45", "open 24:00", "开门 25点", "open at half past six"),
        *("明天下午六点开门", "open tomorrow 18:30", "open on Friday", "下周一开门", "open 12/5"),
        *("过一小时开门", "open in 2 hours", "12月5日18点开门", "5号开门", "open at noon"),
    ],
)
def test_a_day_or_time_that_no_text_can_announce_is_not_taken_for_another(said: str) -> None:
    assert understood(said).is_vague


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("记错了 482-917", "482-917"),
        ("记错了４８２－９１７", "482-917"),
        ("wrong 482917", "482-917"),
        ("wrong 482 917, we were asleep", "482-917"),
        ("wrong 13800001111", None),
        ("wrong", None),
        ("open 482-917", None),
    ],
)
def test_a_record_is_named_by_its_number_as_people_write_it(said: str, number: str | None) -> None:
    assert understood(said).number == number


def test_numbers_are_compared_as_people_write_them() -> None:
    for same in ("13800001111", "+86 138-0000-1111", "0086 13800001111", "８６13800001111"):
        assert numbers_match("138 0000 1111", same), same
    assert not numbers_match("66554433", "+86 138 6655 4433"), "a mobile that ends as a landline"
    for other in ("13800001112", "1111", "", "0000", "8613800001111999"):
        assert not numbers_match("13800001111", other), other


async def test_a_text_announces_and_is_told_what_was_understood(site: Console) -> None:
    assert await says(site, "开门") == "明白：您现在开门，十分钟。已记下。"
    assert "every day at 11:30" in await says(site, "daily 11:30", "m2")
    permits = permits_of(site.store, "d0")
    assert {permit.who for permit in permits} == {"the household, by text message"}
    assert [permit.daily for permit in permits if permit.daily] == [((690, 750),)]
    assert "2 taken back" in await says(site, "cancel", "m3")
    status = await says(site, "status", "m4")
    assert status.startswith("1 days left. The seal works.")
    for named in ("3-101", "d0", "quarantine", "order"):
        assert named not in status
    assert "you need Rubbish" in await says(site, "rubbish", "m7")
    assert await says(site, "不舒服", "m8") == (
        "明白：有人不舒服。会有人给您打电话。很难受请马上打120。"
    )
    assert "At what time?" in await says(site, "daily", "m5")
    assert "Write: open" in await says(site, "hm", "m6")


async def test_another_day_is_not_announced_and_the_answer_says_so(site: Console) -> None:
    assert "Nothing is noted" in await says(site, "open tomorrow at 18:30")
    assert "都没有记下" in await says(site, "明天六点开门", "m2")
    assert not permits_of(site.store, "d0")


async def test_a_text_that_is_handed_over_twice_at_once_is_done_once(site: Console) -> None:
    both = await asyncio.gather(text(site, "open"), text(site, "open"))
    assert [answer.json()["text"][:10] for answer in both] == ["Understood"] * 2
    assert len(permits_of(site.store, "d0")) == 1


async def test_strangers_texts_are_counted_before_anybody_is_looked_up(
    site: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up, real = [], resident_views.telephones

    def counted(rows: Connection, at_ms: int) -> list[tuple[str, str]]:
        looked_up.append(at_ms)
        return real(rows, at_ms)

    monkeypatch.setattr(resident_views, "telephones", counted)
    answers = [await says(site, "status", f"n{n}", NOBODYS) for n in range(13)]
    assert (
        answers[0]
        != answers[-1]
        == ("Many messages came from this number. Wait a while, or ring your grid worker.")
    )
    assert len(looked_up) == 12
    flood = [(await text(site, "open", f"+86139{n:08}", f"f{n}")).status_code for n in range(120)]
    assert set(flood) == {200, 429}, "they are handed over again; those who wait are not lost"
    assert flood[-1] == 429


async def test_what_comes_again_is_answered_alike_and_done_once(site: Console) -> None:
    first = await says(site, "open", "m1")
    assert await says(site, "open", "m1") == first
    assert len(site.engine.state.doors["d0"].permits) == 1


async def test_a_number_that_nobody_has_learns_nothing_and_is_counted(site: Console) -> None:
    figures = site.app.state.figures
    answer = await says(site, "status", sender=NOBODYS)
    assert answer == "Nothing can be done for this number here. Ring whoever gave it to you."
    with site.store.writing() as connection:  # two homes say the same number: neither is shown
        change = update(tables.doors).where(tables.doors.c.door_id == "d1")
        connection.execute(change.values(telephone=HERS))
    assert await says(site, "status", "m2") == answer
    assert figures.texts_unknown == 2


async def test_what_is_not_signed_is_refused_and_counted(site: Console) -> None:
    now_s = site.clock.now_ms() / 1000
    forged: list[dict[str, Any]] = [
        {"key": b"x" * 32},
        {"at_s": now_s - 301},
        {"at_s": now_s + 301},
        {"sent": b'{"from": "x", "text": "open"}'},
        {"headers": {"webhook-id": "another"}},
        {"headers": {"webhook-id": ""}},
        {"headers": {"webhook-timestamp": "soon"}},
        {"headers": {"webhook-timestamp": "9" * 400}},
        {"headers": {"webhook-signature": "v1,"}},
        {"headers": {"webhook-signature": "v2,abc v1,%%%"}},
    ]
    for wrong in forged:
        assert (await text(site, "open", **wrong)).status_code == 401, wrong
    assert site.app.state.figures.texts_refused == len(forged)
    assert not site.engine.state.doors["d0"].permits


LONG = json.dumps({"from": "9" * 15_000, "text": "open"}).encode()
BYTES = b'{"from": "1", "text": "\xff\xfe"}', b'{"from": "\xc3(", "text": "open"}'
NESTED = b'{"x":' + b"[" * 7_000 + b"]" * 7_000 + b',"from":"1","text":"open"}'
SURROGATE = b'{"from": "1", "text": "\\ud800"}'


async def test_what_is_no_text_is_told_so_and_what_is_too_long_is_not_read(site: Console) -> None:
    for body in (
        b"{",
        b"[]",
        b'{"from": 3, "text": "x"}',
        b'{"from": "x"}',
        b"\xff",
        LONG,
        SURROGATE,
    ):
        assert (await text(site, "", body=body)).status_code == 422, body
    for body in (*BYTES, NESTED):  # no UTF-8, and deeper than anything that we read
        assert (await text(site, "", body=body)).status_code == 422, body[:40]
    assert (await text(site, "x" * 20_000)).status_code == 413


async def test_one_number_does_not_keep_the_gateway_busy(site: Console) -> None:
    answers = [await says(site, "status", f"m{number}") for number in range(13)]
    assert answers[0].startswith("1 days left")
    assert answers[-1].startswith("Many messages came")
    again = [await text(site, "status", HERS, f"again-{number}") for number in range(2)]
    assert [(one.status_code, one.content) for one in again] == [(204, b"")] * 2
    assert (await text(site, "status", HERS, "m0")).json()["text"] == answers[0]


async def test_a_robot_that_answers_our_answers_takes_no_households_turn(site: Console) -> None:
    """Ten thousand texts from one number, and each of our answers brings the next: it is told once
    that they are too many, and another's text is done meanwhile."""
    robots = [await text(site, "status", NOBODYS, f"r{n}") for n in range(200)]
    assert [one.status_code for one in robots[:13]] == [200] * 13
    assert {one.status_code for one in robots[13:]} == {204}
    assert "Understood" in await says(site, "open", "hers")
    assert len(site.engine.state.doors["d0"].permits) == 1


async def test_without_a_secret_nobody_sends_texts(tmp_path: Path) -> None:
    async with console(new_store(tmp_path, 1)) as site:
        assert (await text(site, "open")).status_code == 404


def disputes(site: Console, household_id: str = "d0") -> list[DisputeRow]:
    """What a household contests, the latest first."""
    with site.store.reading() as connection:
        return household_views.disputes_of(connection, household_id, 10)


async def opened_twice(site: Console) -> list[str]:
    """Two openings, an hour apart; their numbers, the latest first."""
    for _ in range(2):
        await site.opens(0)
        await site.shuts(0)
        site.clock.advance(HOUR_MS)  # type: ignore[attr-defined] # a manual one
        await site.engine.idle()
    with site.store.reading() as connection:
        rows = views.openings(connection, "d0", 10)
    return [case_number(row.opening_id) for row in rows]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("记错了，是风吹开的", "明白：您说记错了的是“开过门，"),
        ("Wrong: the wind did it", "Understood: it is wrong that the door opened, "),
    ],
)
async def test_a_text_contests_the_latest_record_and_says_which(
    site: Console, said: str, answer: str
) -> None:
    latest, _ = await opened_twice(site)
    told = await says(site, said)
    assert told.startswith(answer)
    assert latest in told
    (dispute,) = disputes(site)
    assert (case_number(dispute.record_id), dispute.said_way) == (latest, Way.TEXT)
    assert dispute.words == said, "whoever looks at it anew reads what was written"
    again = await says(site, said, "m2")
    assert len(disputes(site)) == 1
    assert ("您已经提过" if "风" in said else "You said so already") in again
    for named in ("3-101", "d0", "隔离", "order"):
        assert named not in told


async def test_a_text_says_between_when_it_was_where_nobody_knows_just_when(site: Console) -> None:
    site.clock.advance(HOUR_MS)  # type: ignore[attr-defined] # a manual one
    await site.opens(0, age_ms=None)
    await site.engine.idle()
    assert re.search(r"the door opened, between .+ and .+", await says(site, "records"))
    assert re.search(r"开过门，.+ 至 .+ 之间", await says(site, "记录", "m2"))


async def test_a_text_contests_the_record_whose_number_an_answer_named(site: Console) -> None:
    latest, earlier = await opened_twice(site)
    listed = await says(site, "records")
    assert 0 < listed.index(latest) < listed.index(earlier)
    await site.opens(0)  # what is noted meanwhile moves no number
    await site.engine.idle()
    assert earlier in await says(site, f"wrong {earlier}", "m2")
    (dispute,) = disputes(site)
    assert case_number(dispute.record_id) == earlier
    assert "you contested it: Nobody is named yet" in await says(site, "records", "m3")
    other = await says(site, "wrong 000-000", "m4")
    assert other == "Nothing is noted of you under number 000-000. Write: records."
    assert len(disputes(site)) == 1


async def test_what_is_contested_by_text_once_is_so_whatever_comes_again(tmp_path: Path) -> None:
    """The gateway of texts hands the same message over to a console that was started anew, when
    another record is the latest: it means what it meant."""
    async with site_of(new_store(tmp_path, 2)) as site:
        latest, _ = await opened_twice(site)
        assert latest in await says(site, "wrong", "m1")
        await site.opens(0)
        await site.engine.idle()
        site.app = build(site.settings, site.store, site.engine)
        transport = httpx.ASGITransport(app=site.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            site.client = client
            assert latest in await says(site, "wrong", "m1")
        assert len(disputes(site)) == 1


async def test_a_number_that_nobody_has_contests_nothing(site: Console) -> None:
    (latest, _) = await opened_twice(site)
    neutral = "Nothing can be done for this number here. Ring whoever gave it to you."
    assert await says(site, f"wrong {latest}", sender=NOBODYS) == neutral
    forged = await text(site, "wrong", number="m2", key=b"x" * 32)
    assert forged.status_code == 401
    assert disputes(site) == []
    quiet = await says(site, "没有的事，记错了", "m3", sender="+86 138 0000 2222")
    assert "记错" not in quiet


async def test_a_household_of_which_nothing_is_noted_has_nothing_to_contest(site: Console) -> None:
    assert await says(site, "wrong") == "Nothing is noted of you that could be wrong."
    assert await says(site, "记录", "m2") == "没有关于您家的记录，谈不上记错。"
