"""Commands on their way down, and what comes back: written before it goes out, asked until it is
answered, ended by the seal or by its time; and what a seal says of itself."""

import secrets
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from gateway.core.duration import HOUR_MS
from gateway.engine.engine import Engine
from gateway.store import seal_commands, tables
from gateway.store.database import Store
from gateway.store.seal_commands import CommandKind, CommandState
from gateway.store.seal_tables import seal_commands as commands_table
from gateway.store.seal_tables import seal_readings
from gateway.store.update_tables import seal_updates
from gateway.updates import kept
from gateway.updates.rollout import Plan, Stage
from sealwire import ccm, command, envelope, note, report
from tests.engine.small_site import HandSeal, Post, beating, enrol, new_store, rows
from tests.manual_clock import ManualClock
from tests.updates.releases import made

BEAT = ((300).to_bytes(3, "big"),)
WIFI = (b"new", b"new password")
DAY_MS = 24 * HOUR_MS


class Seal2(HandSeal):
    """A seal of version 2, whose every transmission is made by hand."""

    def noted(self, ticket: int = 0, outcome: int = note.NOTHING, signal_dbm: int = -70) -> bytes:
        plain = note.pack(note.WATCHDOG, (2, 0, 1), ticket, outcome, signal_dbm, 2900)
        self.counter += 1
        numbers = envelope.UP, self.epoch, self.counter
        return envelope.seal_up(ccm.cipher(self.key), bytes.fromhex(self.seal_id), *numbers, plain)

    def opened(self, payload: bytes) -> tuple[int, bytes]:
        """(direction, plaintext) of what came down."""
        cipher, raw_id = ccm.cipher(self.key), bytes.fromhex(self.seal_id)
        direction, epoch, counter, plain = envelope.open_up(cipher, raw_id, payload)
        assert (epoch, counter) == (self.epoch, self.counter)
        return direction, plain


@pytest.fixture
def seal() -> Seal2:
    return Seal2()


@pytest.fixture
def store(tmp_path: Path, seal: Seal2) -> Any:
    made = new_store(tmp_path)
    enrol(made, [seal])
    yield made
    made.close()


def ask(store: Store, seal: Seal2, kind: CommandKind, parts: tuple[bytes, ...], now_ms: int) -> int:
    with store.writing() as connection:
        return seal_commands.add(
            connection, seal.seal_id, kind, parts, now_ms, now_ms + DAY_MS, "a test"
        )


def state(store: Store) -> tuple[str, bool]:
    """The newest command's state, and whether what it asks is kept."""
    newest = rows(store, commands_table)[-1]
    return newest["state"], newest["plain"] is not None


async def say(engine: Engine, post: Post, seal: Seal2, payload: bytes) -> list[tuple[int, bytes]]:
    """Transmit; what comes back, opened."""
    before = len(post.receipts())
    engine.receive(seal.topic, payload, 1)
    await engine.idle()
    return [seal.opened(answer) for _, answer in post.receipts()[before:]]


async def taken_over(engine: Engine, clock: ManualClock, ms: int = 600) -> None:
    """Time passes, and the gateway has read anew what other programs left."""
    await clock.until_asleep()
    clock.advance(ms)
    await clock.until_asleep()
    await engine.idle()


async def test_a_command_waits_for_its_seal_and_goes_out_before_the_receipt(
    store: Store, seal: Seal2
) -> None:
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, post):
        ask(store, seal, CommandKind.HEARTBEAT, BEAT, clock.now_ms())
        await taken_over(engine, clock)
        assert state(store) == ("waiting", True)
        answers = await say(engine, post, seal, seal.sealed(seal.heartbeat()))
        assert [direction for direction, _ in answers] == [envelope.ORDER, envelope.DOWN]
        kind, ticket, parts = command.unpack(answers[0][1])
        assert (kind, tuple(parts)) == (command.HEARTBEAT, BEAT)
        assert state(store) == ("sent", True)
        assert ticket == rows(store, commands_table)[0]["ticket"]


