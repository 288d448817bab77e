"""What a household asks for, contests and says reaches people, and what they do is seen."""

import re
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import select, update

from gateway.core import local_time
from gateway.core.households.events import (
    DisputeRaised,
    HealthReported,
    RequestAsked,
    SealAnswered,
)
from gateway.core.households.model import RecordKind, RequestKind, SealAnswer, Symptom
from gateway.core.model import Permit
from gateway.core.subject import of_household
from gateway.registry import load as registry
from gateway.store import case_views, household_views, tables
from gateway.store.household_views import RequestRow
from gateway.store.states import encode
from gateway.web.pages import requests as pages
from tests.web.signed_in import signed_in_site
from tests.web.test_role_matrix import furnished
from tests.web.web_site import (
    HOUR_MS,
    Console,
    acting_as,
    console,
    first_case,
    listening,
    new_store,
    now_ms,
    problem_of,
)

WORDS = "two bags of rice, please"


async def asks(
    site: Console, number: int = 0, kind: str = "food", words: str = WORDS, permit: bool = False
) -> str:
    request_id = f"request-{number}{kind}"
    window = (now_ms(), now_ms() + 8 * HOUR_MS)
    announced = Permit("f" * 16, *window, 1, HOUR_MS, "household", "food") if permit else None
    event = RequestAsked(
        action_id=f"{request_id}.asked",
        request_id=request_id,
        kind=RequestKind(kind),
        words=words,
        permit=announced,
    )
    answer = await site.engine.submit(of_household(f"d{number}"), event)
    assert answer.changed, answer
    return request_id


async def contests(
    site: Console, case_id: str, words: str = "", parties: tuple[str, ...] = ()
) -> None:
    """The first household says that a case of its door is wrong, as dispute-1."""
    event = DisputeRaised(
        action_id="d1",
        dispute_id="dispute-1",
        record=RecordKind.CASE,
        record_id=case_id,
        door_id="d0",
        words=words,
        parties=parties,
    )
    assert (await site.engine.submit(of_household("d0"), event)).changed


async def does(site: Console, path: str, by: str = "wang", **more: object) -> int:
    """A program does something; the status it is answered with."""
    headers = acting_as(by)
    answer = await site.client.post(f"/api/v1/{path}", json=more, headers=headers)
    return answer.status_code


def request_of(site: Console, request_id: str) -> RequestRow:
    with site.store.reading() as connection:
        row = household_views.request(connection, request_id)
    assert row is not None
    return row


