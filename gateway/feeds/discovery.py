"""A door as Home Assistant's MQTT discovery wants it: retained topics and their payloads. Pure.

Each door is a device of three: its contact, whether its seal was tampered with, and whether the
battery runs out; beside them the volts. A topic carries random ids only. All of a door's are
unavailable while the gateway is away or its seal is not heard.

Source: home-assistant.io/integrations/mqtt (discovery, binary_sensor, sensor), as of 2024.3.
"""

import hashlib
import hmac
from typing import Final

import msgspec

from gateway.core.model import BATTERY_LOW_MV, Contact, Door

ONLINE, OFFLINE = b"online", b"offline"
ID_DIGITS: Final = 16  # hexadecimal
MAKER: Final = "Menshen"
_CONTACT: Final = {Contact.OPEN: "ON", Contact.SHUT: "OFF", Contact.UNKNOWN: "None"}


class Known(msgspec.Struct, frozen=True):
    """What Home Assistant is told of a door."""

    object_id: str  # random, and the door's for ever
    name: str  # empty: it is called by its object_id
    contact: Contact
    is_heard: bool
    is_tampered: bool
    battery_mv: int | None


def object_id(site_secret: bytes, door_id: str) -> str:
    """The door's name to others: nobody without the site's secret can tell which door it is."""
    return hmac.digest(site_secret, door_id.encode(), hashlib.sha256).hex()[:ID_DIGITS]


def known(door: Door, object_id: str, name: str, is_heard: bool) -> Known:
    """What is told of a door that has a seal."""
    is_tampered = door.cover or door.magnet
    return Known(object_id, name, door.contact, is_heard, is_tampered, door.battery_mv)


class Topics(msgspec.Struct, frozen=True):
    """The topics of a site: under Home Assistant's prefix, and our own."""

    prefix: str
    site_id: str

    @property
    def gateway(self) -> str:
        """Whether the gateway is there."""
        return f"menshen/{self.site_id}/available"

    @property
    def every_config(self) -> str:
        """A subscription to all that was ever told of this site."""
        return f"{self.prefix}/+/menshen_{self.site_id}/+/config"

    @property
    def every_state(self) -> str:
        """Likewise, to our own topics."""
        return f"menshen/{self.site_id}/+/+"

    def config(self, kind: str, entity: str) -> str:
        """Where an entity is described."""
        return f"{self.prefix}/{kind}/menshen_{self.site_id}/{entity}/config"

    def of(self, door: str, leaf: str) -> str:
        """A state of a door."""
        return f"menshen/{self.site_id}/{door}/{leaf}"


def messages(topics: Topics, door: Known) -> dict[str, bytes]:
    """All that shall stand at the broker of a door: topic to payload, every one retained."""
    described = {
        topics.config(kind, f"{door.object_id}_{leaf}"): _config(topics, door, leaf, more)
        for leaf, kind, more in _ENTITIES
    }
    return described | _states(topics, door)


_ENTITIES: Final[tuple[tuple[str, str, dict[str, object]], ...]] = (
    ("door", "binary_sensor", {"device_class": "door"}),
    ("tamper", "binary_sensor", {"device_class": "tamper", "name": "Tamper"}),
    (
        "battery",
        "binary_sensor",
        {"device_class": "battery", "name": "Battery", "entity_category": "diagnostic"},
    ),
    (
        "volts",
        "sensor",
        {
            "device_class": "voltage",
            "unit_of_measurement": "V",
            "suggested_display_precision": 2,
            "state_class": "measurement",
            "name": "Battery voltage",
            "entity_category": "diagnostic",
        },
    ),
)


def _config(topics: Topics, door: Known, leaf: str, more: dict[str, object]) -> bytes:
    unique = f"menshen_{door.object_id}_{leaf}"
    return msgspec.json.encode(
        {
            "name": None,  # the device's own
            **more,
            "unique_id": unique,
            "object_id": unique,
            "state_topic": topics.of(door.object_id, leaf),
            "availability_mode": "all",
            # Each item has its own words: above the list they are ignored.
            "availability": [
                {"topic": topic, "payload_available": "online", "payload_not_available": "offline"}
                for topic in (topics.gateway, topics.of(door.object_id, "available"))
            ],
            "device": {
                "identifiers": [f"menshen_{door.object_id}"],
                "name": door.name or f"Door {door.object_id[:6]}",
                "manufacturer": MAKER,
                "model": "Door seal",
            },
        }
    )


def _states(topics: Topics, door: Known) -> dict[str, bytes]:
    volts = "None" if door.battery_mv is None else f"{door.battery_mv / 1000:.3f}"
    is_low = door.battery_mv is not None and door.battery_mv < BATTERY_LOW_MV
    said = {
        "door": _CONTACT[door.contact],
        "tamper": "ON" if door.is_tampered else "OFF",
        "battery": "None" if door.battery_mv is None else "ON" if is_low else "OFF",
        "volts": volts,
        "available": (ONLINE if door.is_heard else OFFLINE).decode(),
    }
    return {topics.of(door.object_id, leaf): word.encode() for leaf, word in said.items()}