async def test_it_is_asked_with_every_answer_until_the_seal_says_what_came_of_it(
    store: Store, seal: Seal2
) -> None:
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, post):
        ask(store, seal, CommandKind.WIFI, WIFI, clock.now_ms())
        await taken_over(engine, clock)
        ticket = rows(store, commands_table)[0]["ticket"]
        for _ in range(3):
            answers = await say(engine, post, seal, seal.sealed(seal.heartbeat()))
            assert len(answers) == 2
        frames = {payload for _, payload in post.receipts()[::2]}
        assert len(frames) == 3  # never the same bytes
        assert len(await say(engine, post, seal, seal.noted(ticket, note.TAKEN))) == 1
        assert state(store) == ("taken", True)
        assert len(await say(engine, post, seal, seal.sealed(seal.heartbeat()))) == 1
        await say(engine, post, seal, seal.noted(ticket, note.WORKED))
        assert state(store) == ("worked", False)
        assert len(await say(engine, post, seal, seal.sealed(seal.heartbeat()))) == 1


@pytest.mark.parametrize(
    ("outcome", "word"), [(note.REFUSED, "refused"), (note.FELL_BACK, "fell_back")]
)
async def test_what_did_not_work_ends_and_its_secret_is_gone(
    store: Store, seal: Seal2, outcome: int, word: str
) -> None:
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, post):
        ask(store, seal, CommandKind.WIFI, WIFI, clock.now_ms())
        await taken_over(engine, clock)
        await say(engine, post, seal, seal.sealed(seal.heartbeat()))
        ticket = rows(store, commands_table)[0]["ticket"]
        await say(engine, post, seal, seal.noted(ticket, outcome))
        assert state(store) == (word, False)


async def test_one_at_a_time_and_in_their_order(store: Store, seal: Seal2) -> None:
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, post):
        for kind, parts in ((CommandKind.HEARTBEAT, BEAT), (CommandKind.WIFI, WIFI)):
            ask(store, seal, kind, parts, clock.now_ms())
        await taken_over(engine, clock)
        first, second = (row["ticket"] for row in rows(store, commands_table))
        for ticket in (first, second):
            answers = await say(engine, post, seal, seal.sealed(seal.heartbeat()))
            assert command.unpack(answers[0][1])[1] == ticket
            await say(engine, post, seal, seal.noted(ticket, note.WORKED))


async def test_a_seal_that_began_anew_is_asked_again(store: Store, seal: Seal2) -> None:
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, post):
        ask(store, seal, CommandKind.WIFI, WIFI, clock.now_ms())
        await taken_over(engine, clock)
        await say(engine, post, seal, seal.sealed(seal.heartbeat()))
        ticket = rows(store, commands_table)[0]["ticket"]
        await say(engine, post, seal, seal.noted(ticket, note.TAKEN))
        seal.epoch, seal.counter = seal.epoch + 1, 0
        answers = await say(engine, post, seal, seal.noted())
        assert [direction for direction, _ in answers] == [envelope.ORDER, envelope.DOWN]


async def test_a_seal_of_version_1_is_heard_and_never_asked(store: Store, seal: Seal2) -> None:
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, post):
        ask(store, seal, CommandKind.WIFI, WIFI, clock.now_ms())
        await taken_over(engine, clock)
        seal.counter += 1
        numbers = envelope.UP, 1, seal.counter
        said = envelope.seal_up(
            ccm.cipher(seal.key),
            bytes.fromhex(seal.seal_id),
            *numbers,
            report.pack(seal.edge()),
            1,
        )
        (answer,) = await say(engine, post, seal, said)
        assert answer[0] == envelope.DOWN
        assert envelope.version_of(post.receipts()[-1][1]) == 1
        assert [row["kind"] for row in rows(store, tables.journal)].count("report") == 1


async def test_its_time_ends_it_and_so_does_whoever_asked(store: Store, seal: Seal2) -> None:
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, post):
        number = ask(store, seal, CommandKind.WIFI, WIFI, clock.now_ms())
        await taken_over(engine, clock)
        with store.writing() as connection:
            assert seal_commands.cancel(connection, [number], clock.now_ms()) == 1
        await taken_over(engine, clock)
        assert state(store) == ("cancelled", False)
        assert len(await say(engine, post, seal, seal.sealed(seal.heartbeat()))) == 1
        ask(store, seal, CommandKind.WIFI, WIFI, clock.now_ms())
        await taken_over(engine, clock)
        await taken_over(engine, clock, DAY_MS)
        assert state(store) == ("expired", False)
        assert len(await say(engine, post, seal, seal.sealed(seal.heartbeat()))) == 1