async def test_rice_is_asked_for_taken_on_the_phone_and_counted_for_nobody(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.on_duty("wang")
        request_id = await asks(site, permit=True)
        assert "1 request or question waits" in await site.text("/handheld/wang")
        page = await site.text("/handheld/wang/requests")
        assert WORDS in page
        assert "3-101" in page
        assert "an opening is announced with it" in page
        pressed = await site.client.post(f"/handheld/wang/requests/{request_id}/take", data={})
        assert pressed.status_code == 303
        assert request_of(site, request_id).taken_name == "Wang Fang"
        assert await does(site, f"requests/{request_id}/at_the_door") == 200
        assert await does(site, f"requests/{request_id}/done", by="li") == 409
        assert await does(site, f"requests/{request_id}/done") == 200
        row = request_of(site, request_id)
        assert (row.state, row.words) == ("done", WORDS)
        desk = await site.text("/requests")
        assert "Nobody asks for anything now." in desk
        listed = (await site.client.get("/api/v1/requests")).json()
        assert listed["requests"] == []
        day = local_time.day(site.engine.state.rulebook.rules.zone, now_ms())
        counts = await site.client.get(f"/api/v1/requests/counts?from_day={day}&to_day={day}")
        assert [(one["kind"], one["count"]) for one in counts.json()["counts"]] == [("food", 1)]


async def test_what_a_household_writes_lies_nowhere_readable(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        request_id = await asks(site)
        assert (
            await does(site, f"requests/{request_id}/decline", why="none left in the shop") == 200
        )
        with site.store.reading() as connection:
            bodies = list(connection.execute(select(tables.journal.c.body)).scalars())
            state = connection.execute(
                select(tables.households.c.state).where(tables.households.c.household_id == "d0")
            ).scalar()
            assert state is not None
        lies = b"".join([*bodies, state, (tmp_path / "menshen.db").read_bytes()])
        assert b"request_declined" in lies
        assert WORDS.encode() not in lies
        assert b"none left" not in lies
        assert "none left in the shop" in await site.text("/requests")


async def test_a_dispute_goes_to_somebody_else_and_the_record_is_corrected(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        case_id = first_case(0)
        await site.reported(case_id, by="wang", outcome="absent")
        with site.store.reading() as connection:
            parties = household_views.parties_of(connection, RecordKind.CASE, case_id)
        assert parties == ("wang",)
        await contests(site, case_id, words="we were at home")
        assert "we were at home" in await site.text("/requests")
        assert await does(site, "disputes/dispute-1/assign", by="wang") == 409
        assert await does(site, "disputes/dispute-1/assign", by="li", to="wang") == 409
        assert await does(site, "disputes/dispute-1/assign", by="centre", to="li") == 200
        found = {"is_upheld": True, "words": "the door had not moved"}
        refused = await site.client.post(
            "/api/v1/disputes/dispute-1/answer", json=found, headers=acting_as("wang")
        )
        assert problem_of(refused, 409)["reason"] == "part_of_record"
        assert await does(site, "disputes/dispute-1/answer", by="li", **found) == 200
        with site.store.reading() as connection:
            case = case_views.case(connection, case_id)
        assert case is not None
        assert case.correction == "the door had not moved"
        page = await site.text(f"/cases/{case_id}")
        assert "the door had not moved" in page
        assert "absent" in page or "not back" in page, "the record itself stays"


async def test_somebody_who_is_not_well_is_asked_after(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        ill = HealthReported(action_id="h1", is_well=False, symptoms=(Symptom.FEVER,))
        assert (await site.engine.submit(of_household("d0"), ill)).changed
        page = await site.text("/requests")
        assert "Not well" in page
        assert page.count('<li class="case ') == 1
        with site.store.reading() as connection:
            (question,) = household_views.open_questions(connection, 9).rows
        path = f"questions/{question.question_id}"
        assert await does(site, f"{path}/take") == 200
        assert await does(site, f"{path}/end", outcome="reported") == 422
        assert await does(site, f"{path}/end", outcome="helped", words="medicine brought") == 200
        with site.store.reading() as connection:
            assert household_views.open_questions(connection, 9).rows == []


async def test_what_a_household_says_of_its_seal_stands_in_the_doors_page(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        said = SealAnswered(
            action_id="s1", door_id="d0", answer=SealAnswer.IN_PLACE, words="light is off"
        )
        assert (await site.engine.submit(of_household("d0"), said)).changed
        page = await site.text("/doors/d0")
        assert "We are here, and the seal is in its place" in page
        assert "light is off" in page


async def test_a_restart_knows_what_was_asked_for(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    async with console(store) as site:
        await site.seal(0)
        request_id = await asks(site)
        before = site.engine.state.households["d0"]
    async with console(store) as site:
        assert encode(site.engine.state.households["d0"]) == encode(before)
        assert await does(site, f"requests/{request_id}/take") == 200
        assert await does(site, f"requests/{request_id}/take") == 409
        assert await does(site, "requests/request-none/take") == 404


async def test_a_household_that_cannot_be_read_is_made_anew_from_its_journal(
    tmp_path: Path,
) -> None:
    store = new_store(tmp_path)
    async with console(store) as site:
        await site.seal(0)
        request_id = await asks(site)
        assert await does(site, f"requests/{request_id}/take") == 200
        whole = encode(site.engine.state.households["d0"])
    with store.writing() as connection:
        spoilt = update(tables.households).where(tables.households.c.household_id == "d0")
        connection.execute(spoilt.values(state=b'{"household_id": 5'))
    with store.reading() as connection:
        known = registry.load(connection)
    assert encode(known.households["d0"]) == whole
    assert of_household("d0") in known.rebuilt
    assert [one.source for one in known.poisoned] == ["households"]


@pytest.mark.parametrize(
    ("path", "limit"), [("/requests", "SHOWN_MAX"), ("/handheld/wang/requests", "PHONE_MAX")]
)
async def test_of_many_one_is_given_the_first_and_then_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, limit: str
) -> None:
    monkeypatch.setattr(pages, limit, 2)
    async with console(new_store(tmp_path)) as site:
        for number in range(4):
            await site.seal(number)
            await asks(site, number)
            unwell = HealthReported(action_id=f"h{number}", is_well=False)
            assert (await site.engine.submit(of_household(f"d{number}"), unwell)).changed
        text = await site.text(path)
        assert text.count("The first 2 of 4.") == 2
        for kind in ("request", "question"):
            page, seen = text, list[str]()
            while True:
                seen += re.findall(rf' id="{kind}-([^"]+)"', page)
                assert page.count(' id="question-') <= 2
                more = re.findall(rf'href="([^"]+#matters-{kind}s)">Next', page)
                if not more:
                    break
                page = await site.text(unescape(more[0]))
                assert "A further part, of 4 in all." in page
            assert len(seen) == len(set(seen)) == 4
        monkeypatch.setattr(pages, limit, 4)
        assert "Parts of the list" not in await site.text(path)
        answer = await site.client.get(f"{path}?after=nonsense")
        assert answer.status_code == 422
        assert "begin at its first page" in answer.text


async def test_a_later_part_stays_what_it_is_while_it_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its line draws the same part anew, not the first one."""
    monkeypatch.setattr(pages, "SHOWN_MAX", 1)
    async with console(new_store(tmp_path)) as site:
        for number in range(2):
            await site.seal(number)
        first, second = await asks(site, 0), await asks(site, 1)
        more = re.findall(r'href="([^"]+)#matters-requests">Next', await site.text("/requests"))
        page = await site.text(unescape(more[0]))
        last = second if f'id="request-{second}"' in page else first
        query = unescape(re.findall(r'sse-connect="/stream\?([^"]+)"', page)[0])
        async with listening(site, query) as line:
            assert await does(site, f"requests/{last}/take") == 200
            event = await line.next("fragment")
        assert re.findall(r'id="request-([^"]+)"', event.data) == [last]


async def test_at_the_desk_a_press_is_said_and_one_goes_on_where_one_pressed(
    tmp_path: Path,
) -> None:
    """The page came anew at its top, without a word, and forty cards are twenty screens."""
    async with signed_in_site(tmp_path) as site:
        await furnished(site)
        noted = "It is noted."
        assert noted not in (await site.asks("desk", "GET", "/requests")).text
        answer = await site.asks("desk", "POST", "/requests/request-0/take", data={})
        where, _, place = answer.headers["location"].partition("#")
        page = (await site.asks("desk", "GET", where)).text
        assert noted in page
        assert f'id="{place}" tabindex="-1"' in page
