"""The code on a seal's label, scanned by a phone: to the seal's door, for whoever may see it."""

from pathlib import Path

from sqlalchemy import insert

from gateway.store import tables
from tests.web.signed_in import signed_in_site

ON_D0, LOOSE, ENDED = "1f3a9c0b7d2e4856", "00112233445566aa", "00112233445566ab"


async def test_a_seals_label_leads_to_its_door_for_whom_may_see_it(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        rows = ((ON_D0, "d0", None), (LOOSE, None, None), (ENDED, None, 5))
        with site.store.writing() as connection:
            for seal_id, door_id, ended_ms in rows:
                row = {"seal_id": seal_id, "door_id": door_id, "key": bytes(range(32))}
                row |= {"enrolled_ms": 1, "ended_ms": ended_ms}
                connection.execute(insert(tables.seals), row)
        for name, leads in (("desk", "/walk-test"), ("wang", ""), ("inst", "/walk-test")):
            answer = await site.asks(name, "GET", f"/seals/{ON_D0}")
            assert (answer.status_code, answer.headers["location"]) == (303, f"/doors/d0{leads}")
        assert (await site.asks("ding", "GET", f"/seals/{ON_D0}")).status_code == 404
        answer = await site.asks("desk", "GET", f"/seals/{LOOSE}")
        assert (answer.status_code, "hangs on no door" in answer.text) == (404, True)
        for unknown in (ENDED, "f" * 16, "x"):
            assert (await site.asks("desk", "GET", f"/seals/{unknown}")).status_code == 404
        async with site.browser() as stranger:
            answer = await stranger.get(f"/seals/{ON_D0}")
            assert answer.headers["location"] == f"/sign-in?after=/seals/{ON_D0}"
