"""Records that are kept beyond their time, by program: as on the console, and the same twice is
once."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.accounts import sessions
from gateway.accounts.scopes import Scope
from gateway.accounts.sessions import Kind
from gateway.ending import holds
from gateway.ending.holds import HeldRow
from gateway.store.ending_tables import holds as rows_of
from tests.web.signed_in import Site, signed_in_site
from tests.web.web_site import HOUR_MS, Console, acting_as, console, new_store, now_ms, problem_of

DAY_MS = 24 * HOUR_MS
WHY = "a court has asked for it"
HOLD = "/api/v1/doors/d0/orders/o0/hold"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Console]:
    """Two households under an order, at a site where nobody signs in."""
    async with console(new_store(tmp_path, 2)) as found:
        await found.seal(0)
        await found.seal(1)
        yield found


def body(days: int = 30, **more: Any) -> dict[str, Any]:
    return {"why": WHY, "until_ms": now_ms() + days * DAY_MS} | more


def known(site: Console, order_id: str = "o0") -> list[HeldRow]:
    with site.store.reading() as connection:
        return holds.of_order(connection, order_id)


async def asks(site: Console, path: str, actor: str = "wang", **json: Any) -> httpx.Response:
    return await site.client.post(path, json=json, headers=acting_as(actor))


async def test_a_hold_is_made_seen_extended_and_lifted_by_program(site: Console) -> None:
    made = (await asks(site, HOLD, **body())).json()
    assert made["changed"]
    again = (await asks(site, HOLD, **body())).json()
    assert again == {"changed": False, "hold_id": made["hold_id"]}, "without an id, too"
    (held,) = known(site)
    assert (held.by, held.why) == ("Wang Fang", WHY), "the header's warden, by name"

    listed = (await site.client.get("/api/v1/holds")).json()
    assert (listed["count"], listed["ended"], listed["next"]) == (1, [], None)
    [row] = listed["living"]
    assert (row["why"], row["door_id"], row["order_id"]) == (WHY, "d0", "o0")
    answer = await site.client.get("/api/v1/doors/d0/holds")
    [order] = answer.json()["orders"]
    assert [one["hold_id"] for one in order["held"]] == [held.hold_id]
    same = {"if-none-match": answer.headers["etag"]}
    assert (await site.client.get("/api/v1/doors/d0/holds", headers=same)).status_code == 304

    path = f"/api/v1/doors/d0/holds/{held.hold_id}"
    longer = body(60, why="the appeal runs", by="Li Hua", hold_id="ab" * 8)
    for news in (True, False):
        extended = await asks(site, f"{path}/extend", actor="centre", **longer)
        assert extended.json() == {"changed": news, "hold_id": "ab" * 8}
    before, after = sorted(known(site), key=lambda held: held.until_ms)
    assert (before.ended_ms, after.by, after.until_ms) == (
        now_ms(),
        "Li Hua",
        longer["until_ms"],
    )
    over = await asks(site, f"{path}/extend", **body(90))
    assert problem_of(over, 422) == {}
    assert "has ended already" in over.json()["detail"]
    for news in (True, False):
        lifted = await site.client.post(f"/api/v1/doors/d0/holds/{after.hold_id}/lift")
        assert lifted.json() == {"changed": news}
    listed = (await site.client.get("/api/v1/holds")).json()
    assert (listed["count"], len(listed["ended"])) == (0, 2)


WRONG = (
    ({"why": " "}, "needs the name"),
    ({"by": " "}, "needs the name"),
    ({"until_ms": 0}, "ends in the future"),
    ({"until_ms": 2**53}, "ends in the future"),
    ({"why": "x" * 301}, ""),
    ({"until_ms": "soon"}, ""),
    ({"hold_id": "none"}, ""),
    ({"reason": "x"}, ""),
)


async def test_what_is_no_hold_is_refused_with_the_console_s_sentence(site: Console) -> None:
    for wrong, sentence in WRONG:
        answer = await asks(site, HOLD, actor="centre", **body(by="Cao Min") | wrong)
        assert answer.status_code == 422, wrong
        assert sentence in answer.json()["detail"], wrong
    assert known(site) == []


async def test_nobody_acts_unnamed_or_at_another_household(site: Console) -> None:
    assert (await site.client.post(HOLD, json=body())).status_code == 422, "no header"
    assert (await asks(site, HOLD, actor="nobody", **body())).status_code == 422
    made = (await asks(site, HOLD, **body())).json()["hold_id"]
    for path in (f"d1/holds/{made}/lift", "d0/holds/none/lift"):
        assert (await site.client.post(f"/api/v1/doors/{path}")).status_code == 404
    assert (await asks(site, "/api/v1/doors/d1/orders/o0/hold", **body())).status_code == 404
    assert (
        await asks(site, f"/api/v1/doors/d1/holds/{made}/extend", **body(60))
    ).status_code == 404
    assert len(known(site)) == 1


async def test_an_id_is_one_hold_s(site: Console) -> None:
    """Told as held, and held by nobody: that must not be, whatever id comes again."""
    mine = body(hold_id="cd" * 8)
    assert (await asks(site, HOLD, **mine)).json()["changed"]
    other = await asks(site, "/api/v1/doors/d1/orders/o1/hold", **mine)
    assert other.status_code == 422
    assert "another hold" in other.json()["detail"]
    assert known(site, "o1") == []
    form = {"by": "Cao Min", "why": WHY, "until": site.day(30), "offered": "cd" * 8}
    pressed = await site.client.post("/doors/d1/orders/o1/hold", data=form)
    assert (pressed.status_code, len(known(site, "o1"))) == (303, 1), "a form's id is no hold's"
    await site.client.post(f"/api/v1/doors/d0/holds/{'cd' * 8}/lift")
    lifted = await asks(site, HOLD, **mine)
    assert lifted.status_code == 422
    assert "has ended already" in lifted.json()["detail"]


def scoped(site: Site, name: str, scopes: frozenset[Scope]) -> dict[str, str]:
    """The header of a token of somebody's that may only so much."""
    now = site.clock.now_ms()
    with site.accounts.writing() as connection:
        token = sessions.begin(
            connection, site.account(name), Kind.PROGRAM, "program", now, now, scopes=scopes
        )
    return {"authorization": f"Bearer {token}"}


