"""P10: a warden sees their own grids, and who reads a site out is stopped and told of. The whole
matrix is `tests/web/test_role_matrix.py`; here it is done once, by one warden, at the real console:
by all ways in which a name could be had."""

from pathlib import Path

from gateway.accounts.looks import LOOKS_MAX
from gateway.accounts.roles import Role
from gateway.core.duration import MINUTE_MS
from gateway.core.reasons import Reason
from gateway.store import case_views
from tests.door_rows import insert_doors
from tests.privacy.byte_search import hits
from tests.web.signed_in import Site, signed_in_site
from tests.web.test_role_matrix import BY_ROLE, CHECKED, address, furnished

WARDEN = BY_ROLE[Role.WARDEN]
STRANGERS = "9-909"  # the label of the other grid's doors


async def test_p10_no_address_gives_a_warden_a_name_of_another_grid(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        await furnished(site)
        own = (await site.asks(WARDEN, "GET", "/doors/d0")).status_code
        strange = await site.asks(WARDEN, "GET", "/doors/d2")
        nowhere = await site.asks(WARDEN, "GET", "/doors/no-such-door")
        assert own == 200
        assert (strange.status_code, nowhere.status_code) == (404, 404)
        told = [path for path in readable() if hits(await got(site, WARDEN, path), [STRANGERS])]
        assert told == []
        for path in ("/", "/cases", "/doors/d2", "/api/v1/doors", "/requests"):
            assert hits(await got(site, "desk", path), [STRANGERS]), "the centre sees them there"


def readable() -> list[str]:
    """Every address that can be read, of both grids."""
    paths = [path for method, path in CHECKED if method == "GET" and path != "/stream"]
    return sorted({address(path, WARDEN, is_own) for path in paths for is_own in (True, False)})


async def got(site: Site, name: str, path: str) -> bytes:
    site.clock.advance(MINUTE_MS)  # who asks so slowly is not stopped
    return (await site.asks(name, "GET", path)).content


async def test_p10_who_reads_a_hundred_doors_a_minute_is_stopped_and_the_centre_is_told(
    tmp_path: Path,
) -> None:
    async with signed_in_site(tmp_path) as site:
        with site.store.writing() as connection:
            for number in range(LOOKS_MAX + 9):
                own = {"door_id": f"own{number}", "label": f"5-{number}", "grid_id": "g1"}
                insert_doors(connection, own)
        async with site.browser(WARDEN) as reader:
            codes = [
                (await reader.get(f"/doors/own{number}")).status_code
                for number in range(LOOKS_MAX + 3)
            ]
            assert (LOOKS_MAX, codes) == (100, [200] * 100 + [429] * 3)
            assert (await reader.get("/doors/own0")).status_code == 200, "it is no other one"
            site.clock.advance(MINUTE_MS)
            assert (await reader.get("/doors/own108")).status_code == 200, "her work goes on"
        assert alarms(site) == [site.account(WARDEN).account_id]
        assert len(site.noted("bulk reading stopped")) == 1


def alarms(site: Site) -> list[str | None]:
    """Of whom people are told that they read the site out."""
    with site.store.reading() as connection:
        cases = case_views.open_cases(connection, 99)
    return [case.about for case in cases if case.reason is Reason.BULK_READING]
