"""What the audit holds of a day at the console, what is stopped, and what ends an open page."""

import asyncio
from pathlib import Path

import pytest

from gateway.accounts import audit, persons, sessions
from gateway.accounts.looks import LOOKS_MAX
from gateway.core.duration import MINUTE_MS
from gateway.core.reasons import Reason
from gateway.store import case_views
from gateway.store.database import StoreError
from gateway.web import visitors
from gateway.web.visitors import COOKIE
from tests.accounts.people_file import GOOD
from tests.waiting import until
from tests.web.signed_in import code, signed_in_site
from tests.web.web_site import Listener, first_case


async def test_a_day_s_looks_and_acts_are_in_it_in_order_each_once(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        await site.console.seal(0)
        await site.console.opens(0)
        case_id = first_case(0)
        async with site.browser("wang") as phone:
            await phone.get("/inbox/wang")
            await phone.post(f"/inbox/wang/cases/{case_id}/acknowledge")
            await phone.get("/doors/d0")
            await phone.get("/doors/d2")  # not hers
            await phone.get("/health")  # not a warden's
            await phone.get("/static/menshen.css")
        assert site.noted() == [
            ("wang", "GET /inbox/{warden_id}", "person wang", "own", 0),
            (
                "wang",
                "POST /inbox/{warden_id}/cases/{case_id}/acknowledge",
                f"person wang, case {case_id}",
                "grids",
                303,
            ),
            ("wang", "GET /doors/{door_id}", "door d0", "grids", 0),
            ("wang", "GET /doors/{door_id}", "door d2", "refused", 404),
            ("wang", "GET /health", "", "refused", 403),
        ]


async def test_a_thousand_looks_at_once_are_a_thousand_lines(tmp_path: Path) -> None:
    """However many are written together."""
    async with signed_in_site(tmp_path) as site:
        clients = [site.asks(name, "GET", "/cases") for name in ("wang", "li", "cai") * 40]
        answers = await asyncio.gather(*clients)
        assert {answer.status_code for answer in answers} == {200}
        assert len(site.noted("GET /cases")) == 120


async def test_reading_the_site_out_stops_and_is_one_case(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("desk") as client:
        for number in range(LOOKS_MAX):
            answer = await client.get(f"/doors/d{number}")
            assert answer.status_code == (200 if number < 4 else 404)
        for number in range(3):
            answer = await client.get(f"/doors/e{number}")
            assert answer.status_code == 429
            assert "more than a hundred" in answer.text
        assert (await client.get("/doors/d0")).status_code == 200  # what she has read already
        assert (await client.get("/cases")).status_code == 200  # her work goes on
        assert (await site.asks("cai", "GET", "/doors/d0")).status_code == 200
        with site.store.reading() as connection:
            cases = case_views.open_cases(connection, 9)
        found = [case.about for case in cases if case.reason is Reason.BULK_READING]
        assert found == [site.account("desk").account_id]
        assert len(site.noted("bulk reading stopped")) == 1
        site.clock.advance(MINUTE_MS)
        assert (await client.get("/doors/e0")).status_code == 404


async def test_a_look_that_cannot_be_noted_is_not_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("wang") as phone:
        await site.console.seal(0)
        await site.console.opens(0)

        def full(*_: object) -> None:
            raise StoreError("the disk is full")

        monkeypatch.setattr(audit, "add", full)
        page = await phone.get("/doors/d0")
        assert (page.status_code, "the disk is full" in page.text) == (503, True)
        assert "3-101" not in page.text
        # But what she does at the door counts: the journal has it too.
        act = f"/inbox/wang/cases/{first_case(0)}/acknowledge"
        assert (await phone.post(act)).status_code == 303
        with site.store.reading() as connection:
            case = case_views.case(connection, first_case(0))
        assert case is not None
        assert case.acknowledged_by == "wang"


async def test_the_auditor_reads_it_and_nobody_else(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        await site.asks("wang", "GET", "/doors/d0")
        await site.asks("li", "GET", "/doors/d2")
        page = (await site.asks("aud", "GET", "/audit?account=wang")).text
        assert "looked at 3-101" in page
        assert "9-909" not in page
        page = (await site.asks("aud", "GET", "/audit?about=door+d2")).text
        assert "<b>Li Qiang (li)</b> looked at 9-909" in page
        for name in ("adm", "desk", "eng", "wang"):
            assert (await site.asks(name, "GET", "/audit")).status_code == 403


async def listened(site: object, token: str, query: str) -> tuple[Listener, asyncio.Task[None]]:
    """An open page of a browser that has this token."""
    console = site.console  # type: ignore[attr-defined]
    listener = Listener(console.clock)

    async def receive() -> dict[str, str]:
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    headers = [(b"host", b"menshen.test"), (b"cookie", f"{COOKIE}={token}".encode())]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/stream",
        "raw_path": b"/stream",
        "root_path": "",
        "scheme": "http",
        "query_string": query.encode(),
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("menshen.test", 80),
    }
    return listener, asyncio.create_task(console.app(scope, receive, listener.send))


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("view=inbox&name=wang", 200),
        ("view=door&name=d0", 200),
        ("view=inbox&name=li", 404),
        ("view=door&name=d2", 404),
        ("topic=door:d0::en&topic=door:d2::en", 404),
        ("view=wallboard", 200),
    ],
)
async def test_an_open_page_shows_what_its_page_would(
    query: str, status: int, tmp_path: Path
) -> None:
    async with signed_in_site(tmp_path) as site:
        listener, task = await listened(site, site.token("wang"), query)
        await until(lambda: listener.status)
        assert listener.status == status
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_an_open_page_ends_with_its_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "LIVE_EVERY_S", 0.0)
    async with signed_in_site(tmp_path) as site:
        token = site.token("wang")
        listener, task = await listened(site, token, "view=inbox&name=wang")
        await listener.next("ping")
        with site.accounts.writing() as connection:
            wang = persons.named(connection, "wang")
            assert wang is not None
            sessions.end_all(connection, wang, site.clock.now_ms())  # by the command line

        async def is_over() -> bool:
            site.clock.advance(1_000)
            return task.done()

        await until(is_over)
        await task


