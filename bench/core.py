"""The core alone: how many steps a second the rules make, with no disk, broker or cipher."""

from __future__ import annotations

import time
from collections.abc import Callable

from gateway.core.events import Event, OrderPlaced, ReportCame, SealBound
from gateway.core.model import Contact, Door, Order
from gateway.core.rules import Rules
from gateway.core.step import step

STEPS = 50_000
_SEAL = "00" * 8
_RULES = Rules()
_TURN_MS = 5_000


def measure() -> dict[str, float]:
    """core_beats_per_s, and core_edges_per_s on a door under an order, half of them openings."""
    return {"core_beats_per_s": _rate(_beat), "core_edges_per_s": _rate(_edge)}


def _rate(event: Callable[[int], Event]) -> float:
    door, now_ms = Door("door"), 1_000_000
    order = Order("order", 0, 10**15)
    for prelude in (SealBound(_SEAL), OrderPlaced(order)):
        door, _ = step(door, prelude, now_ms, _RULES)
    events = [event(number) for number in range(1, STEPS + 1)]
    began = time.perf_counter()
    for number, came in enumerate(events):
        door, _ = step(door, came, now_ms + number * _TURN_MS, _RULES)
    return STEPS / (time.perf_counter() - began)


def _beat(_number: int) -> Event:
    return ReportCame(_SEAL, 0, Contact.SHUT, 0, edge=False)


def _edge(number: int) -> Event:
    contact = Contact.OPEN if number % 2 else Contact.SHUT
    return ReportCame(_SEAL, number, contact, number % 0x10000, edge=True)
