"""Passkeys: which are taken, and everything by which one is not."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.accounts import challenges, passkeys
from gateway.accounts.challenges import Challenges, Purpose
from gateway.accounts.patience import TRIES_MAX
from gateway.accounts.sessions import PROVED_MS
from tests.accounts.people_file import GOOD, NOW_MS
from tests.accounts.soft_authenticator import Authenticator
from tests.web.marked_ways import saying, way_to
from tests.web.signed_in import Site, signed_in_site

INVITE = "/accounts/wang/invite"


async def added(
    client: httpx.AsyncClient, device: Authenticator | None = None, name: str = "Mi 9"
) -> Authenticator:
    """A passkey of whoever is signed in."""
    device = device or Authenticator()
    options = (await client.post("/account/passkeys/options")).json()
    form = {"credential": device.made(options), "name": name}
    answer = await client.post("/account/passkeys", data=form)
    leads_to = saying("/account#passkeys", "/account/passkeys")
    assert (answer.status_code, way_to(answer)) == (303, leads_to)
    return device


async def shows(
    client: httpx.AsyncClient, device: Authenticator, user: str | None = None
) -> httpx.Response:
    options = (await client.post("/sign-in/passkey/options")).json()
    return await client.post("/sign-in/passkey", data={"credential": device.shown(options, user)})


@contextlib.asynccontextmanager
async def with_passkey(
    folder: Path, counts: bool = True
) -> AsyncIterator[tuple[Site, httpx.AsyncClient, Authenticator]]:
    """A site whose desk has a passkey, a stranger's browser, and the passkey."""
    async with (
        signed_in_site(folder) as site,
        site.browser("desk", https=True) as desk,
        site.browser(https=True) as stranger,
    ):
        device = await added(desk, Authenticator(counts=counts))
        yield site, stranger, device


def why(site: Site, what: str = "passkey refused") -> str:
    return site.noted(what)[-1][3]


@pytest.mark.parametrize("counts", [True, False])
async def test_a_passkey_signs_in_alone_and_is_a_proof(counts: bool, tmp_path: Path) -> None:
    async with with_passkey(tmp_path, counts) as (site, stranger, device):
        assert "Sign in with a passkey" in (await stranger.get("/sign-in")).text
        for _ in range(2):
            answer = await shows(stranger, device)
            assert (answer.status_code, answer.headers["location"]) == (303, "/")
        page = (await stranger.get("/account")).text  # no one-time code was asked for
        assert "last used" in page
        assert page.count("<b>Mi 9</b>") >= 2  # the passkey, and the session that it began
        assert (await stranger.get("/account/password")).status_code == 200
        assert [n[0] for n in site.noted("passkey accepted")] == ["desk", "desk"]
        assert site.noted("passkey added") == [("desk", "passkey added", "Mi 9", "", 0)]


async def test_what_is_asked_of_a_browser_is_one_s_own_lock_and_names_nobody(
    tmp_path: Path,
) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("desk", https=True) as desk:
        assert "Sign in with a passkey" not in (await desk.get("/sign-in")).text
        device = await added(desk)
        asked = (await desk.post("/account/passkeys/options")).json()
        chosen = asked["authenticatorSelection"]
        assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
        assert asked["rp"]["id"] == "menshen.test"
        assert len(asked["excludeCredentials"]) == 1
        again = await desk.post("/account/passkeys", data={"credential": device.made(asked)})
        assert again.status_code == 422  # the same one twice
        shown = (await desk.post("/sign-in/passkey/options")).json()
        assert shown["userVerification"] == "required"
        assert not shown.get("allowCredentials")


async def test_a_challenge_is_good_once_for_its_purpose_and_for_five_minutes(
    tmp_path: Path,
) -> None:
    async with with_passkey(tmp_path) as (site, stranger, device):
        options = (await stranger.post("/sign-in/passkey/options")).json()
        form = {"credential": device.shown(options)}
        assert (await stranger.post("/sign-in/passkey", data=form)).status_code == 303
        assert (await stranger.post("/sign-in/passkey", data=form)).status_code == 403
        assert why(site) == "challenge"
        options = (await stranger.post("/sign-in/passkey/options")).json()
        site.clock.advance(challenges.LASTS_MS)
        form = {"credential": device.shown(options)}
        assert (await stranger.post("/sign-in/passkey", data=form)).status_code == 403
        assert why(site) == "challenge"
        async with site.browser("desk", https=True) as desk:
            options = (await desk.post("/prove/passkey/options")).json()
            form = {"credential": device.shown(options)}
            assert (await stranger.post("/sign-in/passkey", data=form)).status_code == 403
            assert why(site) == "challenge"


