"""Lists come in parts: nothing twice, nothing passed over, whatever happens meanwhile."""

import base64
from itertools import product
from pathlib import Path
from typing import Any

import msgspec

from gateway.core.households.events import HealthReported
from gateway.core.households.model import Symptom
from gateway.core.subject import of_household
from gateway.web.api.cursors import LIMIT_MAX
from tests.web.signed_in import signed_in_site
from tests.web.test_requests import asks
from tests.web.web_site import Console, console, first_case, new_store, problem_of

LISTS = (
    "/api/v1/doors",
    "/api/v1/cases",
    f"/api/v1/cases/{first_case(0)}/deliveries",
    "/api/v1/wardens/wang/pages",
    "/api/v1/wardens/wang/unsigned",
    "/api/v1/requests",
)


async def parts(site: Console, path: str, limit: int) -> list[dict[str, Any]]:
    """All parts of a list, by its cursors."""
    found: list[dict[str, Any]] = []
    while not found or found[-1]["next"] is not None:
        asked = {"limit": limit} | ({"cursor": found[-1]["next"]} if found else {})
        answer = await site.client.get(path, params=asked)
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        assert len(found) < 50
    return found


async def busy(site: Console, doors: int) -> None:
    """Each door opened once; every third case is taken, every third reported too. Each household
    asks for something, and every other is not well."""
    for number in range(doors):
        await site.seal(number)
        kind = "doctor" if number % 3 == 1 else "food"
        await asks(site, number, kind)
        if number % 2:
            report = HealthReported(
                action_id=f"w{number}", is_well=False, symptoms=(Symptom.FEVER,)
            )
            await site.engine.submit(of_household(f"d{number}"), report)
        await site.opens(number)
        if number % 3:
            await site.act(first_case(number), "acknowledge")
        if number % 3 == 2:
            await site.act(first_case(number), "report", outcome="lawful")


async def test_the_parts_are_the_whole(tmp_path: Path) -> None:
    async with console(new_store(tmp_path, doors=9)) as site:
        await busy(site, 9)
        for path, limit in product(LISTS, (1, 2, 5)):
            [whole] = await parts(site, path, LIMIT_MAX)
            cut = await parts(site, path, limit)
            for name, rows in whole.items():
                if not isinstance(rows, list):
                    continue
                assert [row for part in cut for row in part[name]] == rows, (path, name)
                assert all(len(part[name]) <= limit for part in cut)
            if path != LISTS[2]:
                assert len(cut) > 1, path


async def test_what_happens_meanwhile_moves_nothing(tmp_path: Path) -> None:
    async with console(new_store(tmp_path, doors=9)) as site:
        await busy(site, 8)
        answer = (await site.client.get("/api/v1/cases?limit=2")).json()
        seen = [case["case_id"] for case in answer["open"]]
        await site.act(seen[0], "acknowledge")
        await site.seal(8)
        await site.opens(8)  # a new case, before all others
        query = {"limit": 100, "cursor": answer["next"]}
        rest = (await site.client.get("/api/v1/cases", params=query)).json()
        later = [case["case_id"] for case in rest["open"]]
        assert seen[1] not in later
        known = {first_case(n) for n in range(8) if n % 3 != 2}
        assert known <= {*seen, *later}
        assert rest["next"] is None


async def test_no_cursor_names_a_door(tmp_path: Path) -> None:
    """An address stands in logs and proxies: no label in it."""
    async with console(new_store(tmp_path, doors=4)) as site:
        answer = (await site.client.get("/api/v1/doors?limit=1")).json()
        cursor = answer["next"]
        said = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        assert msgspec.json.decode(said) == [["d0"]]


async def test_a_cursor_of_another_list_is_refused(tmp_path: Path) -> None:
    keys = ["[]", "[1]", "[null]", '[["x",1]]', f"[[{2**70},1]]", '[["nobody"]]', '[["d0",1]]', "{"]
    cursors = [base64.urlsafe_b64encode(key.encode()).decode() for key in keys]
    async with console(new_store(tmp_path)) as site:
        await busy(site, 1)
        for path in LISTS:
            for cursor in (*cursors, "x", "%", "門", "A" * 2_000):
                answer = await site.client.get(path, params={"cursor": cursor})
                assert problem_of(answer, 422) == {}, (path, cursor)


async def test_a_cursor_shows_nobody_more_than_they_may_see(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        all_of_it = await site.asks("desk", "GET", "/api/v1/doors?limit=1")
        cursor = all_of_it.json()["next"]
        theirs = await site.asks("li", "GET", "/api/v1/doors", params={"cursor": cursor})
        assert {door["grid_id"] for door in theirs.json()["doors"]} == {"g2"}
