"""Signing in by an OpenID provider: a real one, and one that says what none should."""

import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from aiohttp import web

from gateway.accounts import identities, persons, provider
from gateway.accounts.patience import TRIES_MAX
from gateway.accounts.sessions import PROVED_MS
from gateway.web import hops
from tests.accounts.people_file import GOOD, NOW_MS
from tests.waiting import until
from tests.web.marked_ways import saying, way_to
from tests.web.odd_provider import CLIENT, SECRET, OddProvider, odd_provider, shared_key
from tests.web.signed_in import Site, code, signed_in_site

INVITE = "/accounts/wang/invite"


@pytest.fixture
def real(port: int) -> Iterator[str]:
    """A provider from the registry, in a process of its own; its issuer."""
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield f"http://localhost:{port}"
    process.terminate()
    process.wait(10)


def oidc(issuer: str, **more: Any) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "name": "Wuxi ID",
        **more,
    }


@contextlib.asynccontextmanager
async def with_odd(
    folder: Path, port: int, linked: str = "desk", **more: Any
) -> AsyncIterator[tuple[Site, httpx.AsyncClient, OddProvider]]:
    """A site with an odd provider, whose `chen` is the site's desk; and a stranger's browser."""
    async with (
        odd_provider(port) as odd,
        signed_in_site(folder, oidc=oidc(odd.issuer, **more)) as site,
        site.browser(https=True) as stranger,
    ):
        with site.accounts.writing() as connection:
            identities.link(connection, site.account(linked), odd.issuer, "chen", NOW_MS)
        yield site, stranger, odd


async def leaves(client: httpx.AsyncClient, path: str = "/sign-in/oidc") -> str:
    answer = await client.get(path)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def way_back(odd: OddProvider, address: str) -> str:
    state = parse_qs(urlsplit(address).query)["state"][0]
    return f"{hops.BACK}?code={odd.code(address)}&state={state}"


async def returns(client: httpx.AsyncClient, odd: OddProvider) -> httpx.Response:
    return await client.get(way_back(odd, await leaves(client)))


def why(site: Site) -> str:
    return site.noted("provider refused")[-1][3]


async def consents(address: str, subject: str) -> str:
    """What a person does at the real provider; the way back."""
    async with httpx.AsyncClient() as browser:
        assert (await browser.get(address)).status_code == 200
        answer = await browser.post(address, data={"sub": subject})
        assert answer.status_code == 302
        back = urlsplit(answer.headers["location"])
        return f"{back.path}?{back.query}"


async def test_with_a_real_provider_one_links_and_signs_in(real: str, tmp_path: Path) -> None:
    async with (
        signed_in_site(tmp_path, oidc=oidc(real)) as site,
        site.browser("desk", https=True) as desk,
        site.browser(https=True) as stranger,
    ):

        async def answers() -> bool:
            try:
                async with httpx.AsyncClient() as browser:
                    return (await browser.get(real)).status_code == 200
            except httpx.TransportError:
                return False

        await until(answers)
        assert "Sign in by Wuxi ID" in (await stranger.get("/sign-in")).text
        back = await consents(await leaves(stranger), "u-4711")
        nobody = await stranger.get(back)
        assert nobody.status_code == 403
        assert "No account here is linked" in nobody.text
        assert why(site) == "not linked"

        page = (await desk.post("/account/identity")).text
        address = page.split('<a class="button first" href="')[1].split('"')[0]
        linked = await desk.get(await consents(address.replace("&amp;", "&"), "u-4711"))
        leads_to = saying("/account#provider", "/account/identity")
        assert (linked.status_code, way_to(linked)) == (303, leads_to)
        assert "u-4711" in (await desk.get("/account")).text
        assert site.noted("provider linked")[0][:3] == ("desk", "provider linked", "u-4711")

        back = await consents(await leaves(stranger, "/sign-in/oidc?after=/cases"), "u-4711")
        answer = await stranger.get(back)
        assert answer.headers["location"] == "/sign-in/code?after=/cases"
        form = {"code": code(), "after": "/cases"}
        assert (await stranger.post("/sign-in/code", data=form)).headers["location"] == "/cases"
        assert (await stranger.get("/cases")).status_code == 200
        replayed = await stranger.get(back)
        assert replayed.status_code == 403

        assert (await desk.post("/account/identity/end")).status_code == 303
        async with site.browser(https=True) as other:
            back = await consents(await leaves(other), "u-4711")
            assert (await other.get(back)).status_code == 403


