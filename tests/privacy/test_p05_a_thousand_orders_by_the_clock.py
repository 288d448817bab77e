"""P5: a thousand orders end by the clock: recording stops at T, the link is gone within a day, all
within fourteen; and with the power cut at every fiftieth write the same.

That recording stops at T is `tests/engine/test_after_order.py`; when what is due, and the property,
`tests/core/test_schedule_of_ends.py`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.ending import household_ending, records
from gateway.keys.ring import KeyRing
from gateway.replay.replay import Apart
from gateway.store import tables
from gateway.store.database import Store, StoreError
from gateway.store.ending_tables import endings
from gateway.store.key_tables import order_keys
from tests.ending.ended_site import LABEL, STAY, Home, ended_site, found
from tests.engine.small_site import new_store, rows

ORDERS = int(os.environ.get("ORDERS", "60"))  # `make ending` takes a thousand
CUT_MIN = 110  # fewer are destroyed by too few writes to be cut
EVERY = 50  # writes between two cuts


def with_a_past(store: Store, homes: list[Home], at_ms: int) -> None:
    """Openings, cases and pages of each, in bulk."""
    with store.writing() as connection:
        of_all = [(home, f"{home.seal.seal_id}-{n}", n) for home in homes for n in range(2)]
        connection.execute(
            insert(tables.openings),
            [
                {
                    "opening_id": name,
                    "door_id": home.door_id,
                    "opened_ms": at_ms + n,
                    "latest_ms": at_ms + n,
                    "heard_ms": at_ms + n,
                    "shut_ms": at_ms + n + 5,
                    "reason": "no_permit",
                }
                for home, name, n in of_all
            ],
        )
        connection.execute(
            insert(tables.cases),
            [
                {
                    "case_id": name,
                    "subject_kind": "door",
                    "subject_id": home.door_id,
                    "door_id": home.door_id,
                    "grid_id": "g",
                    "state": "closed",
                    "reason": "no_permit",
                    "raised_ms": at_ms + n,
                    "since_ms": at_ms + n,
                    "openings": 1,
                    "moved_ms": at_ms + n,
                }
                for home, name, n in of_all
            ],
        )
        connection.execute(
            insert(tables.outbox),
            [
                {
                    "page_id": name,
                    "case_id": name,
                    "door_id": home.door_id,
                    "warden_id": "wang",
                    "channel": "inbox",
                    "reason": "no_permit",
                    "since_ms": at_ms + n,
                    "made_ms": at_ms + n,
                    "next_ms": at_ms + n,
                    "done_ms": at_ms + n,
                    "sent_id": name,
                }
                for home, name, n in of_all
            ],
        )


def nothing_of(store: Store, homes: list[Home]) -> None:
    store.cut_log()
    words = [word for home in homes for word in (home.order_id + "\x00", home.seal.seal_id + "-")]
    assert found(store.path.parent, [LABEL, "office-file-", "p-office", *words[1::2]]) == {}
    for table in (tables.openings, tables.orders, tables.permits, tables.doors, endings):
        assert rows(store, table) == [], table.name
    assert rows(store, order_keys) == []
    assert KeyRing.beside(store.path).key_ids() == set()


async def test_p05_a_thousand_orders_end_by_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(household_ending, "REST", 0)
    monkeypatch.setattr(household_ending, "REST_S_MIN", 0.0)
    store, homes = new_store(tmp_path), [Home(n) for n in range(ORDERS)]
    async with ended_site(store) as site:
        await site.enrol(homes, seals=False)
        with_a_past(store, homes, site.clock.now_ms())
        ending = site.ending()
        await site.later(STAY + DAY_MS - HOUR_MS)
        while await ending.look():
            pass
        assert {(row["label"], row["telephone"]) for row in rows(store, tables.doors)} == {
            ("", None)
        }
        assert KeyRing.beside(store.path).key_ids() == set()
        await site.later(12 * DAY_MS + HOUR_MS)
        while await ending.look():
            pass
        nothing_of(store, homes)
        assert site.replayed() == Apart()
    verified = records.verify(records.place(store.path))
    assert verified.count == ORDERS
    assert all(line.late_ms == 0 for line in records.read(records.place(store.path)))
    store.close()


class Cuts:
    """The power goes at every fiftieth write of what destroys: a commit is undone, a key half
    destroyed, a line not said."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.writes = self.cut = 0
        real = store.writing

        @contextmanager
        def writing() -> Iterator[Connection]:
            with real() as connection:
                yield connection
                self.due()

        monkeypatch.setattr(store, "writing", writing)
        destroy, append = KeyRing.destroy, records.append

        def destroyed(ring: KeyRing, key_id: str) -> bool:
            self.due()
            return destroy(ring, key_id)

        def appended(*args: Any) -> list[records.Destruction]:
            lines = append(*args)
            self.due()
            return lines

        monkeypatch.setattr(KeyRing, "destroy", destroyed)
        monkeypatch.setattr(records, "append", appended)

    def due(self) -> None:
        self.writes += 1
        if self.writes % EVERY == 0:
            self.cut += 1
            raise StoreError("the power is off")


async def test_p05_with_the_power_cut_at_every_fiftieth_write_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(household_ending, "REST", 0)
    monkeypatch.setattr(household_ending, "REST_S_MIN", 0.0)
    store, homes = new_store(tmp_path), [Home(n) for n in range(max(ORDERS, CUT_MIN))]
    async with ended_site(store) as site:
        await site.enrol(homes, seals=False)
        with_a_past(store, homes, site.clock.now_ms())
        await site.later(STAY + MINUTE_MS)
        with monkeypatch.context() as patch:
            cuts = Cuts(store, patch)

            async def looks() -> None:
                for _ in range(len(homes)):
                    with suppress(StoreError):
                        if not await site.ending().look():
                            return
                raise AssertionError("it does not come to an end")

            await site.later(DAY_MS)
            await looks()
            await site.later(13 * DAY_MS)
            await looks()
            assert cuts.cut >= 2
        nothing_of(store, homes)
        assert site.replayed() == Apart()
    assert records.verify(records.place(store.path)).count == len(homes)
    store.close()
