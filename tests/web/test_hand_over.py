"""On the way, handed over, taken back, noted: by a program, at a screen and on a phone."""

import re
from pathlib import Path

from sqlalchemy import insert

from gateway.core.events import StaffSet
from gateway.core.model import CaseState
from gateway.core.paging import staff
from gateway.core.paging.schedule import Role
from gateway.core.paging.staff import Member
from gateway.core.rules import Rules
from gateway.core.subject import SITE
from gateway.store import case_log, case_views, tables
from gateway.store.case_views import CaseRow
from gateway.web.actions import NOTE_MAX
from tests.web.web_site import Console, acting_as, console, first_case, new_store, problem_of

HTMX = {"hx-request": "true"}
TEAM = {
    "wang": Member("g1", Role.WARDEN, (1,)),
    "zhao": Member("g1", Role.DEPUTY, (2,)),
    "li": Member("g2", Role.WARDEN, (3,)),
}


async def opened(site: Console) -> str:
    """A case that Wang has taken; Zhao has duty with her, Li in another grid."""
    with site.store.writing() as connection:
        zhao = {"warden_id": "zhao", "name": "Zhao Min", "grid_id": "g1", "role": "deputy"}
        connection.execute(insert(tables.wardens), [zhao])
    await site.engine.submit(SITE, StaffSet(staff.of(TEAM, [], [])))
    await site.seal(0)
    await site.opens(0)
    case_id = first_case(0)
    await site.act(case_id, "acknowledge")
    return case_id


def case_of(site: Console, case_id: str) -> CaseRow:
    with site.store.reading() as connection:
        return case_views.cases_of(connection, [case_id])[0]


