"""A flood of what is nobody's fills no audit; what is about somebody is noted each time."""

import asyncio
from pathlib import Path

import pytest

from gateway.accounts import audit
from gateway.accounts.audit import Note
from gateway.web import unnoted
from gateway.web.unnoted import Unnoted, more_in
from tests.web.signed_in import signed_in_site
from tests.web.web_site import now_ms


async def test_a_flood_of_links_that_nobody_has_is_noted_as_a_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unnoted, "NOTED", (1 / 30, 3.0))
    async with signed_in_site(tmp_path) as site, site.browser() as stranger:
        tried = [stranger.post(f"/invitation/{n:043}") for n in range(20)]
        assert {answer.status_code for answer in await asyncio.gather(*tried)} == {410}
        assert len(site.noted("invitation refused")) == 3
        form = {"name": "desk", "password": "wrong"}
        for _ in range(5):
            assert (await stranger.post("/sign-in", data=form)).status_code == 403
        assert len(site.noted("sign-in refused")) == 5, "about an account: each"


def test_what_was_not_noted_is_counted_and_said() -> None:
    now_s = 0.0
    tries = Unnoted(lambda: now_s)
    noted = [tries.why("passkey refused", "not known") for _ in range(100)]
    assert noted.count("not known") == unnoted.NOTED[1]
    assert noted.count(None) == 40
    assert tries.why("invitation refused") == "", "each kind by itself"
    now_s += 31
    why = tries.why("passkey refused", "not known")
    assert why == "not known +40"
    assert more_in(why or "") == 40
    assert (more_in(""), more_in("+ 3"), more_in("own")) == (0, 0, 0)
    now_s += 31
    assert tries.why("passkey refused", "not known") == "not known"


@pytest.mark.parametrize(("language", "words"), [("en", "and 17 more before it"), ("zh", "17 次")])
async def test_the_page_of_the_audit_says_how_many(
    language: str, words: str, tmp_path: Path
) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("aud") as auditor:
        with site.accounts.writing() as connection:
            audit.add(connection, [Note(now_ms(), "", "invitation refused", "", "+17", 403)])
        page = await auditor.get("/audit", headers={"accept-language": language})
        assert words in page.text