async def test_a_gateway_that_was_killed_asks_on(store: Store, seal: Seal2) -> None:
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, post):
        ask(store, seal, CommandKind.WIFI, WIFI, clock.now_ms())
        await taken_over(engine, clock)
        await say(engine, post, seal, seal.sealed(seal.heartbeat()))
    async with beating(store, clock=clock) as (engine, post):
        await taken_over(engine, clock)
        assert len(await say(engine, post, seal, seal.sealed(seal.heartbeat()))) == 2


async def test_another_heartbeat_is_expected_once_the_seal_keeps_to_it(
    store: Store, seal: Seal2
) -> None:
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, post):
        ask(store, seal, CommandKind.HEARTBEAT, BEAT, clock.now_ms())
        await taken_over(engine, clock)
        await say(engine, post, seal, seal.sealed(seal.heartbeat()))
        assert engine.state.doors["door-0"].heartbeat_ms is None
        ticket = rows(store, commands_table)[0]["ticket"]
        await say(engine, post, seal, seal.noted(ticket, note.WORKED))
        assert engine.state.doors["door-0"].heartbeat_ms == 300_000
        assert rows(store, tables.seals)[0]["heartbeat_ms"] == 300_000


async def test_what_a_seal_says_of_itself_is_kept_and_touches_no_door(
    store: Store, seal: Seal2
) -> None:
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, post):
        await say(engine, post, seal, seal.sealed(seal.edge(report.SHUT)))
        before = engine.state.doors["door-0"]
        seal.epoch, seal.counter = 2, 0
        await say(engine, post, seal, seal.noted(signal_dbm=-71))
        booted_ms = clock.now_ms()
        assert engine.state.doors["door-0"] == before
        clock.advance(1000)
        beat = seal.heartbeat()
        beat.signal_dbm = -64
        await say(engine, post, seal, seal.sealed(beat))
        (reading,) = rows(store, seal_readings)
        assert reading == {
            "seal_id": seal.seal_id,
            "heard_ms": clock.now_ms(),
            "battery_mv": 2900,
            "battery_percent": None,
            "signal_dbm": -64,
            "firmware": "2.0.1",
            "reset_cause": "watchdog",
            "booted_ms": booted_ms,
            "release": None,
        }


async def test_a_note_that_comes_twice_is_a_replay(store: Store, seal: Seal2) -> None:
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, post):
        said = seal.noted()
        assert len(await say(engine, post, seal, said)) == 1
        assert await say(engine, post, seal, said) == []
        assert "replayed" in [row["reason"] for row in rows(store, tables.refusals)]


class Rotation:
    """A seal that is asked to be another."""

    def __init__(self, store: Store, seal: Seal2) -> None:
        self.store, self.old, self.new = store, seal, Seal2()
        self.new.epoch, self.new.edges, self.new.seq = seal.epoch, seal.edges, seal.seq

    def ask(self, now_ms: int) -> int:
        parts = bytes.fromhex(self.new.seal_id), self.new.key, b"password"
        with self.store.writing() as connection:
            row = {"seal_id": self.new.seal_id, "key": self.new.key, "enrolled_ms": now_ms}
            connection.execute(insert(tables.seals), row | {"follows": self.old.seal_id})
            connection.execute(insert(tables.enrolments), {"at_ms": now_ms})
        ask(self.store, self.old, CommandKind.IDENTITY, parts, now_ms)
        return int(rows(self.store, commands_table)[-1]["ticket"])

    def seals(self) -> dict[str, tuple[str | None, bool]]:
        """By id: its door, and whether it has ended."""
        s = tables.seals.c
        with self.store.reading() as connection:
            found = connection.execute(select(s.seal_id, s.door_id, s.ended_ms)).all()
        return {seal_id: (door_id, ended_ms is not None) for seal_id, door_id, ended_ms in found}


