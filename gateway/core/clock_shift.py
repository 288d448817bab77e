"""A correction of the gateway's clock, in everything that is known: what waited goes on waiting.

The times in a state are when things happened and when something is due, by the gateway's clock.
When that is set right they move with it, so that nobody is told too early or too late for it, and a
silence is as long as it was. What people wrote stays: orders, permits, duties and hours of the day
are by the true clock, which is what the correction is for (clock_correction.py).
"""

from functools import cache
from operator import is_
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import fields, replace

DURATIONS = frozenset({"heartbeat_ms", "age_ms", "longest_ms", "behind_ms", "ahead_ms", "delay_ms"})
BY_PEOPLE = frozenset(
    {
        "orders",
        "orders_over",
        "permits",
        "visits",
        "visited_until_ms",
        "certificate",
        "doubt",
        "quiet",
        "covers",
        "cover",
        "hands_over_ms",
    }
)

S = TypeVar("S", bound=Struct)


def shifted(state: S, by_ms: int) -> S:
    """The state with every time in it so much later.

    Args:
        state: a door, a person, or what the site knows; it stays as it is.
        by_ms: how far the clock moved, ahead if positive, in milliseconds.

    Returns:
        The same object where no time stands in it.
    """
    changed: dict[str, Any] = {}
    for name in _names(type(state)):
        value = getattr(state, name)
        moved = _moved(name, value, by_ms)
        if moved is not value:
            changed[name] = moved
    return replace(state, **changed) if changed else state


@cache
def _names(kind: type[Struct]) -> tuple[str, ...]:
    """The fields in which a time may stand, or a struct that holds some."""
    names = (field.name for field in fields(kind))
    return tuple(name for name in names if name not in DURATIONS | BY_PEOPLE)


def _moved(name: str, value: Any, by_ms: int) -> Any:
    if isinstance(value, Struct):
        return shifted(value, by_ms)
    if isinstance(value, tuple) and value:
        parts = tuple(_moved(name, part, by_ms) for part in value)
        return value if all(map(is_, parts, value)) else parts
    if type(value) is int and value and name.endswith("_ms"):  # 0 stands for none
        return value + by_ms
    return value
