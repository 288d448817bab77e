"""How a contact of another maker is addressed, and how often it speaks: what an enrolment may hold.

Each reader returns the address as it is kept, or raises ValueError with the end of the sentence "…
is not allowed: ".
"""

import re
from collections.abc import Callable
from typing import Final

from gateway.core.duration import MINUTE_MS
from gateway.core.makes import TITLES, Make

ADDRESS_CHARACTERS_MAX: Final = 120
BIND_KEY_BYTES: Final = 16
# The longest silence of one that is well, where its row does not say: what makers set by default,
# and a little over. One heartbeat of it is what coverage spans.
HEARTBEAT_MS: Final[dict[str, int]] = {
    Make.ZIGBEE2MQTT: 60 * MINUTE_MS,  # battery contacts report within the hour
    Make.TASMOTA: 6 * MINUTE_MS,  # TelePeriod 300
    Make.ESPHOME: 6 * MINUTE_MS,  # an `interval` of 5 min
    Make.BTHOME: 5 * MINUTE_MS,
}
_LEVEL = r"[^/+#\x00-\x1f\x7f$][^/+#\x00-\x1f\x7f]*"  # of a topic, without MQTT's own signs
_TOPIC = re.compile(rf"{_LEVEL}(?:/{_LEVEL})*")
_TASMOTA = re.compile(rf"{_LEVEL}(?:/{_LEVEL})?")
_ESPHOME = re.compile(rf"{_LEVEL}(?:/{_LEVEL})*/binary_sensor/{_LEVEL}")
_MAC = re.compile(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}")


def make(text: str) -> Make:
    """Whose contact it is."""
    try:
        return Make(re.sub(r"[\s_-]+", "", text).lower())
    except ValueError:
        raise ValueError(f"allowed are {', '.join(TITLES.values())}") from None


def address(of: str, text: str) -> str:
    """A contact's address at its maker's. `of`: one of `Make`."""
    if len(text) > ADDRESS_CHARACTERS_MAX:
        raise ValueError(f"allowed are up to {ADDRESS_CHARACTERS_MAX} characters")
    return _READ[of](text)


def bind_key(text: str) -> bytes:
    """The key under which a BTHome contact encrypts."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != BIND_KEY_BYTES or len(set(key)) == 1:
        raise ValueError(
            f"allowed are {2 * BIND_KEY_BYTES} hexadecimal digits, of a key that is one"
        )
    return key


def _zigbee(text: str) -> str:
    if not _TOPIC.fullmatch(text) or text.startswith("bridge/") or text == "bridge":
        raise ValueError(
            "allowed is the device's friendly name in Zigbee2MQTT, or its IEEE address such as "
            "0x00158d0001a2b3c4, without + and #"
        )
    return text


def _tasmota(text: str) -> str:
    if not _TASMOTA.fullmatch(text):
        raise ValueError(
            "allowed is the device's topic, with the switch or the Zigbee contact behind a slash: "
            "tasmota_d1, tasmota_d1/Switch2, bridge/0x662E"
        )
    return text


def _esphome(text: str) -> str:
    text = text.removesuffix("/state")
    if not _ESPHOME.fullmatch(text):
        raise ValueError(
            "allowed is the sensor's topic, such as door-node/binary_sensor/front_door"
        )
    return text


def _bthome(text: str) -> str:
    digits = re.sub(r"[\s:.-]+", "", text).upper()
    mac = ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
    if not _MAC.fullmatch(mac):
        raise ValueError("allowed is its Bluetooth address, such as A4:C1:38:12:34:56")
    return mac


_READ: Final[dict[str, Callable[[str], str]]] = {
    Make.ZIGBEE2MQTT: _zigbee,
    Make.TASMOTA: _tasmota,
    Make.ESPHOME: _esphome,
    Make.BTHOME: _bthome,
}