async def test_a_warden_hands_her_case_over_on_her_phone_and_its_log_says_so(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        phone = await site.text("/inbox/wang")
        assert ">Zhao Min · " in phone
        assert "Li Qiang" not in phone, "no duty in this grid"
        hers = f"/inbox/wang/cases/{case_id}"
        answer = await site.client.post(f"{hers}/hand_over", data={"to": "zhao"}, headers=HTMX)
        assert "Handed over to Zhao Min, who has not acknowledged it yet." in answer.text
        page = await site.text(f"/cases/{case_id}")
        assert "Wang Fang handed it over to Zhao Min" in page
        assert "Handed over to Zhao Min" in page
        await site.act(case_id, "on_the_way", "zhao")
        page = await site.text(f"/cases/{case_id}")
        assert "Zhao Min is on the way" in page
        assert "has not answered yet" not in page
        assert "Acknowledged by Zhao Min" in await site.text("/inbox/wang")


async def test_a_program_is_told_who_cannot_have_it(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        told = await site.act(case_id, "hand_over", to="li")
        assert told == {
            "changed": False,
            "reason": "not_on_duty",
            "why": "That person is not on duty here now: name one who is.",
        }
        assert "not_holder" in str(await site.act(case_id, "hand_over", "zhao", to="wang"))
        assert await site.act(case_id, "hand_over", "centre", to="zhao") == {"changed": True}
        assert case_of(site, case_id).handed_to_name == "Zhao Min"


async def test_a_mistaken_report_is_taken_back_on_the_phone_for_two_minutes(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        hers = f"/inbox/wang/cases/{case_id}"
        form = {"outcome": "absent", "note": "the neighbour says <since> noon"}
        answer = await site.client.post(f"{hers}/report", data=form, headers=HTMX)
        assert "Left, and not back" in answer.text
        assert "the neighbour says &lt;since&gt; noon" in answer.text
        assert f"{hers}/take_back" in answer.text
        assert "/take_back" not in await site.text("/inbox/zhao")
        answer = await site.client.post(f"{hers}/take_back", data={}, headers=HTMX)
        assert 'data-state="acknowledged"' in answer.text
        case = case_of(site, case_id)
        assert (case.outcome, case.note, case.reported_from) == (None, "", None)
        page = await site.text(f"/cases/{case_id}")
        assert "Wang Fang took the report back" in page
        assert "Left, and not back · the neighbour says" in page  # what was taken back stands there
        await site.act(case_id, "report", outcome="lawful")
        site.clock.advance(Rules().take_back_ms + 1)
        await site.engine.idle()
        assert "/take_back" not in await site.text("/inbox/wang")
        assert "take_back_over" in str(await site.act(case_id, "take_back"))
        assert case_of(site, case_id).state is CaseState.REPORTED


async def test_what_the_seal_contradicts_is_said_to_both_before_it_is_accepted(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        hers = f"/inbox/wang/cases/{case_id}/report"
        form = {"outcome": "false_pet"}
        answer = await site.client.post(hers, data=form, headers=HTMX)
        assert answer.status_code == 409
        assert "The seal says that the door stands open." in answer.text
        page = await site.text(f"/cases/{case_id}")
        assert "The seal says otherwise; it was asked whether this is so all the same." in page
        assert "This came too late to count" not in page
        with site.store.reading() as connection:
            [asked] = case_log.log_of(connection, case_id, 10).late
        assert (asked.name, asked.reason) == ("Wang Fang", "seal_says_open")
        form["despite_seal"] = "true"
        answer = await site.client.post(hers, data=form, headers=HTMX)
        assert "False alarm: a pet · <b>the seal said otherwise</b>" in answer.text


async def test_a_note_has_a_length_and_holds_what_people_can_read(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        url, headers = f"/api/v1/cases/{case_id}/report", acting_as("wang")
        for note in ("x" * (NOTE_MAX + 1), "two\nlines", "turned \u202e round"):
            body = {"outcome": "lawful", "note": note}
            answer = await site.client.post(url, json=body, headers=headers)
            assert problem_of(answer, 422) is not None
        assert "note_missing" in str(await site.act(case_id, "report", outcome="handed_on"))
        told = await site.act(case_id, "report", outcome="handed_on", note="  the  clinic ")
        assert told == {"changed": True}
        assert case_of(site, case_id).note == "the clinic"
        assert "Handed on: the note says to whom · the clinic" in await site.text("/cases")


async def test_a_code_of_an_earlier_release_is_taken_and_shown_and_offered_no_more(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        assert 'value="reported"' not in await site.text(f"/cases/{case_id}")
        assert await site.act(case_id, "report", outcome="reported") == {"changed": True}
        assert "Order broken: reported onward" in await site.text(f"/cases/{case_id}")


async def test_whoever_helps_in_the_place_of_one_whom_nothing_reaches_is_offered_and_accepted(
    tmp_path: Path,
) -> None:
    """Of two who help elsewhere, the one whom nothing reaches either is neither."""
    helpers = {
        "here": Member("g1", Role.INSTALLER),
        "far": Member("g2", Role.INSTALLER, (4,)),
        "mute": Member("g2", Role.INSTALLER),
        "centre": Member("g2", Role.CENTRE, (5,)),
    }
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        with site.store.writing() as connection:
            rows = [
                {"warden_id": name, "name": f"Name of {name}", "grid_id": its.grid_id}
                for name, its in helpers.items()
            ]
            connection.execute(insert(tables.wardens), rows)
        await site.engine.submit(SITE, StaffSet(staff.of(TEAM | helpers, [], [])))
        pages = (f"/cases/{case_id}", "/inbox/wang", f"/handheld/wang/cases/{case_id}")
        for page in [await site.text(page) for page in pages]:
            form = page[page.index('/hand_over"') :]
            form = form[: form.index("</form>")]
            options = re.findall(r'<option value="([a-z]+)"', form)
            assert options == ["zhao", "centre", "here", "far"]
        for name in ("mute", "li"):
            assert "not_on_duty" in str(await site.act(case_id, "hand_over", to=name))
        assert await site.act(case_id, "hand_over", to="far") == {"changed": True}
        assert case_of(site, case_id).handed_to_name == "Name of far"
