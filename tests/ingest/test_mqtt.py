"""The gateway's connection, against a real mosquitto and against brokers that misbehave."""

import asyncio
import contextlib
import os
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import paho.mqtt.client as mqtt
import psutil
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.engine.clock import MachineClock
from gateway.engine.health import Metrics
from gateway.ingest.mqtt import PAYLOAD_BYTES_MAX, TOPIC_CHARS_MAX, Broker
from gateway.ingest.mqtt_probe import probe
from gateway.settings.sections import Broker as BrokerSettings
from sealwire import envelope, topics
from sealwire.errors import WireError
from tests.waiting import until

GATEWAY = "00000000000000aa"
TOPIC = "seals/0011223344556677/report"

FEW_AT_ONCE = "listener {port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 20\n"


class Held:
    """What arrived, and whether to acknowledge it."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes, int]] = []
        self.live: list[bool] = []
        self.waited_ms: list[int] = []
        self.metrics = Metrics(MachineClock(0).now_ms)
        self.has_room, self._asked = True, False

    def receive(self, topic: str, payload: bytes, token: int, live: bool, waited_ms: int) -> bool:
        if not self.has_room:
            return False
        self.live.append(live)
        self.waited_ms.append(waited_ms)
        self.messages.append((topic, payload, token))
        return True

    def is_echoed_anew(self) -> bool:
        """Whether the gateway has heard itself since this was asked first."""
        if not self._asked:
            self._asked, self.metrics.echo_ms = True, None
        return self.metrics.echo_ms is not None

    def payloads(self) -> list[bytes]:
        return [payload for _, payload, _ in self.messages]


@contextlib.asynccontextmanager
async def connected(port: int, held: Held, wait: bool = True) -> AsyncIterator[Broker]:
    """A gateway's connection at work."""
    settings = BrokerSettings(host="127.0.0.1", port=port, echo_s=0.2)
    broker = Broker(settings, GATEWAY, held.receive, held.metrics)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(broker.run())
        if wait:
            await until(lambda: held.metrics.broker_connected)
        yield broker
        task.cancel()


async def publish(port: int, *payloads: bytes, topic: str = TOPIC, qos: int = 1) -> None:
    """Publish as a seal would, and wait for the broker's acknowledgement."""

    def all_of_them() -> None:
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", port)
        client.loop_start()
        for payload in payloads:
            client.publish(topic, payload, qos=qos).wait_for_publish(10)
        client.disconnect()
        client.loop_stop()

    await asyncio.to_thread(all_of_them)


async def test_what_was_not_acknowledged_comes_again_after_a_restart(mosquitto: Any) -> None:
    port, first, second = mosquitto().port, Held(), Held()
    async with connected(port, first) as broker:
        await publish(port, b"kept", b"lost in the crash")
        await until(lambda: len(first.messages) == 2)
        broker.acknowledge(first.messages[0][2])
    await publish(port, b"while the gateway was away")
    async with connected(port, second):
        await until(lambda: len(second.messages) == 2)
    assert second.payloads() == [b"lost in the crash", b"while the gateway was away"]


async def test_what_found_no_room_comes_again_once_all_else_is_stored(mosquitto: Any) -> None:
    """A broker gives again what is not acknowledged to a new connection, and to no other."""
    held, connections = Held(), [0]
    async with connected((port := mosquitto().port), held) as broker:
        broker.on_connecting = lambda: connections.append(len(held.messages))
        await until(lambda: held.metrics.echo_ms is not None)
        await publish(port, b"in hand")
        await until(lambda: len(held.messages) == 1)
        held.has_room = False
        await publish(port, b"found no room")
        await until(held.is_echoed_anew)
        assert connections == [0], "what is in hand would come again as well"
        held.has_room = True
        broker.acknowledge(held.messages[0][2])
        await until(lambda: len(held.messages) == 2)
    assert (held.payloads()[1], held.live[1]) == (b"found no room", False)
    assert connections == [0, 1]


async def test_how_long_an_echo_took_is_no_whole_number_of_milliseconds(mosquitto: Any) -> None:
    held = Held()
    async with connected(mosquitto().port, held):
        await until(lambda: held.metrics.echo_ms is not None)
    assert held.metrics.echo_ms is not None
    assert held.metrics.echo_ms % 1 > 0, "it was said to take 0.0 ms"


