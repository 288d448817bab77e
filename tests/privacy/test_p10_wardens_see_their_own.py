"""P10: a warden sees their own grids, and who reads a site out is stopped and told of. The whole
matrix is `tests/web/test_role_matrix.py`; here it is done once, by one warden."""

from pathlib import Path

from gateway.accounts.looks import LOOKS_MAX, Looks
from gateway.accounts.roles import Role
from tests.web.signed_in import signed_in_site
from tests.web.test_role_matrix import BY_ROLE, furnished

WARDEN = BY_ROLE[Role.WARDEN]


async def test_p10_another_grids_door_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        await furnished(site)
        own = (await site.asks(WARDEN, "GET", "/doors/d0")).status_code
        strange = await site.asks(WARDEN, "GET", "/doors/d2")
        nowhere = await site.asks(WARDEN, "GET", "/doors/no-such-door")
    assert own == 200
    assert (strange.status_code, nowhere.status_code) == (404, 404)


def test_p10_a_hundred_things_in_a_minute_are_no_work_at_a_door() -> None:
    looks, now_ms = Looks(), 1_790_000_000_000
    allowed = [looks.allows("wang", f"door d{n}", now_ms) for n in range(200)]
    assert allowed.count(True) == LOOKS_MAX == 100
    assert looks.is_news("wang", now_ms)  # it is told, once
    assert not looks.is_news("wang", now_ms + 1)