async def test_roles_scopes_and_the_audit_are_the_console_s(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        await site.console.seal(0)
        for name, status in (("wang", 403), ("aud", 403), ("cao", 404), ("cai", 200)):
            answer = await site.asks(name, "POST", HOLD, json=body(by="Somebody Else"))
            assert answer.status_code == status, name
        (held,) = known(site.console)
        assert held.by == "Cai", "who signed in, and nobody else"
        for name, count in (("cao", 0), ("cai", 1), ("aud", 1), ("desk", 1)):
            listed = (await site.asks(name, "GET", "/api/v1/holds")).json()
            assert (listed["count"], len(listed["living"])) == (count, count), name
        async with site.browser() as program:
            reads = scoped(site, "cai", frozenset({Scope.HOLDS_READ}))
            lift = f"/api/v1/doors/d0/holds/{held.hold_id}/lift"
            assert (await program.get("/api/v1/holds", headers=reads)).json()["count"] == 1
            refused = await program.post(lift, headers=reads)
            assert problem_of(refused, 403) == {"scope": "holds:write"}
            writes = scoped(site, "cai", frozenset({Scope.HOLDS_WRITE}))
            assert (await program.get("/api/v1/holds", headers=writes)).status_code == 403
            assert (await program.post(lift, headers=writes)).json() == {"changed": True}
        noted = [one[1] for one in site.noted("/api/v1/") if one[0] == "cai" and one[4] == 200]
        assert noted == [
            "POST /api/v1/doors/{door_id}/orders/{order_id}/hold",
            "POST /api/v1/doors/{door_id}/holds/{hold_id}/lift",
        ]


async def test_a_thousand_are_listed_in_parts_and_counted_whole(site: Console) -> None:
    """On the page fifty at a time, by program as many as asked: none twice, none left out."""
    doubled = [(now_ms() + DAY_MS + number // 2, f"{number:016x}") for number in range(1_000)]
    with site.store.writing() as connection:
        key = holds.hold(connection, "o0", "Cao Min", WHY, now_ms() + DAY_MS, now_ms())
        kept = holds.one(connection, key)
        assert kept is not None
        holds.lift(connection, key, now_ms())
        names = HeldRow.__struct_fields__
        rows = [
            {name: getattr(kept, name) for name in names} | {"hold_id": hold_id, "until_ms": until}
            for until, hold_id in doubled
        ]
        connection.execute(rows_of.insert(), rows)
    path, seen = "/holds", 0
    for part in range(20):
        page = await site.text(path)
        assert "1000 holds" in page.replace(",", "")
        assert len(page) < 45_000
        living = page.split('id="living"')[1].split("</section>")[0]
        seen += living.count("<li>")
        more = page.split("/holds?after_ms=")
        assert len(more) == (1 if part == 19 else 2), "twenty pages, and no more"
        path = "/holds?after_ms=" + more[-1].split('"')[0].replace("&amp;", "&")
        assert ("Held before" in page) == (part == 0)
    assert seen == 1_000
    found, cursor = [], None
    while cursor is not None or not found:
        asked = {"limit": 300} | ({"cursor": cursor} if cursor else {})
        answer = (await site.client.get("/api/v1/holds", params=asked)).json()
        found += [row["hold_id"] for row in answer["living"]]
        assert answer["count"] == 1_000
        cursor = answer["next"]
    assert found == [hold_id for _, hold_id in doubled]