async def test_who_is_only_present_is_refused(tmp_path: Path) -> None:
    async with with_passkey(tmp_path) as (site, stranger, device):
        device.is_verified = False
        answer = await shows(stranger, device)
        assert answer.status_code == 403
        assert "opens nothing here" in answer.text
        assert why(site) == "not verified"
        async with site.browser("desk", https=True) as desk:
            other = Authenticator()
            other.is_verified = False
            options = (await desk.post("/account/passkeys/options")).json()
            form = {"credential": other.made(options)}
            assert (await desk.post("/account/passkeys", data=form)).status_code == 422


async def test_a_copy_shows_by_its_counter(tmp_path: Path) -> None:
    async with with_passkey(tmp_path) as (site, stranger, device):
        device.uses = 7
        assert (await shows(stranger, device)).status_code == 303
        device.uses = 3  # the copy was made then
        assert (await shows(stranger, device)).status_code == 403
        assert "counter went back" in why(site)
        device.uses, device.counts = 8, False  # the same number again
        assert (await shows(stranger, device)).status_code == 403


async def test_another_account_s_a_removed_and_an_unknown_one_open_nothing(
    tmp_path: Path,
) -> None:
    async with with_passkey(tmp_path) as (site, stranger, device):
        adm = "YWRt"
        assert (await shows(stranger, device, user=adm)).status_code == 403
        assert why(site) == "of another account"
        assert (await shows(stranger, device, user="")).status_code == 403
        assert (await shows(stranger, Authenticator())).status_code == 403
        assert why(site) == "not known"
        async with site.browser("adm", https=True) as adm_s:
            options = (await adm_s.post("/prove/passkey/options")).json()
            form = {"credential": device.shown(options)}
            assert (await adm_s.post("/prove/passkey", data=form)).status_code == 403
            assert why(site, "proof refused") == "of another account"
        with site.accounts.reading() as connection:
            [one] = passkeys.of_account(connection, site.account("desk"))
        end = f"/account/passkeys/{one.passkey_id}/end"
        assert (await site.asks("adm", "POST", end)).status_code == 404
        assert (await site.asks("desk", "POST", end)).status_code == 303
        assert (await shows(stranger, device)).status_code == 403
        assert why(site) == "not known"


async def test_an_ended_account_s_passkey_opens_nothing(tmp_path: Path) -> None:
    from gateway.accounts import persons

    async with with_passkey(tmp_path) as (site, stranger, device):
        with site.accounts.writing() as connection:
            persons.end(connection, site.account("desk"), NOW_MS)
        assert (await shows(stranger, device)).status_code == 403
        assert why(site) == "not known"


async def test_a_stranger_s_page_gets_nothing_signed_for_us(tmp_path: Path) -> None:
    async with with_passkey(tmp_path) as (site, stranger, device):
        device.origin = "https://menshen.test.evil.example"
        assert (await shows(stranger, device)).status_code == 403
        device.origin, device.host = "https://menshen.test", "evil.example"
        assert (await shows(stranger, device)).status_code == 403
        assert why(site) == "not verified"
        device.host = "menshen.test"
        here = {"host": "evil.example", "origin": "https://evil.example"}
        options = (await stranger.post("/sign-in/passkey/options", headers=here)).json()
        form = {"credential": device.shown(options)}
        answer = await stranger.post("/sign-in/passkey", data=form, headers=here)
        assert answer.status_code == 403
        assert why(site) == "of another name"


async def test_nonsense_is_refused_in_a_sentence(tmp_path: Path) -> None:
    texts = ["", "{}", "[]", "null", '{"response": 3}', "[" * 4_000, '{"id": "\\u0000"}']
    async with signed_in_site(tmp_path) as site, site.browser("desk", https=True) as desk:
        for text in texts:
            for path, status in (("/sign-in/passkey", 403), ("/account/passkeys", 422)):
                answer = await desk.post(path, data={"credential": text})
                assert answer.status_code in (status, 422), text
                assert "<main" in answer.text


