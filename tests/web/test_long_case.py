"""Cases that last, and doors that had many: what stands on a page is not taken for all of it."""

from pathlib import Path

import pytest
from sqlalchemy import insert, select

from gateway.language.times import iso
from gateway.store import tables
from gateway.web.handheld import shared_reads
from gateway.web.pages import cases, doors
from tests.web.web_site import console, first_case, new_store, now_ms

EARLIER_MS = 3_600_000


async def test_the_first_page_stays_the_first_however_many_follow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "DELIVERIES_MAX", 3)
    monkeypatch.setattr(shared_reads, "DELIVERIES_MAX", 3)
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        o = tables.outbox
        with site.store.writing() as connection:
            connection.execute(
                tables.cases.update().values(state="paged", raised_ms=now_ms() - EARLIER_MS)
            )
            row = dict(connection.execute(select(o).where(o.c.channel == "inbox")).mappings().one())
            del row["entry_id"]
            times = [now_ms() - EARLIER_MS + 60_000 * minute for minute in range(6)]
            connection.execute(o.delete())
            connection.execute(
                insert(o),
                [
                    row | {"page_id": f"p{n}", "made_ms": at, "done_ms": at}
                    for n, at in enumerate(times)
                ],
            )
        first = iso(times[0], site.zone)
        page = await site.text(f"/cases/{first_case(0)}")
        assert "The latest 3 of 6." in page
        assert first in page.partition('id="workflow"')[2].partition("</ol>")[0]
        phone = await site.text(f"/handheld/wang/cases/{first_case(0)}")
        assert first in phone.partition('id="workflow"')[2].partition("</ol>")[0]


async def test_a_door_says_that_it_had_more_cases_than_it_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "CASES_MAX", 1)
    older = "The latest 1; older cases are found by their number."
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        assert older not in await site.text("/doors/d0")
        with site.store.writing() as connection:
            row = dict(connection.execute(select(tables.cases)).mappings().one())
            closed = row | {"case_id": "older-1", "state": "closed", "raised_ms": 1}
            connection.execute(insert(tables.cases), closed)
        page = await site.text("/doors/d0")
        assert older in page
        assert "older-1" not in page
