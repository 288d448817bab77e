"""Who acts is said by how a request came in: by the path, by the screen, by a program's header."""

from pathlib import Path

import pytest
from sqlalchemy import insert, update

from gateway.store import case_views, tables
from gateway.store.case_views import CaseRow
from gateway.web.actor import COOKIE
from tests.web.web_site import HOUR_MS, Console, acting_as, console, first_case, new_store

HTMX = {"hx-request": "true"}


async def opened(site: Console) -> str:
    await site.seal(0)
    await site.opens(0)
    return first_case(0)


def case_of(site: Console, case_id: str) -> CaseRow:
    with site.store.reading() as connection:
        found = case_views.case(connection, case_id)
    assert found is not None
    return found


async def press(site: Console, path: str, **form: str) -> int:
    return (await site.client.post(path, data=form, headers=HTMX)).status_code


async def test_a_phone_acts_as_its_warden_whatever_a_form_says(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        await site.works_here(case_id, "li")
        assert await press(site, f"/inbox/wang/cases/{case_id}/acknowledge", by="li") == 422
        assert await press(site, f"/inbox/wang/cases/{case_id}/acknowledge") == 200
        assert case_of(site, case_id).acknowledged_by == "wang"
        assert await press(site, f"/inbox/nobody/cases/{case_id}/on_site") == 422


async def test_a_screen_is_the_centres_until_somebody_says_who_works_there(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        assert "At this screen works <b>The centre</b>" in await site.text(f"/cases/{case_id}")
        assert await press(site, f"/cases/{case_id}/acknowledge") == 200
        assert case_of(site, case_id).acknowledged_by == "centre"
        await site.works_here(case_id, "wang")
        assert "At this screen works <b>Wang Fang</b>" in await site.text(f"/cases/{case_id}")
        assert await press(site, f"/cases/{case_id}/on_site") == 200
        assert case_of(site, case_id).on_site_by == "wang"
        unknown = await site.client.post(f"/cases/{case_id}/actor", data={"actor_id": "nobody"})
        assert unknown.status_code == 422


@pytest.mark.parametrize("kept", ["li", "li.", "li.0123", "wang.x", ".", "", "王."])
async def test_a_cookie_that_is_not_ours_is_nobody(kept: str, tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        cookie = {"cookie": f"{COOKIE}={kept}".encode(), "accept-language": "en"}
        page = await site.client.get(f"/cases/{case_id}", headers=cookie)
        assert "nobody who is known" in page.text
        assert ">Acknowledge</button>" not in page.text
        url = f"/cases/{case_id}/acknowledge"
        answer = await site.client.post(url, data={}, headers=HTMX | cookie)
        assert (answer.status_code, "who works at this screen" in answer.text) == (409, True)
        assert case_of(site, case_id).acknowledged_by is None


async def test_after_a_restart_who_works_at_a_screen_is_asked_anew(tmp_path: Path) -> None:
    """Nobody acts under the name that a page still shows."""
    store = new_store(tmp_path)
    async with console(store) as site:
        case_id = await opened(site)
        await site.works_here(case_id, "wang")
        kept = site.client.cookies[COOKIE]
    async with console(store) as site:
        site.client.cookies.set(COOKIE, kept)
        assert await press(site, f"/cases/{case_id}/acknowledge") == 409
        assert case_of(site, case_id).acknowledged_by is None
        await site.works_here(case_id, "wang")
        assert await press(site, f"/cases/{case_id}/acknowledge") == 200


async def test_a_name_in_any_script_comes_through_cookie_and_header(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    row = {"warden_id": "王.芳", "name": "王芳", "grid_id": "g1", "channels": "[]"}
    with store.writing() as connection:
        connection.execute(insert(tables.wardens), row)
    async with console(store) as site:
        case_id = await opened(site)
        await site.works_here(case_id, "王.芳")
        assert "<b>王芳</b>" in await site.text(f"/cases/{case_id}")
        header = acting_as("%E7%8E%8B.%E8%8A%B3")
        answer = await site.client.post(f"/api/v1/cases/{case_id}/acknowledge", headers=header)
        assert answer.json() == {"changed": True}
        assert case_of(site, case_id).acknowledged_name == "王芳"


async def test_a_warden_who_has_left_acts_no_more(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        await site.works_here(case_id, "li")
        with site.store.writing() as connection:
            c = tables.wardens.c
            connection.execute(
                update(tables.wardens).where(c.warden_id == "li").values(warden_id="gone")
            )
        assert await press(site, f"/cases/{case_id}/acknowledge") == 422


# What programs do offline, and twice.


async def test_an_action_that_was_done_offline_is_shown_with_both_its_times(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        raised_ms = case_of(site, case_id).raised_ms
        site.clock.advance(HOUR_MS // 2)
        told = await site.act(case_id, "acknowledge", age_ms=HOUR_MS)
        assert isinstance(told, dict)
        assert (told["changed"], told["done_ms"], told["overtaken"]) == (True, raised_ms, False)
        case = case_of(site, case_id)
        times = case.acknowledged_ms, case.acknowledged_arrived_ms
        assert times == (raised_ms, told["arrived_ms"])
        assert "received at" in await site.text(f"/cases/{case_id}")


async def test_a_late_refusal_says_when_it_was_done_and_that_others_acted(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        site.clock.advance(HOUR_MS)
        await site.act(case_id, "acknowledge", "li")
        site.clock.advance(HOUR_MS // 3)
        told = await site.act(case_id, "acknowledge", "wang", age_ms=HOUR_MS)
        assert isinstance(told, dict)
        assert told["arrived_ms"] - told["done_ms"] == HOUR_MS
        assert (told["reason"], told["overtaken"]) == ("taken_already", True)
        assert "others have acted on it meanwhile" in told["why"]
        page = await site.text(f"/cases/{case_id}")  # the case's log knows that he was there first
        took = [page.index(f"{name} acknowledged it") for name in ("Wang Fang", "Li Qiang")]
        assert took == sorted(took)
        assert took[1] < page.index("Go to the door"), "what is still to come stands below"
        assert (
            page.count("This came too late to count. Somebody has acknowledged this case already.")
            == 1
        )
        assert page.count("received at") == 1


async def test_the_same_action_twice_is_answered_as_the_first_was(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        assert await site.act(case_id, "acknowledge", action_id="a1") == {"changed": True}
        assert await site.act(case_id, "acknowledge", action_id="a1") == {"changed": True}
        again = await site.act(case_id, "acknowledge", action_id="a2")
        assert again == {
            "changed": False,
            "reason": "done_already",
            "why": "You have done this already.",
        }


async def test_each_form_has_an_id_of_its_own_and_all_its_buttons_are_their_own(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        case_id = await opened(site)
        path = f"/cases/{case_id}"
        first, second = [ids(await site.text(path)) for _ in range(2)]
        assert len({*first, *second}) == len(first) + len(second) > 2
        assert await press(site, f"{path}/acknowledge", action_id=first[0]) == 200
        assert await press(site, f"{path}/acknowledge", action_id=first[0]) == 200
        assert await press(site, f"{path}/report", action_id=first[0], outcome="lawful") == 200
        assert case_of(site, case_id).outcome == "lawful"


def ids(page: str) -> list[str]:
    return [part.partition('"')[0] for part in page.split('name="action_id" value="')[1:]]
