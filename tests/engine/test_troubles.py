"""Troubles of the site through the whole gateway: a case without a door, on every page of it."""

from gateway.core.events import CaseShelved
from gateway.core.reasons import Reason
from gateway.core.subject import SITE
from gateway.replay.replay import Apart
from gateway.store import case_views, page_views, tables
from gateway.store.database import Store
from tests.core.actors import action_id, actor_of
from tests.engine.small_site import HandSeal, acknowledged, beating_at, enrol, rows
from tests.engine.test_outage import apart
from tests.manual_clock import ManualClock


async def test_a_trouble_is_one_case_that_is_answered_like_any_other(store: Store) -> None:
    clock = ManualClock()
    enrol(store, [HandSeal()])
    async with beating_at(store, clock) as engine:
        for _ in range(3):
            engine.trouble(Reason.STORE_FAILING, True, age_ms=5_000)
            await engine.idle()
        (case,) = rows(store, tables.cases)
        assert (case["door_id"], case["subject_kind"], case["area"]) == (None, "site", "site")
        assert case["since_ms"] == clock.now_ms() - 5_000
        (entry,) = rows(store, tables.outbox)  # nobody else is there: the warden
        assert (entry["warden_id"], entry["door_id"]) == ("wang", "")
        with store.reading() as connection:
            (row,) = case_views.open_cases(connection, 9)
            (page,) = page_views.inbox(connection, "wang", is_open=True, limit=9)
        assert (row.subject, row.label, page.label) == (SITE, None, None)
        assert (await engine.submit(SITE, acknowledged(case["case_id"], "wang"))).changed
        engine.trouble(Reason.STORE_FAILING, False)
        await engine.idle()
    (case,) = rows(store, tables.cases)
    assert (case["state"], case["acknowledged_by"]) == ("acknowledged", "wang")
    assert case["cleared_ms"] is not None
    assert apart(store) == Apart()


async def test_a_trouble_outlives_a_restart_and_its_end_is_heard_after_it(store: Store) -> None:
    clock = ManualClock()
    enrol(store, [HandSeal()])
    async with beating_at(store, clock) as engine:
        engine.trouble(Reason.DISK_LOW, True)
        await engine.idle()
    async with beating_at(store, clock) as engine:
        engine.trouble(Reason.DISK_LOW, True)
        await engine.idle()
        assert len(rows(store, tables.cases)) == 1
        (case,) = rows(store, tables.cases)
        shelf = CaseShelved(
            case["case_id"], actor_of("wang"), action_id(), why="new disk", until_ms=2**42
        )
        await engine.submit(SITE, shelf)
        engine.trouble(Reason.DISK_LOW, False)
        await engine.idle()
    (case,) = rows(store, tables.cases)
    assert (case["state"], case["outcome"]) == ("closed", "trouble_over")
    assert apart(store) == Apart()
