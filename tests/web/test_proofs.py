"""Dangerous acts ask again who it is, and nothing is done behind anybody's back."""

import re
from pathlib import Path

import httpx
import pytest

from gateway.accounts.patience import TRIES_MAX
from gateway.accounts.sessions import PROVED_MS, Kind
from gateway.web.access_rules import RULES
from gateway.web.proving import ACTS, PROBLEM_TYPE
from tests.accounts.people_file import GOOD
from tests.web.marked_ways import saying, way_to
from tests.web.signed_in import Site, code, signed_in_site

VALUES = {"name": "wang", "warden_id": "wang", "passkey_id": "0" * 16}
JSON = {"accept": "application/json"}
INVITE = "/accounts/wang/invite"


def address(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: VALUES[found[1]], path)


def proof(site: Site, **more: str) -> dict[str, str]:
    return {"password": GOOD, "code": code(site.clock.now_ms()), **more}


def grow_old(site: Site) -> None:
    site.clock.advance(PROVED_MS)


async def asked(client: httpx.AsyncClient, path: str, page: str = "/accounts") -> str:
    """Press a button whose proof is too old; where it leads."""
    answer = await client.post(path, headers={"referer": f"http://menshen.test{page}"})
    assert answer.status_code == 303
    return answer.headers["location"]


def test_every_dangerous_act_is_an_address_of_ours_and_none_is_public() -> None:
    for key in ACTS:
        assert RULES[key].needs, key
        assert not RULES[key].is_public, key


def test_nothing_about_accounts_is_changed_without_a_proof_but_a_lost_phone_s_end() -> None:
    """Nobody adds a form here, and forgets that it is dangerous."""
    only_takes_away = {
        "/tokens/{name}/{session_id}/end",
        "/wardens/{warden_id}/phones/{session_id}/end",
        "/account/phones/{session_id}/end",
        "/accounts/{name}/phones/{session_id}/end",
    }
    about = ("/account", "/tokens", "/wardens")
    forms = {path for method, path in RULES if method == "POST" and path.startswith(about)}
    forms -= {"/wardens/{warden_id}/test"}  # it changes nothing
    assert forms - {path for method, path in ACTS if method == "POST"} == only_takes_away