async def test_who_signs_in_while_others_watch_is_live_at_once(tmp_path: Path) -> None:
    """Who is signed in was kept for five seconds, so the page of whoever came meanwhile said that
    the line is cut, in red."""
    async with signed_in_site(tmp_path) as site:
        first, watching = await listened(site, site.token("desk"), "view=wallboard")
        await first.next("ping")  # now it is known who is signed in
        site.clock.advance(1_000)
        second, new = await listened(site, site.token("aud"), "view=wallboard")

        async def is_told() -> bool:
            site.clock.advance(1_000)
            while not second.events.empty():
                if second.events.get_nowait().name == "ping":
                    return True
            return new.done()

        await until(is_told)
        assert not new.done()
        for task in (watching, new):
            task.cancel()
        await asyncio.gather(watching, new, return_exceptions=True)


async def test_the_live_wall_of_a_warden_holds_her_own_grids(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        listener, task = await listened(site, site.token("wang"), "view=wallboard&seen=x")
        await site.console.seal(0)
        await site.console.seal(2)
        await site.console.opens(2)
        await site.console.opens(0)
        seen = ""
        while "3-101" not in seen:
            seen += (await listener.next("fragment")).data
        assert "9-909" not in seen
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_site_password_opens_nothing_where_people_sign_in(tmp_path: Path) -> None:
    import base64

    password = {"console": {"password": "门神 open 门 sesame"}}
    basic = "Basic " + base64.b64encode("menshen:门神 open 门 sesame".encode()).decode()
    async with signed_in_site(tmp_path, **password) as site, site.browser() as client:
        answer = await client.get("/", headers={"authorization": basic})
        assert answer.status_code == 303
        assert "www-authenticate" not in answer.headers


async def test_without_the_switch_a_password_is_enough_for_whoever_has_no_code(
    tmp_path: Path,
) -> None:
    async with signed_in_site(tmp_path, accounts={"second_factor": False}) as site:
        with site.accounts.writing() as connection:
            persons.set_code_key(connection, site.account("desk"), None)
        async with site.browser() as client:
            form = {"name": "desk", "password": GOOD}
            assert (await client.post("/sign-in", data=form)).headers["location"] == "/"
        async with site.browser() as client:
            form = {"name": "eng", "password": GOOD}  # who has one is asked for it
            answer = await client.post("/sign-in", data=form)
            assert answer.headers["location"].startswith("/sign-in/code")
            assert (await client.post("/sign-in/code", data={"code": code()})).status_code == 303


async def test_brute_force_at_the_page_locks_the_guesser_and_not_the_victim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.accounts import patience

    monkeypatch.setattr(patience, "SLOW_S", 20.0)
    statuses = []
    async with (
        signed_in_site(tmp_path) as site,
        site.browser("desk") as victim,
        site.browser() as guesser,
    ):

        async def guess(number: int) -> None:
            form = {"name": "desk", "password": f"guess number {number}"}
            answer = await guesser.post("/sign-in", data=form)
            statuses.append((answer.status_code, answer.headers.get("retry-after")))

        for number in range(patience.TRIES_MAX):
            await guess(number)
        await asyncio.gather(*(guess(100 + number) for number in range(12)))
        assert (429, "15") in statuses
        assert {status for status, _ in statuses} == {403, 429}
        assert (await victim.get("/cases")).status_code == 200
