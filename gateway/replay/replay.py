"""The journal lived through again: every door, outage and trouble, and every person who is told, as
the journal alone makes them, and what followed.

The journal is read in its own order, a bounded piece at a time, inside the caller's one reading
transaction, so that a gateway at work does not move it meanwhile. Only what came from outside is
stepped; what followed from it stands in the journal too, and must be the same. What stands there
without a subject (reports of a seal that hangs nowhere, refusals that are nobody's) changed
nothing when it came, and is passed over. Rules and staff stand in the journal as well: each stretch
is lived through under those that held then.
"""

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, select, type_coerce
from sqlalchemy.types import NullType

from gateway.core.events import Event
from gateway.core.households.model import Household
from gateway.core.model import SURE, Door
from gateway.core.paging import routing
from gateway.core.paging.staff import Staff
from gateway.core.rules import Rulebook
from gateway.core.site import SiteState, SiteTurn, Step
from gateway.core.site_model import Outages, Troubles
from gateway.core.subject import Subject, SubjectKind
from gateway.store import archives, checkpoints, tables
from gateway.store.heartbeat_spans import heartbeats
from gateway.store.journal import decode_event, whose
from gateway.store.poisoned import Findings
from gateway.store.states import encode

log = logging.getLogger("menshen.replay")

PIECE = 2_000  # rows of the journal in memory at a time
APART_MAX = 100  # rows of the journal that are named where they are not as they should be


class Journaled(msgspec.Struct, frozen=True):
    """An event as it stands in the journal; `at_ms` is when the gateway stepped it.

    `cause_id`: the row from whose event it followed; None for what came from outside.
    """

    journal_id: int
    at_ms: int
    subject: Subject
    event: Event
    cause_id: int | None = None


def journaled(
    connection: Connection, subject: Subject | None = None, after_id: int = 0
) -> Iterator[Journaled]:
    """The events in the order in which they were stepped; one subject's, if it is named, and only
    those after a row.

    A heartbeat may stand in the journal, in a heartbeat span, or in both: it comes once. A row that
    cannot be read is named in the log and passed over: nothing is claimed from it.
    """
    rows = _rows(connection, subject, after_id)
    is_door = subject is None or subject.kind is SubjectKind.DOOR
    beats = heartbeats(connection, subject and subject.id) if is_door else iter(())
    beats = (beat for beat in beats if beat[0] > after_id)
    row, beat = next(rows, None), next(beats, None)
    while row is not None or beat is not None:
        if row is None or (beat is not None and beat[0] <= row.journal_id):
            assert beat is not None  # noqa: S101 - or there would be neither
            if row is not None and row.journal_id == beat[0]:
                row = next(rows, None)
            yield Journaled(*beat)
            beat = next(beats, None)
        else:
            yield row
            row = next(rows, None)


def _rows(connection: Connection, subject: Subject | None, from_id: int) -> Iterator[Journaled]:
    """The journal's rows in their order, PIECE of them in memory at a time."""
    c, found = tables.journal.c, Findings()
    body: Any = type_coerce(c.body, NullType())  # as it stands there, whatever that is
    query = select(c.journal_id, c.at_ms, c.subject_kind, c.subject_id, body, c.cause_id)
    query = query.order_by(c.journal_id).limit(PIECE)
    if subject is None:
        query = query.where(c.subject_kind.is_not(None))
    else:
        query = query.where(c.subject_kind == subject.kind, c.subject_id == subject.id)
    for file, above_id in archives.files(connection):
        after_id = max(above_id, from_id)
        while True:
            rows = file.execute(query.where(c.journal_id > after_id)).all()
            yield from filter(None, (_decoded(found, *row) for row in rows))
            if len(rows) < PIECE:
                break
            after_id = rows[-1][0]
    found.log(log)


def _decoded(
    found: Findings,
    journal_id: int,
    at_ms: Any,
    kind: str,
    subject_id: str,
    body: Any,
    cause_id: int | None,
) -> Journaled | None:
    try:
        event, subject = decode_event(body), whose(kind, subject_id)
        if not isinstance(at_ms, int):
            raise TypeError("at_ms is no number")  # noqa: TRY301 - as what stands beside it
    except Exception as error:  # noqa: BLE001 - whatever stands there: it is named, and passed over
        found.note(tables.journal.name, journal_id, error, body)
        return None
    return Journaled(journal_id, at_ms, subject, event, cause_id)


