"""P2: a topic is a random id and a word of ours; at a real broker nothing else is ever seen."""

import re
from collections.abc import Callable

import paho.mqtt.client as mqtt
import pytest

from gateway.registry.credentials import fresh_identity
from sealwire import topics
from tests.neighbours import Broker
from tests.waiting import until

OURS = re.compile(
    r"seals/[0-9a-f]{16}/(report|receipt|command|status|update)|gateways/[0-9a-f]{16}/echo"
)


def test_p02_every_topic_that_can_be_made_is_such_a_one():
    for make in (topics.report, topics.receipt, topics.command, topics.status, topics.update):
        for _ in range(100):
            assert OURS.fullmatch(make(fresh_identity().seal_id))
    for word in ("3-201", "王", "door-1", "A" * 16, "", "../x", "0" * 15):
        with pytest.raises(ValueError, match="16 lowercase"):
            topics.report(word)


async def test_p02_at_a_real_broker_nothing_else_is_seen(
    mosquitto: Callable[[], Broker],
) -> None:
    broker, seen = mosquitto(), []
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.on_message = lambda _c, _u, message: seen.append(message.topic)
    client.connect("127.0.0.1", broker.port)
    client.subscribe("#")
    client.loop_start()
    ids = [fresh_identity().seal_id for _ in range(20)]
    try:
        for seal_id in ids:
            client.publish(topics.report(seal_id), b"x", 1)
            client.publish(topics.receipt(seal_id), b"x", 1)
        await until(lambda: len(seen) >= 2 * len(ids))
    finally:
        client.loop_stop()
        client.disconnect()
    assert all(OURS.fullmatch(topic) for topic in seen)
