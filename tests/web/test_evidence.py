"""How far a page came, as people and programs read it (A2), and the code that leads to its case
(I14)."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway.core.cases.number import case_number
from gateway.core.reasons import Reason
from gateway.store import case_log, tables
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


async def test_who_only_opens_a_pages_link_has_changed_nothing(tmp_path: Path) -> None:
    """What carries a message (a chat, a mail filter) opens its links before any person does."""
    store = new_store(tmp_path)

    def written() -> list[Any]:
        with store.reading() as connection:
            return [
                connection.execute(select(table)).all()
                for table in (tables.outbox, tables.journal, tables.cases, case_log.DETOURS)
            ]

    async with console(store) as site:
        await site.seal(0)
        await site.opens(0)
        with store.reading() as connection:
            sent_id = connection.execute(
                select(tables.outbox.c.sent_id).where(tables.outbox.c.channel == "inbox")
            ).scalar()
        before = written()
        for headers in ({}, {"user-agent": "MicroMessenger Preview"}, {"purpose": "prefetch"}):
            answer = await site.client.get(
                f"/pages/{sent_id}", headers=headers, follow_redirects=True
            )
            assert answer.status_code == 200
            assert case_number(first_case(0)) in answer.text
        await site.engine.idle()
        assert written() == before
        assert await evidence_of(site, first_case(0)) == "queued"
        await site.act(first_case(0), "acknowledge")
        assert await evidence_of(site, first_case(0)) == "seen", "a person did something"


@pytest.mark.parametrize(
    ("reason", "leads_to"), [(Reason.GROUPED, "/cases"), (Reason.UNREACHABLE, "/wardens")]
)
async def test_the_link_of_a_page_about_many_leads_to_their_list(
    reason: Reason, leads_to: str, tmp_path: Path
) -> None:
    store = new_store(tmp_path)
    async with console(store) as site:
        await site.seal(0)
        await site.opens(0)
        with store.writing() as connection:
            changed = update(tables.outbox).values(reason=reason, sent_id="0123456789abcdef")
            connection.execute(changed)
        answer = await site.client.get("/pages/0123456789abcdef")
        assert (answer.status_code, answer.headers["location"]) == (303, leads_to)


async def evidence_of(site, case_id: str) -> str:  # type: ignore[no-untyped-def]
    answer = await site.client.get(f"/api/v1/cases/{case_id}/deliveries")
    (row,) = [one for one in answer.json()["deliveries"] if one["channel"] == "inbox"]
    return str(row["evidence"])
