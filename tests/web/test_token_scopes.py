"""Tokens with scopes: the whole matrix scope × address of the API, and their lives."""

import re
from pathlib import Path

import httpx
import pytest

from gateway.accounts import persons, sessions, tokens
from gateway.accounts import tables as accounts
from gateway.accounts.persons import AccountError
from gateway.accounts.roles import TABLE, Right, Role, Whose
from gateway.accounts.scopes import RIGHTS, WORDS, Scope, scope_of, scopes_for, scopes_in
from gateway.accounts.sessions import Kind
from gateway.core.duration import DAY_MS
from gateway.web.access import RULES
from gateway.web.answers import API, METRICS
from gateway.web.visitors import COOKIE
from tests.web.signed_in import Site, signed_in_site
from tests.web.test_role_matrix import address, furnished
from tests.web.web_site import first_case, problem_of

OF_THE_API = {
    key: rule
    for key, rule in RULES.items()
    if rule.needs and (key[1].startswith(API) or key[1] == METRICS)
}
# One that may all that any program may, and one whose role may less than its scopes could say.
ROBOT, EYES = "robot", "eyes"


def robots(site: Site) -> None:
    with site.accounts.writing() as connection:
        now_ms = site.clock.now_ms()
        program = persons.Kind.PROGRAM
        roles = [Role.DISPATCHER, Role.ENGINEER]
        persons.add(connection, ROBOT, roles, now_ms, kind=program)
        persons.add(connection, EYES, [Role.AUDITOR], now_ms, kind=program)


def made(site: Site, name: str, *scopes: Scope, days: int = 90, purpose: str = "wall") -> str:
    with site.accounts.writing() as connection:
        account = persons.named(connection, name)
        assert account is not None
        return tokens.make(connection, account, scopes, purpose, days, site.clock.now_ms())


async def asked(
    client: httpx.AsyncClient, token: str, method: str, path: str, **more: object
) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"}
    return await client.request(method, path, headers=headers, **more)  # type: ignore[arg-type]


def test_every_address_of_the_api_has_scopes_and_every_scope_an_address() -> None:
    used = set()
    for (method, path), rule in OF_THE_API.items():
        scopes = {scope_of(need.right, method == "GET") for need in rule.needs}
        assert None not in scopes, (method, path)
        used |= scopes
    assert used == set(Scope) == set(WORDS)


def test_a_scope_is_cut_from_the_one_table_of_rights() -> None:
    for role in Role:
        by_table = {scope for scope in Scope if TABLE[RIGHTS[scope]][role] is not Whose.NOBODYS}
        assert set(scopes_for([role])) == by_table
    for right in (Right.AUDIT, Right.PHONES_OF_OTHERS, Right.OWN_PHONES):
        assert scope_of(right, True) is scope_of(right, False) is None
    assert scopes_in("doors:read of_tomorrow:read") == {Scope.DOORS_READ}


async def test_the_whole_matrix(tmp_path: Path) -> None:
    """With one scope, what wants it is let through, and all else is refused by its name."""
    async with signed_in_site(tmp_path) as site, site.browser() as client:
        await furnished(site)
        robots(site)
        with site.accounts.writing() as connection:  # so that no role stands in the way
            a = accounts.accounts
            every = " ".join(role.value for role in Role)
            robot = a.update().where(a.c.name == ROBOT)
            connection.execute(robot.values(roles=every, warden_id="wang"))
            wang = a.update().where(a.c.name == "wang")
            connection.execute(wang.values(warden_id=None))
        wrong = []
        for scope in Scope:
            token = made(site, ROBOT, scope)
            for (method, path), rule in OF_THE_API.items():
                wanted = {scope_of(need.right, method == "GET") for need in rule.needs}
                answer = await asked(client, token, method, address(path, "wang", True))
                said = answer.json() if answer.status_code == 403 else {}
                is_refused = said.get("scope") in wanted
                if is_refused is (wanted == {scope}):
                    wrong.append((scope, method, path, answer.status_code))
        assert wrong == []


