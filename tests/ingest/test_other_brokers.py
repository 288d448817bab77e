"""Brokers that do less than ours, or otherwise: mosquitto as a broker of MQTT 5 that is set so, and
what others document, by hand. Nothing is lost, and what is weaker is said in a sentence."""

import asyncio
from typing import Any

import pytest

from gateway.ingest.broker_limits import TRIES, WAYS, BrokerLimits
from gateway.ingest.mqtt_probe import probe
from gateway.settings.sections import Broker as BrokerSettings
from tests.ingest.scripted_broker import Script, scripted
from tests.ingest.test_mqtt import TOPIC, Held, connected, publish
from tests.waiting import until

BASE = "listener {port} 127.0.0.1\nallow_anonymous true\n"
REPORTS = [b"r1", b"r2", b"r3"]
WAIT_S = 20.0


async def taken(held: Held, broker: Any, count: int) -> None:
    """So many came, and each is acknowledged."""
    for at in range(count):
        await until(lambda at=at: len(held.messages) > at, WAIT_S)
        broker.acknowledge(held.messages[at][2])


@pytest.mark.parametrize(
    "conf",
    ["max_inflight_messages 1", "max_packet_size 400", "max_keepalive 10", "max_queued_messages 2"],
)
async def test_limits_of_mqtt_5_that_cost_nothing_are_nothing_to_tell(
    mosquitto: Any, conf: str
) -> None:
    """A receive maximum of one, small packets, a shorter keep-alive, a short queue."""
    port, held = mosquitto(f"{BASE}{conf}\n").port, Held()
    async with connected(port, held) as broker:
        await until(lambda: held.metrics.echo_ms is not None)
        sending = asyncio.create_task(publish(port, *REPORTS))
        await taken(held, broker, len(REPORTS))
        await sending
    assert held.payloads() == REPORTS
    assert held.metrics.broker_weaker == ""


async def test_a_broker_that_keeps_nothing_is_served_and_told(mosquitto: Any) -> None:
    """`retain_available false`: it closes at a retained message, to whoever speaks 3.1.1."""
    port, held = mosquitto(f"{BASE}retain_available false\n").port, Held()
    async with connected(port, held, wait=False) as broker:
        await until(lambda: held.metrics.echo_ms is not None, WAIT_S)
        sending = asyncio.create_task(publish(port, *REPORTS))
        await taken(held, broker, len(REPORTS))
        await sending
    assert held.payloads() == REPORTS
    assert "a second gateway from a copied card will not be noticed" in held.metrics.broker_weaker


async def test_a_broker_without_qos_1_is_served_and_told(mosquitto: Any) -> None:
    port, held = mosquitto(f"{BASE}max_qos 0\n").port, Held()
    async with connected(port, held, wait=False):
        await until(lambda: held.metrics.echo_ms is not None, 2 * WAIT_S)
        await publish(port, *REPORTS, qos=0)
        await until(lambda: len(held.messages) == len(REPORTS))
    assert held.payloads() == REPORTS
    assert "allow QoS 1 there" in held.metrics.broker_weaker


async def test_a_subscription_of_a_lower_qos_is_said() -> None:
    held = Held()
    async with scripted(Script(granted=(0, 1, 0))) as port, connected(port, held):
        await until(lambda: held.metrics.echo_ms is not None)
    assert held.metrics.broker_weaker.startswith("it grants QoS 0 only")


async def test_who_refuses_a_topic_by_closing_is_named(caplog: pytest.LogCaptureFixture) -> None:
    script, held = Script(granted=None), Held()
    async with scripted(script) as port:
        async with connected(port, held, wait=False):
            await until(lambda: script.connections > 1)
        settings = BrokerSettings(host="127.0.0.1", port=port)
        wrong = await asyncio.to_thread(probe, settings, 5.0, ("zigbee2mqtt/door",))
    assert "closed the connection when we subscribed; check the access list" in caplog.text
    assert wrong is not None
    assert "when we asked for 1 topics" in wrong


async def test_repeated_unordered_and_kept_deliveries_are_each_handed_on_and_acknowledged() -> None:
    """After a reconnect: in another order, twice, without the mark of a repetition, or as kept."""
    given = [
        (TOPIC, b"r3", 7, False, False),
        (TOPIC, b"r1", 5, True, False),
        (TOPIC, b"r1", 5, True, False),
        (TOPIC, b"r2", 6, False, True),
        ("tenant/" + TOPIC, b"under a mount point", 8, False, False),
    ]
    script, held = Script(gives=given), Held()
    async with scripted(script) as port, connected(port, held) as broker:
        await taken(held, broker, len(given))
        await until(lambda: len(script.acknowledged) == len(given))
    assert held.payloads() == [payload for _, payload, *_ in given]
    assert script.acknowledged == [7, 5, 5, 6, 8]
    assert held.live == [False] * len(given)  # none of them is dated as if it came now


def test_only_what_is_thrown_out_again_and_again_asks_for_less() -> None:
    limits = BrokerLimits()
    for _ in range(5):
        for _ in range(TRIES - 1):
            assert not limits.ended(has_heard=False)
        assert not limits.ended(has_heard=True)
    assert limits.way == WAYS[0]
    assert limits.weaker == ""
    for way in (*WAYS[1:], WAYS[0]):  # and at last begins anew
        assert [limits.ended(has_heard=False) for _ in range(TRIES)] == [False] * (TRIES - 1) + [
            True
        ]
        assert limits.way == way
