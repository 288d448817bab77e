"""What `move`, `exchange`, `swap` and `retire` have in common: one transaction of the registry, and
the sentences about what hangs where."""

from collections.abc import Sequence
from contextlib import closing
from datetime import tzinfo

from sqlalchemy import Connection

from gateway.cli.exit_codes import CommandError
from gateway.cli.named_door import called
from gateway.cli.output import counted, when
from gateway.registry.door_names import with_label
from gateway.registry.enrolment import Enrolment, enrol
from gateway.registry.rows import Ending, SealMove
from gateway.settings import Settings
from gateway.store import hanging
from gateway.store.database import Store
from gateway.store.hanging import Hanging

_MEANWHILE = (
    "since a moment ago: somebody else is at it. Nothing was changed; look, then say it anew"
)


def need_seal(settings: Settings, seal_id: str, now_ms: int) -> Hanging:
    """A seal in use. CommandError if there is none of this id."""
    with closing(opened(settings)) as store, store.reading() as connection:
        found = hanging.of_seal(connection, seal_id, now_ms)
    if found is None:
        raise CommandError(f"there is no seal {seal_id} in use; `menshen seals` lists them")
    return found


def need_seal_on(settings: Settings, door_id: str, now_ms: int) -> Hanging:
    """The seal on a door. CommandError if none hangs there."""
    with closing(opened(settings)) as store, store.reading() as connection:
        found = hanging.on_door(connection, door_id, now_ms)
    if found is None:
        door = called(settings, door_id)
        raise CommandError(f"no seal hangs on door {door}; `menshen seals` lists them")
    return found


def seal_on(settings: Settings, door_id: str, now_ms: int) -> Hanging | None:
    """The seal on a door, if one hangs there."""
    with closing(opened(settings)) as store, store.reading() as connection:
        return hanging.on_door(connection, door_id, now_ms)


def were_exchanged(settings: Settings, seals: Sequence[Hanging], now_ms: int) -> bool:
    """Whether these two changed places with each other lately."""
    with closing(opened(settings)) as store, store.reading() as connection:
        return hanging.was_exchanged(connection, seals, now_ms)


def swapped_out(settings: Settings, seal: Hanging) -> str | None:
    """The seal that was retired for this one, if one was."""
    with closing(opened(settings)) as store, store.reading() as connection:
        return hanging.swapped_out(connection, seal)


def write(
    settings: Settings, rows: Sequence[SealMove | Ending], now_ms: int, seen: Sequence[Hanging]
) -> None:
    """All of the rows or none, in one transaction.

    Args:
        settings: the site's.
        rows: what is written.
        now_ms: when.
        seen: what it was decided by, and what the sentences say. From another terminal a seal may
            have been hung elsewhere since, and its new door would be left without anybody knowing.

    Raises:
        CommandError: it hangs elsewhere now; nothing was changed.
        EnrolError: the rows do not fit.
    """
    meant = {seal.seal_id for seal in seen}
    doors = [row.door_id for row in rows if isinstance(row, SealMove) and row.door_id]

    def take(connection: Connection) -> Enrolment:
        for seal in seen:
            is_now = hanging.of_seal(connection, seal.seal_id, now_ms)
            if is_now is None or is_now.door_id != seal.door_id:
                place = "is retired" if is_now is None else f"hangs {place_of(is_now)}"
                raise CommandError(f"seal {seal.seal_id} {place} {_MEANWHILE}")
        for door_id in doors:
            other = hanging.on_door(connection, door_id, now_ms)
            if other is not None and other.seal_id not in meant:
                raise CommandError(f"{door_of(other)} carries seal {other.seal_id} {_MEANWHILE}")
        enrolment = Enrolment(connection, now_ms, settings.zone)
        enrolment.foresee([row for row in rows if isinstance(row, SealMove)])
        for row in rows:
            enrolment.take(row)
        return enrolment

    with closing(opened(settings)) as store:
        enrol(store, take)


def opened(settings: Settings) -> Store:
    """The site's database, which must be there. StoreError."""
    return Store.open(*settings.store.place, create=False)


def door_of(seal: Hanging) -> str:
    """Its door as people say it: "door d0001 (1栋1单元501)"."""
    return f"door {with_label(seal.door_id or '', seal.label)}"


def place_of(seal: Hanging) -> str:
    """Where it hangs: "on door d0001 (1栋1单元501)", or "nowhere"."""
    return "nowhere" if seal.door_id is None else f"on {door_of(seal)}"


def walk(door: str) -> str:
    """What comes next at a door that got a seal."""
    return (
        f"{_begun(door)} counts as sealed once it has passed its walk test: `menshen commission`."
    )


def left_alone(seal: Hanging, zone: tzinfo) -> str:
    """A sentence about the door that it leaves: who watches it now. Empty if it hung nowhere."""
    if seal.door_id is None:
        return ""
    if seal.until_ms is None:
        return f"{_begun(door_of(seal))} keeps its history and has no seal now."
    return (
        f"{_begun(door_of(seal))} is under an order until {when(seal.until_ms, zone)} and "
        f"NOBODY WATCHES IT NOW: `menshen flash --door {seal.door_id}`, or `menshen swap "
        f"{seal.door_id} SEAL` if another is ready."
    )


def _begun(words: str) -> str:
    """As a sentence begins; a label in it stays as it is written."""
    return words[:1].upper() + words[1:]


def doubtful(seal: Hanging) -> str:
    """A sentence about what it told at the door that it leaves, if that may never have been its
    door. Empty if it told of nothing there."""
    if not seal.openings:
        return ""
    return (
        f"{counted(seal.openings, 'opening')} of {door_of(seal)} came from seal "
        f"{seal.seal_id}. If it never hung there, they are another household's: tell those who "
        f"assess its cases. `menshen coverage {seal.door_id}` shows when."
    )
