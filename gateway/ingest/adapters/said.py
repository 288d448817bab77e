"""What a message of another maker's contact says, and how its bytes become JSON."""

from typing import Any, Final

import msgspec
from msgspec import Struct

from gateway.core.model import Contact
from gateway.core.no_json import NO_JSON

PAYLOAD_BYTES_MAX: Final = 8_192  # a Zigbee2MQTT state with all its options has some hundred
MILLIVOLTS_MAX: Final = 60_000

_decode = msgspec.json.Decoder().decode


class Unreadable(Exception):
    """A message that is none of its maker's. The text is half a sentence, and repeats nothing of
    what stood there."""


class Said(Struct, frozen=True):
    """What one message says; None where it does not say.

    Args:
        contact: how the door stands.
        is_prompt: whether such a message is sent when something changes; one that is sent by the
            clock tells a change some time after it.
        is_away: the contact, or what speaks for it, is gone: what comes next is a first reading.
        is_stale_next: and the first one after that may be an old one that was kept.
        tamper: whether it is tampered with.
        battery_percent: of its battery, 0 to 100.
        battery_mv: likewise, in millivolts.
    """

    contact: Contact | None = None
    is_prompt: bool = True
    is_away: bool = False
    is_stale_next: bool = False
    tamper: bool | None = None
    battery_percent: int | None = None
    battery_mv: int | None = None


def of_json(payload: bytes) -> Any:
    """What stands in a payload. Unreadable if that is no JSON, or too much of it."""
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise Unreadable(f"it has more than {PAYLOAD_BYTES_MAX} bytes")
    try:
        return _decode(payload)
    except NO_JSON:
        raise Unreadable("it is no JSON") from None


def of_object(payload: bytes) -> dict[str, Any]:
    """The same, where it must be an object. Unreadable if it is none."""
    found = of_json(payload)
    if not isinstance(found, dict):
        raise Unreadable("it is no JSON object")
    return found


def of_text(payload: bytes) -> str:
    """A payload that is a word. Unreadable if it is none."""
    try:
        return payload[:PAYLOAD_BYTES_MAX].decode().strip()
    except UnicodeDecodeError:
        raise Unreadable("it is no text") from None


def percent(value: Any) -> int | None:
    """A battery's level, where it is one."""
    return _whole(value, 0, 100)


def millivolts(value: Any) -> int | None:
    """A battery's voltage, where it is one."""
    return _whole(value, 1, MILLIVOLTS_MAX)


def _whole(value: Any, least: int, most: int) -> int | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    # compared as it is: JSON may hold a whole number that no float does, and nothing equals NaN
    return round(value) if least <= value <= most else None
