"""What `journalctl` answers: was this warden paged, by which channel, and what came of it?"""

import logging

import pytest
from msgspec.structs import replace

from gateway.core.subject import of_door
from gateway.store import outbox
from gateway.store.database import Store
from tests.engine.small_site import HandSeal, acknowledged, beating, enrol

NOWHERE = "http://127.0.0.1:9/hook"


async def test_h5_a_line_for_each_opening_case_and_page_with_ids_only(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "menshen.events")
    seal = HandSeal()
    enrol(store, [seal], NOWHERE)
    async with beating(store) as (engine, _):
        engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
        await engine.idle()
        with store.reading() as connection:
            (entry,) = outbox.undelivered(connection, "webhook", 0)
        failed = replace(entry, tries=1, error="127.0.0.1 cannot be reached", next_ms=1)
        engine.attempted(failed)
        engine.attempted(replace(failed, tries=2, done_ms=5, error=None))
        await engine.idle()
        await engine.submit(of_door("door-0"), acknowledged(entry.case_id, "wang"))
    lines = "\n".join(caplog.messages).split("\n")
    page = f"page {entry.page_id} of case {entry.case_id} to wang by webhook, no_permit: "
    for line in (
        f"opening {entry.case_id} began: no_permit",
        f"case {entry.case_id} is raised: no_permit, by a rule",
        f"{page}due",
        f"{page}try 1 failed: 127.0.0.1 cannot be reached",
        f"{page}taken at try 2",
        f"case {entry.case_id} is acknowledged: no_permit, by wang",
    ):
        assert lines.count(line) == 1, line
    assert not any("Wang" in line or "1-0" in line or NOWHERE in line for line in lines)
