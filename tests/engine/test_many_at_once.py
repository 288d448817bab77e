"""I16: fourteen doors of one grid open at once, with one warden."""

import json
from typing import Any

from gateway.core.paging.person import RENEW_EVERY_MS, RENEW_SOON_MS
from gateway.core.rules import Rules
from gateway.store import page_views, tables
from gateway.store.database import Store
from tests.engine.small_site import HandSeal, beating_at, enrol, rows
from tests.engine.test_outage import apart
from tests.manual_clock import ManualClock

DOORS = 14
PLACES = Rules().pages_most


def groups(store: Store) -> list[dict[str, Any]]:
    entries = [row for row in rows(store, tables.outbox) if row["reason"] == "grouped"]
    return [json.loads(row["about"]) for row in entries]


async def test_i16_ten_ring_and_the_other_four_stand_on_the_phone_at_once(store: Store) -> None:
    clock, seals = ManualClock(), [HandSeal() for _ in range(DOORS)]
    enrol(store, seals)
    async with beating_at(store, clock) as engine:
        for number, seal in enumerate(seals):
            engine.receive(seal.topic, seal.sealed(seal.edge()), number)
        await engine.idle()
        singles = [row for row in rows(store, tables.outbox) if row["reason"] == "no_permit"]
        assert len(singles) == PLACES
        (group,) = groups(store)  # one page, though four came one after the other
        case_ids = [f"{seal.seal_id}-1" for seal in seals[PLACES:]]
        assert (group["cases"], group["case_ids"], group["rings"]) == (4, case_ids, False)
        with store.reading() as connection:
            shown = {
                page.case_id
                for page in page_views.inbox(connection, "wang", is_open=True, limit=99)
            }
        assert len(shown) == DOORS
        clock.advance(Rules().pages_window_ms)
        await engine.idle()
        assert groups(store)[-1]["rings"]
        assert set(groups(store)[-1]["case_ids"]) >= set(case_ids)
    assert apart(store).people == ()


async def test_i16_nothing_waits_longer_than_seconds_while_a_storm_goes_on(store: Store) -> None:
    clock, seals = ManualClock(), [HandSeal() for _ in range(40)]
    enrol(store, seals)
    async with beating_at(store, clock) as engine:
        for number, seal in enumerate(seals):
            engine.receive(seal.topic, seal.sealed(seal.edge()), number)
            await engine.idle()
            clock.advance(700)
            await engine.idle()
            told = {case_id for group in groups(store) for case_id in group["case_ids"]}
            told |= {row["case_id"] for row in rows(store, tables.outbox)}
            late = (RENEW_SOON_MS if number < PLACES + 3 else RENEW_EVERY_MS) // 700 + 1
            due = {f"{one.seal_id}-1" for one in seals[: max(0, number + 1 - late)]}
            assert told >= due, number
        clock.advance(RENEW_EVERY_MS)
        await engine.idle()
        assert groups(store)[-1]["cases"] == len(seals) - PLACES
        conversations = {group["conversation"] for group in groups(store)}
        assert len(conversations) == 1
        assert len(groups(store)) <= 2 + 2 * len(seals) * 700 // RENEW_EVERY_MS