async def test_what_is_asked_of_the_provider_and_kept_in_the_browser(
    port: int, tmp_path: Path
) -> None:
    async with with_odd(tmp_path, port) as (_, stranger, odd):
        answer = await stranger.get("/sign-in/oidc?after=/cases")
        asked = {n: v[0] for n, v in parse_qs(urlsplit(answer.headers["location"]).query).items()}
        assert asked["code_challenge_method"] == "S256"
        assert asked["scope"] == "openid"
        assert asked["redirect_uri"] == f"https://menshen.test{hops.BACK}"
        assert min(len(asked["state"]), len(asked["nonce"])) >= 20
        [cookie] = answer.headers.get_list("set-cookie")
        for part in (
            "__Secure-menshen_hop=",
            "; HttpOnly",
            "; Secure",
            "; SameSite=lax",
            f"; Path={hops.PATH}",
            "; Max-Age=600",
        ):
            assert part in cookie
        assert odd.asked == ["/.well-known/openid-configuration"]


async def test_a_way_back_is_good_once_in_its_own_browser_and_in_time(
    port: int, tmp_path: Path
) -> None:
    async with with_odd(tmp_path, port) as (site, stranger, odd):
        first = way_back(odd, await leaves(stranger))
        jar = stranger.cookies["__Secure-menshen_hop"]
        assert (await stranger.get(first)).headers["location"].startswith("/sign-in/code")
        stranger.cookies.set("__Secure-menshen_hop", jar, "menshen.test", hops.PATH)
        assert (await stranger.get(first)).status_code == 403  # with the hop's cookie, too
        assert why(site) == "no such state"
        async with site.browser(https=True) as other:
            assert (await other.get(way_back(odd, await leaves(stranger)))).status_code == 403
            wrong = (await leaves(other)).replace("state=", "state=x")
            assert (await other.get(way_back(odd, wrong))).status_code == 403
            forged = "e30=." + "0" * 64
            other.cookies.set("__Secure-menshen_hop", forged, "menshen.test", hops.PATH)
            assert (await other.get(f"{hops.BACK}?state=&code=1")).status_code == 403
            assert (await other.get(hops.BACK)).status_code == 403
            late = way_back(odd, await leaves(other))
            site.clock.advance(hops.LASTS_MS)
            assert (await other.get(late)).status_code == 403
            assert why(site) == "no such state"
            refused = f"{hops.BACK}?error=access_denied&state="
            address = await leaves(other)
            state = parse_qs(urlsplit(address).query)["state"][0]
            answer = await other.get(refused + state)
            assert "You were not signed in at Wuxi ID" in answer.text


WRONG_CLAIMS: list[dict[str, Any]] = [
    {"nonce": "another"},
    {"nonce": None},
    {"aud": "another client"},
    {"aud": [CLIENT, "another"], "azp": "another"},
    {"iss": "https://evil.example"},
    {"exp": 1_000_000},
    {"iat": None},
    {"sub": None},
    {"sub": ""},
    {"sub": "x" * 300},
    {"sub": 7},
    {"amr": "mfa"},
]


