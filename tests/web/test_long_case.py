"""A case that nobody took for long: its page says when its first page went out, not a later one."""

from pathlib import Path

import pytest
from sqlalchemy import insert, select

from gateway.language.times import iso
from gateway.store import tables
from gateway.web.handheld import tasks
from gateway.web.pages import cases
from tests.web.web_site import console, first_case, new_store, now_ms

EARLIER_MS = 3_600_000


async def test_the_first_page_stays_the_first_however_many_follow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "DELIVERIES_MAX", 3)
    monkeypatch.setattr(tasks, "DELIVERIES_MAX", 3)
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
        assert "The latest 3; what was told before is not listed here." in page
        assert first in page.partition('id="workflow"')[2].partition("</ol>")[0]
        phone = await site.text(f"/handheld/wang/cases/{first_case(0)}")
        assert first in phone.partition('id="workflow"')[2].partition("</ol>")[0]