async def test_a_seal_that_is_another_stays_the_seal_of_its_door(store: Store, seal: Seal2) -> None:
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, post):
        await say(engine, post, seal, seal.sealed(seal.edge(report.SHUT)))
        rotation = Rotation(store, seal)
        with store.writing() as connection:  # a roll-out that it is in goes on with it
            kept.add(connection, made(7), clock.now_ms())
            stages = {seal.seal_id: Stage.CANARY}
            kept.start(connection, made(7).release_id.hex(), Plan(), stages, clock.now_ms())
        ticket = rotation.ask(clock.now_ms())
        await taken_over(engine, clock)
        await say(engine, post, seal, seal.sealed(seal.heartbeat()))
        await say(engine, post, seal, seal.noted(ticket, note.TAKEN))
        before = engine.state.doors["door-0"]
        new = rotation.new
        assert len(await say(engine, post, new, new.noted(ticket, note.WORKED))) == 1
        door = engine.state.doors["door-0"]
        assert (door.seal_id, door.contact, door.edges) == (
            new.seal_id,
            before.contact,
            before.edges,
        )
        assert rotation.seals() == {
            seal.seal_id: (None, True),
            new.seal_id: ("door-0", False),
        }
        assert await say(engine, post, seal, seal.sealed(seal.heartbeat())) == []  # unknown now
        assert len(await say(engine, post, new, new.sealed(new.edge()))) == 1
        assert engine.state.doors["door-0"].case is not None  # an opening under the order
        await taken_over(engine, clock)  # the registry is read anew, and says the same
        assert len(await say(engine, post, new, new.sealed(new.edge(report.SHUT)))) == 1
        assert engine.state.doors["door-0"].edges == new.edges
        (command,) = rows(store, commands_table)
        assert (command["state"], command["plain"]) == ("worked", None)
        assert [row["seal_id"] for row in rows(store, seal_updates)] == [new.seal_id]


async def test_whoever_is_heard_first_decides_and_the_other_never_is(
    store: Store, seal: Seal2
) -> None:
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, post):
        rotation = Rotation(store, seal)
        ticket = rotation.ask(clock.now_ms())
        await taken_over(engine, clock)
        await say(engine, post, seal, seal.noted(ticket, note.TAKEN))
        await say(engine, post, seal, seal.noted(ticket, note.FELL_BACK))
        late = rotation.new.noted(ticket, note.WORKED)
        assert await say(engine, post, rotation.new, late) == []
        assert engine.state.doors["door-0"].seal_id == seal.seal_id
        assert rotation.seals() == {
            seal.seal_id: ("door-0", False),
            rotation.new.seal_id: (None, True),
        }


async def test_an_identity_is_not_won_by_saying_so_under_the_old_one(
    store: Store, seal: Seal2
) -> None:
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, post):
        rotation = Rotation(store, seal)
        ticket = rotation.ask(clock.now_ms())
        await taken_over(engine, clock)
        await say(engine, post, seal, seal.noted(ticket, note.WORKED))
        wrong = secrets.randbelow(1 << 31) + 1
        await say(engine, post, rotation.new, rotation.new.noted(wrong, note.WORKED))
        assert rotation.seals()[seal.seal_id] == ("door-0", False)
        assert state(store)[0] != "worked"


async def test_a_note_goes_on_where_the_gateway_was_killed_before_its_receipt(
    store: Store, seal: Seal2
) -> None:
    clock = ManualClock()
    rotation = Rotation(store, seal)
    async with beating(store, clock=clock) as (engine, post):
        ticket = rotation.ask(clock.now_ms())
        await taken_over(engine, clock)
        await say(engine, post, seal, seal.noted(ticket, note.TAKEN))
        await say(engine, post, rotation.new, rotation.new.noted(ticket, note.WORKED))
    async with beating(store, clock=clock) as (engine, post):
        again = rotation.new.noted(ticket, note.WORKED)  # its receipt was lost
        assert len(await say(engine, post, rotation.new, again)) == 1
        assert engine.state.doors["door-0"].seal_id == rotation.new.seal_id


def test_there_is_a_limit_to_what_is_asked(
    store: Store, seal: Seal2, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seal_commands, "COMMANDS_MAX", 2)
    for _ in range(2):
        ask(store, seal, CommandKind.HEARTBEAT, BEAT, 0)
    with pytest.raises(seal_commands.TooManyCommandsError, match="2 commands"):
        ask(store, seal, CommandKind.HEARTBEAT, BEAT, 0)
    with store.writing() as connection:
        ended = update(commands_table).values(state=CommandState.WORKED.value)
        connection.execute(ended)
    ask(store, seal, CommandKind.HEARTBEAT, BEAT, 0)
