"""Nobody is led to a page that they may not see: every link on every page, walked by each role."""

import re
from html import unescape
from pathlib import Path

import pytest

from gateway.accounts.roles import Role
from tests.web.signed_in import signed_in_site
from tests.web.test_role_matrix import BY_ROLE, furnished
from tests.web.web_site import first_case

PAGES_MAX = 120  # of one person; far more than there are kinds of pages
LINK = re.compile(r'<a [^>]*?href="([^"#]+)')
NO_PAGE = ("tel:", "/account/passkeys/new", "/prove")  # what asks for more than to be signed in


def kind(path: str) -> str:
    """One link of each kind is enough: what is named in it, and what is looked for, is left out."""
    at = path.partition("?")[0]
    named = r"(?<=/)(d\d+|[0-9a-f]{16}(-\d+)?|wang|deng|cai|li|ding|cao|inst)(?=/|$)"
    return re.sub(named, "*", at) + ("?" if "?" in path else "")


@pytest.mark.parametrize("role", Role)
async def test_every_link_on_the_way_of_somebody_opens(role: Role, tmp_path: Path) -> None:
    """From the first page and from a refusal, as far as links lead."""
    async with signed_in_site(tmp_path) as site, site.browser(BY_ROLE[role]) as client:
        await furnished(site)
        start = (await client.get("/nowhere")).text
        waiting = [("/nowhere", link) for link in LINK.findall(start)]
        assert waiting
        seen: dict[str, str] = {}
        while waiting and len(seen) < PAGES_MAX:
            source, link = waiting.pop(0)
            path = unescape(link)
            if kind(path) in seen or not path.startswith(("/", "?")) or path.startswith(NO_PAGE):
                continue
            seen[kind(path)] = path
            if path.startswith("?"):
                continue  # the same page in another language, or further down
            answer = await client.get(path)
            assert answer.status_code < 400, f"{source} leads to {path}: {answer.status_code}"
            waiting += [(path, one) for one in LINK.findall(answer.text)]
        assert len(seen) >= 5, seen


@pytest.mark.parametrize(("name", "reads"), [("eng", False), ("desk", True)])
async def test_who_may_not_see_cases_reads_of_none_beside_the_doors(
    name: str, reads: bool, tmp_path: Path
) -> None:
    async with signed_in_site(tmp_path) as site, site.browser(name) as client:
        await furnished(site)
        for path in ("/", "/doors/d0", "/?stand=open"):
            page = (await client.get(path)).text
            assert "3-101" in page
            assert (f"/cases/{first_case(0)}" in page) is reads, path
        assert ('id="side"' in (await client.get("/")).text) is reads


@pytest.mark.parametrize(("name", "is_kept"), [("inst", False), ("wang", True)])
async def test_a_phone_keeps_no_page_that_its_owner_may_not_open(
    name: str, is_kept: bool, tmp_path: Path
) -> None:
    async with signed_in_site(tmp_path) as site, site.browser(name) as client:
        await furnished(site)
        kept = (await client.get(f"/handheld/{name}/tasks")).json()["pages"]
        assert (f"/handheld/{name}/requests" in kept) is is_kept
        for path in kept:
            assert (await client.get(path)).status_code == 200, path
