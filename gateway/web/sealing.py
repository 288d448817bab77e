"""Which doors do not count as sealed, for the pages that say so."""

from msgspec import Struct
from sqlalchemy import Connection

from gateway.core.doors.certificates import SEALED, Standing, standing
from gateway.core.doors.orders import running
from gateway.core.model import Door
from gateway.core.rules import CANARY
from gateway.store import door_lists
from gateway.store.door_lists import Listed


class Wanting(Struct, frozen=True):
    """What it is that a door wants, whichever it is."""

    standing: Standing
    is_ordered: bool  # an order runs there now
    ends_ms: int | None  # of its certificate


class SealedDoor(Struct, frozen=True):
    """A door that wants a walk test, or will soon."""

    door_id: str
    label: str
    standing: Standing
    is_ordered: bool
    ends_ms: int | None


def is_unsealed(door: Door, now_ms: int) -> bool:
    """Whether an order runs at a door that does not count as sealed."""
    if door.door_class == CANARY or standing(door, now_ms) in SEALED:
        return False
    return running(door, now_ms) is not None


def wanting(door: Door, now_ms: int) -> Wanting | None:
    """What a door wants that does not count as sealed, whose certificate ends soon, or that was
    hung before walk tests were asked for; None of any other."""
    if door.door_class == CANARY:
        return None
    how = standing(door, now_ms)
    if how is Standing.CERTIFIED:
        return None
    certificate = door.certificate
    ends_ms = None if certificate is None else certificate.ends_ms
    return Wanting(how, running(door, now_ms) is not None, ends_ms)


def part(
    connection: Connection, every: list[Listed[Wanting]], begin: int, count: int
) -> list[SealedDoor]:
    """Some of the doors that want something, the most urgent first; those that were hung before
    walk tests were asked for stand last."""
    return [
        SealedDoor(one.door_id, one.label, one.said.standing, one.said.is_ordered, one.said.ends_ms)
        for one in door_lists.part(connection, every, _rank, begin, count)
    ]


def _rank(said: Wanting) -> tuple[bool, bool, bool]:
    is_bare = said.standing not in SEALED
    return not (is_bare and said.is_ordered), not is_bare, said.standing is Standing.OLDER
