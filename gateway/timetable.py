"""Whose time comes when: the doors, all of them together, and the people who are told."""

from collections.abc import Iterable

from gateway.core import switchboard
from gateway.core.events import DeadlineCame, PersonDue
from gateway.core.model import SITE
from gateway.deadlines import Deadlines, earliest
from gateway.draft import Draft
from gateway.site import Site

DUE_AT_ONCE = 256  # doors, and people, that are stepped in one beat


class Timetable:
    """The times in a site's states, made anew at every start and moved on by every commit."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._doors, self._people = Deadlines(), Deadlines()
        self._note((SITE, *site.doors), site.switchboard.people)

    def next_ms(self) -> int | None:
        """The earliest of all, or None."""
        return earliest(self._doors.next_ms(), self._people.next_ms())

    def fire(self, draft: Draft, now_ms: int) -> None:
        """Step, on the draft, those whose time has come: doors first, for people hang on them."""
        for _ in range(DUE_AT_ONCE):
            door_id = self._doors.take(now_ms)
            if door_id is None:
                break
            due_ms = draft.due_ms(door_id)
            if due_ms is not None and due_ms <= now_ms:
                draft.event(now_ms, door_id, DeadlineCame())
            else:
                self._doors.note(door_id, due_ms)
        for _ in range(DUE_AT_ONCE):
            warden_id = self._people.take(now_ms)
            if warden_id is None:
                break
            due_ms = switchboard.next_deadline(draft.lines.board, warden_id)
            if due_ms is not None and due_ms <= now_ms:
                draft.event(now_ms, SITE, PersonDue(warden_id))
            else:
                self._people.note(warden_id, due_ms)

    def adopted(self, draft: Draft) -> None:
        """The draft is true now, and so are the times of those whom it changed."""
        outages = () if draft.outages is None else (SITE,)
        self._note((*draft.doors, *outages), draft.commit.people)

    def _note(self, door_ids: Iterable[str], warden_ids: Iterable[str]) -> None:
        for door_id in door_ids:
            self._doors.note(door_id, self._site.due_ms(door_id))
        for warden_id in warden_ids:
            due_ms = switchboard.next_deadline(self._site.switchboard, warden_id)
            self._people.note(warden_id, due_ms)