async def test_a_receipt_does_not_wait_for_what_went_before_it(mosquitto: Any) -> None:
    port = mosquitto().port
    async with connected(port, Held()):
        lines = [
            one.fd for one in psutil.Process().net_connections("tcp") if one.raddr[1:] == (port,)
        ]
        assert lines
        for fd in lines:
            with socket.socket(fileno=os.dup(fd)) as line:
                assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


async def test_what_may_have_waited_in_the_broker_is_told_apart(mosquitto: Any) -> None:
    port, first, second = mosquitto().port, Held(), Held()
    async with connected(port, first):
        await until(lambda: first.metrics.echo_ms is not None)
        await publish(port, b"live")
        await until(lambda: len(first.messages) == 1)
    await publish(port, b"while the gateway was away")
    async with connected(port, second):
        await until(lambda: second.metrics.echo_ms is not None)
        await publish(port, b"live again")
        await until(lambda: len(second.messages) == 3)
    assert first.live == [True]
    assert second.payloads() == [b"live", b"while the gateway was away", b"live again"]
    assert second.live == [False, False, True]


async def test_of_garbage_that_a_broker_kept_no_more_waits_than_a_report_has(
    mosquitto: Any,
) -> None:
    """Another's broker lets megabytes be kept under a seal's name. Twenty thousand messages may
    wait for a store that is full, so each is held as what it takes to refuse it."""
    port, held = mosquitto().port, Held()

    def keep() -> None:
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", port)
        client.loop_start()
        for number in range(12):
            topic = f"seals/{number:016x}/report"
            client.publish(topic, b"x" * 2_000_000, qos=1, retain=True).wait_for_publish(30)
        long = f"seals/{'a' * 60_000}/report"
        client.publish(long, b"y", qos=1, retain=True).wait_for_publish(30)
        client.disconnect()
        client.loop_stop()

    await asyncio.to_thread(keep)
    async with connected(port, held):
        await until(lambda: len(held.messages) == 13, 60)
        await until(lambda: held.metrics.echo_ms is not None, 60)
    sizes = {len(topic) + len(payload) for topic, payload, _ in held.messages}
    assert max(sizes) <= PAYLOAD_BYTES_MAX + TOPIC_CHARS_MAX
    assert not any(is_report(topic, payload) for topic, payload, _ in held.messages)


def is_report(topic: str, payload: bytes) -> bool:
    """Whether it would be looked at any further."""
    try:
        topics.parse(topic)
        envelope.peek(payload)
    except WireError:
        return False
    return True


async def test_that_nothing_is_kept_any_more_is_no_report(mosquitto: Any) -> None:
    """An empty message is how a kept one is taken away, and is handed on to who listens."""
    port, held = mosquitto().port, Held()
    async with connected(port, held):
        await publish(port, b"", b"a report")
        await until(lambda: len(held.messages) == 1)
    assert held.payloads() == [b"a report"]


async def test_i3_what_came_while_the_loop_stood_still_may_have_waited(mosquitto: Any) -> None:
    """A stop of the process, a long step, a machine that swaps: the socket was not read."""
    port, held = mosquitto().port, Held()
    async with connected(port, held) as broker:
        await until(lambda: held.metrics.echo_ms is not None)
        await publish(port, b"in time")
        await until(lambda: len(held.messages) == 1)
        publishing = threading.Thread(target=asyncio.run, args=(publish(port, b"in the stop"),))
        publishing.start()
        threading.Event().wait(1.5)  # the loop stands still, the broker does not
        await until(lambda: len(held.messages) == 2)
        await asyncio.to_thread(publishing.join)
        for _, _, token in held.messages:
            broker.acknowledge(token)
        await until(lambda: held.is_echoed_anew())
        await publish(port, b"in time again")
        await until(lambda: len(held.messages) == 3)
    assert held.waited_ms[0] == held.waited_ms[2] == 0
    assert held.waited_ms[1] >= 1_400
    assert held.live == [True] * 3


