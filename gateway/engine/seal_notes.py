"""What a seal says of itself in a note: its reading, and what came of the command that it had.

A seal that has another id by command says so under the new one: from that commit on it is the seal
of its door, and the old id is nobody's.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from gateway.core.events import SealBound
from gateway.core.subject import of_door
from gateway.engine.downlink import Downlink
from gateway.engine.ports import Noted
from gateway.engine.unit_of_work import UnitOfWork
from gateway.registry.load import SealRow
from gateway.store.seal_commands import CommandKind, CommandState, SealCommand
from sealwire import command as wire
from sealwire import note

CAUSES = {
    note.POWER_ON: "power_on",
    note.RESET: "reset",
    note.WATCHDOG: "watchdog",
    note.BROWN_OUT: "brown_out",
    note.RESTART: "restart",
}


def step(
    unit: UnitOfWork,
    downlink: Downlink,
    seals: Mapping[str, SealRow],
    read: Noted,
    epoch_before: int,
    at_ms: int,
) -> None:
    """Step one note.

    Args:
        unit: on which it is stepped.
        downlink: the open commands.
        seals: those that are known.
        read: the note.
        epoch_before: the seal's, as it was last heard; a boot raises it.
        at_ms: when it came, in ms of UTC.
    """
    said = read.note
    reading = {
        "battery_mv": said.battery_mv,
        "signal_dbm": said.signal_dbm,
        "firmware": "{}.{}.{}".format(*said.firmware),
        "reset_cause": CAUSES.get(said.reset_cause),
        "booted_ms": at_ms if read.epoch > epoch_before else None,
    }
    unit.writes.reading(read.seal_id, at_ms, reading)
    if not said.ticket:
        for forgotten in downlink.forgotten(read.seal_id, at_ms):
            unit.command(forgotten)
        return
    row = seals[read.seal_id]
    command = downlink.answered((row.follows or row.seal_id, row.seal_id), said, at_ms)
    if command is None:
        return
    if command.kind is CommandKind.IDENTITY and not _is_by_whom_it_may(command, row):
        return
    unit.command(command)
    if command.kind is CommandKind.HEARTBEAT and command.state is CommandState.WORKED:
        _beats(unit, row, command, at_ms)
    elif command.kind is CommandKind.IDENTITY:
        _identified(unit, seals, row, command, at_ms)


def give_up(unit: UnitOfWork, seals: Mapping[str, SealRow], seal_id: str, at_ms: int) -> None:
    """The identity that was to follow a seal's never is."""
    for other in seals.values():
        if other.follows == seal_id:
            unit.end_seal(at_ms, other)


def _is_by_whom_it_may(command: SealCommand, row: SealRow) -> bool:
    """The new identity alone says that it worked, and the old one everything else."""
    return (command.state is CommandState.WORKED) == (row.follows == command.seal_id)


def _beats(unit: UnitOfWork, row: SealRow, command: SealCommand, at_ms: int) -> None:
    """It promises a heartbeat so often from now on."""
    seconds = int.from_bytes(wire.unpack(command.plain)[2][0], "big")
    unit.seal(at_ms, replace(row, heartbeat_ms=seconds * 1000))
    if row.door_id is not None:
        unit.event(at_ms, of_door(row.door_id), SealBound(row.seal_id, seconds * 1000))


def _identified(
    unit: UnitOfWork,
    seals: Mapping[str, SealRow],
    row: SealRow,
    command: SealCommand,
    at_ms: int,
) -> None:
    """The seal is another from now on; or it stays itself, and the other never is."""
    if command.state is CommandState.TAKEN:
        return
    if command.state is not CommandState.WORKED:
        give_up(unit, seals, row.seal_id, at_ms)
        return
    old = seals.get(command.seal_id)
    if old is None:  # it was taken out of use meanwhile, and so is this one
        unit.end_seal(at_ms, row)
        return
    unit.end_seal(at_ms, old)
    now = replace(row, door_id=old.door_id, heartbeat_ms=old.heartbeat_ms, follows=None)
    unit.seal(at_ms, now)
    unit.renamed(old.seal_id, row.seal_id)
    if old.door_id is not None:
        bound = SealBound(row.seal_id, old.heartbeat_ms, was=old.seal_id)
        unit.event(at_ms, of_door(old.door_id), bound)