def beginning(connection: Connection) -> tuple[SiteState | None, int]:
    """Where the journal begins: what was true then, and the row after which it goes on. Of a site
    of which nothing was destroyed yet: nothing, and 0."""
    known = checkpoints.latest(connection)
    if known is None:
        return None, 0
    router = routing.of(known.staff, known.people)
    of_site = known.outages, router, known.troubles, known.doubt
    site = SiteState(known.rulebook, known.doors, *of_site, known.households)
    return site, known.journal_id


class Apart(msgspec.Struct, frozen=True):
    """What is stored otherwise than the journal makes it: nothing, if all is well."""

    doors: tuple[str, ...] = ()
    households: tuple[str, ...] = ()
    people: tuple[str, ...] = ()  # by warden_id
    site: tuple[str, ...] = ()  # by the name in `states`
    journal: tuple[int, ...] = ()  # rows that did not follow from what stands before them


class Replay:
    """A site from nothing but the journal. `rulebook` holds until the journal names another; where
    the journal has no beginning any more, it `begins` with what was true then."""

    def __init__(self, rulebook: Rulebook, begins: SiteState | None = None) -> None:
        self.turn = SiteTurn(begins or SiteState(rulebook))
        self.apart: list[int] = []  # rows, as in `Apart`
        self._following: deque[Step] = deque()  # what must stand in the journal next

    def live(self, events: Iterable[Journaled]) -> Iterator[tuple[Journaled, Step]]:
        """Step each event as the gateway did, and tell what became of it."""
        for row in events:
            yield row, self.step(row)

    def step(self, row: Journaled) -> Step:
        """Step one event, or take what followed from the one before."""
        if row.cause_id is not None:
            return self._followed(row)
        self._doubt(row, not self._following)
        self._following.clear()
        own, *following = self.turn.apply(row.at_ms, row.subject, row.event)
        self._following.extend(following)
        return own

    def _followed(self, row: Journaled) -> Step:
        if self._following:
            step = self._following.popleft()
            self._doubt(row, (step.subject, step.event) == (row.subject, row.event))
            return step
        self._doubt(row, False)  # it followed then, under the rules that held: so it is stepped
        return self.turn.apply(row.at_ms, row.subject, row.event)[0]

    def _doubt(self, row: Journaled, is_right: bool) -> None:
        if not is_right and len(self.apart) < APART_MAX:
            self.apart.append(row.journal_id)

    def door(self, door_id: str) -> bytes:
        """A door's state, in the bytes of `doors.state`."""
        return encode(self.turn.door(door_id))

    def household(self, household_id: str) -> bytes:
        """What is known of a household's own matters, in the bytes of its state."""
        return encode(self.turn.household(household_id))

    def person(self, warden_id: str) -> bytes | None:
        """What is known of a person, in the bytes of `people.state`; None if nothing is."""
        person = self.turn.router.people.get(warden_id)
        return None if person is None else encode(person)


def differing(connection: Connection, replay: Replay) -> Apart:
    """What is not stored, byte for byte, as the replay has made it."""
    d, p, s = tables.doors.c, tables.people.c, tables.states.c
    doors = connection.execute(select(d.door_id, d.state).order_by(d.door_id))
    people = {who: state for who, state in connection.execute(select(p.warden_id, p.state))}
    h = tables.households.c
    stored = select(h.household_id, h.state).where(h.state.is_not(None))
    homes = {one: state for one, state in connection.execute(stored)}
    households = sorted({*homes, *replay.turn.households})
    known = sorted({*people, *replay.turn.router.people})
    states = {name: state for name, state in connection.execute(select(s.name, s.state))}
    made = {
        "outages": (encode(replay.turn.outages), encode(Outages())),
        "troubles": (encode(replay.turn.troubles), encode(Troubles())),
        "clock": (encode(replay.turn.doubt), encode(SURE)),
        "staff": (encode(replay.turn.router.staff), encode(Staff())),
    }
    return Apart(
        tuple(who for who, state in doors if (state or encode(Door(who))) != replay.door(who)),
        tuple(
            one
            for one in households
            if homes.get(one, encode(Household(one))) != replay.household(one)
        ),
        tuple(who for who in known if people.get(who) != replay.person(who)),
        tuple(name for name, (its, none) in made.items() if states.get(name, none) != its),
        tuple(replay.apart),
    )
