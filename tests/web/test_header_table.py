"""What every answer carries: each route × who asks, each way in which it goes wrong, each kind of
answer. The routes are those of the console itself, so a new one without its headers fails here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from gateway.accounts import roles, sessions
from gateway.accounts.roles import Role
from gateway.web import app, clients, security
from gateway.web.security import BODY_MAX, HSTS
from gateway.web.visitors import COOKIE
from tests.accounts.people_file import GOOD
from tests.web.signed_in import Site, code, signed_in_site
from tests.web.site_certificate import certified, sections
from tests.web.test_role_matrix import address, furnished
from tests.web.test_sign_in_pages import invited
from tests.web.web_site import Listener, console, new_store

HOUSE = {
    "content-security-policy": security.CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
    "permissions-policy": security.HEADERS["Permissions-Policy"],
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
# Its pages read a door's code by WebAssembly.
ON_A_HANDHELD = {"content-security-policy": security.HANDHELD_HEADERS["Content-Security-Policy"]}
# Nobody is named in them, and they are asked about at every use; whatever else is never stored.
NAMES_NOBODY = ("/static/", "/handheld/sw.js")
COOKIE_FLAGS = {"secure", "httponly", "path=/"}


def wrong_in(answer: httpx.Response, is_https: bool = True) -> list[str]:
    """What an answer lacks, in words that name it."""
    asked = f"{answer.request.method} {answer.request.url.path} {answer.status_code}"
    path = answer.request.url.path
    is_handheld = path.startswith("/handheld/") or path == "/commission"  # both scan codes
    is_handheld = is_handheld and answer.status_code < 500
    wanted = HOUSE | ON_A_HANDHELD if is_handheld else HOUSE
    wrong = [
        f"{asked}: {name}: {answer.headers.get(name)}"
        for name, value in wanted.items()
        if answer.headers.get_list(name) != [value]
    ]
    if answer.headers.get("strict-transport-security") != (HSTS if is_https else None):
        wrong.append(f"{asked}: strict-transport-security")
    is_ours = answer.is_success and answer.request.url.path.startswith(NAMES_NOBODY)
    if answer.headers.get("cache-control") != ("no-cache" if is_ours else "no-store"):
        wrong.append(f"{asked}: cache-control")
    if "server" in answer.headers or "x-powered-by" in answer.headers:
        wrong.append(f"{asked}: says what it runs on")
    for cookie in answer.headers.get_list("set-cookie"):
        name, *flags = (part.strip().lower() for part in cookie.split(";"))
        flags = [flag for flag in flags if not flag.startswith(("max-age", "expires"))]
        if not set(flags) >= COOKIE_FLAGS or not {"samesite=lax", "samesite=strict"} & set(flags):
            wrong.append(f"{asked}: {cookie}")
        if any(flag.startswith("domain") for flag in flags):
            wrong.append(f"{asked}: {cookie}")
        if COOKIE in name and not name.startswith("__host-"):
            wrong.append(f"{asked}: {cookie}")
    return wrong


def routes(site: Site) -> list[tuple[str, str]]:
    found = {
        (method, route.path)
        for route in iter_route_contexts(site.console.app.routes)
        for method in route.methods or ()
        if route.path not in (None, "/stream")  # it has no end; see below
    }
    assert len(found) > 80
    return sorted(found)


async def test_every_route_whoever_asks(tmp_path: Path) -> None:
    """A stranger, and people who may half of it each: what is given, led away and refused."""
    async with signed_in_site(tmp_path) as site:
        await furnished(site)
        for who in ("", "wang", "desk", "adm", "aud"):
            wrong, statuses = [], set()
            async with site.browser(who, https=True) as client:
                for method, path in routes(site):
                    if path.endswith(("sign_out", "sign-out")):
                        continue  # they end the session that asks; see below
                    path = address(path.replace("{token}", "t"), who, True)
                    answer = await client.request(method, path)
                    wrong += wrong_in(answer)
                    statuses.add(answer.status_code)
            assert wrong == []
            assert ({200, 403} if who else {303, 401}) <= statuses


def test_those_people_may_all_that_anybody_may() -> None:
    asked = (Role.WARDEN, Role.DISPATCHER, Role.ADMINISTRATOR, Role.AUDITOR)
    for right, by_role in roles.TABLE.items():
        assert any(by_role[role] for role in asked), right


Story = Callable[[Site, httpx.AsyncClient], Awaitable[httpx.Response]]


async def _length_twice(site: Site, client: httpx.AsyncClient) -> httpx.Response:
    both = {"content-length": "5", "transfer-encoding": "chunked"}
    return await client.post("/cases/x/report", content=b"x", headers=both)


async def _nobody(site: Site, client: httpx.AsyncClient) -> httpx.Response:
    client.cookies.clear()
    return await client.get("/api/v1/doors")


async def _of_another_page(site: Site, client: httpx.AsyncClient) -> httpx.Response:
    return await client.post("/sign-out", headers={"origin": "https://evil.example"})


async def _no_place(site: Site, client: httpx.AsyncClient) -> httpx.Response:
    return await client.get("/nowhere")


async def _no_file(site: Site, client: httpx.AsyncClient) -> httpx.Response:
    return await client.get("/static/nowhere.css")


async def _no_method(site: Site, client: httpx.AsyncClient) -> httpx.Response:
    return await client.delete("/cases")


async def _over(site: Site, client: httpx.AsyncClient) -> httpx.Response:
    return await client.get("/invitation/guessed")


async def _too_long(site: Site, client: httpx.AsyncClient) -> httpx.Response:
    return await client.post("/cases/x/report", content=b"x" * (BODY_MAX + 1))


async def _out_of_range(site: Site, client: httpx.AsyncClient) -> httpx.Response:
    return await client.get("/doors/d0?before_ms=soon")


async def _too_often(site: Site, client: httpx.AsyncClient) -> httpx.Response:
    return await client.get("/api/v1/doors")


async def _our_fault(site: Site, client: httpx.AsyncClient) -> httpx.Response:
    return await client.get("/handheld/signed_out")


async def _no_store(site: Site, client: httpx.AsyncClient) -> httpx.Response:
    site.accounts.close()
    for path in (site.accounts.path, Path(f"{site.accounts.path}-wal")):
        path.write_bytes(b"no database")
    return await client.get("/cases")


WRONG: dict[str, tuple[int, Story]] = {
    "a length said twice": (400, _length_twice),
    "nobody": (401, _nobody),
    "another site's page": (403, _of_another_page),
    "no such page": (404, _no_place),
    "no such file": (404, _no_file),
    "no such method": (405, _no_method),
    "an invitation that is over": (410, _over),
    "too long": (413, _too_long),
    "out of range": (422, _out_of_range),
    "too often": (429, _too_often),
    "our fault": (500, _our_fault),
    "no accounts to ask": (503, _no_store),
}


def _broken(*_: object, **__: object) -> None:
    raise ValueError("ours")


@pytest.mark.parametrize("is_https", [True, False])
async def test_every_way_in_which_it_goes_wrong(
    is_https: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(security, "FAST_WAIT_S", 0.0)
    async with signed_in_site(tmp_path) as site:
        for case, (status, story) in WRONG.items():
            transport = httpx.ASGITransport(app=site.console.app, raise_app_exceptions=False)
            base = f"{'https' if is_https else 'http'}://menshen.test"
            async with httpx.AsyncClient(transport=transport, base_url=base) as client:
                with monkeypatch.context() as patch:
                    if status == 429:
                        patch.setattr(clients.Rate, "allows", lambda *_: False)
                    if status == 500:
                        patch.setattr(app.WebContext, "draw", _broken)
                    name = f"__Host-{COOKIE}" if is_https else COOKIE
                    client.cookies.set(name, site.token("desk"))
                    answer = await story(site, client)
            assert answer.status_code == status, case
            assert wrong_in(answer, is_https) == [], case
            assert ("retry-after" in answer.headers) is (status == 429), case


async def test_a_file_and_a_certificate_to_take_away(tmp_path: Path) -> None:
    """The shell of the app, and what a phone trusts."""
    certified(tmp_path)
    async with console(new_store(tmp_path), **sections(tmp_path)) as site:
        transport = httpx.ASGITransport(app=site.app)
        async with httpx.AsyncClient(transport=transport, base_url="https://127.0.0.1") as client:
            for path in ("/static/menshen.css", "/static/handheld/handheld.js", "/trust/ca.crt"):
                answer = await client.get(path)
                assert answer.status_code == 200
                assert wrong_in(answer) == []


async def test_a_stream_carries_them_too(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        token = site.token("wang")
        started: list[dict[str, object]] = []
        listener = Listener(site.clock)

        async def send(message: dict[str, object]) -> None:
            started.append(message)
            await listener.send(message)  # type: ignore[arg-type]

        async def receive() -> dict[str, str]:
            await asyncio.Event().wait()
            return {}

        cookie = f"__Host-{COOKIE}={token}".encode()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "path": "/stream",
            "raw_path": b"/stream",
            "root_path": "",
            "scheme": "https",
            "query_string": b"view=inbox&name=wang",
            "headers": [(b"host", b"menshen.test"), (b"cookie", cookie)],
            "client": ("127.0.0.1", 1),
            "server": ("menshen.test", 443),
        }
        task = asyncio.create_task(site.console.app(scope, receive, send))  # type: ignore[arg-type]
        await listener.next("ping")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        headers = started[0]["headers"]
        request = httpx.Request("GET", "https://menshen.test/stream")
        answer = httpx.Response(200, headers=headers, request=request)  # type: ignore[arg-type]
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert wrong_in(answer) == []


async def test_whoever_goes_leaves_nothing_in_the_browser(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        for way in ("/sign-out", "/handheld/wang/sign_out", "its own row"):
            async with site.browser("wang", https=True) as phone:
                if way == "its own row":
                    with site.accounts.reading() as connection:
                        now_ms = site.clock.now_ms()
                        [own] = sessions.of_account(connection, site.account("wang"), now_ms)
                    way = f"/account/phones/{own.session_id}/end"
                answer = await phone.post(way)
            assert answer.status_code == 303
            assert answer.headers["clear-site-data"] == '"cache", "storage"'
            assert wrong_in(answer) == []
            [gone] = answer.headers.get_list("set-cookie")
            assert gone.startswith(f'__Host-{COOKIE}="";')
            assert "Max-Age=0" in gone


async def test_what_signing_in_sets_is_of_this_host_alone(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        async with site.browser(https=True) as phone:
            answer = await phone.post(f"/invitation/{invited(site, 'wang')}")
            names = [cookie.split("=")[0] for cookie in answer.headers.get_list("set-cookie")]
            assert sorted(names) == ["__Host-menshen_account", "__Host-menshen_session"]
            assert wrong_in(answer) == []
        async with site.browser(https=True) as desk:
            form = {"name": "desk", "password": GOOD}
            for path, fields in (("/sign-in", form), ("/sign-in/code", {"code": code()})):
                answer = await desk.post(path, data=fields)
                assert answer.status_code == 303
                assert wrong_in(answer) == []
            language = await desk.get("/cases?lang=zh")
            assert language.headers.get_list("set-cookie")
            assert wrong_in(language) == []
