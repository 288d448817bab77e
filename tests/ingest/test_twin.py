"""Two gateways from one copied card, at one broker: one stays, the other gives way and says so."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.engine.health import Metrics
from gateway.ingest import twin
from gateway.ingest.mqtt import Broker
from gateway.ingest.twin import Name, TwinWatch
from gateway.settings.sections import Broker as BrokerSettings
from tests.ingest.test_mqtt import publish
from tests.waiting import until

GATEWAY = "ab" * 8
ECHO_S = 0.1
WAIT_S = 60.0  # on a machine that does much else
NEVER_SAVES = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_interval 3600
"""
OLDER, YOUNGER = Name(1_000, "aa" * 16), Name(2_000, "bb" * 16)


class Copy:
    """A gateway of that card: what it was told of its twin, and what it took."""

    def __init__(self, port: int, name: Name) -> None:
        self.told: list[tuple[bool, str]] = []
        self.taken: list[bytes] = []
        self.metrics = Metrics(lambda: 0)
        self.ups = 0
        watch = TwinWatch(name, lambda is_present, who: self.told.append((is_present, who)))
        settings = BrokerSettings(port=port, echo_s=ECHO_S)
        self.broker = Broker(settings, GATEWAY, self._receive, self.metrics, watch)
        self.watch = watch

    def _receive(
        self, _topic: str, payload: bytes, token: int, _live: bool, _waited_ms: int = 0
    ) -> bool:
        self.taken.append(payload)
        self.broker.acknowledge(token)
        return True

    @property
    def is_up(self) -> bool:
        return self.metrics.health(0).broker_connected

    @contextlib.asynccontextmanager
    async def alive(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.broker.run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@pytest.fixture
def pair(mosquitto: Any) -> tuple[int, Copy, Copy]:
    """The broker's port, the older life and the younger one."""
    port = mosquitto().port
    return port, Copy(port, OLDER), Copy(port, YOUNGER)


@pytest.mark.parametrize("first", ["older", "younger"])
async def test_c5_the_younger_twin_gives_way_and_both_say_so(
    pair: tuple[int, Copy, Copy], first: str
) -> None:
    port, older, younger = pair
    one, other = (older, younger) if first == "older" else (younger, older)
    async with one.alive():
        await until(lambda: one.is_up, WAIT_S)
        async with other.alive():
            await until(lambda: older.told and younger.told, WAIT_S)
            assert older.told[0] == (True, YOUNGER.life[:8])
            assert younger.told[0] == (True, OLDER.life[:8])
            await until(lambda: older.is_up and younger.watch.gives_way, WAIT_S)
            older.taken.clear()
            younger.taken.clear()
            for number in range(20):  # all of it goes to one of them
                await publish(port, b"%d" % number)
            await until(lambda: len(older.taken) == 20, WAIT_S)
            assert younger.taken == []
            assert older.is_up


async def test_c5_one_that_gives_way_before_it_ever_spoke_is_told_of_at_the_other(
    pair: tuple[int, Copy, Copy], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it finds arrives before its first echo, again and again: who goes on alone must hear of
    it all the same, for the card was copied."""
    port, older, younger = pair
    monkeypatch.setattr(twin, "LOOK_S", (0.2,))
    for number in (1, 2):
        younger.watch.echo(number)
        younger.watch.connecting()
        younger.watch.found(older.watch.echo(number), 1.0)
    assert younger.watch.gives_way
    async with older.alive():
        await until(lambda: older.is_up and older.metrics.echo_ms is not None, WAIT_S)
        async with younger.alive():
            await until(lambda: older.told, WAIT_S)
            assert older.told[0] == (True, YOUNGER.life[:8])
            assert younger.watch.gives_way
            await until(lambda: older.is_up, WAIT_S)
            await publish(port, b"for the older")
            await until(lambda: b"for the older" in older.taken, WAIT_S)
            assert younger.taken == []


async def test_c5_when_the_older_one_is_gone_the_younger_one_takes_over(
    pair: tuple[int, Copy, Copy], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, older, younger = pair
    monkeypatch.setattr(twin, "LOOK_S", (0.5,))
    async with younger.alive():
        async with older.alive():
            await until(lambda: younger.watch.gives_way and older.is_up, WAIT_S)
            younger.taken.clear()
            await until(lambda: len(younger.told) > 2, WAIT_S)  # it looks, and the other is there
            await publish(port, b"for the older")
            await until(lambda: b"for the older" in older.taken, WAIT_S)
            assert b"for the older" not in younger.taken
        # (If its acknowledgement went under with it, the broker may give it once more now.)
        await until(lambda: younger.is_up and not younger.watch.gives_way, WAIT_S)
        await publish(port, b"for the younger")
        await until(lambda: b"for the younger" in younger.taken, WAIT_S)


async def test_c5_a_gateway_that_starts_again_is_no_twin_of_itself(
    pair: tuple[int, Copy, Copy], mosquitto: Any
) -> None:
    """What its life before let the broker retain is no sign of anybody."""
    port, older, _ = pair
    async with older.alive():
        await until(lambda: older.is_up and older.metrics.echo_ms is not None, WAIT_S)
    again = Copy(port, YOUNGER)
    async with again.alive():
        await until(lambda: again.is_up and again.metrics.echo_ms is not None, WAIT_S)
    assert again.told == []


async def test_f2_a_broker_that_dies_and_remembers_an_earlier_life_is_no_twin(
    mosquitto: Any,
) -> None:
    """Killed before it saved what the new life let it retain, it gives back the old one's echo."""
    broker = mosquitto(NEVER_SAVES)
    saved = broker.folder / "mosquitto.db"
    earlier = Copy(broker.port, OLDER)
    async with earlier.alive():
        await until(lambda: earlier.is_up and earlier.metrics.echo_ms is not None, WAIT_S)
    broker.stop()  # it saves as it ends
    content = saved.read_bytes()
    broker.start()
    later = Copy(broker.port, YOUNGER)
    async with later.alive():
        await until(lambda: later.is_up and later.metrics.echo_ms is not None, WAIT_S)
        for number in range(2):
            later.metrics.echo_ms = None
            broker.kill()
            saved.write_bytes(content)
            broker.start()
            await until(lambda: later.is_up and later.metrics.echo_ms is not None, WAIT_S)
            await publish(broker.port, b"%d" % number)
            await until(lambda: b"%d" % number in later.taken, WAIT_S)  # noqa: B023
    assert later.told == []


@pytest.mark.parametrize("kept", [b"", b"\xff", b'[[1,"\xbe"],2]', b"[" * 5_000, b"[[1],2]"])
def test_what_a_broker_keeps_there_and_is_no_echo_is_nobody_s(kept: bytes) -> None:
    told: list[bool] = []
    watch = TwinWatch(OLDER, lambda is_present, _: told.append(is_present))
    watch.echo(1)
    watch.connecting()
    watch.found(kept, 1.0)
    assert not told
    assert not watch.gives_way
