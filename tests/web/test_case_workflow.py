"""The closed loop on the console: who may do what when, in a sentence where it may not be."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import select, update

from gateway.core.cases.actions import ACTION_OF
from gateway.core.cases.refusal import Refusal
from gateway.core.events import ReportCame, SealLost
from gateway.core.model import CaseState, Contact, Silence
from gateway.core.rules import Rules
from gateway.core.subject import SITE, of_door
from gateway.language.catalogue import LOCALES
from gateway.language.refusals import refusal_line
from gateway.store import case_views, tables, views
from gateway.store.case_views import BLIND_MAX, CaseRow
from gateway.store.states import encode
from gateway.web.case_words import place_word
from tests.web.web_site import (
    HOUR_MS,
    Console,
    acting_as,
    console,
    first_case,
    new_store,
    now_ms,
    seal_id,
)

HTMX = {"hx-request": "true"}


async def case_of(site: Console, case_id: str) -> CaseRow:
    with site.store.reading() as connection:
        found = case_views.case(connection, case_id)
    assert found is not None
    return found


async def shut_for_good(site: Console) -> None:
    """The first door shuts, and stays shut for the off-delay."""
    await site.shuts(0)
    site.clock.advance(Rules().off_delay_ms)
    await site.engine.idle()
    with site.store.reading() as connection:
        assert views.openings(connection, "d0", 1)[0].shut_ms is not None


def journaled(site: Console) -> list[str | None]:
    """Why each action of people was refused, or None, in the order in which they came."""
    j = tables.journal.c
    of_people = [action.__struct_config__.tag for action in ACTION_OF]
    query = select(j.reason).where(j.kind.in_(of_people)).order_by(j.journal_id)
    with site.store.reading() as connection:
        return list(connection.execute(query).scalars())


async def opened(site: Console, number: int = 0) -> str:
    await site.seal(number)
    await site.opens(number)
    return first_case(number)


async def test_a_case_goes_round_the_loop_and_its_page_says_who_did_what(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        page = await site.text(f"/cases/{case_id}")
        assert page.count('class="to-come"') == 7  # all but that it was raised
        await site.act(case_id, "acknowledge")
        await site.act(case_id, "on_site")
        await site.act(case_id, "report", outcome="explained")
        assert "No case is unacknowledged." in await site.text("/cases")
        assert "reported by Wang Fang" in await site.text("/cases")
        await site.act(case_id, "assess", "centre")
        await site.act(case_id, "sign_off", "centre")
        assert (await case_of(site, case_id)).state is CaseState.SIGNED_OFF  # it stands open still
        assert "still going on" in await site.text("/cases")
        await shut_for_good(site)
        page = await site.text(f"/cases/{case_id}")
        for words in (
            "Wang Fang acknowledged it",
            "Wang Fang is at the door",
            "Wang Fang reported how it ended",
            "Spoke with the household",
            "The centre assessed it",
            "The centre signed it off",
            "Closed",
        ):
            assert words in page
        assert 'class="to-come"' not in page


@pytest.mark.parametrize(
    ("done", "action", "by", "reason", "why"),
    [
        (
            [],
            "report",
            "wang",
            "take_first",
            "Acknowledge the case first, then",
        ),
        ([], "assess", "centre", "not_reported", "This case is not reported yet."),
        (
            ["acknowledge"],
            "acknowledge",
            "centre",
            "taken_already",
            "has acknowledged this case",
        ),
        (["on_site"], "on_site", "centre", "on_site_already", "Somebody is at the door already."),
        (["on_site", "report"], "acknowledge", "centre", "in_review", "it is in review."),
        (["on_site", "report"], "assess", "wang", "own_report", "neither assesses it nor signs"),
        (["on_site", "report"], "sign_off", "centre", "assess_first", "Assess the case first"),
        (["on_site", "report", "assess"], "sign_off", "wang", "own_report", "neither assesses"),
    ],
)
async def test_an_act_that_the_rules_refuse_is_told_in_a_sentence(
    done: list[str], action: str, by: str, reason: str, why: str, tmp_path: Path
) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        for earlier in done:
            more = {"outcome": "lawful"} if earlier == "report" else {}
            await site.act(case_id, earlier, "centre" if earlier == "assess" else "wang", **more)
        body = {"outcome": "lawful"} if action == "report" else {}
        url = f"/api/v1/cases/{case_id}/{action}"
        answer = await site.client.post(url, json=body, headers=acting_as(by))
        told = answer.json()
        assert (answer.status_code, told["changed"], told["reason"]) == (409, False, reason)
        assert why in told["why"]
        assert journaled(site)[-1] == reason  # the journal says so too
        await site.works_here(case_id, by)
        answer = await site.client.post(f"/cases/{case_id}/{action}", data=body, headers=HTMX)
        assert (answer.status_code, why in answer.text) == (409, True)


async def test_pressing_twice_is_no_trouble(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        hers = f"/inbox/wang/cases/{case_id}/acknowledge"
        for form in ({"action_id": "of-this-page"}, {"action_id": "of-this-page"}, {}):
            answer = await site.client.post(hers, data=form, headers=HTMX)
            assert answer.status_code == 200
        assert journaled(site)[-3:] == [None, "repeated", "done_already"]
        assert "Acknowledged by Wang Fang" in answer.text


async def test_a_touched_seal_wants_a_person_and_cannot_be_put_aside(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        touched = ReportCame(seal_id(0), 9, Contact.SHUT, 0, False, cover=True)
        await site.engine.submit(of_door("d0"), touched)
        [case] = (await site.client.get("/api/v1/cases")).json()["open"]
        case_id = case["case_id"]
        await site.act(case_id, "acknowledge")
        page = await site.text(f"/cases/{case_id}")
        assert "this case ends only after a person was at the door" in page
        assert "Put aside for a while" not in page
        told = await site.act(case_id, "shelve", why="later", until_ms=now_ms() + HOUR_MS)
        assert "cannot be put aside" in str(told)
        told = await site.act(case_id, "report", outcome="lawful")
        assert "after a person was at the door" in str(told)
        assert "Seal touched" not in await site.text("/")  # it is in hand
        await site.act(case_id, "on_site")
        assert await site.act(case_id, "report", outcome="seal_fault") == {"changed": True}


async def test_what_is_put_aside_says_by_whom_why_and_until_when(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id, other = await opened(site, 0), await opened(site, 1)
        await site.works_here(case_id, "wang")
        form = {"why": "painters <b>", "hours": "2"}
        answer = await site.client.post(f"/cases/{case_id}/shelve", data=form, headers=HTMX)
        assert "by Wang Fang: painters &lt;b&gt;" in answer.text
        case = await case_of(site, case_id)
        assert case.shelved_until_ms is not None
        assert abs(case.shelved_until_ms - now_ms() - 2 * HOUR_MS) < 60_000
        with site.store.reading() as connection:
            listed = [case.case_id for case in case_views.open_cases(connection, 10)]
            assert listed == [other, case_id]
            assert case_views.case_counts(connection).shelved == 1
        assert "Put aside" in await site.text("/")
        for hours in ("0", "9"):
            bad = await site.client.post(f"/cases/{case_id}/shelve", data=form | {"hours": hours})
            assert bad.status_code == 422
        told = await site.act(case_id, "shelve", why="x", until_ms=1)
        assert "still to come" in str(told)


async def test_shut_again_and_still_to_be_answered(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        await shut_for_good(site)
        for path in (f"/cases/{case_id}", "/cases", "/inbox/wang", "/"):
            assert "Shut again, still to be answered" in await site.text(path), path
        await site.act(case_id, "acknowledge")
        assert "still to be answered" not in await site.text(f"/cases/{case_id}")


async def test_a_case_leads_to_the_one_before_it(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        first = await opened(site)
        await site.reported(first)
        await shut_for_good(site)
        await site.opens(0)
        [second] = (await site.client.get("/api/v1/cases")).json()["open"]
        assert second["refers_to"] == first
        assert f'href="/cases/{first}"' in await site.text(f"/cases/{second['case_id']}")


async def test_without_signing_off_a_report_is_the_end(tmp_path: Path) -> None:
    async with console(new_store(tmp_path), rules={"sign_off": False}) as site:
        case_id = await opened(site)
        assert "Assess" not in await site.text(f"/cases/{case_id}")
        await shut_for_good(site)
        await site.reported(case_id)
        assert (await case_of(site, case_id)).state is CaseState.CLOSED


async def outage(site: Console, doors: int) -> CaseRow:
    """Doors that fall silent together, found to be one outage."""
    for number in range(doors):
        await site.seal(number)
    areas = (("stair:3/2", doors),)
    for number in range(doors):
        await site.engine.submit(SITE, SealLost(f"d{number}", now_ms() - 1_000, areas))
    site.clock.advance(1_000)
    await site.engine.idle()
    (case,) = (await site.client.get("/api/v1/cases")).json()["open"]
    return await case_of(site, case["case_id"])


async def test_an_outage_is_one_case_with_its_doors_and_is_taken_and_reported(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path, 6), rules={"outage_gather_ms": 1_000}) as site:
        case = await outage(site, 3)
        page = await site.text(f"/cases/{case.case_id}")
        assert "Stair 3/2" in page
        assert "Doors affected" in page
        assert page.count('class="blind"') == 1
        assert "everybody at home" not in page  # nobody reports that of a power cut
        assert "Stair 3/2" in await site.text("/")
        await site.act(case.case_id, "acknowledge")
        assert await site.act(case.case_id, "report", outcome="supply") == {"changed": True}
        assert (await case_of(site, case.case_id)).outcome == "supply"


async def test_a_large_outage_names_some_of_its_doors_those_that_are_not_seen_first(
    tmp_path: Path,
) -> None:
    count = BLIND_MAX + 7
    async with console(new_store(tmp_path, count), rules={"outage_gather_ms": 1_000}) as site:
        case = await outage(site, count)
        with site.store.writing() as connection:  # the first is heard again
            for door_id, door in site.engine.state.doors.items():
                silence = None if door_id == "d0" else Silence(now_ms())
                row = update(tables.doors).where(tables.doors.c.door_id == door_id)
                connection.execute(row.values(state=encode(replace(door, silence=silence))))
        for language, more in (("en", "and 7 more"), ("zh-CN", "另有 7 项")):
            headers = {"Accept-Language": language}
            page = (await site.client.get(f"/cases/{case.case_id}", headers=headers)).text
            assert more in page
            assert page.count('<li><a href="/doors/') == BLIND_MAX
        page = await site.text(f"/cases/{case.case_id}")
        assert f"{count - 1} doors are not seen." in page
        assert 'href="/doors/d0"' not in page


@pytest.mark.parametrize("language", LOCALES)
def test_an_area_is_called_what_it_is(language: str) -> None:
    words = {place_word("3-201", area, language) for area in ("site:", "building:3", "stair:3/2")}
    assert len(words) == 3
    assert place_word("3-201", None, language) == "3-201"
    assert place_word("3-201", "moon:1", language) == "moon:1"


@pytest.mark.parametrize("language", LOCALES)
def test_every_refusal_has_a_sentence_of_its_own(language: str) -> None:
    said = {refusal_line(refusal, language) for refusal in Refusal}
    assert len(said) == len(Refusal)
    assert all(sentence.endswith((".", "。")) for sentence in said)


async def test_faults_stand_behind_openings(tmp_path: Path) -> None:
    async with console(new_store(tmp_path, 6), rules={"outage_gather_ms": 1_000}) as site:
        await site.seal(5)
        await outage(site, 3)
        await site.opens(5)
        await site.opens(0)
        with site.store.reading() as connection:
            listed = [case.reason for case in case_views.open_cases(connection, 10)]
        assert listed == ["no_permit", "no_permit", "outage"]


async def test_whoever_has_begun_to_write_the_report_sets_off_all_the_same(tmp_path: Path) -> None:
    """The buttons before the report stand in its form, and a browser sends all that is in it."""
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        await site.on_duty("wang")
        case_id = first_case(0)
        await site.act(case_id, "acknowledge")
        await site.works_here(case_id, "wang")
        form = {"action_id": "a1", "note": "ringing them first", "outcome": "lawful"}
        for act, state in (("on_the_way", CaseState.ON_THE_WAY), ("on_site", CaseState.ON_SITE)):
            path = f"/cases/{case_id}/{act}"
            answer = await site.client.post(path, data=form, headers=HTMX)
            assert answer.status_code == 200, answer.text
            assert (await case_of(site, case_id)).state is state
        odd = await site.client.post(f"/cases/{case_id}/take_back", data={"nonsense": "1"})
        assert odd.status_code == 422, "what belongs to no form is refused as ever"
        assert "nonsense" not in odd.text, "a person is not shown the names of fields"
        await site.reported(case_id)
        path = f"/api/v1/cases/{case_id}/assess"
        told = await site.client.post(path, json={"nonsense": 1}, headers=acting_as("wang"))
        assert "nonsense" in told.json()["detail"], "a program is"
