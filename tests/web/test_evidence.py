"""How far a page came, as people and programs read it (A2), and the code that leads to its case
(I14)."""

from pathlib import Path

from sqlalchemy import select, update

from gateway.store import tables
from tests.web.web_site import acting_as, console, first_case, new_store

WORDS = {
    "queued": "Sent, not confirmed",
    "accepted": "Accepted by the service",
    "received": "Delivered",
    "seen": "Acted on",
}


async def test_a2_only_a_signature_says_that_somebody_was_told(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    async with console(store) as site:
        await site.seal(0)
        await site.opens(0)
        for evidence, words in WORDS.items():
            with store.writing() as connection:
                connection.execute(update(tables.outbox).values(evidence=evidence))
            page = await site.text(f"/cases/{first_case(0)}")
            assert words in page.split("Pages and their delivery")[1]
            assert ">Told<" not in page
            answer = await site.client.get(f"/api/v1/cases/{first_case(0)}/deliveries")
            assert {row["evidence"] for row in answer.json()["deliveries"]} == {evidence}


async def test_a2_a_signature_and_an_act_are_the_evidence(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    async with console(store) as site:
        await site.seal(0)
        await site.opens(0)
        case_id = first_case(0)
        await site.client.post(f"/api/v1/pages/{case_id}/received", headers=acting_as("wang"))
        assert await evidence_of(site, case_id) == "received"
        await site.act(case_id, "acknowledge")
        assert await evidence_of(site, case_id) == "seen"


async def test_i14_the_code_of_a_page_leads_to_its_case_and_nothing_else_does(
    tmp_path: Path,
) -> None:
    store = new_store(tmp_path)
    async with console(store) as site:
        await site.seal(0)
        await site.opens(0)
        case_id = first_case(0)
        with store.reading() as connection:
            o = tables.outbox.c
            sent_id = connection.execute(
                select(o.sent_id).where(o.warden_id == "wang", o.channel == "inbox")
            ).scalar_one()
        assert case_id.split("-")[0] not in sent_id
        code = sent_id[:6].upper()
        assert code in await site.text("/inbox/wang"), "as it stands in the message"
        for known in (code, sent_id):
            answer = await site.client.get(f"/pages/{known}", follow_redirects=False)
            assert answer.headers["location"].endswith(f"/cases/{case_id}")
        for unknown in ("ABCDEX", sent_id[:3], "%25"):
            assert (await site.client.get(f"/pages/{unknown}")).status_code == 404
        receipt = await site.client.post(
            f"/api/v1/pages/{sent_id}/received", headers=acting_as("wang")
        )
        assert receipt.status_code == 200, "a handheld signs for what it was sent"
        assert await evidence_of(site, case_id) == "received"


async def evidence_of(site, case_id: str) -> str:  # type: ignore[no-untyped-def]
    answer = await site.client.get(f"/api/v1/cases/{case_id}/deliveries")
    (row,) = [one for one in answer.json()["deliveries"] if one["channel"] == "inbox"]
    return str(row["evidence"])
