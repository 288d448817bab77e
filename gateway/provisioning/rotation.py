"""A fresh identity for a seal over the air, so that no home can be followed from order to order.

    1  mint     id, key and password, made here; a row that follows the old seal's and hangs nowhere
    2  let in   the broker's file of passwords, with both; proved by logging in under the new one
    3  ask      a command under the old key; the seal tries it, and says so under the new one
    4  become   the gateway, in one commit: the door's seal is the new one, the old one has ended

Before 3 nothing holds but the row, which `give_up` ends; of a run that was killed there, the next
one does (`give_up_unasked`), for one runs at a time (`alone`). After it the gateway decides by the
first note that it hears, and the seal by its receipt (`sealnode.orders`): killed anywhere, the seal
of the door is the old one or the new one. Both logins hold until then; afterwards the old one
leaves the broker (`retirement`).
"""

import fcntl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import insert, select, update

from gateway.core.duration import DAY_MS
from gateway.keys.key_file import give_to_owner
from gateway.registry.credentials import Identity, fresh_identity, hash_password
from gateway.store import seal_commands, tables
from gateway.store.database import Store
from gateway.store.seal_commands import CommandKind
from gateway.store.seal_tables import seal_commands as commands
from gateway.store.seal_views import SealView

LOCK: Final = ".rotating"  # behind the database's name


class RotationRunsError(Exception):
    """Another run is between 1 and 3. The text is a sentence for the person in charge."""


@contextmanager
def alone(database: Path) -> Iterator[None]:
    """Nobody else mints and asks meanwhile; what holds others off goes with its process.

    Raises:
        RotationRunsError: somebody does just now.
        OSError: there can be no such file.
    """
    lock = database.with_name(f".{database.name}{LOCK}.lock")
    with lock.open("w") as handle:
        give_to_owner(handle.fileno(), lock.parent)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            words = "seals are being asked for a fresh identity already; wait until that is done"
            raise RotationRunsError(words) from None
        yield


class Turn(NamedTuple):
    """A seal, and who it is to be."""

    seal: SealView
    identity: Identity


def due(store: Store, seals: Iterable[SealView], now_ms: int) -> list[SealView]:
    """Those whose identity is older than the order that runs on their door."""
    o, s, d = tables.orders.c, tables.seals.c, tables.doors.c
    query = (
        select(s.seal_id)
        .join_from(tables.seals, tables.doors, d.door_id == s.door_id)
        .join(tables.orders, o.household_id == d.household_id)
        .where(o.from_ms <= now_ms, o.to_ms > now_ms, s.enrolled_ms < o.from_ms)
    )
    with store.reading() as connection:
        older = set(connection.execute(query).scalars())
    return [one for one in seals if one.seal_id in older]


def mint(store: Store, seals: Iterable[SealView], now_ms: int) -> list[Turn]:
    """A fresh identity for each that has none coming already."""
    s = tables.seals.c
    turns = []
    with store.writing() as connection:
        coming = select(s.follows).where(s.follows.is_not(None), s.ended_ms.is_(None))
        have = set(connection.execute(coming).scalars())
        for seal in seals:
            if seal.seal_id in have:
                continue
            identity = fresh_identity()
            row = {
                "seal_id": identity.seal_id,
                "key": identity.key,
                "broker_hash": hash_password(identity.broker_password),
                "enrolled_ms": now_ms,
                "batch": seal.batch,
                "heartbeat_ms": seal.heartbeat_ms,
                "follows": seal.seal_id,
            }
            connection.execute(insert(tables.seals), row)
            turns.append(Turn(seal, identity))
        if turns:
            connection.execute(tables.enrolments.insert(), {"at_ms": now_ms})
    return turns


def ask(store: Store, turns: Iterable[Turn], now_ms: int, days: int) -> list[int]:
    """Ask each seal to be who it is to be; the numbers of the commands. All or none.

    Raises:
        TooManyCommandsError: Too many are open.
    """
    with store.writing() as connection:
        return [
            seal_commands.add(
                connection,
                turn.seal.seal_id,
                CommandKind.IDENTITY,
                (
                    bytes.fromhex(turn.identity.seal_id),
                    turn.identity.key,
                    turn.identity.broker_password.encode(),
                ),
                now_ms,
                now_ms + days * DAY_MS,
                turn.identity.seal_id,
            )
            for turn in turns
        ]


def give_up(store: Store, turns: Iterable[Turn], now_ms: int) -> None:
    """These never were: nobody has been asked."""
    s = tables.seals.c
    ids = [turn.identity.seal_id for turn in turns]
    with store.writing() as connection:
        never = update(tables.seals).where(s.seal_id.in_(ids), s.follows.is_not(None))
        connection.execute(never.values(follows=None, ended_ms=now_ms))
        connection.execute(tables.enrolments.insert(), {"at_ms": now_ms})


def give_up_unasked(store: Store, now_ms: int) -> int:
    """End the identities whose seals were never asked, for whoever made them was killed; how many.
    Left alone, their seals would never be due again. For whoever is `alone` at it."""
    s, c = tables.seals.c, commands.c
    asked = select(c.about).where(c.kind == CommandKind.IDENTITY.value)
    unasked = select(s.seal_id).where(
        s.follows.is_not(None),
        s.ended_ms.is_(None),
        s.seal_id.not_in(asked),
    )
    with store.writing() as connection:
        found = list(connection.execute(unasked).scalars())
        if found:
            never = update(tables.seals).where(s.seal_id.in_(found))
            connection.execute(never.values(follows=None, ended_ms=now_ms))
            connection.execute(tables.enrolments.insert(), {"at_ms": now_ms})
    return len(found)
