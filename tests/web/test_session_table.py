"""What becomes of a session, as a table of stories: its ends, its tokens, and who ends it when.

They share one site and its clock, which only the stories advance; each has sessions of its own.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection
from starlette.requests import HTTPConnection
from typer.testing import CliRunner

from gateway.accounts import persons, sessions
from gateway.accounts import tables as accounts
from gateway.accounts.sessions import LIMITS, OF_PROGRAMS, Kind
from gateway.cli.app import app
from gateway.settings import Settings
from gateway.store import register_views, tables
from gateway.web import visitors
from gateway.web.app import build
from gateway.web.visitors import COOKIE, Visitors, visitor
from tests.accounts.people_file import GOOD
from tests.waiting import until
from tests.web.signed_in import Site, code, signed_in_site
from tests.web.test_accounts_audit import listened
from tests.web.test_sign_in_pages import invited

BETTER = "another good long sentence"
Story = Callable[[Site], Awaitable[None]]


async def is_in(site: Site, token: str, kind: Kind = Kind.PHONE) -> bool:
    """Whether a token opens what its account may see."""
    async with site.browser(token=token) as client:
        if kind in OF_PROGRAMS:
            client.cookies.clear()
            bearer = {"authorization": f"Bearer {token}"}
            return (await client.get("/api/v1/doors", headers=bearer)).status_code == 200
        answer = await client.get("/account")
        if kind is Kind.CODE:  # so far it opens the one-time code alone
            return answer.headers["location"] == "/sign-in/code"
        return answer.status_code == 200


async def unseen_it_ends_after_its_idle_limit(site: Site) -> None:
    for kind in Kind:
        token = site.token("desk", kind)
        site.clock.advance(LIMITS[kind].idle_ms - 1)
        assert await is_in(site, token, kind), kind
        site.clock.advance(LIMITS[kind].idle_ms)
        assert not await is_in(site, token, kind), kind


async def seen_it_ends_at_its_absolute_limit(site: Site) -> None:
    for kind in Kind:
        token, limit, passed = site.token("desk", kind), LIMITS[kind], 0
        while passed + limit.idle_ms - 1 < limit.absolute_ms:
            site.clock.advance(limit.idle_ms - 1)
            passed += limit.idle_ms - 1
            assert await is_in(site, token, kind), kind
        site.clock.advance(limit.absolute_ms - passed)
        assert not await is_in(site, token, kind), kind


async def a_token_that_was_planted_is_not_taken_over(site: Site) -> None:
    planted = site.token("li")
    async with site.browser(token=planted) as phone:
        answer = await phone.post(f"/invitation/{invited(site, 'wang')}")
        own = answer.cookies[COOKIE]
    assert own != planted
    assert await is_in(site, own)
    assert not await is_in(site, planted), "whose browser it was is signed out of it"


async def each_rise_in_rights_is_another_token(site: Site) -> None:
    async with site.browser() as client:
        tokens = []
        for path, form in (
            ("/sign-in", {"name": "desk", "password": GOOD}),
            ("/sign-in/code", {"code": code(site.clock.now_ms())}),
        ):
            assert (await client.post(path, data=form)).status_code == 303
            tokens.append(client.cookies[COOKIE])
    first, second = tokens
    assert first != second
    assert not await is_in(site, first, Kind.CODE), "the first is over"
    assert await is_in(site, second)


async def two_phones_are_two_and_one_is_revoked(site: Site) -> None:
    lost, kept = site.token("wang"), site.token("wang")
    with site.accounts.reading() as connection:
        session = sessions.of_token(connection, lost, site.clock.now_ms())
    assert session is not None
    async with site.browser(token=kept) as phone:
        await phone.post(f"/account/phones/{session.session_id}/end")
    assert not await is_in(site, lost)
    assert await is_in(site, kept)


async def all_are_revoked_by_whoever_runs_the_gateway(site: Site) -> None:
    tokens = [site.token("deng") for _ in range(3)]
    await asyncio.to_thread(said, site, "revoke", "deng")
    assert [await is_in(site, token) for token in tokens] == [False] * 3
    assert await is_in(site, site.token("deng")), "she may sign in again"


async def an_account_that_ends_takes_its_sessions_along(site: Site) -> None:
    token = site.token("cai")
    await asyncio.to_thread(said, site, "end", "cai")
    assert not await is_in(site, token)
    with site.accounts.writing() as connection:  # and one that was begun in that very moment
        cai = persons.named(connection, "cai")
        assert cai is not None
        late = sessions.begin(connection, cai, Kind.PHONE, "", site.clock.now_ms())
    assert not await is_in(site, late)


async def another_password_ends_what_the_old_one_began(site: Site) -> None:
    tokens = [site.token("eng", Kind.DESK), site.token("eng", Kind.PHONE)]
    await asyncio.to_thread(said, site, "password", "eng", typed=BETTER)
    assert [await is_in(site, token) for token in tokens] == [False, False]


async def another_role_counts_at_the_next_request(site: Site) -> None:
    async with site.browser("ding") as phone:
        assert (await phone.get("/health")).status_code == 403
        with_roles(site, "ding", "deputy engineer")
        assert (await phone.get("/health")).status_code == 200
        with_roles(site, "ding", "engineer")
        assert (await phone.get("/cases")).status_code == 403


async def a_restart_ends_none_and_brings_none_back(site: Site) -> None:
    kept, gone = site.token("li"), site.token("li")
    with site.accounts.writing() as connection:
        session = sessions.of_token(connection, gone, site.clock.now_ms())
        assert session is not None
        assert sessions.end(connection, session.account, session.session_id, 0)
    again = build(Settings(), site.store, site.engine)
    for token, status in ((kept, 200), (gone, 303)):
        transport = httpx.ASGITransport(app=again)
        async with httpx.AsyncClient(transport=transport, base_url="http://menshen.test") as phone:
            phone.cookies.set(COOKIE, token)
            assert (await phone.get("/account")).status_code == status


async def a_clock_that_is_set_back_lengthens_no_session_that_is_used(site: Site) -> None:
    token, idle_ms = site.token("desk", Kind.DESK), LIMITS[Kind.DESK].idle_ms
    site.clock.advance(-5 * idle_ms)
    assert await is_in(site, token), "nobody is thrown out by it"
    site.clock.advance(idle_ms - 1)
    assert await is_in(site, token)
    site.clock.advance(idle_ms)
    assert not await is_in(site, token), "unseen by the new time"


def said(site: Site, *words: str, typed: str = "") -> None:
    """What `menshen account` does, beside the console that runs; it wants a thread of its own."""
    settings = site.store.path.with_name("menshen.toml")
    settings.write_text(f'[store]\npath = "{site.store.path}"\n')
    command = ["account", *words, "-c", str(settings)]
    result = CliRunner().invoke(app, command, input=f"{typed}\n")
    assert result.exit_code == 0, result.output


def with_roles(site: Site, name: str, roles: str) -> None:
    with site.accounts.writing() as connection:
        a = accounts.accounts
        connection.execute(a.update().where(a.c.name == name).values(roles=roles))


STORIES: list[Story] = [
    unseen_it_ends_after_its_idle_limit,
    seen_it_ends_at_its_absolute_limit,
    a_token_that_was_planted_is_not_taken_over,
    each_rise_in_rights_is_another_token,
    two_phones_are_two_and_one_is_revoked,
    all_are_revoked_by_whoever_runs_the_gateway,
    an_account_that_ends_takes_its_sessions_along,
    another_password_ends_what_the_old_one_began,
    another_role_counts_at_the_next_request,
    a_restart_ends_none_and_brings_none_back,
    a_clock_that_is_set_back_lengthens_no_session_that_is_used,
]


async def test_the_table_of_sessions(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        for story in STORIES:
            try:
                await story(site)
            except AssertionError as error:
                raise AssertionError(story.__name__.replace("_", " ")) from error


# What ends an open page; each on somebody of their own.


def _revoked(site: Site, token: str) -> None:
    with site.accounts.writing() as connection:
        session = sessions.of_token(connection, token, site.clock.now_ms())
        assert session is not None
        assert sessions.end(connection, session.account, session.session_id, site.clock.now_ms())


def _all_revoked(site: Site, token: str) -> None:
    said(site, "revoke", "deng")


def _ended(site: Site, token: str) -> None:
    said(site, "end", "cai")


def _other_role(site: Site, token: str) -> None:
    with_roles(site, "ding", "engineer")


def _other_grid(site: Site, token: str) -> None:
    of_person(site, "cao", grid_id="g1")


def _left(site: Site, token: str) -> None:
    of_person(site, "inst", ended_ms=1)


def _other_password(site: Site, token: str) -> None:
    said(site, "password", "desk", typed=BETTER)


def of_person(site: Site, warden_id: str, **values: object) -> None:
    with site.store.writing() as connection:
        w = tables.wardens
        connection.execute(w.update().where(w.c.warden_id == warden_id).values(**values))


CAUSES: dict[str, Callable[[Site, str], None]] = {
    "wang": _revoked,
    "deng": _all_revoked,
    "cai": _ended,
    "ding": _other_role,
    "cao": _other_grid,
    "inst": _left,
    "desk": _other_password,
}


async def test_an_open_page_ends_with_what_its_owner_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "LIVE_EVERY_S", 0.0)
    async with signed_in_site(tmp_path) as site:
        tokens = {name: site.token(name) for name in (*CAUSES, "eng", "li")}
        lines = {name: await listened(site, tokens[name], "view=wallboard") for name in tokens}
        for listener, _ in lines.values():
            await listener.next("ping")
        assert not any(task.done() for _, task in lines.values())
        for name, cause in CAUSES.items():
            await asyncio.to_thread(cause, site, tokens[name])

            async def is_over(name: str = name) -> bool:
                site.clock.advance(1_000)
                return lines[name][1].done()

            await until(is_over)
        for name in ("eng", "li"):
            listener, task = lines[name]
            await listener.next("ping")
            assert not task.done(), name
        site.clock.advance(LIMITS[Kind.PHONE].idle_ms)  # unseen, for a page that is open is no act

        async def are_over() -> bool:
            site.clock.advance(1_000)
            return all(task.done() for _, task in lines.values())

        await until(are_over)
        await asyncio.gather(*(task for _, task in lines.values()))


async def test_who_comes_while_one_looks_who_is_signed_in_is_not_sent_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A live page ended as it began, where the first look of all was at the registry still."""
    go, looked = threading.Event(), threading.Event()
    whole = register_views.grids_of_wardens

    def slowly(connection: Connection) -> dict[str, str]:
        looked.set()
        go.wait(60)
        return whole(connection)

    async with signed_in_site(tmp_path) as site:
        known = Visitors(site.console.settings, site.store, site.clock.now_ms)
        came = []
        for name in ("wang", "li"):
            cookie = f"{COOKIE}={site.token(name)}".encode()
            scope = {"type": "http", "scheme": "http", "path": "/", "query_string": b""}
            connection = HTTPConnection({**scope, "headers": [(b"cookie", cookie)]})
            await known.receive(connection)
            who = visitor(connection)
            assert who is not None
            came.append(who)
        monkeypatch.setattr(register_views, "grids_of_wardens", slowly)
        first = asyncio.create_task(known.is_live(came[0]))
        await until(looked.is_set)
        second = asyncio.create_task(known.is_live(came[1]))
        for _ in range(20):
            await asyncio.sleep(0)
        go.set()
        assert all(await asyncio.gather(first, second))
