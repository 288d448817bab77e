"""Zigbee2MQTT: `<base>/<friendly name>` has a device's state as a JSON object.

`contact` is true while the contact is closed, which is a door that is shut. A state is sent at each
change, and whenever the device reports anything else: those are its heartbeats. When Zigbee2MQTT
starts it sends the states that it kept, so that the first one after that may be an old one.
Availability comes as JSON or, from before version 2, as a word; it says that the bridge heard of
the device within a day, and nothing of now.
"""

from typing import Final

from gateway.core.model import Contact
from gateway.ingest.adapters.said import Said, Unreadable, millivolts, of_object, of_text, percent

OFFLINE: Final = "offline"
ONLINE: Final = "online"


def topics(address: str, base: str) -> tuple[str, ...]:
    """Where messages about a device come; `address` is its friendly name, or its IEEE address."""
    return f"{base}/{address}", f"{base}/{address}/availability", f"{base}/bridge/state"


def read(address: str, topic: str, payload: bytes, base: str) -> Said | None:
    """What a message says of it; None for nothing. Unreadable if it is none of Zigbee2MQTT's."""
    own, availability, bridge = topics(address, base)
    if topic in (availability, bridge):
        return _presence(payload, is_bridge=topic == bridge)
    if topic != own:
        return None
    state = of_object(payload)
    contact = state.get("contact")
    if contact is not None and not isinstance(contact, bool):
        raise Unreadable("its contact is neither true nor false")
    tamper = state.get("tamper")
    return Said(
        None if contact is None else Contact.SHUT if contact else Contact.OPEN,
        tamper=tamper if isinstance(tamper, bool) else None,
        battery_percent=percent(state.get("battery")),
        battery_mv=millivolts(state.get("voltage")),
    )


def _presence(payload: bytes, is_bridge: bool) -> Said | None:
    word = of_text(payload)
    if word.startswith("{"):
        state = of_object(payload).get("state")
        word = state if isinstance(state, str) else ""
    if word not in (ONLINE, OFFLINE):
        raise Unreadable("it says neither online nor offline")
    if is_bridge:  # it may have been away between two words of ours that say online
        return Said(is_away=True, is_stale_next=True)
    return Said(is_away=True) if word == OFFLINE else None
