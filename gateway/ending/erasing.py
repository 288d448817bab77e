"""Rows leave the database a few at a time, each piece one small transaction under the writer.

Freed bytes are overwritten as they become free (`secure_delete`); the rest of the log is moved and
cut, and free pages are given back, a few at a time too. How many rows went of which table is
counted in the same transaction, so that a kill in between counts nothing twice and forgets nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Table, and_, delete, or_, select, tuple_, update

from gateway.core.no_json import NO_JSON
from gateway.core.subject import SubjectKind
from gateway.ending import names as naming
from gateway.ending.hanging_times import Hung
from gateway.ending.names import Names
from gateway.ending.places import LAST, ROWS, Rows
from gateway.store import checkpoints, tables
from gateway.store.database import Store
from gateway.store.ending_tables import endings

PIECE_ROWS: Final = 500  # some 10 ms of the writer's turn on a good disk
FREE_PAGES: Final = 256  # a megabyte, given back at a time
_e = endings.c
_encode = msgspec.json.Encoder(order="deterministic").encode


def sweep(store: Store, all_names: Sequence[Names]) -> Iterator[Callable[[], None]]:
    """All rows of these orders but the last ones: calls, each one transaction of PIECE_ROWS at
    most."""
    left = list(all_names)
    while left:
        yield lambda: _piece(store, left)


def _piece(store: Store, left: list[Names]) -> None:
    """Take rows out, and those orders off the list of which nothing is left."""
    room, done = PIECE_ROWS, 0
    with store.writing() as connection:
        for collected in left:
            names = naming.narrowed(connection, collected)
            gone = Counter[str]()
            _let_go(connection, names)
            for place in ROWS:
                count = _delete(connection, place, names, room) if room > 0 else 0
                room, gone[place.table.name] = room - count, count
            note(connection, names.order_id, gone)
            if room <= 0:
                break
            done += 1
    del left[:done]


def _let_go(connection: Connection, names: Names) -> None:
    """Rows that stay and point at rows that go point at nothing."""
    c = tables.cases.c
    kept = update(tables.cases).where(c.case_id.not_in(names.cases))
    connection.execute(kept.where(c.refers_to.in_(names.cases)).values(refers_to=None))
    if names.is_whole:  # an outage's case names the first of its doors
        connection.execute(kept.where(c.door_id.in_(names.doors)).values(door_id=None))


def finish(connection: Connection, names: Names) -> None:
    """The last rows: from now on nobody knows that there was such an order. The caller's
    transaction, after the order's line is in the record."""
    its = naming.narrowed(connection, names)
    for place in LAST:
        _delete(connection, place, its, PIECE_ROWS)


def note(connection: Connection, order_id: str, gone: Mapping[str, int]) -> None:
    """Add to what went of an order. The caller's transaction."""
    fresh = {name: count for name, count in gone.items() if count}
    if not fresh:
        return
    before = connection.execute(select(_e.counts).where(_e.order_id == order_id)).scalar()
    if before is None:
        return
    counts = Counter(naming.counts(before))
    counts.update(fresh)
    its = update(endings).where(_e.order_id == order_id)
    connection.execute(its.values(counts=_encode(dict(counts)).decode()))


def _delete(connection: Connection, place: Rows, names: Names, room: int) -> int:
    table, which = place.table, place.which(names)
    key = _key(table)
    wanted = select(*table.primary_key.columns).where(which).limit(room)
    return connection.execute(delete(table).where(key.in_(wanted))).rowcount


def _key(table: Table) -> Any:
    columns = list(table.primary_key.columns)
    return columns[0] if len(columns) == 1 else tuple_(*columns)


# What others' rows say of it.


def of_others(store: Store, all_names: Sequence[Names], to_id: int) -> Iterator[Callable[[], int]]:
    """The site's own rows of the journal, those of nobody, and later ones of a door that goes on,
    that name one of these doors, seals, cases or orders; and its doors in the lists of outages.

    Once for all orders that go together: a replay begins after `to_id`, so nothing hangs on them.
    """
    known = Known(all_names)
    after_id = 0
    while after_id is not None:
        step: list[int | None] = []

        def piece(after_id: int = after_id, step: list[int | None] = step) -> int:
            next_id, count = _others_piece(store, known, after_id, to_id)
            step.append(next_id)
            return count

        yield piece
        if not step or step[0] is None:
            break
        after_id = step[0]
    yield lambda: _of_outages(store, known)


