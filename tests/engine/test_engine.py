"""The engine on a real database: write, acknowledge, tell; and what bad input gets."""

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, insert

from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from gateway.core.subject import of_door
from gateway.engine.committing import RETRY_MS
from gateway.engine.guard import REFUSALS_JOURNALED_A_MINUTE
from gateway.engine.pending import PendingReader
from gateway.store import tables
from gateway.store.database import Store
from sealwire import report
from tests.engine.small_site import (
    HandSeal,
    acknowledged,
    beating,
    enrol,
    quiet,
    reader_looks,
    rows,
)
from tests.engine.small_site import around_each_commit as around
from tests.waiting import until

BOTH = 2  # sleepers: an engine that tries again later, and the reader of pending events


async def test_an_opening_is_journaled_acknowledged_receipted_and_paged(store: Store) -> None:
    seal = HandSeal()
    enrol(store, [seal])
    async with beating(store) as (engine, post):
        subscription = engine.broadcast.subscribe()
        engine.receive(seal.topic, seal.sealed(seal.edge(age_ms=20)), 77)
        await engine.idle()
    assert post.sent[0] == ("ack", 77)
    assert seal.receipted(*post.receipts()[0]) == 1
    page_id = f"{seal.seal_id}-1"
    (news,) = subscription.take()
    assert news.pages == (page_id,)
    (entry,) = rows(store, tables.outbox)
    assert (entry["page_id"], entry["channel"], entry["warden_id"]) == (page_id, "inbox", "wang")
    (case,) = rows(store, tables.cases)
    assert (case["case_id"], case["state"], case["door_id"]) == (page_id, "raised", "door-0")


async def test_a_report_sent_again_is_receipted_again_and_journaled_once(store: Store) -> None:
    seal = HandSeal()
    enrol(store, [seal])
    async with beating(store) as (engine, post):
        said = seal.edge()
        for token in range(1, 4):
            engine.receive(seal.topic, seal.sealed(said), token)
        await until(lambda: len(post.receipts()) == 3)
    reports = [row for row in rows(store, tables.journal) if row["kind"] == "report"]
    assert len(reports) == len(rows(store, tables.outbox)) == 1
    assert [seal.receipted(*sent) for sent in post.receipts()] == [1, 1, 1]


async def test_numbers_that_come_out_of_order_are_each_journaled_once(store: Store) -> None:
    """A later report may overtake one that a broker held back: the earlier is no repetition."""
    seal = HandSeal()
    enrol(store, [seal])
    async with beating(store) as (engine, post):
        said = [seal.edge(contact=n % 2) for n in range(1, 101)]
        for n in [1, 3, 2, 2, 99, 1, 50, 98, 100, 50, 4]:
            engine.receive(seal.topic, seal.sealed(said[n - 1]), n)
        await until(lambda: len(post.receipts()) == 11)
    numbers = [row["seq"] for row in rows(store, tables.journal) if row["kind"] == "report"]
    assert numbers == [1, 3, 2, 99, 50, 98, 100, 4]


def altered(message: bytes) -> bytes:
    return message[:-1] + bytes([message[-1] ^ 1])


BAD = {
    "no bytes": (Reason.TRUNCATED, lambda seal: b""),
    "half a report": (Reason.TRUNCATED, lambda seal: seal.sealed(seal.heartbeat())[:13]),
    "a report and more": (Reason.OVERSIZED, lambda seal: seal.sealed(seal.heartbeat()) + b"x"),
    "a megabyte": (Reason.OVERSIZED, lambda seal: b"\x10" * 2**20),
    "another version": (Reason.UNKNOWN_VERSION, lambda seal: b"\x30" + bytes(26)),
    "another key": (Reason.WRONG_KEY, lambda seal: seal.sealed(seal.heartbeat(), bytes(32))),
    "an altered bit": (Reason.WRONG_KEY, lambda seal: altered(seal.sealed(seal.heartbeat()))),
    "a direction that is none": (Reason.MALFORMED, lambda seal: b"\x15" + bytes(26)),
    "a receipt": (Reason.MALFORMED, lambda seal: b"\x11\x00\x00\x01\x00\x00\x01" + bytes(12)),
    "the first counter again": (Reason.BELOW_MARK, lambda seal: seal.first),
    "the last transmission again": (Reason.REPLAYED, lambda seal: seal.last),
}


