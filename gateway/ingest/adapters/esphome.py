"""ESPHome over MQTT: `<node>/binary_sensor/<name>/state` says ON (open) or OFF (shut).

It is sent at a change and retained, and by itself never again: a node that should prove that it
lives sends it every few minutes (`mqtt.publish` in an `interval`). `<node>/status` is its birth and
its will: after either, what comes next is a first reading.
"""

from typing import Final

from gateway.core.model import Contact
from gateway.ingest.adapters.said import Said, Unreadable, of_text

_STATES: Final = {"ON": Contact.OPEN, "OFF": Contact.SHUT}
_PRESENCES: Final = ("online", "offline")


def topics(address: str) -> tuple[str, ...]:
    """Where messages about a sensor come; `address` is its topic up to `/state`."""
    node = address.partition("/binary_sensor/")[0]
    return f"{address}/state", f"{node}/status"


def read(address: str, topic: str, payload: bytes) -> Said | None:
    """What a message says of it; None for nothing. Unreadable if it is none of ESPHome's."""
    own, status = topics(address)
    if topic == status:
        if of_text(payload) not in _PRESENCES:
            raise Unreadable("it says neither online nor offline")
        return Said(is_away=True)
    if topic != own:
        return None
    contact = _STATES.get(of_text(payload))
    if contact is None:
        raise Unreadable("it says neither ON nor OFF")
    return Said(contact)
