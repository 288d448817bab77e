"""A button becomes an event into the loop; what the page shows then is what was committed."""

from pathlib import Path

import pytest

from gateway.core.model import CaseState
from gateway.language import times
from gateway.store import case_views, views
from gateway.web import context
from tests.web.marked_ways import saying, way_to
from tests.web.web_site import HOUR_MS, Console, acting_as, console, first_case, new_store, now_ms

HTMX = {"hx-request": "true"}


async def case_of(site: Console, case_id: str) -> case_views.CaseRow:
    with site.store.reading() as connection:
        return case_views.cases_of(connection, [case_id])[0]


async def opened(site: Console) -> str:
    await site.seal(0)
    await site.opens(0)
    return first_case(0)


async def test_a_warden_takes_a_case_and_ends_it_on_the_phone(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        hers = f"/inbox/wang/cases/{case_id}"
        answer = await site.client.post(f"{hers}/acknowledge", data={}, headers=HTMX)
        assert 'data-state="acknowledged"' in answer.text
        assert "Acknowledged by Wang Fang" in answer.text
        form = {"outcome": "explained"}
        answer = await site.client.post(f"{hers}/report", data=form, headers=HTMX)
        assert 'data-state="reported"' in answer.text
        case = await case_of(site, case_id)
        assert (case.state, case.reported_by, case.reported_name, case.outcome) == (
            CaseState.REPORTED,
            "wang",
            "Wang Fang",
            "explained",
        )


async def test_without_a_script_the_button_leads_back_to_its_page(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        answer = await site.client.post(f"/inbox/wang/cases/{case_id}/acknowledge", data={})
        leads_to = saying("/inbox/wang", "/inbox/{warden_id}/cases/{case_id}/acknowledge")
        assert (answer.status_code, way_to(answer)) == (303, leads_to)
        form = {"outcome": "lawful"}
        headers = {"x-forwarded-prefix": "/gateway"}
        answer = await site.client.post(f"/cases/{case_id}/report", data=form, headers=headers)
        leads_to = saying(f"/gateway/cases/{case_id}", "/cases/{case_id}/report")
        assert way_to(answer) == leads_to


async def test_the_second_who_takes_a_case_sees_who_has_it(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        assert await site.act(case_id, "acknowledge") == {"changed": True}
        assert await site.act(case_id, "acknowledge", "centre") == {
            "changed": False,
            "reason": "taken_already",
            "why": "Somebody has acknowledged this case already. It is with Wang Fang now.",
        }
        assert (await case_of(site, case_id)).acknowledged_by == "wang"


@pytest.mark.parametrize(
    ("path", "who", "body", "status"),
    [
        ("/api/v1/cases/{}/acknowledge", "nobody", {}, 422),
        ("/api/v1/cases/{}/acknowledge", "", {}, 422),
        ("/api/v1/cases/{}/acknowledge", "x" * 65, {}, 422),
        ("/api/v1/cases/{}/acknowledge", "", {"by": "wang"}, 422),
        ("/api/v1/cases/{}/acknowledge", "wang", {"by": "li"}, 422),
        ("/api/v1/cases/{}/acknowledge", "wang", {"age_ms": -1}, 422),
        ("/api/v1/cases/{}/acknowledge", "wang", {"action_id": "a b"}, 422),
        ("/api/v1/cases/{}/acknowledge", "wang", [], 422),
        ("/api/v1/cases/none/acknowledge", "wang", {}, 404),
        ("/api/v1/cases/{}/report", "wang", {"outcome": "nonsense-code"}, 422),
        ("/api/v1/pages/{}/received", "", {}, 422),
        ("/api/v1/pages/{}/received", "centre", {}, 404),
        ("/api/v1/doors/none/permits", "wang", {}, 422),
    ],
)
async def test_a_wrong_act_is_refused_in_a_sentence_and_changes_nothing(
    path: str, who: str, body: object, status: int, tmp_path: Path
) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        headers = acting_as(who) if who else {}
        answer = await site.client.post(path.format(case_id), json=body, headers=headers)
        assert answer.status_code == status
        assert answer.json()["detail"].endswith(".")
        assert (await case_of(site, case_id)).state is CaseState.RAISED


def announcement(**changed: object) -> dict[str, object]:
    body = {"from_ms": now_ms(), "to_ms": now_ms() + HOUR_MS, "who": "Zhang Wei", "why": "lunch"}
    return body | changed


async def test_an_announced_opening_bothers_nobody_and_the_page_says_why(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        form = {
            "from": times.field(now_ms(), site.zone),
            "to": times.field(now_ms() + HOUR_MS, site.zone),
            "who": "Zhang Wei",
            "why": "lunch & rubbish",
        }
        answer = await site.client.post("/doors/d0/permits", data=form)
        leads_to = saying("/doors/d0#permits", "/doors/{door_id}/permits")
        assert (answer.status_code, way_to(answer)) == (303, leads_to)
        await site.opens(0)
        page = await site.text("/doors/d0")
        assert "Announced by Zhang Wei: lunch &amp; rubbish. Nobody was disturbed." in page
        assert (await site.client.get("/api/v1/cases")).json() == {
            "open": [],
            "in_review": [],
            "closed": [],
            "next": None,
        }


async def test_announcing_twice_with_one_id_announces_once(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        body = announcement(permit_id="0123456789abcdef")
        for _ in range(2):
            answer = await site.client.post("/api/v1/doors/d0/permits", json=body)
            assert answer.json()["permit_id"] == "0123456789abcdef"
        with site.store.reading() as connection:
            assert len(views.doors_of(connection, ["d0"])[0].state.permits) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"to_ms": 0},
        {"from_ms": 5, "to_ms": 10},
        {"to_ms": now_ms() + 32 * 24 * HOUR_MS},
        {"from_ms": now_ms() + 367 * 24 * HOUR_MS, "to_ms": now_ms() + 368 * 24 * HOUR_MS},
        {"openings": 0},
        {"openings": 101},
        {"longest_ms": 25 * HOUR_MS},
        {"days": 0},
        {"who": ""},
        {"why": "x" * 201},
        {"who": "two\nlines"},
        {"permit_id": "g"},
        {"surprise": 1},
    ],
)
async def test_an_announcement_that_cannot_be_is_refused(
    changed: dict[str, object], tmp_path: Path
) -> None:
    async with console(new_store(tmp_path)) as site:
        answer = await site.client.post("/api/v1/doors/d0/permits", json=announcement(**changed))
        assert answer.status_code == 422
        with site.store.reading() as connection:
            assert views.doors_of(connection, ["d0"])[0].state.permits == ()


async def test_a_time_that_cannot_be_read_is_refused_in_a_sentence(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        form = {"from": "tomorrow", "to": "later", "who": "Zhang", "why": "lunch"}
        answer = await site.client.post("/doors/d0/permits", data=form)
        assert answer.status_code == 422
        assert "A time could not be read" in answer.text


async def test_an_act_that_cannot_be_stored_is_told_so_and_still_done_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "SUBMIT_S", 0.05)
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        with site.store.writing():  # another program holds the database
            answer = await site.client.post(
                f"/inbox/wang/cases/{case_id}/acknowledge", data={}, headers=HTMX
            )
        assert answer.status_code == 503
        assert "keeps trying" in answer.text
        await site.engine.idle()
        assert (await case_of(site, case_id)).acknowledged_by == "wang"


async def test_g4_a_report_that_the_seal_contradicts_is_asked_for_again(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        case_id = first_case(0)
        await site.act(case_id, "acknowledge")
        refused = await site.act(case_id, "report", outcome="in_order")
        assert isinstance(refused, dict)
        assert refused["reason"] == "seal_says_open"
        assert "The seal says that the door stands open" in refused["why"]
        page = await site.text("/inbox/wang")
        assert 'name="despite_seal"' in page
        said = await site.act(case_id, "report", outcome="in_order", despite_seal=True)
        assert said == {"changed": True}
        for path in ("/inbox/wang", f"/cases/{case_id}", "/cases"):
            assert "the seal said otherwise" in await site.text(path), path


async def test_g4_what_the_seal_does_not_contradict_is_taken_at_once(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        await site.shuts(0)
        await site.act(first_case(0), "acknowledge")
        said = await site.act(first_case(0), "report", outcome="in_order", despite_seal=True)
        assert said == {"changed": True}
        assert "the seal said otherwise" not in await site.text(f"/cases/{first_case(0)}")


async def test_g4_a_form_without_script_is_asked_too(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        await site.act(first_case(0), "acknowledge")
        path = f"/inbox/wang/cases/{first_case(0)}/report"
        answer = await site.client.post(path, data={"outcome": "in_order"})
        assert answer.status_code == 409
        sent = {"outcome": "in_order", "despite_seal": "true"}
        assert (await site.client.post(path, data=sent)).status_code in (200, 303)


async def test_a_form_in_a_character_set_of_its_own_is_refused_as_what_they_did_wrong(
    tmp_path: Path,
) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="outcome"\r\n\r\n+2AA-\xff\r\n--x--\r\n'
    async with console(new_store(tmp_path)) as site:
        for charset in ("undefined", "idna", "utf-7", "unicode_escape", "x" * 99):
            headers = {"content-type": f"multipart/form-data; boundary=x; charset={charset}"}
            for path in ("/cases/c/report", "/requests/r/decline", "/handheld/w/requests/r/take"):
                answer = await site.client.post(path, content=body, headers=headers)
                assert 400 <= answer.status_code < 500, (path, charset)
