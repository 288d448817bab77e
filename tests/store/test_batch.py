"""One commit: what is said several times is written once, what is undone in it leaves nothing."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Connection, insert, select

from gateway.core.effects import OpeningBegan, OpeningEnded, PermitRefused, PermitSpent
from gateway.core.events import MessageRefused, Order, OrderPlaced, PageReceived, PermitAnnounced
from gateway.core.model import Door, Permit
from gateway.core.paging.person import Person
from gateway.core.reasons import Reason
from gateway.core.replay_window import ReplayWindow
from gateway.core.site_model import Outages
from gateway.core.subject import SITE, of_door
from gateway.store import journal, outbox, pending, states, tables
from gateway.store.batch import WriteBatch
from gateway.store.database import Store, StoreError
from gateway.store.outbox import Entry
from gateway.store.writer import Writer
from tests.door_rows import insert_doors

NOW_MS = 1_780_000_000_000
HOUR_MS = 3_600_000
DOOR, SEAL = of_door("d1"), "a" * 16
MEAL = Permit("meal", NOW_MS, NOW_MS + HOUR_MS, 2, 600_000, "食堂", "送餐")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """One sealed door."""
    opened = Store.open(tmp_path / "menshen.db")
    with opened.writing() as connection:
        connection.execute(insert(tables.grids), {"grid_id": "g", "name": "G"})
        insert_doors(connection, {"door_id": "d1", "label": "3-201", "grid_id": "g"})
        seal = {"seal_id": SEAL, "door_id": "d1", "key": bytes(32), "enrolled_ms": 0}
        connection.execute(insert(tables.seals), seal)
    yield opened
    opened.close()


def written(store: Store, *batches: WriteBatch) -> None:
    for batch in batches:
        with store.writing() as connection:
            batch.write(connection)


def rows(store: Store, table: object) -> list[dict[str, object]]:
    with store.reading() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]  # type: ignore[call-overload]


def entry(number: int) -> Entry:
    return Entry(
        number, f"p{number}", "c", "d1", "wang", "inbox", "", "zh", "no_permit", 0, NOW_MS, NOW_MS
    )


def test_what_is_said_several_times_is_written_as_it_is_at_the_end(store: Store) -> None:
    batch = WriteBatch(1)
    for counter in (1, 2, 3):
        batch.window(SEAL, ReplayWindow(1, counter, counter, 0))
        batch.door(Door("d1", grid_id=f"g{counter}"))
        batch.person(Person("wang", more=counter))
        batch.state(states.OUTAGES, Outages(gathered_ms=counter))
        batch.refusal(NOW_MS + counter, Reason.DUPLICATE)
    batch.refusal(NOW_MS + HOUR_MS, Reason.DUPLICATE)
    written(store, batch)
    ((door,), (seal,)) = rows(store, tables.doors), rows(store, tables.seals)
    assert states.door("d1", door["state"]).grid_id == "g3"  # type: ignore[arg-type]
    assert (seal["epoch"], seal["counter"], seal["seq_top"]) == (1, 3, 3)
    assert sorted(row["count"] for row in rows(store, tables.refusals)) == [1, 3]  # type: ignore[type-var]
    with store.reading() as connection:
        assert [person.more for person in states.people(connection)] == [3]
        assert states.outages(connection).gathered_ms == 3
        assert journal.newest(connection) == (0, 0)


def test_events_are_journaled_in_order_and_bring_their_orders_and_permits(store: Store) -> None:
    batch = WriteBatch(7)
    batch.event(NOW_MS, DOOR, OrderPlaced(Order("o", 0, NOW_MS)), None)
    batch.event(NOW_MS + 1, DOOR, PermitAnnounced(MEAL), None, cause_id=7)
    batch.event(NOW_MS + 2, None, MessageRefused(SEAL, Reason.WRONG_KEY), Reason.WRONG_KEY)
    written(store, batch)
    journaled = rows(store, tables.journal)
    assert [row["journal_id"] for row in journaled] == [7, 8, 9]
    assert [row["cause_id"] for row in journaled] == [None, 7, None]
    assert [row["subject_id"] for row in journaled] == ["d1", "d1", None]
    assert [row["order_id"] for row in rows(store, tables.orders)] == ["o"]
    assert [row["openings"] for row in rows(store, tables.permits)] == [2]
    with store.reading() as connection:
        assert journal.newest(connection) == (9, NOW_MS + 2)
        assert batch.next_id == 10


def test_a_permit_that_is_refused_leaves_no_row_and_its_id_may_come_again(store: Store) -> None:
    first, second = WriteBatch(1), WriteBatch(3)
    first.event(NOW_MS, DOOR, PermitAnnounced(MEAL), Reason.PERMITS_FULL)
    first.effect(NOW_MS, "d1", PermitRefused("meal", Reason.PERMITS_FULL))
    written(store, first)
    assert rows(store, tables.permits) == []
    second.effect(NOW_MS, "d1", PermitRefused("meal", Reason.PERMITS_FULL))
    second.event(NOW_MS, DOOR, PermitAnnounced(MEAL), None)
    second.effect(NOW_MS, "d1", PermitSpent("meal", 1, "x"))
    written(store, second)
    assert [row["openings"] for row in rows(store, tables.permits)] == [1]


def test_an_opening_begins_and_ends_in_one_commit(store: Store) -> None:
    batch = WriteBatch(1)
    batch.effect(NOW_MS + 5, "d1", OpeningBegan("x", NOW_MS, NOW_MS, Reason.NO_PERMIT, None))
    batch.effect(NOW_MS + 9, "d1", OpeningEnded("x", NOW_MS + 4, NOW_MS + 4, 0))
    written(store, batch)
    (opening,) = rows(store, tables.openings)
    assert (opening["heard_ms"], opening["shut_ms"]) == (NOW_MS + 5, NOW_MS + 4)


def test_an_entry_waits_until_it_went_out_and_is_received_once(store: Store) -> None:
    batch = WriteBatch(1)
    batch.entries += [entry(1), entry(2)]
    again = WriteBatch(1)
    again.entries.append(msgspec.structs.replace(entry(2), entry_id=3))  # told already
    written(store, batch, again)
    with store.reading() as connection:
        assert outbox.newest_id(connection) == 2
        first, second = outbox.undelivered(connection, "inbox", 0)
        assert outbox.undelivered(connection, "inbox", 2) == []
        assert outbox.undelivered(connection, "webhook", 0) == []
    first.tries, first.done_ms = 1, NOW_MS
    batch = WriteBatch(1)
    batch.attempt(first)
    for at_ms in (NOW_MS + 1, NOW_MS + 2):
        batch.event(at_ms, SITE, PageReceived("c", "p2", "wang"), None)
    written(store, batch)
    with store.reading() as connection:
        (waiting,) = outbox.undelivered(connection, "inbox", 0)
    assert (waiting.page_id, waiting.received_ms) == (second.page_id, NOW_MS + 1)


def test_pending_events_are_read_in_order_and_go_with_the_commit_that_takes_them(
    store: Store,
) -> None:
    placed = [OrderPlaced(Order(f"o{number}", 0, 1)) for number in range(3)]
    with store.writing() as connection:
        pending.leave(connection, [(DOOR, event) for event in placed])
        pending.leave(connection, [])
    with store.reading() as connection:
        waiting = pending.pending_events(connection, 0)
    assert [(subject, event) for _, subject, event in waiting] == [(DOOR, each) for each in placed]
    batch = WriteBatch(1)
    batch.pending_events += [pending_id for pending_id, _, _ in waiting[:2]]
    written(store, batch)
    with store.reading() as connection:
        assert pending.pending_events(connection, 0) == waiting[2:]
        assert pending.pending_events(connection, waiting[2][0]) == []


async def test_a_commit_in_doubt_is_looked_up_and_not_doubled(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = WriteBatch(1)
    batch.event(NOW_MS, DOOR, OrderPlaced(Order("o", 0, 1)), None)
    write, writer = WriteBatch.write, Writer(store)

    def torn(self: WriteBatch, connection: Connection) -> None:
        write(self, connection)
        connection.connection.commit()
        raise OSError("the disk had it, and nobody heard")

    with monkeypatch.context() as weather:
        weather.setattr(WriteBatch, "write", torn)
        with pytest.raises(StoreError):
            await writer.write(batch)
    await writer.write(batch)
    writer.close()
    assert [row["journal_id"] for row in rows(store, tables.journal)] == [1]
    with store.reading() as connection:
        assert batch.is_written(connection)
        assert not WriteBatch(1).is_written(connection)  # nothing in it that could be doubled
