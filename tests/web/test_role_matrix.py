"""Every address × every role × one's own and somebody else's: as the one table of rights has it.

The matrix is made from `RULES` and `TABLE`; whether a request came through is read from the audit.
"""

import asyncio
import json
from pathlib import Path

import httpx
import msgspec
import pytest
from fastapi.routing import iter_route_contexts

from gateway.accounts import audit
from gateway.accounts.roles import TABLE, Right, Role, Whose
from gateway.accounts.tables import accounts
from gateway.core.cases.number import case_number
from gateway.core.events import PermitAnnounced
from gateway.core.households.events import DisputeRaised, HealthReported, RequestAsked
from gateway.core.households.model import RecordKind, RequestKind
from gateway.core.model import Permit
from gateway.core.subject import of_door, of_household
from gateway.store import tables
from gateway.store.outbox import Group
from gateway.web.access_rules import (
    HOUSEHOLD,
    PARAMETERS,
    PUBLIC,
    RULES,
    SIGNED_IN,
    Rule,
    Thing,
    right_of,
)
from gateway.web.actions import KINDS
from gateway.web.live_stream import PAGES
from gateway.web.visitors import COOKIE
from tests.store.query_plans import endless, heard
from tests.web.signed_in import ELSEWHERE, STAFF, WARDENS, Site, signed_in_site
from tests.web.web_site import HOUR_MS, console, first_case, listening, new_store, now_ms

BY_ROLE = {role: name for name, role in {**WARDENS, **STAFF}.items()}
# With whose app it is in them, of which they tell nothing: its manifest, and the way out.
OF_THE_APP = {"/handheld/{warden_id}/manifest.webmanifest", "/handheld/{warden_id}/sign_out"}
CHECKED = {key: rule for key, rule in RULES.items() if rule.needs and not rule.is_public}


