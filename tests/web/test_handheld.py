"""The handheld's pages as a browser without script has them, and what installs the app."""

import json
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.core.actor import Acting, Actor, ActorKind
from gateway.core.cases.transitions import Action
from gateway.core.evidence import Evidence
from gateway.core.rules import Rules
from gateway.language.reasons import first_action
from gateway.store import case_views
from gateway.store.delivery_views import deliveries
from gateway.web.case_ahead import may_after
from gateway.web.handheld import shell
from gateway.web.handheld.tasks import known_to
from gateway.web.security import HANDHELD_HEADERS
from tests.web.marked_ways import saying, way_to
from tests.web.web_site import console, first_case, listening, new_store, now_ms

HOME, CASE = "/handheld/wang", f"/handheld/wang/cases/{first_case(0)}"
FIRST_LOAD_MAX = 150_000


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_case_s_page_says_all_that_is_needed_at_the_door(
    language: str, tmp_path: Path
) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.permit(0, who="Zhang Wei", why="lunch")
        for minutes in (40, 20):
            await site.opens(0, age_ms=minutes * 60_000)
            await site.shuts(0, age_ms=minutes * 60_000 - 30_000)
        await site.opens(0)  # the third is not announced
        cases = (await site.client.get("/api/v1/cases")).json()["open"]
        page = await site.text(f"{HOME}/cases/{cases[0]['case_id']}", language)
        first = first_action(cases[0]["reason"], language)
        wanted = {
            "zh": ("房门现在", "已报备，已开过", "还有谁知道", "处置经过"),
            "en": ("The door now", "Announced, and opened", "Who else knows", "What was done"),
        }[language]
        for words in ("3-101", first, "lunch · Zhang Wei", *wanted):
            assert words in page, words