class Known:
    """Whose a row is, by the words in it."""

    def __init__(self, all_names: Sequence[Names]) -> None:
        going_on = [names for names in all_names if not names.is_whole]
        self.doors = [door_id for names in going_on for door_id in names.doors]
        self.households = [names.household_id for names in going_on]
        self._named: dict[str, Names] = {}  # by what goes whenever it is named,
        self._at: dict[str, list[tuple[Names, Hung]]] = {}  # and by what goes for a time
        for names in all_names:
            for word in (*names.cases, names.order_id):
                self._named.setdefault(word, names)
            for hung in (*(Hung(door_id, 0, None) for door_id in names.doors), *names.seals):
                self._at.setdefault(hung.seal_id, []).append((names, hung))

    def whose(self, value: Any, at_ms: Any) -> Names | None:
        """The first order that a value of JSON names, if the row is old enough to go with it; one
        whose time is spoilt (`at_ms` is no number) is."""
        when_ms, left = at_ms if isinstance(at_ms, int) else 0, [value]
        while left:
            one = left.pop()
            if isinstance(one, str):
                names = self._of_word(one, when_ms)
                if names is not None:
                    return names
            elif isinstance(one, dict | list):
                left += reversed(one.values() if isinstance(one, dict) else one)
        return None

    def _of_word(self, word: str, at_ms: int) -> Names | None:
        seal_id, _, rest = word.partition("-")  # a page's id begins with its case's
        case_id = f"{seal_id}-{rest.partition('-')[0]}"
        names = self._named.get(word) or self._named.get(case_id)
        if names is not None:
            return names
        for each in (word, seal_id):
            for names, hung in self._at.get(each, ()):
                if hung.holds(at_ms, names.before_ms):
                    return names
        return None


def _others_piece(store: Store, known: Known, after_id: int, to_id: int) -> tuple[int | None, int]:
    j = tables.journal.c
    its_own = or_(
        and_(j.subject_kind == SubjectKind.DOOR, j.subject_id.in_(known.doors)),
        and_(j.subject_kind == SubjectKind.HOUSEHOLD, j.subject_id.in_(known.households)),
    )
    is_others = or_(j.subject_kind == SubjectKind.SITE, j.subject_kind.is_(None), its_own)
    query = (
        select(j.journal_id, j.at_ms, j.seal_id, j.body)
        .where(is_others, j.journal_id > after_id, j.journal_id <= to_id)
        .order_by(j.journal_id)
        .limit(PIECE_ROWS)
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
    gone: dict[str, list[int]] = {}
    for journal_id, at_ms, seal_id, body in rows:
        names = known.whose([seal_id, decoded(body)], at_ms)
        if names is not None:
            gone.setdefault(names.order_id, []).append(journal_id)
    if gone:
        with store.writing() as connection:
            for order_id, ids in gone.items():
                count = connection.execute(delete(tables.journal).where(j.journal_id.in_(ids)))
                note(connection, order_id, {tables.journal.name: count.rowcount})
    next_id = rows[-1][0] if len(rows) == PIECE_ROWS else None
    return next_id, sum(map(len, gone.values()))


def decoded(body: bytes) -> Any:
    """A row's body, as JSON; None where it is none."""
    try:
        return msgspec.json.decode(body)
    except (*NO_JSON, TypeError):
        return None  # nothing can be said of it; where it stands spoilt, `poisoned` has it


def _of_outages(store: Store, known: Known) -> int:
    o, gone = tables.outages.c, 0
    with store.reading() as connection:
        rows = connection.execute(select(o.outage_id, o.since_ms, o.doors)).all()
    for outage_id, since_ms, listed in rows:
        doors = decoded(listed)
        if not isinstance(doors, list) or not isinstance(since_ms, int):
            continue  # spoilt: whoever loads it tells of it
        left = [door_id for door_id in doors if known.whose(door_id, since_ms) is None]
        is_named = known.whose(outage_id, since_ms) is not None
        if left == doors and not is_named:
            continue
        gone += 1
        with store.writing() as connection:
            its = tables.outages
            if not left or is_named:
                connection.execute(delete(its).where(o.outage_id == outage_id))
            else:
                change = update(its).where(o.outage_id == outage_id)
                connection.execute(change.values(doors=_encode(left).decode()))
    return gone


def checkpoint(store: Store) -> int:
    """Keep all states, so that rows may go; the row up to which they may."""
    with store.writing() as connection:
        return checkpoints.make(connection)


def begin(connection: Connection, names: Names) -> None:
    """Write down what is to go, before anything does. The caller's transaction."""
    its = update(endings).where(_e.order_id == names.order_id)
    connection.execute(
        its.values(names=naming.encode(names).decode(), before_ms=names.before_ms, step="begun")
    )
