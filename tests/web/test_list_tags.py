"""A list is sent again only if something in it is otherwise."""

from pathlib import Path

import pytest

from tests.web.signed_in import signed_in_site
from tests.web.web_site import console, first_case, new_store

LISTS = (
    "/api/v1/doors",
    "/api/v1/cases",
    "/api/v1/wardens/wang/pages",
    "/api/v1/wardens/wang/unsigned",
)


@pytest.mark.parametrize("path", LISTS)
async def test_who_has_it_already_gets_nothing_until_it_changes(path: str, tmp_path: Path) -> None:
    store = new_store(tmp_path)
    async with console(store) as site:
        await site.seal(0)
        first = await site.client.get(path)
        tag = first.headers["etag"]
        again = await site.client.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        await site.opens(0)
        changed = await site.client.get(path, headers={"If-None-Match": tag})
        assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)
        assert first_case(0) in changed.text or "/doors" in path
    store.close()


@pytest.mark.parametrize("path", ["/api/v1/cases", "/api/v1/doors"])
async def test_what_one_person_has_is_nothing_to_another(path: str, tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        hers = await site.asks("wang", "GET", path)  # of grid g1
        known = {"If-None-Match": hers.headers["etag"]}
        assert (await site.asks("wang", "GET", path, headers=known)).status_code == 304
        for name in ("li", "desk"):  # of grid g2, and of all: even where both lists are empty
            theirs = await site.asks(name, "GET", path, headers=known)
            assert (theirs.status_code, theirs.headers["etag"] != known["If-None-Match"]) == (
                200,
                True,
            )
        assert (await site.asks("deng", "GET", path, headers=known)).status_code == 304  # as wang
        assert (await site.asks("", "GET", path, headers=known)).status_code == 401
        assert (await site.asks("adm", "GET", path, headers=known)).status_code == 403