async def test_an_id_token_that_does_not_hold_signs_nobody_in(port: int, tmp_path: Path) -> None:
    async with with_odd(tmp_path, port) as (site, stranger, odd):
        for claims in WRONG_CLAIMS:
            odd.claims = claims
            answer = await returns(stranger, odd)
            assert answer.status_code == 403, claims
            assert "does not hold" in answer.text
            assert why(site).startswith("doubtful"), claims
            site.clock.advance(1)
            await _forgiven(site)
        odd.claims = {}
        odd.signs_by, odd.header = shared_key(), {"alg": "HS256"}
        assert (await returns(stranger, odd)).status_code == 403
        odd.signs_by, odd.header = type(odd.key).generate_key(2048), {}
        assert (await returns(stranger, odd)).status_code == 403
        odd.token = {"access_token": "a", "token_type": "Bearer"}
        assert (await returns(stranger, odd)).status_code == 403
        assert why(site) == "doubtful: no ID token"
        await _forgiven(site)
        odd.token, odd.signs_by = None, odd.key
        assert (await returns(stranger, odd)).status_code == 303


async def _forgiven(site: Site) -> None:
    """Tries are not what this is about."""
    from gateway.accounts.tries import Tries

    visitors = next(
        one.kwargs["visitors"]
        for one in site.console.app.user_middleware
        if "visitors" in one.kwargs
    )
    sign_in = await visitors.sign_in()
    assert isinstance(sign_in.tries, Tries)
    sign_in.tries = Tries(b"k" * 32)


async def test_an_ended_account_stays_out_and_one_without_a_link_too(
    port: int, tmp_path: Path
) -> None:
    async with with_odd(tmp_path, port) as (site, stranger, odd):
        odd.claims = {"sub": "desk", "email": "desk@example.org", "name": "desk"}
        assert (await returns(stranger, odd)).status_code == 403
        assert why(site) == "not linked"
        odd.claims = {}
        with site.accounts.writing() as connection:
            persons.end(connection, site.account("desk"), NOW_MS)
        assert (await returns(stranger, odd)).status_code == 403
        assert site.noted("provider refused")[-1][0] == "desk"
        assert why(site) == "ended"


@pytest.mark.parametrize(
    ("counts", "claims", "where"),
    [
        ([], {"amr": ["mfa"]}, "/sign-in/code?after="),
        (["mfa"], {"amr": ["pwd"]}, "/sign-in/code?after="),
        (["mfa"], {"amr": ["pwd", "mfa"]}, "/"),
        (["urn:two"], {"acr": "urn:two"}, "/"),
    ],
)
async def test_whether_its_second_factor_counts_is_the_site_s_to_say(
    counts: list[str], claims: dict[str, Any], where: str, port: int, tmp_path: Path
) -> None:
    async with with_odd(tmp_path, port, second_factor=counts) as (_, stranger, odd):
        odd.claims = claims
        assert (await returns(stranger, odd)).headers["location"] == where


async def test_a_provider_that_is_down_leaves_the_other_ways_in(port: int, tmp_path: Path) -> None:
    settings = oidc(f"http://127.0.0.1:{port}")  # nobody listens there
    async with signed_in_site(tmp_path, oidc=settings) as site, site.browser() as client:
        answer = await client.get("/sign-in/oidc")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
        assert "Wuxi ID does not answer now" in answer.text
        assert 'name="password"' in answer.text
        form = {"name": "desk", "password": GOOD}
        assert (await client.post("/sign-in", data=form)).status_code == 303
        assert (await site.asks("desk", "POST", "/account/identity")).status_code == 503


