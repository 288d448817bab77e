"""A list is sent again only if something in it is otherwise."""

from pathlib import Path

import pytest

from tests.web.web_site import console, first_case, new_store

LISTS = ("/api/doors", "/api/cases", "/api/wardens/wang/pages", "/api/wardens/wang/unsigned")


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
