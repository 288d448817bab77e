"""P11: whoever lives behind the door sees what is kept of them, has it as a file at once, sees who
looked, and after the end finds nothing. More of the page: `tests/web/test_resident.py`."""

from pathlib import Path

from gateway.accounts import audit
from gateway.core.duration import DAY_MS
from gateway.core.events import OrderPlaced
from gateway.core.households.events import HealthReported
from gateway.core.households.model import Symptom
from gateway.core.model import Order
from gateway.core.subject import of_door, of_household
from gateway.store import household_views
from tests.web.households import household_phone, new_code
from tests.web.signed_in import signed_in_site
from tests.web.test_requests import asks, contests
from tests.web.web_site import first_case, now_ms

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


async def test_p11_who_did_what_with_what_it_asked_for_is_told_and_the_audit_names_none_of_it(
    tmp_path: Path,
) -> None:
    async with signed_in_site(tmp_path) as site:
        await site.console.seal(0)
        await site.console.seal(1)
        await site.console.opens(0)
        request_id = await asks(site.console)
        await asks(site.console, 1)
        await contests(site.console, first_case(0))
        unwell = HealthReported(action_id="h", is_well=False, symptoms=(Symptom.FEVER,))
        assert (await site.engine.submit(of_household("d0"), unwell)).changed
        with site.store.reading() as connection:
            (question,) = household_views.open_questions(connection, 9).rows
        does = {
            f"requests/{request_id}/take": "took a request",
            f"requests/{request_id}/decline": "declined a request",
            "disputes/dispute-1/assign": "named who answers a dispute",
            f"questions/{question.question_id}/take": "took a question about somebody",
            "doors/d0/orders/o0/end": "ended an order at your door",
        }
        for path in does:
            body = {"why": "none left"} if path.endswith("decline") else {}
            answer = await site.asks("cai", "POST", f"/api/v1/{path}", json=body)
            assert answer.status_code == 200, (path, answer.text)
        await site.asks("desk", "POST", "/api/v1/requests/request-1food/take", json={})  # another's
        await site.engine.submit(of_door("d0"), OrderPlaced(Order("o0", 0, now_ms() + DAY_MS)))
        async with household_phone(site.console.app, base=BASE) as phone:
            await phone.enters(new_code(site.store, "d0"))
            looks = (await phone.opens("/r/looks")).text
        for words in does.values():
            assert looks.count(words) == 1, words
        assert "Head of the grid" in looks
        assert "Cai" not in looks
        with site.accounts.reading() as connection:
            about = [entry.note.about for entry in audit.read(connection, 100)]
        for named in (request_id, "dispute-1", question.question_id, "order o0", "door d0"):
            assert not any(named in one for one in about), named
        assert sum("~" in one for one in about) >= len(does), "each is sealed"
        assert site.noted("decline")[0][2] == f"request {request_id}", "auditors read it"
