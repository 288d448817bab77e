"""P11: whoever lives behind the door sees what is kept of them, has it as a file at once, sees who
looked, and after the end finds nothing. More of the page: `tests/web/test_resident.py`."""

from pathlib import Path

from tests.web.households import household_phone, new_code
from tests.web.signed_in import signed_in_site

BASE = "http://menshen.test"


async def test_p11_what_is_kept_is_shown_and_given_and_who_looked_is_told(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        await site.console.seal(0)
        await site.console.opens(0)
        await site.engine.idle()
        await site.asks("wang", "GET", "/doors/d0")
        async with household_phone(site.console.app, base=BASE) as phone:
            assert (await phone.enters(new_code(site.store, "d0"))).status_code == 200
            file = await phone.opens("/r/file")
            assert "attachment" in file.headers["content-disposition"]
            assert len(file.json()["openings"]) == 1
            looks = (await phone.opens("/r/looks")).text
        assert "looked at your door" in looks, "though the audit names no door"
        assert "wang" not in looks.lower()