async def test_i3_what_a_broker_kept_until_we_acknowledged_may_have_waited(mosquitto: Any) -> None:
    """A store that cannot write acknowledges nothing, and the broker sends no more for that."""
    port, held = mosquitto(FEW_AT_ONCE).port, Held()
    async with connected(port, held) as broker:
        await until(lambda: held.metrics.echo_ms is not None)
        await publish(port, *(b"%d" % n for n in range(21)))
        await until(lambda: len(held.messages) == 20)
        full_at = time.monotonic()
        await until(lambda: time.monotonic() - full_at > 1.2)  # the disk is full for so long
        for _, _, token in held.messages:
            broker.acknowledge(token)
        await until(lambda: len(held.messages) == 21)
    assert held.waited_ms[:20] == [0] * 20
    assert held.waited_ms[20] >= 1_000


async def test_a_token_of_an_earlier_connection_acknowledges_nothing(mosquitto: Any) -> None:
    server, held = mosquitto(), Held()
    async with connected(server.port, held) as broker:
        await publish(server.port, b"one")
        await until(lambda: len(held.messages) == 1)
        old = held.messages[0][2]
        server.stop()
        await until(lambda: not held.metrics.broker_connected)
        server.start()
        await until(lambda: held.metrics.broker_connected)
        await until(lambda: len(held.messages) == 2)
        assert held.messages[1][2] & 0xFFFF == old & 0xFFFF  # the same id, another connection
        broker.acknowledge(old)
    again = Held()
    async with connected(server.port, again):
        await until(lambda: again.payloads() == [b"one"])


async def test_a_killed_broker_is_found_again(mosquitto: Any) -> None:
    server, held = mosquitto(), Held()
    async with connected(server.port, held):
        for n in range(2):
            server.kill()
            await until(lambda: not held.metrics.broker_connected)
            server.start()
            await until(lambda: held.metrics.broker_connected)
            await publish(server.port, b"round %d" % n)
            await until(lambda wanted=b"round %d" % n: wanted in held.payloads())


async def test_the_gateway_hears_itself_through_the_broker(mosquitto: Any) -> None:
    held = Held()
    async with connected(mosquitto().port, held):
        await until(lambda: held.metrics.echo_ms is not None)
    assert held.messages == []


async def test_every_message_of_a_long_burst_is_read(mosquitto: Any) -> None:
    held, port = Held(), mosquitto().port
    payloads = [b"%d" % n for n in range(500)]
    async with connected(port, held) as broker:
        await publish(port, *payloads[:300], qos=0)
        await until(lambda: len(held.messages) == 300)

        def taken() -> bool:
            for _, _, token in held.messages[300:]:
                broker.acknowledge(token)
            return len(set(held.payloads())) == 500

        sending = asyncio.create_task(publish(port, *payloads[300:]))
        await until(taken)
        await sending


@pytest.mark.parametrize("after_suback", [b"", b"\xd0\x00"], ids=["silent", "answers pings"])
async def test_a_broker_that_accepts_and_no_longer_delivers_is_left(
    after_suback: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.ingest.mqtt.CONNECT_TIMEOUT_S", 1.0)
    connections, ended = [], []

    async def pretend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        with contextlib.suppress(ConnectionError):
            await reader.read(1024)
            writer.write(b"\x20\x02\x00\x00")  # CONNACK: welcome
            subscribe = await reader.read(1024)
            writer.write(b"\x90\x04" + subscribe[2:4] + b"\x01\x01")  # SUBACK: of course
            while await reader.read(1024):  # and then it swallows everything
                writer.write(after_suback)
        writer.close()
        ended.append(writer)

    server = await asyncio.start_server(pretend, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, connected(port, Held()):
        await until(lambda: len(connections) >= 2)
    for writer in connections:
        writer.transport.abort()
    await until(lambda: len(ended) == len(connections))


@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
async def test_something_that_is_no_broker_is_tried_again_and_never_crashes(
    words: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    connections = []

    async def pretend(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        writer.write(words)
        writer.close()

    server = await asyncio.start_server(pretend, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, connected(port, Held(), wait=False):
        await until(lambda: len(connections) >= 3)
    assert sum("cannot reach the broker" in line for line in caplog.messages) == 1


async def test_probe_says_what_is_wrong(mosquitto: Any, free_port: Callable[[], int]) -> None:
    port = mosquitto().port
    here = {"host": "127.0.0.1"}
    assert await asyncio.to_thread(probe, BrokerSettings(port=port, **here)) is None
    nobody = await asyncio.to_thread(probe, BrokerSettings(port=free_port(), **here))
    assert "refused" in str(nobody)