async def test_every_address_has_a_rule_and_every_rule_an_address(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        there = {
            (method, route.path)
            for route in iter_route_contexts(site.app.routes)
            for method in route.methods or ()
        }
    assert there == set(RULES)


def test_what_is_open_to_all_is_the_way_in_and_nothing_else() -> None:
    public = {path for (_, path), rule in RULES.items() if rule is PUBLIC}
    trust = {"/trust", "/trust/ca.crt"}  # a phone must trust the console before it signs in
    shell = {
        "/handheld/sw.js",
        "/handheld/offline",
        "/handheld/signed_out",
        *OF_THE_APP,
    }  # what is the same for everybody
    ways_in = {
        "/sign-in",
        "/sign-in/code",
        "/sign-in/passkey",
        "/sign-in/passkey/options",
        "/sign-in/oidc",
        "/sign-in/oidc/callback",
        "/sign-out",
        "/invitation/{token}",
    }
    # A code opens a household's page, and its session says whose it is (test_resident_attacks); a
    # text message is signed.
    household = {f"/r{path}" for paths in HOUSEHOLD.values() for path in paths} | {"/sms/in"}
    assert public == trust | shell | ways_in | household
    assert [path for (_, path), rule in RULES.items() if rule is SIGNED_IN] == [
        "/stream",
        "/api/v1/openapi.json",
    ]


def test_a_thing_in_an_address_is_checked() -> None:
    """Nobody adds an address with a door in it, and forgets whose door it is."""
    own = {"/sign-in", "/account", *OF_THE_APP}
    for (_, path), rule in RULES.items():
        for thing, parameter in PARAMETERS.items():
            if f"{{{parameter}" in path and not rule.is_closed and path not in own:
                assert thing in {need.thing for need in rule.needs}, path


def test_each_action_needs_its_right_wherever_it_is_pressed() -> None:
    for action in KINDS:
        for before in ("", "/api/v1", "/inbox/{warden_id}", "/handheld/{warden_id}"):
            needs = RULES["POST", f"{before}/cases/{{case_id}}/{action}"].needs
            assert (right_of(action), Thing.CASE) in needs


def allowed(role: Role, rule: Rule, is_own: bool) -> bool:
    """What the table says, by words of its own."""
    for need in rule.needs:
        reach = TABLE[need.right][role]
        if reach is Whose.NOBODYS:
            return False
        if need.thing is Thing.LIST or reach is Whose.ALL:
            continue
        has_one = need.thing is not Thing.PERSON or role in (*WARDENS.values(), Role.INSTALLER)
        if not (is_own and has_one):
            return False
    return True


def address(path: str, name: str, is_own: bool) -> str:
    number = 0 if is_own else 2
    places = {
        "door_id": f"d{number}",
        "case_id": first_case(number),
        "warden_id": name if is_own else "li",
        "area_id:path": "building:A" if is_own else "building:B",
        "order_id": f"o{number}",
        "ended_id": f"{number:016x}",
        "photo_id": "nope",
        "page_id": "nope",
        "code": "abcdef",
        "name": "wang",
        "session_id": "0" * 16,
        "passkey_id": "0" * 16,
        "visit_id": "0" * 16,
        "hold_id": "0" * 16,
        "sent_id": "0" * 16,
        "number": "000000",
        "seal_id": "0" * 16,
        "request_id": f"request-{number}",
        "dispute_id": f"dispute-{number}",
        "question_id": f"health-d{number}-{now_ms()}",
    }
    for place, value in places.items():
        path = path.replace(f"{{{place}}}", value)
    assert "{" not in path, path
    return path


async def furnished(site: Site) -> None:
    """In each grid a building, a door that opened under an order, and its case and permit."""
    with site.store.writing() as connection:
        d = tables.doors
        for building, doors in (("A", ("d0", "d1")), ("B", ("d2", "d3"))):
            connection.execute(d.update().where(d.c.door_id.in_(doors)).values(building=building))
    for number in (0, 2):
        await site.console.seal(number)
        await site.console.opens(number)
        later = now_ms() + 2 * HOUR_MS, now_ms() + 3 * HOUR_MS
        permit = Permit(f"{number:016x}", *later, 1, HOUR_MS, "Zhang Wei", "lunch")
        await site.engine.submit(of_door(f"d{number}"), PermitAnnounced(permit))
        await wants(site, number)


async def wants(site: Site, number: int) -> None:
    """What the household behind a door asks for, contests and says."""
    home = of_household(f"d{number}")
    asked = RequestAsked(action_id="a", request_id=f"request-{number}", kind=RequestKind.FOOD)
    contested = DisputeRaised(
        action_id="b",
        dispute_id=f"dispute-{number}",
        record=RecordKind.CASE,
        record_id=first_case(number),
        door_id=f"d{number}",
    )
    ill = HealthReported(action_id="c", is_well=False)
    for event in (asked, contested, ill):
        assert (await site.engine.submit(home, event)).changed


@pytest.mark.parametrize("role", Role)
async def test_the_whole_matrix(role: Role, tmp_path: Path) -> None:
    with heard() as queries:
        await opens_everything(role, tmp_path)
    assert len(queries) > 50
    assert endless(queries) == {}


async def opens_everything(role: Role, tmp_path: Path) -> None:
    name = BY_ROLE[role]
    async with signed_in_site(tmp_path) as site:
        await furnished(site)
        wrong = []
        async with site.browser(name) as client:
            for (method, path), rule in CHECKED.items():
                for is_own in (True, False):
                    answer = await client.request(method, address(path, name, is_own))
                    passed = came_through(site, rule, answer.status_code)
                    if passed is not allowed(role, rule, is_own):
                        wrong.append((method, path, is_own, answer.status_code))
                    assert answer.status_code < 500, (path, answer.text)
            wrong += [("live", kind) for kind in PAGES if await watches_more(client, kind, role)]
        assert wrong == []


async def watches_more(client: httpx.AsyncClient, kind: str, role: Role) -> bool:
    """Whether somebody gets a page live that they may not open."""
    rule = RULES["GET", PAGES[kind]]
    if allowed(role, rule, is_own=True):
        return False  # its line would not end
    own = {Thing.PERSON: BY_ROLE[role], Thing.CASE: first_case(0), Thing.DOOR: "d0"}
    wanted = {
        "view": kind,
        "name": " ".join(own.get(need.thing, "") for need in rule.needs).strip(),
    }
    try:
        asked = client.get("/stream", params=wanted)
        return (await asyncio.wait_for(asked, 10)).status_code not in (403, 404)
    except TimeoutError:
        return True  # it has the line, and the line goes on


def came_through(site: Site, rule: Rule, status: int) -> bool:
    if not rule.is_noted:
        return status not in (401, 403, 404)
    with site.accounts.reading() as connection:
        latest = audit.read(connection, 1)[0].note
    if latest.why == "refused":
        assert latest.status == status
        assert status in (403, 404)
    return latest.why != "refused"


@pytest.mark.parametrize("name", [*WARDENS, *ELSEWHERE])
async def test_lists_hold_one_s_own_grids_only(name: str, tmp_path: Path) -> None:
    own, other = ("d0", "d2") if name in WARDENS else ("d2", "d0")
    labels = {"d0": "3-101", "d2": "9-909"}
    async with signed_in_site(tmp_path) as site:
        await furnished(site)
        async with site.browser(name) as client:
            doors = (await client.get("/api/v1/doors")).json()
            assert doors["count"] == 2
            assert own in {door["door_id"] for door in doors["doors"]}
            assert {door["grid_id"] for door in doors["doors"]} == {"g1" if own == "d0" else "g2"}
            cases = (await client.get("/api/v1/cases")).json()["open"]
            assert {case["door_id"] for case in cases} == {own}
            for path in ("/", "/cases"):
                page = (await client.get(path)).text
                assert labels[own] in page
                assert labels[other] not in page


@pytest.mark.parametrize(("name", "named"), [("wang", False), ("desk", True)])
async def test_a_line_names_what_one_may_see(name: str, named: bool, tmp_path: Path) -> None:
    """That something was committed is news to everybody; what, to who sees all."""
    async with signed_in_site(tmp_path) as site:
        await furnished(site)
        cookie = f"{COOKIE}={site.token(name)}"
        async with listening(site.console, "view=", cookie) as line:
            await line.rests()
            await site.console.opens(2)  # of another grid than wang's
            said = json.loads((await line.next("committed")).data)
            assert ("d2" in said["doors"], said["all"]) == (named, not named)


async def test_the_desk_sees_all_and_a_captain_of_two_grids_both(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        with site.accounts.writing() as connection:
            from gateway.accounts import tables as accounts

            a = accounts.accounts
            connection.execute(a.update().where(a.c.name == "cai").values(grids="g2"))
        for name in ("desk", "cai"):
            answer = await site.asks(name, "GET", "/api/v1/doors")
            assert answer.json()["count"] == 4
            assert (await site.asks(name, "GET", "/doors/d2")).status_code == 200


async def test_who_was_paged_about_another_grid_s_door_may_see_and_answer_it(
    tmp_path: Path,
) -> None:
    """Who covers elsewhere must see what it rang for; and only that."""
    async with signed_in_site(tmp_path) as site:
        await furnished(site)
        case = f"/api/v1/cases/{first_case(2)}"
        assert (await site.asks("wang", "GET", f"{case}/deliveries")).status_code == 404
        with site.store.writing() as connection:
            o = tables.outbox
            li = o.c.warden_id == "li"
            connection.execute(o.update().where(li).values(warden_id="wang"))
        assert (await site.asks("wang", "GET", f"{case}/deliveries")).status_code == 200
        assert (await site.asks("wang", "GET", "/doors/d2")).status_code == 200
        assert (await site.asks("wang", "GET", "/doors/d3")).status_code == 404
        assert (await site.asks("wang", "POST", f"{case}/acknowledge")).json() == {"changed": True}
        assert site.noted("acknowledge")[-1][3:] == ("paged", 200)


async def test_each_case_of_a_page_for_many_is_seen_by_who_was_told_whatever_became_of_it(
    tmp_path: Path,
) -> None:
    """Only the latest hundred open ones were, so that later parts of her list answered 404, and
    what she had reported was gone."""
    async with signed_in_site(tmp_path) as site:
        await furnished(site)
        name, _, number = first_case(2).partition("-")
        ids = [f"{name}-{int(number) + n}" for n in range(120)]
        c, o = tables.cases, tables.outbox
        with site.store.writing() as connection:
            case = connection.execute(c.select().where(c.c.case_id == ids[0])).mappings().one()
            later = {"raised_ms": case["raised_ms"] + 1}
            copies = [{**case, "case_id": one, "number": case_number(one), **later} for one in ids]
            copies[-1]["state"] = "reported"
            connection.execute(c.insert(), copies[1:])
            page = connection.execute(o.select().where(o.c.warden_id == "li")).mappings().first()
            named = (*ids, "request-2")
            about = msgspec.json.encode(Group(len(ids), 0, named, matters=1)).decode()
            group = {"entry_id": None, "page_id": "g", "reason": "grouped", "about": about}
            connection.execute(o.insert(), {**page, **group, "warden_id": "wang"})
        for case_id in (ids[0], ids[60], ids[-1]):
            answer = await site.asks("wang", "GET", f"/api/v1/cases/{case_id}/deliveries")
            assert answer.status_code == 200, case_id
        by_number = await site.asks("wang", "GET", f"/c/{case_number(ids[60])}")
        assert by_number.headers["location"].endswith(f"/cases/{ids[60]}")
        assert "request-2" in (await site.asks("wang", "GET", "/handheld/wang/requests")).text
        taken = await site.asks("wang", "POST", "/api/v1/requests/request-2/take", json={})
        assert taken.status_code == 200, "so is a household's request that it names"
        other = f"/api/v1/cases/{name}-{int(number) + 120}/deliveries"
        assert (await site.asks("wang", "GET", other)).status_code == 404
        assert (await site.asks("wang", "GET", "/doors/d2")).status_code == 200
        assert (await site.asks("wang", "GET", "/doors/d3")).status_code == 404


async def test_who_is_nobody_that_is_told_was_not_told_what_the_webhook_was(tmp_path: Path) -> None:
    """A page of the site's webhook has no person, and neither has an account of somebody without
    duty: that was taken for one and the same."""
    async with signed_in_site(tmp_path) as site:
        await furnished(site)
        with site.store.writing() as connection:
            o = tables.outbox
            page = connection.execute(o.select().where(o.c.warden_id == "li")).mappings().first()
            own = {"entry_id": None, "page_id": "w", "warden_id": None, "channel": "webhook"}
            connection.execute(o.insert(), {**page, **own})
        with site.accounts.writing() as connection:
            connection.execute(accounts.update().values(warden_id=None))
        case = f"/api/v1/cases/{first_case(2)}/deliveries"
        for name in ("wang", "cai"):
            for path in (case, "/doors/d2"):
                assert (await site.asks(name, "GET", path)).status_code == 404, (name, path)


async def test_a_button_that_a_role_may_not_press_is_not_shown(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        await furnished(site)
        case, door = f"/cases/{first_case(0)}", "/doors/d0"
        pages = {
            name: [(await site.asks(name, "GET", path)).text for path in (case, door)]
            for name in ("wang", "cai", "desk", "aud")
        }
        for name, answers in (("wang", True), ("cai", True), ("desk", True), ("aud", False)):
            assert (">Acknowledge</button>" in pages[name][0]) is answers, name
        assert [n for n, (page, _) in pages.items() if "Put aside for" in page] == ["cai", "desk"]
        announces = [n for n, (_, page) in pages.items() if "Announce an opening" in page]
        assert announces == ["wang", "cai", "desk"]
        assert [n for n, (_, page) in pages.items() if "End an order" in page] == ["cai", "desk"]
        assert all("At this screen works" not in page for page, _ in pages.values())


async def test_the_pages_in_the_head_are_those_that_one_may_open(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        for role, name in BY_ROLE.items():
            page = (await site.asks(name, "GET", "/account")).text
            for word, right in (
                ("Doors", Right.DOORS),
                ("Wardens", Right.PEOPLE),
                ("Tests", Right.COMMISSION),
                ("Health", Right.HEALTH),
                ("Audit", Right.AUDIT),
                ("Accounts", Right.PHONES_OF_OTHERS),
            ):
                assert (f">{word}</a>" in page) is (TABLE[right][role] is not Whose.NOBODYS), word