async def test_what_is_refused_is_named_and_in_the_audit(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser() as client:
        await furnished(site)
        robots(site)
        token = made(site, ROBOT, Scope.DOORS_READ, Scope.CASES_READ)
        act = f"{API}/cases/{first_case(0)}/acknowledge"
        refused = await asked(client, token, "POST", act, json={})
        assert problem_of(refused, 403) == {"scope": "cases:act"}
        assert "cases:act" in refused.json()["detail"]
        assert site.noted()[-1][1:] == (
            f"POST {API}/cases/{{case_id}}/acknowledge",
            f"case {first_case(0)}",
            "refused",
            403,
        )
        both = made(site, ROBOT, Scope.CASES_ACT)
        assert (await asked(client, both, "POST", act, json={})).json() == {"changed": True}
        assert (await asked(client, both, "GET", f"{API}/cases")).status_code == 403


async def test_a_scope_gives_nothing_that_the_roles_do_not(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser() as client:
        await furnished(site)
        robots(site)
        with pytest.raises(AccountError, match=r"no role of eyes \(auditor\) allows cases:act"):
            made(site, EYES, Scope.CASES_READ, Scope.CASES_ACT)
        token = made(site, ROBOT, Scope.CASES_ACT, Scope.DOORS_READ)
        with site.accounts.writing() as connection:  # her robot is an engineer's from now on
            a = accounts.accounts
            robot = a.update().where(a.c.name == ROBOT)
            connection.execute(robot.values(roles="engineer"))
        act = f"{API}/cases/{first_case(0)}/acknowledge"
        refused = await asked(client, token, "POST", act, json={})
        assert problem_of(refused, 403) == {}, "not for want of a scope"
        assert (await asked(client, token, "GET", f"{API}/doors")).status_code == 200


async def test_old_tokens_mean_what_they_meant(tmp_path: Path) -> None:
    """One that was made without scopes may what its account may; one that reads only, reads."""
    async with signed_in_site(tmp_path) as site, site.browser() as client:
        await furnished(site)
        robots(site)
        whole, reader = site.token(ROBOT, Kind.PROGRAM), site.token(ROBOT, Kind.READER)
        act = f"{API}/cases/{first_case(0)}/acknowledge"
        assert problem_of(await asked(client, reader, "POST", act, json={}), 403) == {}
        for token in (whole, reader):
            for path in ("doors", "cases", "health", "openapi.json"):
                assert (await asked(client, token, "GET", f"{API}/{path}")).status_code == 200
        assert (await asked(client, whole, "POST", act, json={})).json() == {"changed": True}


async def test_a_token_is_for_the_api_and_opens_no_page_in_a_browser(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        robots(site)
        for token in (made(site, ROBOT, Scope.DOORS_READ), site.token(ROBOT, Kind.PROGRAM)):
            async with site.browser() as browser:
                browser.cookies.set(COOKIE, token)
                for path in ("/", "/account", "/stream"):
                    assert (await browser.get(path)).status_code in (303, 401), path


async def test_it_lasts_so_many_days_and_no_longer_than_any(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser() as client:
        robots(site)
        token = made(site, ROBOT, Scope.DOORS_READ, days=2)
        site.clock.advance(2 * DAY_MS - 1)
        assert (await asked(client, token, "GET", f"{API}/doors")).status_code == 200
        site.clock.advance(1)
        assert (await asked(client, token, "GET", f"{API}/doors")).status_code == 401
        for days in (0, tokens.DAYS_MAX + 1):
            with pytest.raises(AccountError, match="lasts 1 to 400 days"):
                made(site, ROBOT, Scope.DOORS_READ, days=days)
        for _ in range(tokens.TOKENS_MAX):
            made(site, ROBOT, Scope.DOORS_READ)
        with pytest.raises(AccountError, match="the limit: end one"):
            made(site, ROBOT, Scope.DOORS_READ)


async def test_an_administrator_makes_one_it_is_shown_once_and_she_ends_it(tmp_path: Path) -> None:
    async with (
        signed_in_site(tmp_path) as site,
        site.browser("adm") as desk,
        site.browser() as client,
    ):
        robots(site)
        page = (await desk.get("/tokens")).text
        assert 'value="cases:act"' in page
        assert page.count('value="orders:end"') == 1, "the auditor's program ends none"
        form = {"scope": ["doors:read", "health:read"], "purpose": "Lift panel", "days": "30"}
        page = (await desk.post(f"/tokens/{ROBOT}", data=form)).text
        [token] = re.findall(r"<code>([\w-]{43})</code>", page)
        again = (await desk.get("/tokens")).text
        assert token not in again
        assert "Lift panel" in again
        assert "doors:read · health:read" in again
        assert (await asked(client, token, "GET", f"{API}/doors")).status_code == 200
        assert (await asked(client, token, "GET", f"{API}/cases")).status_code == 403
        [end] = re.findall(r'action="(/tokens/robot/[0-9a-f]{16}/end)"', again)
        assert (await desk.post(end)).status_code == 303
        assert (await desk.post(end)).status_code == 303
        assert (await asked(client, token, "GET", f"{API}/doors")).status_code == 401
        assert token not in str(site.noted())
        for name, wrong in ((EYES, {"scope": ["cases:act"]}), (ROBOT, {}), (ROBOT, {"days": "0"})):
            assert (await desk.post(f"/tokens/{name}", data=wrong)).status_code == 422
        for name in ("wang", "nobody"):
            assert (await desk.post(f"/tokens/{name}", data=form)).status_code == 404
        with site.accounts.reading() as connection:
            wang = persons.named(connection, "wang")
            assert wang is not None
            assert sessions.of_account(connection, wang, site.clock.now_ms()) == []


async def test_the_document_says_which_scopes_each_operation_wants(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        document = (await site.asks("desk", "GET", f"{API}/openapi.json")).json()
    scheme = document["components"]["securitySchemes"]["token"]
    assert set(scheme["x-scopes"]) == {scope.value for scope in Scope}
    named = {
        scope
        for operations in document["paths"].values()
        for operation in operations.values()
        for scope in operation["security"][0]["token"]
    }
    of_the_document = set(scheme["x-scopes"]) - {Scope.METRICS_READ}  # /metrics is not JSON
    assert named == of_the_document
    acknowledge = document["paths"][f"{API}/cases/{{case_id}}/acknowledge"]["post"]
    assert acknowledge["security"][0] == {"token": ["cases:act"]}
