"""The core alone: how many steps a second the rules make, with no disk, broker or cipher.

All rules are on: an order that allows openings and has quiet hours, permits that recur and others,
a promised heartbeat whose lack would be silence, settings of a door class.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from gateway.core.doors.step import step
from gateway.core.events import (
    DoorClassed,
    Event,
    OrderPlaced,
    PermitAnnounced,
    ReportCame,
    SealBound,
)
from gateway.core.model import Contact, Door, Order, Permit, Policy
from gateway.core.rules import Rulebook, Rules

STEPS = 50_000
_SEAL = "00" * 8
_BOOK = Rulebook(Rules(), {"heavy": Rules(off_delay_ms=2_500)})
_TURN_MS = 20_000  # slower than chatter: each opening is judged, spends or pages, and ends
_DAY_MS = 86_400_000


def measure() -> dict[str, float]:
    """core_heartbeats_per_s; core_openings_per_s, of the reports of openings alone, which cost more
    than those of shutting; state_bytes_max of that door."""
    heartbeats, _ = _rate(_heartbeat, 1)
    openings, size = _rate(_edge, 2)
    return {
        "core_heartbeats_per_s": heartbeats,
        "core_openings_per_s": openings,
        "state_bytes_max": size,
    }


def _rate(event: Callable[[int], Event], every: int) -> tuple[float, float]:
    """Steps a second of every first, or every second, event; the largest state on the way."""
    door, now_ms, size, took_s = Door("door"), 1_000_000, 0, 0.0
    for prelude in _preludes(now_ms):
        door, _ = step(door, prelude, now_ms, _BOOK.of(door.door_class))
    events = [event(number) for number in range(1, STEPS + 1)]
    for number, came in enumerate(events):
        now_ms += _TURN_MS
        began = time.perf_counter()
        door, _ = step(door, came, now_ms, _BOOK.of(door.door_class))
        took_s += 0.0 if number % every else time.perf_counter() - began
        if not number % 5_000:
            size = max(size, len(msgspec.json.encode(door)))
    return STEPS / every / took_s, float(size)


def _preludes(now_ms: int) -> list[Event]:
    policy = Policy(2, 600_000, ((1_320, 420),))
    order = Order("order", 0, 10**15, policy)
    meals = Permit("meals", 0, 10**15, 3, 600_000, "Li", "meals", ((420, 510), (690, 780)))
    once = Permit("once", now_ms, now_ms + _DAY_MS, 2, 600_000, "Li", "a doctor")
    permits = [PermitAnnounced(meals), PermitAnnounced(once)]
    return [DoorClassed("heavy"), SealBound(_SEAL, 100_000), OrderPlaced(order), *permits]


def _heartbeat(_number: int) -> Event:
    return ReportCame(_SEAL, 0, Contact.SHUT, 0, edge=False)


def _edge(number: int) -> Event:
    contact = Contact.OPEN if number % 2 else Contact.SHUT
    return ReportCame(_SEAL, number, contact, number % 0x10000, edge=True)
