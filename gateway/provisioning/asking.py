"""Asking seals for something over the air: who can be asked, and how far it has come."""

from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import select

from gateway.core.duration import DAY_MS
from gateway.store import seal_commands, seal_views
from gateway.store.database import Store
from gateway.store.seal_commands import OPEN, CommandKind, CommandState
from gateway.store.seal_tables import seal_commands as table
from gateway.store.seal_views import SealView

SEALS_MAX = 10_000
DAYS_MAX = 30
NOBODY = (
    "no seal on a door takes commands: their firmware is older, or none was heard since the "
    "gateway was updated; `menshen seals` shows the firmware of each"
)


def able(store: Store, door_ids: Sequence[str] = ()) -> list[SealView]:
    """The seals on doors that take commands, the last heard first: those that have told their
    firmware. Of these doors, if they are given."""
    with store.reading() as connection:
        found = seal_views.seals(connection, SEALS_MAX)
    able = [one for one in found if one.door_id and one.firmware and one.follows is None]
    if door_ids:
        able = [one for one in able if one.door_id in door_ids]
    return sorted(able, key=lambda one: -(one.heard_ms or 0))


def ask(
    store: Store,
    seals: Iterable[SealView],
    kind: CommandKind,
    parts: tuple[bytes, ...],
    now_ms: int,
    days: int,
    about: str,
) -> dict[int, SealView]:
    """Ask seals for the same thing, for so many days at most: the numbers of the commands.

    What was asked of them before and is of the same kind is asked no more, unless a seal has taken
    it. All of it or nothing.

    Raises:
        TooManyCommandsError: Too many are open.
        StoreError: Nothing can be stored.
    """
    seals, numbers = list(seals), {}
    with store.writing() as connection:
        c = table.c
        before = select(c.command_id).where(
            c.kind == kind.value, c.seal_id.in_([one.seal_id for one in seals])
        )
        seal_commands.cancel(connection, connection.execute(before).scalars().all(), now_ms)
        ends_ms = now_ms + days * DAY_MS
        for one in seals:
            asked = one.seal_id, kind, parts, now_ms, ends_ms, about
            numbers[seal_commands.add(connection, *asked)] = one
    return numbers


def states(store: Store, numbers: Iterable[int]) -> dict[int, CommandState]:
    """How far these commands are."""
    c = table.c
    query = select(c.command_id, c.state).where(c.command_id.in_(list(numbers)))
    with store.reading() as connection:
        return {number: CommandState(state) for number, state in connection.execute(query)}


def stop(store: Store, kind: CommandKind, now_ms: int) -> int:
    """Ask nobody for this any more; how many of those that had not taken it."""
    c = table.c
    asked = select(c.command_id).where(c.kind == kind.value, c.state.in_(OPEN))
    with store.writing() as connection:
        numbers = connection.execute(asked).scalars().all()
        return seal_commands.cancel(connection, numbers, now_ms)


def give_up(store: Store, numbers: Iterable[int], now_ms: int) -> int:
    """Ask for these no more, where their seals have not taken them; how many."""
    with store.writing() as connection:
        return seal_commands.cancel(connection, numbers, now_ms)


def latest(store: Store, kind: CommandKind) -> tuple[str, dict[str, CommandState]]:
    """What was asked of this kind last, by its name; and of each seal how far that is."""
    c = table.c
    newest = select(c.about).where(c.kind == kind.value).order_by(c.command_id.desc()).limit(1)
    with store.reading() as connection:
        about = connection.execute(newest).scalar() or ""
        of_it = select(c.seal_id, c.state).where(c.kind == kind.value, c.about == about)
        rows = connection.execute(of_it.order_by(c.command_id)).all()
    return about, {seal_id: CommandState(state) for seal_id, state in rows}


def counted(states: Iterable[CommandState]) -> str:
    """How many are how far, in words."""
    counts = Counter(states)
    words = {state: state.value.replace("_", " ") for state in CommandState}
    return ", ".join(f"{counts[state]} {words[state]}" for state in CommandState if counts[state])
