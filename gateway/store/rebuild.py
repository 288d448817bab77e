"""A state that cannot be read, made anew from the journal, which is the truth.

What came to a door from elsewhere (the end of an outage, the receipt for a page) stands in the
journal as an event of that door. So the door's own events, and the rules that held, make its state,
and nothing else is stepped. A row that cannot be read or stepped is noted and passed over.
"""

from collections import deque
from collections.abc import Iterator
from heapq import merge
from operator import itemgetter
from typing import Final, get_args

from sqlalchemy import ColumnElement, Connection, select

from gateway.core.doors.step import step
from gateway.core.doubted_time import doubted
from gateway.core.events import ClockEvent, Event, RulesSet
from gateway.core.households import step as households
from gateway.core.households.model import Household
from gateway.core.model import Door
from gateway.core.rules import Rulebook
from gateway.core.site import SiteState, SiteTurn
from gateway.core.site_model import Outages, Troubles
from gateway.core.subject import SITE, Subject, SubjectKind, of_door, of_household
from gateway.store import archives, checkpoints, tables
from gateway.store.heartbeat_spans import heartbeats
from gateway.store.journal import decode_event
from gateway.store.poisoned import ANYTHING, Findings

PIECE: Final = 2_000  # rows of the journal in memory at a time

_CHANGES: Final = [str(kind.__struct_config__.tag) for kind in (RulesSet, *get_args(ClockEvent))]

Row = tuple[int, int, Event]  # its number, when it was stepped, and the event


class Rebuild:
    """Makes states anew, all by one connection; the rules that held are read once."""

    def __init__(self, connection: Connection, findings: Findings) -> None:
        self._connection, self._findings = connection, findings
        self._known_changes: list[Row] | None = None
        # The journal may begin in the middle: with what was true then (store/checkpoints.py).
        self._begins = checkpoints.latest(connection, findings)

    def door(self, door_id: str) -> Door:
        """A door as its journal makes it; in its first, empty state where that knows nothing."""
        begins = self._begins
        site = SiteState(Rulebook())
        if begins is not None:
            site = SiteState(begins.rulebook, doubt=begins.doubt)
        turn, changes = SiteTurn(site), deque(self._changes())
        made = Door(door_id) if begins is None else begins.doors.get(door_id, Door(door_id))
        for row_id, at_ms, event in self._events(of_door(door_id)):
            try:
                while changes and changes[0][0] <= row_id:
                    _, changed_ms, change = changes.popleft()
                    turn.apply(changed_ms, SITE, change)
                rules = turn.rulebook.of(made.door_class)
                made, _ = step(doubted(made, turn.doubt), event, at_ms, rules)
            except Exception as error:  # noqa: BLE001 - one row of its past: the others stand
                self._findings.note(tables.journal.name, row_id, error)
        return made

    def household(self, household_id: str) -> Household:
        """A household as its journal makes it: what its doors' orders mean to it stands there."""
        begins, site = self._begins, SiteState(Rulebook())
        made = Household(household_id)
        if begins is not None:
            site = SiteState(begins.rulebook, doubt=begins.doubt)
            made = begins.households.get(household_id, made)
        turn, changes = SiteTurn(site), deque(self._changes())
        for row_id, at_ms, event in self._events(of_household(household_id)):
            try:
                while changes and changes[0][0] <= row_id:
                    _, changed_ms, change = changes.popleft()
                    turn.households = {household_id: made}
                    turn.apply(changed_ms, SITE, change)
                    made = turn.household(household_id)
                rules = turn.rulebook.rules
                made, _ = households.step(doubted(made, turn.doubt), event, at_ms, rules)
            except Exception as error:  # noqa: BLE001 - as above
                self._findings.note(tables.journal.name, row_id, error)
        return made

    def site(self) -> tuple[Outages, Troubles]:
        """What the journal makes of the silence of all doors, and of what befell the site. What it
        meant to doors and people is nobody's matter here."""
        begins, site = self._begins, SiteState(Rulebook())
        if begins is not None:
            known = begins.outages, None, begins.troubles, begins.doubt
            site = SiteState(begins.rulebook, begins.doors, *known)
        turn = SiteTurn(site)
        for row_id, at_ms, event in self._events(SITE):
            try:
                turn.apply(at_ms, SITE, event)
            except Exception as error:  # noqa: BLE001 - as above
                self._findings.note(tables.journal.name, row_id, error)
        return turn.outages, turn.troubles

    def _changes(self) -> list[Row]:
        """What of the site's own a door's step hangs on: the rules, and what the clock is worth."""
        if self._known_changes is None:
            self._known_changes = list(self._events(SITE, tables.journal.c.kind.in_(_CHANGES)))
        return self._known_changes

    def _events(self, subject: Subject, *which: ColumnElement[bool]) -> Iterator[Row]:
        """A subject's events in their order; those that can be read. A heartbeat may stand in the
        journal, in a span, or in both: it comes once."""
        is_door = subject.kind is SubjectKind.DOOR
        beats = heartbeats(self._connection, subject.id) if is_door else iter(())
        lived = ((row_id, at_ms, event) for row_id, at_ms, _, event in beats)
        last_id = 0 if self._begins is None else self._begins.journal_id
        for row in merge(self._rows(subject, *which), lived, key=itemgetter(0)):
            if row[0] > last_id:
                last_id = row[0]
                yield row

    def _rows(self, subject: Subject, *which: ColumnElement[bool]) -> Iterator[Row]:
        """Its rows in the journal; those that can be read."""
        c, name = tables.journal.c, tables.journal.name
        query = select(c.journal_id, c.at_ms, c.body).where(
            c.subject_kind == subject.kind, c.subject_id == subject.id, *which
        )
        found = self._findings
        for file, after_id in archives.files(self._connection):
            count = PIECE
            while count == PIECE:
                piece = query.where(c.journal_id > after_id).order_by(c.journal_id).limit(PIECE)
                count = 0
                for row in found.rows(file, piece, name, at_ms=0, body=ANYTHING):
                    count, after_id = count + 1, row["journal_id"]
                    event = found.decoded(name, after_id, row["body"], decode_event, None)
                    if event is not None:
                        yield after_id, row["at_ms"], event
