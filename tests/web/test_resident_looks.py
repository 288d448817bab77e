"""A household sees who looked at its door."""

from pathlib import Path

import pytest

from tests.web.households import household_phone, new_code
from tests.web.signed_in import signed_in_site

pytestmark = pytest.mark.usefixtures("short_queries")


async def test_a_household_sees_who_looked_by_duty_and_without_names(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        await site.console.seal(0)
        await site.asks("wang", "GET", "/doors/d0")
        await site.asks("desk", "GET", "/doors/d1")
        code = new_code(site.store, "d0")
        async with household_phone(site.console.app, base="http://menshen.test") as phone:
            assert (await phone.enters(code)).status_code == 200
            page = (await phone.opens("/r/looks")).text
        assert "Grid worker" in page
        assert "looked at your door" in page
        assert "in their grids" in page
        for hidden in ("wang", "Wang", "Dispatcher", "3-101"):
            assert hidden not in page
