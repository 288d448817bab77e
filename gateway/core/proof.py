"""What a person scanned at a door, and what it proves: the code that is on the door's label.

A code belongs to one order on one door. It is random, and says nothing to who does not have the
registry; which order and door it is of is looked up where it comes in, and is all that is stored.
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct

from gateway.core.actor import Actor


class Proof(StrEnum):
    """What proves that somebody is at the door."""

    PROVED = "proved"  # by the door's own code, of the order that held then
    UNPROVED = "unproved"  # they say so: no code was given
    OTHER_DOOR = "other_door"  # the code is another door's
    OTHER_ORDER = "other_order"  # it is this door's, of an order before or after
    UNKNOWN_CODE = "unknown_code"  # it is no door's
    NOT_LOOKED_AT = "not_looked_at"  # too many wrong ones came before it


WRONG: Final = frozenset({Proof.OTHER_DOOR, Proof.OTHER_ORDER, Proof.UNKNOWN_CODE})


class Scan(Struct, frozen=True, omit_defaults=True):
    """Which door's code it is, and which order's; both empty: no door's."""

    door_id: str = ""
    order_id: str = ""


class WrongScan(Struct, frozen=True, array_like=True):
    """Somebody gave a code that is not the door's."""

    by: Actor
    at_ms: int  # when it came