@pytest.mark.parametrize("what", BAD)
async def test_bad_input_is_counted_journaled_and_changes_nothing(what: str, store: Store) -> None:
    reason, make = BAD[what]
    seal = HandSeal()
    enrol(store, [seal])
    async with beating(store) as (engine, post):
        seal.first, seal.last = seal.sealed(seal.heartbeat()), seal.sealed(seal.heartbeat())  # type: ignore[attr-defined]
        for token, payload in enumerate((seal.first, seal.last), 1):  # type: ignore[attr-defined]
            engine.receive(seal.topic, payload, token)
        engine.receive(seal.topic, make(seal), 3)
        engine.receive(seal.topic, seal.sealed(seal.edge()), 4)  # and the loop goes on
        await until(lambda: len(post.tokens()) == 4)
        assert engine.health().refused == 1
    assert post.tokens() == [1, 2, 3, 4]
    assert len(post.receipts()) == 3
    (count,) = rows(store, tables.refusals)
    assert (count["reason"], count["count"]) == (reason, 1)
    (journaled,) = [row for row in rows(store, tables.journal) if row["kind"] == "refused"]
    assert (journaled["reason"], journaled["subject_id"]) == (reason, "door-0")
    assert len(rows(store, tables.outbox)) == 1  # the honest opening's


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("seals/ffffffffffffffff/report", Reason.UNKNOWN_SEAL),
        ("seals/FFFFFFFFFFFFFFFF/report", Reason.MALFORMED),
        ("seals/report", Reason.MALFORMED),
        ("", Reason.MALFORMED),
    ],
)
async def test_a_stranger_is_counted_and_journaled(
    topic: str, reason: Reason, store: Store
) -> None:
    seal = HandSeal()
    enrol(store, [seal])
    async with beating(store) as (engine, post):
        engine.receive(topic, seal.sealed(seal.heartbeat()), 1)
        await until(post.tokens)
    assert post.receipts() == []
    assert [row["reason"] for row in rows(store, tables.refusals)] == [reason]


async def test_a_flood_of_rubbish_is_counted_exactly_and_journaled_within_a_limit(
    store: Store,
) -> None:
    enrol(store, [])
    async with beating(store) as (engine, post):
        for token in range(1, 1_001):
            engine.receive("seals/ffffffffffffffff/report", b"\x10" + bytes(26), token)
        await until(lambda: len(post.tokens()) == 1_000)
    assert sum(row["count"] for row in rows(store, tables.refusals)) == 1_000
    assert len(rows(store, tables.journal)) <= 2 * REFUSALS_JOURNALED_A_MINUTE


async def test_a_burst_of_failures_under_one_seals_name_becomes_one_case(store: Store) -> None:
    seal = HandSeal()
    enrol(store, [seal])
    async with beating(store) as (engine, post):
        for token in range(1, 31):
            engine.receive(seal.topic, seal.sealed(seal.heartbeat(), bytes(32)), token)
        await until(lambda: len(post.tokens()) == 30)
    assert [case["reason"] for case in rows(store, tables.cases)] == [Reason.REFUSALS]
    assert len(rows(store, tables.outbox)) == 1


async def test_what_a_broker_repeats_after_a_break_is_counted_and_no_case(store: Store) -> None:
    """A broker that was killed tells again what it had told: nobody plays with the wire."""
    seal = HandSeal()
    enrol(store, [seal])
    async with beating(store) as (engine, post):
        frames = [seal.sealed(seal.heartbeat()) for _ in range(20)]
        for token, frame in enumerate(frames + frames):
            engine.receive(seal.topic, frame, token, live=token < 20)
        await until(lambda: len(post.tokens()) == 40)
    assert rows(store, tables.cases) == []
    assert sum(row["count"] for row in rows(store, tables.refusals)) == 20


async def test_no_bytes_without_a_key_stop_the_loop_however_they_come(store: Store) -> None:
    """Two bursts in one batch, with a case open, locked or none: counted, and told once."""
    seals = [HandSeal() for _ in range(2)]
    enrol(store, seals)
    async with beating(store) as (engine, post):
        engine.receive(seals[1].topic, seals[1].sealed(seals[1].tamper()), 1)
        await until(post.receipts)
        for token, seal in enumerate(seals * 40, 2):
            engine.receive(seal.topic, b"\x20" + bytes(26), token)
        for token, seal in enumerate(seals, 100):
            engine.receive(seal.topic, seal.sealed(seal.edge()), token)
        await until(lambda: len(post.tokens()) == 83)
    told = [row["page_id"] for row in rows(store, tables.outbox)]
    assert sum("refusals" in page_id for page_id in told) == 2
    assert len(told) == len(set(told)) == 5


async def test_a_seal_without_a_door_is_receipted_and_recorded(store: Store) -> None:
    seal = HandSeal()
    enrol(store, [seal], bound=False)
    async with beating(store) as (engine, post):
        engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
        await until(post.receipts)
    *enrolled, row = rows(store, tables.journal)  # rules, staff and places stand before all
    assert [its["kind"] for its in enrolled] == ["rules", "staff", "door_placed"]
    assert (row["reason"], row["subject_id"]) == (Reason.NO_DOOR, None)
    assert [row["reason"] for row in rows(store, tables.refusals)] == [Reason.NO_DOOR]


