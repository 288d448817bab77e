"""Commands to seals: rows that other programs add, and that the gateway moves on.

A command waits until its seal is heard, goes out with each of the gateway's answers until the seal
says that it has taken it, and ends by what the seal says came of it, or by its time. What the seal
is asked may hold a password or a key in clear; it stands in the database, beside the keys of all
seals, until the command has ended, and is overwritten then.
"""

import secrets
from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct
from sqlalchemy import Connection, func, select, update

from gateway.store.seal_tables import seal_commands
from sealwire import command as wire
from sealwire.gateway_end import pack_command
from sealwire.note import TICKET_MAX

COMMANDS_MAX = 10_000  # that are open at once
OPEN_AT_ONCE = 1_000  # handed to the gateway at once; more of them wait their turn


class CommandKind(StrEnum):
    """What is asked."""

    HEARTBEAT = "heartbeat"
    WIFI = "wifi"
    IDENTITY = "identity"
    UPDATE = "update"


class CommandState(StrEnum):
    """How far a command is."""

    WAITING = "waiting"  # its seal was not heard since
    SENT = "sent"  # and not answered yet
    TAKEN = "taken"  # the seal tries it
    WORKED = "worked"
    REFUSED = "refused"  # the seal cannot do that
    FELL_BACK = "fell_back"  # it tried, and is as it was before
    EXPIRED = "expired"
    CANCELLED = "cancelled"


OPEN = (CommandState.WAITING, CommandState.SENT, CommandState.TAKEN)
_WIRE = {
    CommandKind.HEARTBEAT: wire.HEARTBEAT,
    CommandKind.WIFI: wire.WIFI,
    CommandKind.IDENTITY: wire.IDENTITY,
    CommandKind.UPDATE: wire.UPDATE,
}


class TooManyCommandsError(Exception):
    """COMMANDS_MAX are open. The text is a sentence for the person in charge."""


class SealCommand(Struct, frozen=True):
    """A command that has not ended. `plain` is what the seal gets, 192 bytes."""

    command_id: int
    seal_id: str
    kind: CommandKind
    ticket: int
    plain: bytes
    state: CommandState
    ends_ms: int
    sent_ms: int | None = None
    moved_ms: int | None = None


def add(
    connection: Connection,
    seal_id: str,
    kind: CommandKind,
    parts: tuple[bytes, ...],
    now_ms: int,
    ends_ms: int,
    about: str = "",
) -> int:
    """Ask a seal for something. The caller's transaction.

    Args:
        connection: One that writes.
        seal_id: Whom.
        kind: What for.
        parts: As `sealwire.command` has them.
        now_ms: Now, in milliseconds of UTC.
        ends_ms: When it is of no use any more.
        about: What it belongs to, for people; no secret.

    Returns:
        Its number.

    Raises:
        TooManyCommandsError: Too many are open.
        ValueError: The parts are not those of this kind.
    """
    c = seal_commands.c
    count = connection.execute(select(func.count()).where(c.state.in_(OPEN))).scalar() or 0
    if count >= COMMANDS_MAX:
        raise TooManyCommandsError(
            f"{count} commands to seals are open, and there may be no more; wait until some of "
            "them have ended, or stop a change"
        )
    ticket = secrets.randbelow(TICKET_MAX) + 1
    row = {
        "seal_id": seal_id,
        "kind": kind.value,
        "ticket": ticket,
        "plain": pack_command(_WIRE[kind], ticket, parts),
        "state": CommandState.WAITING.value,
        "about": about,
        "made_ms": now_ms,
        "ends_ms": ends_ms,
    }
    added = connection.execute(seal_commands.insert(), row).inserted_primary_key
    return 0 if added is None else int(added[0])


def cancel(connection: Connection, command_ids: Iterable[int], now_ms: int) -> int:
    """These are asked no more, where their seals have not taken them; how many. The caller's
    transaction."""
    c = seal_commands.c
    asked = CommandState.WAITING, CommandState.SENT
    ended = update(seal_commands).where(c.command_id.in_(list(command_ids)), c.state.in_(asked))
    values = {"state": CommandState.CANCELLED.value, "plain": None, "moved_ms": now_ms}
    return int(connection.execute(ended.values(values)).rowcount)


def newest(connection: Connection) -> tuple[int, int]:
    """How many are open, and the highest number of all: another, if there may be news."""
    c = seal_commands.c
    count = connection.execute(select(func.count()).where(c.state.in_(OPEN))).scalar() or 0
    return count, connection.execute(select(func.max(c.command_id))).scalar() or 0


def open_commands(connection: Connection) -> list[SealCommand]:
    """Those that have not ended, the oldest first; OPEN_AT_ONCE at most."""
    c = seal_commands.c
    columns = c.command_id, c.seal_id, c.kind, c.ticket, c.plain, c.state, c.ends_ms, c.sent_ms
    query = select(*columns, c.moved_ms).where(c.state.in_(OPEN)).order_by(c.command_id)
    found = []
    for row in connection.execute(query.limit(OPEN_AT_ONCE)):
        if row.kind in set(CommandKind) and row.plain is not None:
            number, seal_id, kind, ticket, plain, state, *times = row
            found.append(
                SealCommand(
                    number, seal_id, CommandKind(kind), ticket, plain, CommandState(state), *times
                )
            )
    return found
