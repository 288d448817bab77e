"""Recorded messages of other makers' contacts, each with what it says; and whatever else comes."""

import contextlib
import itertools
import json
import random
import secrets
from pathlib import Path
from typing import Any

import pytest

from gateway.core.makes import Make
from gateway.core.model import Contact
from gateway.ingest.adapters import esphome, tasmota, zigbee2mqtt
from gateway.ingest.adapters.said import PAYLOAD_BYTES_MAX, Said, Unreadable

RECORDED = Path(__file__).parent / "recorded"
ADDRESSES = {
    Make.ZIGBEE2MQTT: "front_door",
    Make.ESPHOME: "hall-node/binary_sensor/front_door",
    Make.TASMOTA: "door",
}


def read(make: str, address: str, topic: str, payload: bytes) -> Said | None:
    if make == Make.ZIGBEE2MQTT:
        return zigbee2mqtt.read(address, topic, payload, "zigbee2mqtt")
    return (tasmota if make == Make.TASMOTA else esphome).read(address, topic, payload)


def topics(make: str, address: str) -> tuple[str, ...]:
    if make == Make.ZIGBEE2MQTT:
        return zigbee2mqtt.topics(address, "zigbee2mqtt")
    return (tasmota if make == Make.TASMOTA else esphome).topics(address)


def messages() -> list[tuple[str, dict[str, Any]]]:
    return [
        (make, json.loads(line))
        for make in ADDRESSES
        for line in (RECORDED / f"{make}.jsonl").read_text().splitlines()
    ]


def as_said(told: dict[str, Any] | None) -> Said | None:
    """What stands beside a recorded message."""
    if told is None:
        return None
    return Said(
        Contact(told["contact"]) if "contact" in told else None,
        is_prompt=not told.get("late", False),
        is_away=told.get("away", False),
        is_stale_next=told.get("stale", False),
        tamper=told.get("tamper"),
        battery_percent=told.get("percent"),
        battery_mv=told.get("mv"),
    )


@pytest.mark.parametrize(("make", "message"), messages())
def test_a_recorded_message_says_what_its_maker_documents(make: str, message: dict[str, Any]):
    address = message.get("address", ADDRESSES[make])
    heard = make, address, message["topic"], message["payload"].encode()
    if "refused" in message:
        with pytest.raises(Unreadable, match=message["refused"]):
            read(*heard)
    else:
        assert read(*heard) == as_said(message["said"])


def test_every_topic_that_a_recorded_message_came_on_is_subscribed_or_another_s() -> None:
    for make, message in messages():
        if message.get("said") is None:
            continue
        address = message.get("address", ADDRESSES[make])
        assert message["topic"] in topics(make, address)


HOSTILE = (
    b"",
    b"\xff\xfe",
    b"{" * 4_000,
    b"[" * 8_000,
    b'{"contact":' * 700,
    b"x" * (PAYLOAD_BYTES_MAX + 1),
    b'{"contact":true,"battery":1e999,"voltage":-1e308}',
    # a whole number that no float holds
    b'{"contact":true,"battery":' + b"9" * 400 + b',"voltage":-' + b"9" * 400 + b"}",
    b'{"ZbReceived":{"door":{"Contact":1,"BatteryVoltage":' + b"9" * 400 + b"}}}",
    b'{"ZbReceived":{"0x":{"Name":"door","ZoneStatusChange":' + b"9" * 400 + b"}}}",
    b'{"Switch1":{"Action":{"Action":["ON"]}}}',
    b'{"ZbReceived":{"door":{"Contact":true,"ZoneStatusChange":1.5,"BatteryVoltage":1e300}}}',
    b'{"ZbReceived":[1,2]}',
    b'{"StatusSNS":null}',
)


@pytest.mark.parametrize("make", list(ADDRESSES))
def test_whatever_stands_in_a_message_only_that_it_cannot_be_read_is_said(make: str) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    dice = random.Random(seed)  # noqa: S311
    bodies = [message["payload"].encode() for _, message in messages()]
    for _ in range(300):  # bytes of one flipped, cut off or doubled
        body = bytearray(dice.choice(bodies))
        for _ in range(dice.randint(1, 4)):
            body[dice.randrange(len(body)) if body else 0 : 0] = dice.randbytes(dice.randint(0, 3))
        bodies.append(bytes(body[: dice.randint(0, len(body))]))
    addresses = [ADDRESSES[make]] if make == Make.ESPHOME else [ADDRESSES[make], "bridge/door"]
    heard = 0
    for address in addresses:
        for topic, body in itertools.product(topics(make, address), (*HOSTILE, *bodies)):
            with contextlib.suppress(Unreadable):
                said = read(make, address, topic, body)
                assert said is None or isinstance(said, Said)
                heard += 1
    assert heard
