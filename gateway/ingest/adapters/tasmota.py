"""Tasmota: a switch of its own (`door`, `door/Switch2`), or a Zigbee contact that its bridge hears
(`bridge/0x662E`, `bridge/front_door`), which is called Zigbee2Tasmota.

A switch that says ON is a door that stands open, as SwitchMode makes it. It says so at once in
`stat/…/RESULT` where SetOption114 is on, and by the clock in `tele/…/SENSOR` (TelePeriod): those
are its heartbeats. A Zigbee contact comes as `ZbReceived`, at once; 1 is open, as bit 0 of its
zone's status is, and bit 2 is its tampering.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from gateway.core.model import Contact
from gateway.ingest.adapters.said import Said, Unreadable, millivolts, of_object, of_text, percent

SWITCH: Final = re.compile(r"Switch[1-9][0-9]?")
_ONLINE, _OFFLINE = "Online", "Offline"
_STATES: Final = {"ON": Contact.OPEN, "OFF": Contact.SHUT}
_OPEN_BIT, _TAMPER_BIT = 1, 4  # of ZoneStatusChange


def parts(address: str) -> tuple[str, str]:
    """The device's topic, and which of its contacts."""
    topic, _, which = address.partition("/")
    return topic, which or "Switch1"


def topics(address: str) -> tuple[str, ...]:
    """Where messages about it come, with Tasmota's own full topic (`%prefix%/%topic%/`)."""
    device, which = parts(address)
    tele, stat = f"tele/{device}", f"stat/{device}"
    common = f"{tele}/SENSOR", f"{tele}/LWT"
    if SWITCH.fullmatch(which):
        return *common, f"{stat}/RESULT", f"{stat}/STATUS10"
    short = which.removeprefix("0x")
    own = dict.fromkeys((f"{tele}/{which}/SENSOR", f"{tele}/{short}/SENSOR"))  # SetOption89
    return *common, f"{tele}/RESULT", *own


def read(address: str, topic: str, payload: bytes) -> Said | None:
    """What a message says of it; None for nothing. Unreadable if it is none of Tasmota's."""
    device, which = parts(address)
    if topic not in topics(address):
        return None
    if topic == f"tele/{device}/LWT":
        return _will(of_text(payload))
    told: Mapping[str, Any] = of_object(payload)
    if not SWITCH.fullmatch(which):
        return _zigbee(which, told.get("ZbReceived"))
    if topic.endswith("/STATUS10"):
        told = _object(told.get("StatusSNS"))
    value = told.get(which)
    if isinstance(value, dict):  # {"Action": "ON"}: it changed
        return _switch(value.get("Action"), is_prompt=True)
    return _switch(value, is_prompt=False)


def _will(word: str) -> Said | None:
    if word not in (_ONLINE, _OFFLINE):
        raise Unreadable("it says neither Online nor Offline")
    return Said(is_away=True)  # whatever it was, it began anew


def _switch(value: Any, is_prompt: bool) -> Said | None:
    if value is None:
        return None
    contact = _STATES.get(value) if isinstance(value, str) else None
    if contact is None:
        raise Unreadable("its switch says neither ON nor OFF")
    return Said(contact, is_prompt=is_prompt)


def _zigbee(which: str, received: Any) -> Said | None:
    for key, told in _object(received).items():
        if isinstance(told, dict) and which in (key, told.get("Device"), told.get("Name")):
            return _of_zigbee(told)
    return None  # another's


def _of_zigbee(told: Mapping[str, Any]) -> Said | None:
    status, contact = told.get("ZoneStatusChange"), told.get("Contact")
    if contact is None and isinstance(status, int):
        contact = status & _OPEN_BIT
    if contact is not None and contact not in (0, 1):
        raise Unreadable("its contact is neither 0 nor 1")
    volts = told.get("BatteryVoltage")
    return Said(
        None if contact is None else Contact.OPEN if contact else Contact.SHUT,
        tamper=bool(status & _TAMPER_BIT) if isinstance(status, int) else None,
        battery_percent=percent(told.get("BatteryPercentage")),
        battery_mv=millivolts(volts * 1_000) if isinstance(volts, int | float) else None,
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
