"""Signing in as people do it: by an invitation on a phone, by password and code at a desk."""

import re
from pathlib import Path

import pytest

from gateway.accounts import invitations
from gateway.accounts.file import file_of
from gateway.accounts.sessions import LIMITS, Kind
from gateway.store import case_views
from gateway.web.visitors import COOKIE
from tests.accounts.people_file import GOOD
from tests.web.marked_ways import saying, way_to
from tests.web.signed_in import Site, code, signed_in_site
from tests.web.web_site import console, first_case, new_store, problem_of

SHUT_OUT = ["/", "/cases", "/wardens", "/inbox/wang", "/doors/d0", "/health", "/account", "/audit"]


LOCAL = {"Host": "127.0.0.1:8080", "Origin": "http://127.0.0.1:8080"}


def invited(site: Site, name: str) -> str:
    with site.accounts.writing() as connection:
        return invitations.make(connection, site.account(name), "adm", site.clock.now_ms())


async def test_whoever_is_not_signed_in_is_led_to_the_sign_in_and_back(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser() as client:
        for path in SHUT_OUT:
            answer = await client.get(f"{path}?q=1")
            assert (answer.status_code, answer.headers["location"]) == (
                303,
                f"/sign-in?after={path}%3Fq%3D1",
            )
        page = await client.get("/sign-in?after=/cases?q=1")
        assert 'name="after" value="/cases?q=1"' in page.text
        for elsewhere in ("//[", "/\\[", "http://[::1", "//evil.example", "%2f%2f%5b"):
            page = await client.get("/sign-in", params={"after": elsewhere})
            assert (page.status_code, 'name="after" value=""' in page.text) == (200, True)
        assert (await client.get("/static/menshen.css")).status_code == 200
        htmx = await client.post("/cases/x/acknowledge", headers={"hx-request": "true"})
        assert (htmx.status_code, htmx.headers["hx-redirect"]) == (401, "/sign-in")
        program = await client.get("/api/v1/doors")
        assert problem_of(program, 401) == {}
        assert program.headers["www-authenticate"] == "Bearer"
        assert (await client.get("/stream")).status_code == 401


async def test_a_warden_scans_an_invitation_and_is_in(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser(https=True) as phone:
        token = invited(site, "wang")
        for _ in range(2):  # a chat looks at it first
            page = await phone.get(f"/invitation/{token}", headers={"user-agent": "Android 14"})
            assert page.status_code == 200
            assert "Wang Fang" in page.text
            assert 'value="Android phone"' in page.text
            assert page.headers["referrer-policy"] == "same-origin"
        answer = await phone.post(f"/invitation/{token}", data={"phone": "红米 Note"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/handheld/wang")
        cookies = [c for c in answer.headers.get_list("set-cookie") if COOKIE in c]
        assert len(cookies) == 1
        for part in (f"__Host-{COOKIE}=", "; Secure", "; HttpOnly", "; SameSite=lax", "; Path=/"):
            assert part in cookies[0]
        assert "Domain" not in cookies[0]
        assert (await phone.get("/inbox/wang")).status_code == 200
        assert "红米 Note" in (await phone.get("/account")).text
        again = await phone.post(f"/invitation/{token}")
        assert again.status_code == 410
        assert [n[0] for n in site.noted("signed in")] == ["wang"]


async def test_an_invitation_that_is_over_says_so(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser() as phone:
        token = invited(site, "wang")
        site.clock.advance(invitations.LASTS_MS)
        for answer in (
            await phone.get(f"/invitation/{token}"),
            await phone.post(f"/invitation/{token}"),
            await phone.get("/invitation/guessed"),
        ):
            assert answer.status_code == 410
            assert "Ask for another" in answer.text
        assert COOKIE not in phone.cookies


async def test_at_a_desk_a_password_and_a_code_open_and_neither_alone(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser() as client:
        form = {"name": "Desk", "password": GOOD, "after": "/cases"}
        answer = await client.post("/sign-in", data=form)
        assert answer.headers["location"] == "/sign-in/code?after=/cases"
        first = client.cookies[COOKIE]
        page = (await client.get("/sign-in/code")).text
        assert "<nav" not in page
        assert "sse-connect" not in page
        assert (await client.get("/stream")).status_code == 401
        for path in SHUT_OUT:
            assert (await client.get(path)).headers["location"] == "/sign-in/code"
        refused = await client.post("/sign-in/code", data={"code": "000000"})
        assert refused.status_code == 403
        answer = await client.post("/sign-in/code", data={"code": code(), "after": "/cases"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/cases")
        assert client.cookies[COOKIE] != first, "a rise in rights, another token"
        assert (await client.get("/cases")).status_code == 200
        async with site.browser(token=first) as thief:
            assert (await thief.get("/cases")).headers["location"].startswith("/sign-in?")


async def test_the_same_code_signs_nobody_in_twice(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        for expected in (303, 403):
            async with site.browser() as client:
                await client.post("/sign-in", data={"name": "desk", "password": GOOD})
                answer = await client.post("/sign-in/code", data={"code": code()})
                assert answer.status_code == expected


async def test_a_wrong_password_and_an_unknown_name_look_the_same(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser() as client:
        pages = []
        for name, password in (("desk", "wrong"), ("zhao", GOOD), ("wang", GOOD)):
            answer = await client.post("/sign-in", data={"name": name, "password": password})
            assert answer.status_code == 403
            pages.append(answer.text.replace(name, ""))
            assert password not in answer.text
        assert len({re.sub(r'data-now="\d+"', "", page) for page in pages}) == 1
        noted = [(account, status) for account, *_, status in site.noted("refused")]
        assert noted == [("desk", 403), ("", 403), ("wang", 403)]


@pytest.mark.parametrize(
    "after",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/%5Cevil.example",
        "x",
        "\t//x",
    ],
)
async def test_nobody_is_sent_elsewhere_after_it(after: str, tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser() as client:
        await client.post("/sign-in", data={"name": "desk", "password": GOOD})
        answer = await client.post("/sign-in/code", data={"code": code(), "after": after})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_signing_out_ends_it_at_the_server_and_empties_the_browser(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("wang") as phone:
        stolen = phone.cookies[COOKIE]
        answer = await phone.post("/sign-out")
        assert way_to(answer) == saying("/sign-in", "/sign-out")
        assert answer.headers["clear-site-data"] == '"cache", "storage"'
        async with site.browser(token=stolen) as thief:
            assert (await thief.get("/inbox/wang")).status_code == 303
            assert (await thief.post("/sign-out")).status_code == 303


async def test_a_lost_phone_is_out_and_the_others_stay(tmp_path: Path) -> None:
    async with (
        signed_in_site(tmp_path) as site,
        site.browser("wang") as lost,
        site.browser("wang") as kept,
        site.browser("li") as stranger,
    ):
        page = (await kept.get("/account")).text
        ids = re.findall(r"/account/phones/([0-9a-f]{16})/end", page)
        assert len(ids) == 1  # of the other; the way out of one's own is another
        token = lost.cookies[COOKIE]
        with site.accounts.reading() as connection:
            from gateway.accounts import sessions

            session = sessions.of_token(connection, token, site.clock.now_ms())
        assert session is not None
        end = f"/account/phones/{session.session_id}/end"
        assert (await stranger.post(end)).status_code == 404
        assert (await kept.post(end)).status_code == 303
        assert (await lost.get("/inbox/wang")).status_code == 303
        assert (await kept.get("/inbox/wang")).status_code == 200


async def test_a_stranger_is_shown_no_room_and_no_line_whatever_they_open(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser() as nobody:
        for path in ("/sign-in", "/sign_in", "/no/such/thing", "/invitation/none"):
            page = (await nobody.get(path)).text
            assert "<nav" not in page, path
            assert "sse-connect" not in page, path
    (tmp_path / "in").mkdir()
    async with signed_in_site(tmp_path / "in") as site, site.browser("desk") as desk:
        page = (await desk.get("/no/such/thing")).text
        assert "<nav" in page
        assert "sse-connect" in page


async def test_an_invitation_leads_to_where_phones_open_the_console(tmp_path: Path) -> None:
    no_phone = "No phone reaches this machine"
    async with signed_in_site(tmp_path) as site, site.browser("adm") as desk:
        assert no_phone not in (await desk.post("/accounts/wang/invite")).text
        desk.headers.update(LOCAL)
        assert no_phone in (await desk.post("/accounts/wang/invite")).text
    (tmp_path / "away").mkdir()
    away = {"public_url": "https://seals.example", "proxies": ["127.0.0.1"]}
    async with signed_in_site(tmp_path / "away", console=away) as site, site.browser("adm") as desk:
        desk.headers.update(LOCAL)
        assert no_phone not in (await desk.post("/accounts/wang/invite")).text


async def test_an_administrator_invites_and_ends_and_the_code_is_shown_once(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("wang") as lost:
        async with site.browser("adm") as desk:
            page = await desk.post("/accounts/wang/invite")
            assert page.text.count('<svg class="qr"') == 1
            assert 'class="qr"' not in (await desk.get("/accounts")).text
            ids = re.findall(r"/accounts/wang/phones/([0-9a-f]{16})/end", page.text)
            assert (await desk.post(f"/accounts/wang/phones/{ids[0]}/end")).status_code == 303
            assert (await desk.post(f"/accounts/wang/phones/{ids[0]}/end")).status_code == 303
            assert (await desk.post("/accounts/nobody/invite")).status_code == 404
        assert (await lost.get("/inbox/wang")).status_code == 303
        assert [n[:3] for n in site.noted("invite")] == [
            ("adm", "POST /accounts/{name}/invite", "name wang"),
            ("adm", "POST /accounts/{name}/invite", "name nobody"),
        ]


async def test_idle_and_absolute_ends_hold_at_the_console(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser() as client:
        client.cookies.set(COOKIE, site.token("desk", Kind.DESK))
        idle, absolute = LIMITS[Kind.DESK]
        passed = 0
        while passed + idle - 1 < absolute:
            site.clock.advance(idle - 1)
            passed += idle - 1
            assert (await client.get("/account")).status_code == 200, passed
        site.clock.advance(absolute - passed)
        assert (await client.get("/account")).status_code == 303


async def test_who_left_the_registry_is_out_at_once(tmp_path: Path) -> None:
    from gateway.store import tables

    async with signed_in_site(tmp_path) as site, site.browser("wang") as phone:
        assert (await phone.get("/inbox/wang")).status_code == 200
        with site.store.writing() as connection:
            w = tables.wardens
            connection.execute(w.update().where(w.c.warden_id == "wang").values(ended_ms=1))
        assert (await phone.get("/inbox/wang")).status_code == 303


async def test_who_acts_is_who_signed_in_whatever_header_body_or_path_says(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        await site.console.seal(0)
        await site.console.opens(0)
        case_id = first_case(0)
        api = f"/api/v1/cases/{case_id}"
        body = await site.asks("wang", "POST", f"{api}/acknowledge", json={"by": "li"})
        assert body.status_code == 422
        lied = await site.asks(
            "wang", "POST", f"{api}/acknowledge", headers={"menshen-actor": "li"}, json={}
        )
        assert lied.json() == {"changed": True}
        assert (await site.asks("wang", "POST", f"/cases/{case_id}/actor")).status_code == 404
        other = f"/inbox/li/cases/{case_id}/on_site"
        assert (await site.asks("wang", "POST", other)).status_code == 404
        report = {"outcome": "lawful"}
        assert (await site.asks("wang", "POST", f"{api}/report", json=report)).json()["changed"]
        # Reported as the warden, and to be assessed by another account: the desk's.
        assert (await site.asks("wang", "POST", f"{api}/assess")).status_code == 403
        for action in ("assess", "sign_off"):
            done = await site.asks("desk", "POST", f"{api}/{action}")
            assert done.json() == {"changed": True}
        with site.store.reading() as connection:
            case = case_views.case(connection, case_id)
        assert case is not None
        assert (case.acknowledged_by, case.reported_by) == ("wang", "wang")
        assert (case.assessed_by, case.signed_off_by) == ("@desk", "@desk")


async def test_two_at_the_desk_are_two_people(tmp_path: Path) -> None:
    from gateway.accounts.roles import Role
    from tests.accounts.people_file import add

    async with signed_in_site(tmp_path) as site:
        add(site.accounts, "desk2", Role.DISPATCHER)
        await site.console.seal(0)
        await site.console.opens(0)
        api = f"/api/v1/cases/{first_case(0)}"
        await site.asks("desk", "POST", f"{api}/acknowledge")
        await site.asks("desk", "POST", f"{api}/report", json={"outcome": "lawful"})
        own = await site.asks("desk", "POST", f"{api}/assess")
        assert own.json()["reason"] == "own_report"
        assert (await site.asks("desk2", "POST", f"{api}/assess")).json() == {"changed": True}


async def test_a_program_has_a_token_and_only_for_the_api(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser() as client:
        token = site.token("inst", Kind.PROGRAM)
        bearer = {"authorization": f"Bearer {token}"}
        assert (await client.get("/api/v1/doors", headers=bearer)).status_code == 200
        assert (await client.get("/", headers=bearer)).status_code == 303
        for wrong in (f"Basic {token}", f"Bearer {token}x", "Bearer", "Bearer " + "x" * 9_999):
            answer = await client.get("/api/v1/doors", headers={"authorization": wrong})
            assert answer.status_code == 401


async def test_accounts_that_are_gone_let_nobody_in(tmp_path: Path) -> None:
    """Not back to one password, and least of all to none."""
    from gateway.accounts.file import AccountsFile

    store = new_store(tmp_path)
    file = AccountsFile(store.path)
    file.create()
    file.close()
    file_of(store.path).unlink()
    async with console(store) as site:
        for path in ("/", "/api/v1/doors", "/sign-in"):
            answer = await site.client.get(path)
            assert answer.status_code == 503
            assert "nobody is let in" in answer.text


async def test_the_first_account_is_noticed_while_the_console_runs(tmp_path: Path) -> None:
    from gateway.accounts.roles import Role
    from tests.accounts.people_file import add, new_accounts
    from tests.waiting import until

    store = new_store(tmp_path)
    async with console(store) as site:
        assert (await site.client.get("/")).status_code == 200
        assert (await site.client.get("/sign-in")).status_code == 404
        accounts = new_accounts(store.path)
        add(accounts, "adm", Role.ADMINISTRATOR)

        async def is_asked() -> bool:
            return (await site.client.get("/")).status_code == 303

        await until(is_asked)
        accounts.close()