async def test_a_provider_that_is_slow_or_says_too_much_is_given_up(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    monkeypatch.setattr(provider, "ALL_S", 0.3)
    async with with_odd(tmp_path, port) as (_, stranger, odd):
        odd.pause = asyncio.Event()
        assert (await stranger.get("/sign-in/oidc")).status_code == 503
        odd.pause.set()
        for answer in (
            web.Response(body=b"x" * (provider.ANSWER_MAX + 1)),
            web.Response(status=302, headers={"Location": "http://169.254.169.254/"}),
            web.Response(body=b"{}"),
            web.Response(body=b"no JSON"),
            web.Response(status=500),
        ):
            odd.answer = answer
            assert (await stranger.get("/sign-in/oidc")).status_code == 503
        odd.answer = None
        odd.described = {"issuer": "https://evil.example"}
        assert (await stranger.get("/sign-in/oidc")).status_code == 503
        odd.described = {"id_token_signing_alg_values_supported": ["none", "HS256"]}
        assert (await stranger.get("/sign-in/oidc")).status_code == 503
        odd.described = {}
        monkeypatch.setattr(provider, "ALL_S", 10.0)
        address = await leaves(stranger)
        odd.answer = web.Response(status=502)
        assert (await stranger.get(way_back(odd, address))).status_code == 503


@pytest.mark.parametrize(
    "elsewhere", ["http://10.0.0.7/token", "https://127.0.0.2/token", "http://localhost:1/token"]
)
async def test_no_other_host_of_a_private_network_is_asked(
    elsewhere: str, port: int, tmp_path: Path
) -> None:
    async with with_odd(tmp_path, port) as (site, stranger, odd):
        odd.described = {"token_endpoint": elsewhere}
        assert (await returns(stranger, odd)).status_code == 503
        assert why(site) == "away"
        assert "/token" not in odd.asked


async def test_wrong_ways_back_slow_the_guesser_and_nobody_else(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.accounts import patience

    monkeypatch.setattr(patience, "SLOW_S", 100.0)
    async with with_odd(tmp_path, port) as (site, stranger, _):
        for number in range(TRIES_MAX + 1):  # the eleventh takes the turn
            answer = await stranger.get(f"{hops.BACK}?state=guess{number}&code=1")
            assert answer.status_code == 403
        assert (await stranger.get(f"{hops.BACK}?state=x&code=1")).status_code == 429
        form = {"name": "desk", "password": GOOD}
        assert (await stranger.post("/sign-in", data=form)).status_code == 303
        assert (await site.asks("wang", "GET", "/inbox/wang")).status_code == 200


async def test_who_has_nothing_else_proves_it_by_signing_in_there_anew(
    port: int, tmp_path: Path
) -> None:
    async with with_odd(tmp_path, port, linked="adm") as (site, _, odd):
        with site.accounts.writing() as connection:
            persons.set_password(connection, site.account("adm"), None)
            persons.set_code_key(connection, site.account("adm"), None)
        async with site.browser("adm", https=True) as adm:
            site.clock.advance(PROVED_MS)
            asked = (await adm.post(INVITE)).headers["location"]
            assert "Prove it by Wuxi ID" in (await adm.get(asked)).text
            path = asked.replace("/prove?", "/prove/oidc?")
            address = await leaves(adm, path)
            query = parse_qs(urlsplit(address).query)
            assert (query["prompt"], query["max_age"]) == (["login"], ["0"])
            odd.claims = {"auth_time": site.clock.now_ms() // 1_000 - 3_600}
            stale = await adm.get(way_back(odd, address))
            assert stale.status_code == 403
            assert "proves nothing" in stale.text
            address = await leaves(adm, path)
            odd.claims = {"auth_time": site.clock.now_ms() // 1_000}
            proved = await adm.get(way_back(odd, address))
            assert proved.headers["location"].startswith("/prove/act?")
            assert (await adm.post(INVITE)).status_code == 200
            async with site.browser("desk", https=True) as desk:  # another's hop
                site.clock.advance(PROVED_MS)
                address = await leaves(desk, "/prove/oidc")
                assert (await desk.get(way_back(odd, address))).status_code == 403


async def test_a_site_without_a_provider_has_no_such_addresses_and_reads_no_library(
    tmp_path: Path,
) -> None:
    async with signed_in_site(tmp_path) as site, site.browser() as client:
        for path in ("/sign-in/oidc", hops.BACK):
            assert (await client.get(path)).status_code == 404
        assert "Sign in by" not in (await client.get("/sign-in")).text
        assert (await site.asks("desk", "POST", "/account/identity")).status_code == 404
    names = ("authlib", "httpx2", "joserfc", "webauthn", "cbor2")
    asked = f"json.dumps([m for m in sys.modules if m.split('.')[0] in {names!r}])"
    script = f"import json, sys, gateway.web.app; print({asked})"
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert json.loads(found.stdout) == []