async def test_a_full_disk_acknowledges_nothing_and_loses_nothing(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    seals = [HandSeal() for _ in range(40)]
    enrol(store, seals)
    pages = {"most": 1 << 30}

    @around(store)
    def limit(connection: Connection) -> Iterator[None]:
        cursor = connection.connection.cursor()
        cursor.execute(f"PRAGMA max_page_count={pages['most']}")
        yield

    async with beating(store) as (engine, post):
        pages["most"] = 1  # SQLite itself says "database or disk is full" from here on
        for n, seal in enumerate(seals * 3):
            engine.receive(seal.topic, seal.sealed(seal.edge(n % 2)), n + 1)
        await until(lambda: not engine.health().store_ok)
        for _ in range(3):  # every try is as vain as the first
            await engine.clock.until_asleep(BOTH)
            engine.clock.advance(RETRY_MS[-1])
        await engine.clock.until_asleep(BOTH)
        assert post.sent == []
        assert "the disk is full" in str(engine.health().store_error)
        pages["most"] = 1 << 30
        engine.clock.advance(RETRY_MS[-1])
        await engine.idle()
        assert len(post.receipts()) == len(seals) * 3
        assert engine.health().store_ok
    reports = [row for row in rows(store, tables.journal) if row["kind"] == "report"]
    assert len(reports) == len(seals) * 3
    assert sum("nothing can be stored" in line for line in caplog.messages) == 1


async def test_a_commit_that_seemed_to_fail_is_not_written_twice(store: Store) -> None:
    seal = HandSeal()
    enrol(store, [seal])
    failures = [OSError(5, "Input/output error")]

    @around(store)
    def fail_after(_: Connection) -> Iterator[None]:
        yield  # the disk has it
        if failures and armed:
            raise failures.pop()

    armed = False
    async with beating(store) as (engine, post):
        armed = True
        engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
        await engine.clock.until_asleep(BOTH)
        engine.clock.advance(RETRY_MS[0])
        await engine.idle()
        assert len(post.receipts()) == 1
    assert failures == []
    assert len(rows(store, tables.outbox)) == 1


async def test_after_a_restart_everything_goes_on_where_it_was(store: Store) -> None:
    seal = HandSeal()
    enrol(store, [seal])
    async with beating(store) as (engine, post):
        old = seal.sealed(seal.edge())
        engine.receive(seal.topic, old, 1)
        await until(post.receipts)
    async with beating(store) as (engine, post):
        engine.receive(seal.topic, old, 1)  # the broker never got our acknowledgement
        engine.receive(seal.topic, seal.sealed(seal.edge(report.SHUT)), 2)
        await until(lambda: len(post.tokens()) == 2)
        case_id = rows(store, tables.cases)[0]["case_id"]
        assert (await engine.submit(of_door("door-0"), acknowledged(case_id, "Wang"))).changed
        assert not (await engine.submit(of_door("door-0"), acknowledged(case_id, "Li"))).changed
        engine.clock.advance(Rules().off_delay_ms)
        await engine.idle()
        assert rows(store, tables.openings)[0]["shut_ms"]
    assert len(rows(store, tables.outbox)) == 1
    (case,) = rows(store, tables.cases)
    assert (case["state"], case["acknowledged_by"]) == ("acknowledged", "Wang")


async def test_an_action_that_comes_again_after_a_restart_is_one_action(store: Store) -> None:
    """The handheld got no answer, for the gateway was killed: it sends the same action again."""
    seal = HandSeal()
    enrol(store, [seal])
    async with beating(store) as (engine, post):
        engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
        await until(post.receipts)
        taken = acknowledged(rows(store, tables.cases)[0]["case_id"], "wang")
        first = await engine.submit(of_door("door-0"), taken)
    assert (first.changed, first.refusal) == (True, None)
    async with beating(store) as (engine, _):
        assert await engine.submit(of_door("door-0"), taken) == first
        assert await engine.submit(of_door("door-0"), acknowledged(taken.case_id, "li")) != first
    actions = [r["reason"] for r in rows(store, tables.journal) if r["kind"] == "acknowledged"]
    assert actions == [None, "repeated", "taken_already"]


async def test_an_act_on_a_door_that_does_not_exist_is_refused(store: Store) -> None:
    enrol(store, [])
    async with beating(store) as (engine, _):
        with pytest.raises(KeyError):
            await engine.submit(of_door("nowhere"), acknowledged("x", "Wang"))


async def test_an_order_placed_while_the_gateway_was_stopped_stands_before_what_waited(
    store: Store,
) -> None:
    """service.py takes all pending events before it lets the broker in."""
    seal = HandSeal()
    enrol(store, [seal])
    engine, post = quiet(store)
    pending = PendingReader(store, engine)
    while await pending.take():
        pass
    engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
    async with asyncio.TaskGroup() as group:
        living = group.create_task(engine.run())
        await until(post.tokens)
        living.cancel()
    (opening,) = rows(store, tables.openings)
    assert opening["reason"] == Reason.NO_PERMIT


async def test_a_warden_who_is_enrolled_later_is_paged_by_a_running_gateway(store: Store) -> None:
    seal = HandSeal()
    enrol(store, [seal])
    async with beating(store) as (engine, post):
        with store.writing() as connection:
            warden = {"warden_id": "li", "name": "Li", "grid_id": "g", "channels": '["inbox"]'}
            connection.execute(insert(tables.wardens), warden)
            connection.execute(insert(tables.enrolments), {"at_ms": 0})
        await reader_looks(engine)
        await until(lambda: len(engine.state.registry.wardens["g"]) == 2)
        engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
        await until(post.receipts)
    assert {row["warden_id"] for row in rows(store, tables.outbox)} == {"wang", "li"}