async def test_a_proof_by_passkey_stands_for_password_and_code(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("adm", https=True) as adm:
        device = await added(adm)
        site.clock.advance(PROVED_MS)
        asked = await adm.post(INVITE)
        page = (await adm.get(asked.headers["location"])).text
        assert "Prove it with a passkey" in page
        options = (await adm.post("/prove/passkey/options")).json()
        assert len(options["allowCredentials"]) == 1
        act = asked.headers["location"].split("act=")[1].split("&")[0]
        form = {"credential": device.shown(options), "act": act}
        answer = await adm.post("/prove/passkey", data=form)
        assert answer.headers["location"].startswith("/prove/act?")
        assert (await adm.post(INVITE)).status_code == 200


async def test_wrong_passkeys_slow_the_guesser_and_not_a_known_browser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.accounts import patience

    monkeypatch.setattr(patience, "SLOW_S", 100.0)
    async with with_passkey(tmp_path) as (site, stranger, device):
        async with site.browser(https=True) as own:
            assert (await shows(own, device)).status_code == 303
            await own.post("/sign-out")
            right = device.key
            device.key = Authenticator().key
            for _ in range(TRIES_MAX + 1):  # the eleventh takes the turn
                await shows(stranger, device)
            slow = await shows(stranger, device)
            assert (slow.status_code, "retry-after" in slow.headers) == (429, True)
            device.key = right
            assert (await shows(own, device)).status_code == 303
        async with site.browser("wang", https=True) as phone:
            assert (await phone.get("/inbox/wang")).status_code == 200


PLACES = {
    "https://192.168.1.20": "Passkeys need a name",
    "https://[fd00::1]": "Passkeys need a name",
    "http://menshen.test": "Passkeys need HTTPS",
    "https://menshen.test": "Add a passkey",
    "http://localhost:8080": "Add a passkey",
}


async def test_where_no_passkey_can_be_the_page_says_why(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        for base, words in PLACES.items():
            scheme, host = base.split("://")
            async with site.browser("desk", https=scheme == "https") as desk:
                headers = {"host": host, "origin": base}
                page = (await desk.get("/account", headers=headers)).text
                assert words in page, base
                new = await desk.get("/account/passkeys/new", headers=headers)
                assert (new.status_code == 200) is (words == "Add a passkey")
                assert (await desk.get("/sign-in", headers=headers)).status_code == 200


async def test_they_are_good_where_phones_open_the_console_and_nowhere_else(
    tmp_path: Path,
) -> None:
    public = {"public_url": "https://seals.example.org"}
    async with (
        signed_in_site(tmp_path, console=public) as site,
        site.browser("desk", https=True) as desk,
    ):
        assert "https://seals.example.org" in (await desk.get("/account")).text
        assert (await desk.post("/account/passkeys/options")).status_code == 409


async def test_an_account_has_ten_at_most(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("desk", https=True) as desk:
        for number in range(passkeys.OF_ACCOUNT_MAX):
            await added(desk, name=f"device {number}")
        options = (await desk.post("/account/passkeys/options")).json()
        form = {"credential": Authenticator().made(options)}
        full = await desk.post("/account/passkeys", data=form)
        assert (full.status_code, "Remove one" in full.text) == (422, True)
        assert "device 9" in (await desk.get("/account")).text
        wrong = {"name": "desk", "password": GOOD}
        assert (await desk.post("/sign-in", data=wrong)).status_code == 303  # never the only way


def test_challenges_are_bounded_and_nobody_pushes_out_another_s() -> None:
    held = Challenges()
    own = held.new(Purpose.PROVE, "her session", "home", NOW_MS)
    first = held.new(Purpose.SIGN_IN, "", "home", NOW_MS)
    for _ in range(challenges.HELD_MAX * 2):
        held.new(Purpose.SIGN_IN, "", "elsewhere", NOW_MS)
    assert len(held) == challenges.OF_PLACE_MAX + 2
    assert held.spend(first, Purpose.SIGN_IN, "", NOW_MS)
    assert not held.spend(first, Purpose.SIGN_IN, "", NOW_MS)
    for number in range(challenges.HELD_MAX + 5):
        held.new(Purpose.SIGN_IN, "", f"{number}", NOW_MS)
    assert len(held) == challenges.HELD_MAX + 1
    for _ in range(challenges.OF_PLACE_MAX + 5):  # of strangers at her own address
        held.new(Purpose.SIGN_IN, "", "home", NOW_MS)
    assert held.spend(own, Purpose.PROVE, "her session", NOW_MS)