async def test_without_script_the_same_page_works_by_forms(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        for action, fields in (("acknowledge", {}), ("report", {"outcome": "lawful"})):
            page = await site.text(CASE)
            form = page[page.index(f'action="{CASE}/{action}"') :]
            assert not form[: form.index(">")].endswith(" hidden")
            action_id = re.findall(r'name="action_id" value="(\w+)"', form)[0]
            answer = await site.client.post(
                f"{CASE}/{action}", data={"action_id": action_id} | fields
            )
            leads_to = saying(CASE, f"/handheld/{{warden_id}}/cases/{{case_id}}/{action}")
            assert (answer.status_code, way_to(answer)) == (303, leads_to)
        assert 'data-state="reported"' in await site.text(CASE)


async def test_nobody_has_a_page_who_is_not_on_the_staff(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        for path in ("/handheld/nobody", f"/handheld/nobody/cases/{first_case(0)}"):
            assert (await site.client.get(path)).status_code == 404
        assert (await site.client.get("/handheld/nobody/tasks")).status_code == 404
        assert (await site.client.get("/handheld/wang/cases/none")).status_code == 404


async def test_the_buttons_that_follow_offline_are_those_of_the_core_s_table(
    tmp_path: Path,
) -> None:
    """A phone without a line goes on as if nobody else acted; the core still decides."""
    store, wang = new_store(tmp_path), Acting(Actor(ActorKind.WARDEN, "wang"))
    acts = ("acknowledge", "on_the_way", "on_site", "report", "take_back", "report")
    async with console(store) as site:
        await site.on_duty("wang", "li")
        await site.seal(0)
        await site.opens(0)

        def after() -> list[dict[Action, int]]:
            with store.reading() as connection:
                case = case_views.case(connection, first_case(0))
            assert case is not None
            return may_after(case, wang, True)

        walked, step = after(), 0
        for act in (*acts, "take_back", "hand_over"):
            step = walked[step][Action(act)]
            facts = {"report": {"outcome": "lawful"}, "hand_over": {"to": "li"}}.get(act, {})
            answer = await site.act(first_case(0), act, **facts)
            assert isinstance(answer, dict)
            assert answer["changed"]
            assert walked[step].keys() == after()[0].keys(), act
        assert step == 0, "handed over, it waits again"


@pytest.mark.parametrize("is_shut", [True, False])
async def test_where_nothing_is_signed_off_what_closed_is_not_taken_back(
    is_shut: bool, tmp_path: Path
) -> None:
    """Without a line as with one: a report of what is over is the end."""
    store, wang = new_store(tmp_path), Acting(Actor(ActorKind.WARDEN, "wang"))
    async with console(store, rules={"sign_off": False}) as site:
        await site.seal(0)
        await site.opens(0)
        if is_shut:
            await site.shuts(0)
            site.clock.advance(60_000)  # it stays shut
            await site.engine.idle()
        await site.act(first_case(0), "acknowledge")
        with store.reading() as connection:
            case = case_views.case(connection, first_case(0))
        assert case is not None
        after = may_after(case, wang, sign_off=False)
        reported = after[after[0][Action.REPORT]]
        assert (Action.TAKE_BACK in reported) is not is_shut
        await site.act(first_case(0), "report", outcome="lawful")
        taken = await site.act(first_case(0), "take_back")
        assert (taken == {"changed": True}) is not is_shut


async def test_a_report_can_be_taken_back_on_her_list_too_for_two_minutes(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        await site.reported(first_case(0))
        take_back = f'action="/handheld/wang/cases/{first_case(0)}/take_back"'
        page = await site.text("/handheld/wang")
        assert page.count(take_back) == 1
        until = re.search(r'data-take-back-until="(\d+)"', page)
        assert until is not None
        assert int(until[1]) == now_ms() + Rules().take_back_ms
        site.clock.advance(Rules().take_back_ms + 1)
        assert take_back not in await site.text("/handheld/wang")


async def test_of_a_tampered_case_no_report_is_offered_before_a_visit(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    async with console(store) as site:
        await site.seal(0)
        await site.opens(0)
        with store.reading() as connection:
            case = case_views.case(connection, first_case(0))
        assert case is not None
        after = may_after(replace(case, locked=True), Acting(Actor(ActorKind.WARDEN, "wang")), True)
        held = after[0][Action.ACKNOWLEDGE]
        assert Action.REPORT not in after[held]
        assert Action.REPORT in after[after[held][Action.ON_SITE]]


async def test_what_she_may_do_is_on_her_page_and_nobody_is_named_who_has_no_duty(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.on_duty("wang")
        await site.seal(0)
        await site.opens(0)
        await site.act(first_case(0), "acknowledge")
        page = await site.text(CASE)
        assert f'action="{CASE}/on_the_way"' in page
        assert f'action="{CASE}/hand_over"' not in page, "nobody else has duty"
        await site.on_duty("wang", "li")
        page = await site.text(CASE)
        assert ">Li Qiang · " in page
        assert ">Wang Fang · " not in page
        for action, fields in (
            ("on_the_way", {}),
            ("report", {"outcome": "absent", "note": "the neighbour saw them go"}),
            ("take_back", {}),
            ("hand_over", {"to": "li"}),
        ):
            answer = await site.client.post(f"{CASE}/{action}", data=fields)
            leads_to = saying(CASE, f"/handheld/{{warden_id}}/cases/{{case_id}}/{action}")
            assert way_to(answer) == leads_to
            page = await site.text(CASE)
            if action == "report":
                assert "the neighbour saw them go" in page
        assert "Handed over to Li Qiang, who has not acknowledged it yet." in page
        assert "Wang Fang took the report back" in page
        assert "Handed over to Li Qiang" in await site.text(HOME)


async def test_what_the_seal_says_otherwise_stands_beside_the_choices(tmp_path: Path) -> None:
    """Hidden, for the script to show before it keeps such a report."""
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        page = await site.text(CASE)
        [outcomes] = re.findall(r'class="asked" role="alert" data-outcomes="([^"]*)" hidden', page)
        assert {"in_order", "false_pet", "left_and_returned"} <= set(outcomes.split())
        assert "absent" not in outcomes.split()
        await site.shuts(0)
        assert 'class="asked"' not in await site.text(CASE)


async def test_on_the_way_and_at_the_door_are_hers_alone(tmp_path: Path) -> None:
    """Where somebody else is there, it is in hand."""
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        await site.act(first_case(0), "on_the_way", "li")
        assert "<h2>Acknowledged</h2>" in await site.text(HOME)
        await site.act(first_case(0), "on_site")
        assert "<h2>You are at the door</h2>" in await site.text(HOME)


async def test_a_phone_is_told_which_pages_to_keep_and_when_one_is_another(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.seal(1)
        await site.opens(0)
        first = (await site.client.get(f"{HOME}/tasks")).json()
        assert set(first["pages"]) == {HOME, CASE, f"{HOME}/requests"}
        assert (await site.client.get(f"{HOME}/tasks")).json()["pages"] == first["pages"]
        await site.opens(1)
        second = (await site.client.get(f"{HOME}/tasks")).json()["pages"]
        assert len(second) == 4
        assert second[HOME] != first["pages"][HOME]
        await site.reported(first_case(0))
        third = (await site.client.get(f"{HOME}/tasks")).json()["pages"]
        assert CASE in third, "a report may still be taken back"
        site.clock.advance(Rules().take_back_ms + 1)
        await site.engine.idle()
        fourth = (await site.client.get(f"{HOME}/tasks")).json()["pages"]
        assert CASE not in fourth, "what is reported leaves the phone"
        other = await site.client.get(f"{HOME}/tasks", headers={"accept-language": "zh"})
        assert other.json()["pages"][HOME] != third[HOME]


@pytest.mark.parametrize(("view", "path"), [("tasks", HOME), ("task", CASE)], ids=["tasks", "task"])
async def test_a_page_and_its_line_agree(view: str, path: str, tmp_path: Path) -> None:
    """What is missed while the phone sleeps comes by the line, and nothing that was shown."""
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        page = await site.text(path)
        query = re.findall(rf"\?(view={view}&amp;name=[^\"]*)\"", page)[0].replace("&amp;", "&")
        async with listening(site, query) as line:
            await line.rests()
            told = [line.events.get_nowait() for _ in range(line.events.qsize())]
            assert [(event.name, event.data) for event in told if event.name == "fragment"] == []
            await site.act(first_case(0), "acknowledge")
            fresh = await line.next("fragment")
            assert 'data-state="acknowledged"' in fresh.data


async def test_what_a_phone_must_load_first_is_small(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        page = await site.text(CASE)
        paths = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
        assert len(paths) > 6
        sizes = {path: len((await site.client.get(path)).content) for path in paths}
        sizes |= {"sw.js": len((await site.client.get("/handheld/sw.js")).content)}
        assert sum(sizes.values()) + len(page.encode()) <= FIRST_LOAD_MAX, sizes


async def test_the_app_s_files_come_packed_and_her_page_does_not(tmp_path: Path) -> None:
    """The length of a packed page would tell a listener what is in it."""
    async with console(new_store(tmp_path)) as site:
        for path, how in (("/static/handheld/handheld.js", "gzip"), (HOME, None)):
            for takes in ("gzip, deflate, br", "identity"):
                answer = await site.client.get(path, headers={"accept-encoding": takes})
                wanted = how if "gzip" in takes else None
                assert (answer.status_code, answer.headers.get("content-encoding")) == (200, wanted)


async def test_the_worker_carries_the_release_and_what_guards_a_page(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        answer = await site.client.get("/handheld/sw.js")
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["content-type"].startswith("text/javascript")
        assert f'const VERSION = "{shell.version()}"' in answer.text
        policy = HANDHELD_HEADERS["Content-Security-Policy"]
        assert json.dumps(policy) in answer.text, "a kept page obeys it too"
        for path in re.findall(r'"\.\./(static/[^"]+)"', answer.text):
            assert (await site.client.get(f"/{path}")).status_code == 200


@pytest.mark.parametrize(("language", "name"), [("zh", "门神"), ("en", "Seals")])
async def test_the_manifest_installs_her_page(language: str, name: str, tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        headers = {"accept-language": language, "x-forwarded-prefix": "/gateway"}
        answer = await site.client.get(f"{HOME}/manifest.webmanifest", headers=headers)
        assert answer.headers["content-type"] == "application/manifest+json"
        said = answer.json()
        assert (said["start_url"], said["scope"]) == (
            "/gateway/handheld/wang",
            "/gateway/handheld/",
        )
        assert said["short_name"] == name
        for icon in said["icons"]:
            path = icon["src"].removeprefix("/gateway")
            image = (await site.client.get(path)).content
            width = int.from_bytes(image[16:20], "big")
            assert (image[:4], f"{width}x{width}") == (b"\x89PNG", icon["sizes"])


async def test_who_signs_out_leaves_nothing_in_the_browser(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        answer = await site.client.post(f"{HOME}/sign_out")
        assert (answer.status_code, answer.headers["location"]) == (303, "/handheld/signed_out")
        assert answer.headers["clear-site-data"] == '"cache", "storage"'
        assert "Nothing of yours is left on this phone." in await site.text("/handheld/signed_out")


async def test_of_each_other_person_the_best_proof_is_shown(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    async with console(store) as site:
        await site.seal(0)
        await site.opens(0)
        with store.reading() as connection:
            case = case_views.case(connection, first_case(0))
            assert case is not None
            told = deliveries(connection, case, 10).rows
        assert {row.warden for row in told} == {"Wang Fang", None}
        assert [row.warden for row in known_to(told, "Wang Fang")] == [None]
        hers = [row for row in told if row.warden]
        seen = replace(hers[-1], evidence=Evidence.SEEN)
        assert known_to([*hers, seen, hers[0]], "Li Qiang") == [seen]
