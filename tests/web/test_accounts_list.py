"""The accounts of a site come in parts, and one is found by its name."""

import re
from pathlib import Path

import pytest

from gateway.accounts import persons
from gateway.web.pages import accounts
from tests.web.signed_in import signed_in_site


async def test_every_account_is_reached_and_one_is_found_by_name_or_register(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with signed_in_site(tmp_path) as site:
        with site.accounts.reading() as connection:
            names = [one.name for one in persons.everybody(connection)]
        async with site.browser("adm") as client:
            whole = (await client.get("/accounts")).text
            assert "Next" not in whole
            assert f"{len(names)} accounts" not in whole, "who sees all needs no count"
            monkeypatch.setattr(accounts, "LISTED_MAX", 3)
            path, seen = "/accounts", list[str]()
            while path:
                page = (await client.get(path)).text
                assert f"{len(names)} accounts" in page
                seen += _names(page)
                further = re.search(r'href="([^"]*)">Next<', page)
                path = further[1].replace("&amp;", "&") if further else ""
            assert seen == names
            assert "To the beginning" in page
            assert _names((await client.get("/accounts", params={"q": "ins"})).text) == ["inst"]
            assert "Nobody is like that" in (await client.get("/accounts?q=%25")).text


def _names(page: str) -> list[str]:
    return re.findall(r'<section class="sheet">\s*<h2>([^<]*)</h2>', page)