async def test_each_dangerous_act_is_refused_to_an_old_proof(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("adm") as client:
        grow_old(site)
        for method, path in ACTS:
            page = await client.request(method, address(path))
            assert page.status_code == 303, path
            assert page.headers["location"].startswith("/prove?")
            program = await client.request(method, address(path), headers=JSON)
            problem = program.json()
            told = program.status_code, problem["type"], problem["prove"]
            assert told == (403, PROBLEM_TYPE, "/prove")
            assert "ten minutes" in problem["detail"]
            htmx = await client.request(method, address(path), headers={"hx-request": "true"})
            assert (htmx.status_code, htmx.headers["hx-redirect"]) == (403, "/prove?after=")
        noted = [n[1] for n in site.noted() if n[3:] == ("proof asked for", 403)]
        assert noted == [f"{method} {path}" for method, path in ACTS for _ in range(3)]


async def test_an_invited_phone_does_none_of_them(tmp_path: Path) -> None:
    async with (
        signed_in_site(tmp_path) as site,
        site.browser(token=site.token("adm", Kind.PHONE)) as phone,
    ):
        for method, path in ACTS:
            answer = await phone.request(method, address(path))
            assert answer.status_code == 403, path
            assert "signed in by an invitation" in answer.text
        for method in ("GET", "POST"):
            assert (await phone.request(method, "/prove", data=proof(site))).status_code == 403
        assert (await phone.post("/prove/passkey/options")).status_code == 403


async def test_the_act_is_shown_once_more_and_done_by_its_own_button(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("adm") as client:
        grow_old(site)
        where = await asked(client, INVITE)
        page = await client.get(where)
        assert "You were about to invite a phone for wang" in page.text
        act = re.search(r'name="act" value="(\w+)"', page.text)
        assert act is not None
        old = client.cookies["menshen_session"]
        form = proof(site, act=act[1], after="/accounts")
        answer = await client.post("/prove", data=form)
        assert answer.status_code == 303
        assert client.cookies["menshen_session"] != old  # more rights, another token
        assert site.noted("invite") == [
            ("adm", "POST /accounts/{name}/invite", "name wang", "proof asked for", 403)
        ]
        confirm = await client.get(answer.headers["location"])
        assert "Nothing has been done yet" in confirm.text
        assert f'action="{INVITE}"' in confirm.text
        assert 'href="/accounts"' in confirm.text
        assert (await client.post(INVITE)).status_code == 200
        assert site.noted("proved who it is")[0][0] == "adm"
        assert (await site.asks("adm", "GET", "/accounts")).status_code == 200


async def test_what_a_form_brought_is_kept_and_secrets_are_not(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("adm") as client:
        grow_old(site)
        kept = await client.post(INVITE, data={"note": "<b>two & three</b>"})
        form = proof(site, act=kept.headers["location"].split("act=")[1].split("&")[0])
        confirm = await client.get((await client.post("/prove", data=form)).headers["location"])
        assert 'name="note" value="&lt;b&gt;two &amp; three&lt;/b&gt;"' in confirm.text
        grow_old(site)
        page = {"referer": "http://menshen.test/account/password"}
        typed = {"new": "seven herons over a lake", "again": "seven herons over a lake"}
        secret = await client.post("/account/password", data=typed, headers=page)
        assert secret.headers["location"] == "/prove?after=/account/password"
        far_too_much = await client.post(INVITE, data={"note": "x" * 5_000})
        assert "act=" not in far_too_much.headers["location"]


async def test_another_session_sees_nothing_of_it_and_it_is_over_in_time(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("adm") as client:
        grow_old(site)
        where = (await asked(client, INVITE)).replace("/prove?", "/prove/act?")
        async with site.browser("adm") as other:
            answer = await other.get(where)
            assert (answer.status_code, answer.headers["location"]) == (303, "/accounts")
        grow_old(site)
        assert (await client.get(where)).headers["location"] == "/accounts"


@pytest.mark.parametrize(
    "wrong",
    [{"password": "wrong"}, {"code": "000000"}, {"password": ""}, {"code": ""}],
    ids=["password", "code", "no password", "no code"],
)
async def test_half_a_proof_is_none(wrong: dict[str, str], tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("adm") as client:
        grow_old(site)
        answer = await client.post("/prove", data=proof(site) | wrong)
        assert answer.status_code == 403
        assert "does not belong together" in answer.text
        assert (await client.post(INVITE)).status_code == 303
        assert site.noted("proof refused")[0][0] == "adm"


async def test_a_code_proves_once_and_a_proof_lasts_ten_minutes(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("adm") as client:
        grow_old(site)
        form = proof(site)
        assert (await client.post("/prove", data=form)).status_code == 303
        async with site.browser("adm") as other:
            assert (await other.post("/prove", data=form)).status_code == 403
        site.clock.advance(PROVED_MS - 1)
        assert (await client.post(INVITE)).status_code == 200
        site.clock.advance(1)
        assert (await client.post(INVITE)).status_code == 303


async def test_wrong_proofs_slow_that_session_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.accounts import patience

    monkeypatch.setattr(patience, "SLOW_S", 100.0)
    async with signed_in_site(tmp_path) as site, site.browser("adm") as client:
        grow_old(site)
        for number in range(TRIES_MAX + 1):  # the eleventh takes the turn
            await client.post("/prove", data=proof(site) | {"password": f"guess {number}"})
        slow = await client.post("/prove", data=proof(site) | {"password": "guess 99"})
        assert slow.status_code == 429
        async with site.browser("adm") as other:
            assert (await other.post("/prove", data=proof(site))).status_code == 303
        async with site.browser() as stranger:
            form = {"name": "adm", "password": GOOD}
            assert (await stranger.post("/sign-in", data=form)).status_code == 303


async def test_a_password_is_changed_and_all_other_sessions_end(tmp_path: Path) -> None:
    new = "seven herons over a lake"
    async with signed_in_site(tmp_path) as site, site.browser("desk") as client:
        async with site.browser("desk") as other:
            for typed, words in (
                ({"new": new, "again": "another"}, "not the same"),
                ({"new": "short", "again": "short"}, "12 characters"),
            ):
                answer = await client.post("/account/password", data=typed)
                assert answer.status_code == 422
                assert words in answer.text
            answer = await client.post("/account/password", data={"new": new, "again": new})
            leads_to = saying("/account", "/account/password")
            assert (answer.status_code, way_to(answer)) == (303, leads_to)
            assert (await client.get("/account")).status_code == 200
            assert (await other.get("/account")).status_code == 303
        async with site.browser() as stranger:
            for password, status in ((GOOD, 403), (new, 303)):
                form = {"name": "desk", "password": password}
                assert (await stranger.post("/sign-in", data=form)).status_code == status
        assert [n[0] for n in site.noted("password changed")] == ["desk"]


async def test_another_authenticator_app_is_taken_with_its_first_code(tmp_path: Path) -> None:
    import pyotp

    async with signed_in_site(tmp_path) as site, site.browser("desk") as client:
        before = site.account("desk").code_key
        page = await client.get("/account/code")
        key = re.search(r'name="code_key" value="([A-Z2-7]{32})"', page.text)
        assert key is not None
        wrong = await client.post("/account/code", data={"code_key": key[1], "code": "12"})
        assert wrong.status_code == 403
        assert site.account("desk").code_key == before
        right = pyotp.TOTP(key[1]).at(site.clock.now_ms() // 1000)
        answer = await client.post("/account/code", data={"code_key": key[1], "code": right})
        assert answer.status_code == 303
        assert site.account("desk").code_key == key[1]
        forged = await client.post("/account/code", data={"code_key": "A" * 31, "code": right})
        assert forged.status_code == 200
        assert site.account("desk").code_key == key[1]


async def test_who_sees_names_keeps_the_app_and_others_may_give_it_up(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path, accounts={"second_factor": False}) as site:
        answer = await site.asks("desk", "POST", "/account/code/end")
        assert answer.status_code == 303
        assert site.account("desk").code_key is None
    (tmp_path / "other").mkdir()
    async with signed_in_site(tmp_path / "other") as site:
        answer = await site.asks("desk", "POST", "/account/code/end")
        assert answer.status_code == 409
        assert "stays" in answer.text
        assert site.account("desk").code_key is not None


async def test_all_but_this_one_are_signed_out_at_once(tmp_path: Path) -> None:
    async with (
        signed_in_site(tmp_path) as site,
        site.browser("desk") as here,
        site.browser("desk") as there,
    ):
        assert "Sign out everywhere else" in (await here.get("/account")).text
        assert (await here.post("/account/phones/end")).status_code == 303
        assert (await there.get("/account")).status_code == 303
        assert (await here.get("/account")).status_code == 200


async def test_nobody_is_led_elsewhere_by_a_proof(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("adm") as client:
        grow_old(site)
        for after in ("https://evil.example/", "//evil.example", "/\\evil.example"):
            page = await client.get("/prove", params={"after": after})
            assert 'name="after" value=""' in page.text
        form = proof(site, after="https://evil.example/")
        answer = await client.post("/prove", data=form)
        assert answer.headers["location"] == "/account"
