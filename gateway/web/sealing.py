"""Which doors do not count as sealed, for the pages that say so."""

from collections.abc import Iterable

from msgspec import Struct

from gateway.core.doors.certificates import SEALED, Standing, standing
from gateway.core.doors.orders import running
from gateway.core.model import Door
from gateway.core.rules import CANARY
from gateway.store.views import DoorRow


class SealedDoor(Struct, frozen=True):
    """A door that wants a walk test, or will soon."""

    door_id: str
    label: str
    standing: Standing
    is_ordered: bool  # an order runs there now
    ends_ms: int | None  # of its certificate


def is_unsealed(door: Door, now_ms: int) -> bool:
    """Whether an order runs at a door that does not count as sealed."""
    if door.door_class == CANARY or standing(door, now_ms) in SEALED:
        return False
    return running(door, now_ms) is not None


def wanting(rows: Iterable[DoorRow], now_ms: int) -> list[SealedDoor]:
    """Doors that do not count as sealed and those whose certificate ends soon, the most urgent
    first; then those that were hung before walk tests were asked for."""
    found = [
        _sealed(row, how, now_ms)
        for row in rows
        if row.state.door_class != CANARY
        and (how := standing(row.state, now_ms)) is not Standing.CERTIFIED
    ]
    return sorted(found, key=_rank)


def _sealed(row: DoorRow, how: Standing, now_ms: int) -> SealedDoor:
    certificate = row.state.certificate
    ends_ms = None if certificate is None else certificate.ends_ms
    is_ordered = running(row.state, now_ms) is not None
    return SealedDoor(row.door_id, row.label, how, is_ordered, ends_ms)


def _rank(door: SealedDoor) -> tuple[bool, bool, bool]:
    is_bare = door.standing not in SEALED
    return not (is_bare and door.is_ordered), not is_bare, door.standing is Standing.OLDER
