"""Whose time comes when: the doors, the site as a whole, and the people who are told."""

from collections.abc import Iterable

from gateway.core.deadlines import Deadlines, earliest
from gateway.core.events import DeadlineCame, PersonDue
from gateway.core.subject import SITE, Subject, of_door
from gateway.draft import Draft
from gateway.site import Site

DUE_AT_ONCE = 256  # subjects, and people, that are stepped in one beat


class Timetable:
    """The times in a site's states, made anew at every start and moved on by every commit."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._subjects, self._people = Deadlines[Subject](), Deadlines[str]()
        self._note([SITE, *map(of_door, site.doors)], site.switchboard.people)

    def next_ms(self) -> int | None:
        """The earliest of all, or None."""
        return earliest(self._subjects.next_ms(), self._people.next_ms())

    def fire(self, draft: Draft, now_ms: int) -> None:
        """Step, on the draft, those whose time has come: people last, for they hang on doors."""
        for _ in range(DUE_AT_ONCE):
            subject = self._subjects.take(now_ms)
            if subject is None:
                break
            due_ms = draft.turn.due_ms(subject)
            if due_ms is not None and due_ms <= now_ms:
                draft.event(now_ms, subject, DeadlineCame())
            else:
                self._subjects.note(subject, due_ms)
        for _ in range(DUE_AT_ONCE):
            warden_id = self._people.take(now_ms)
            if warden_id is None:
                break
            due_ms = draft.turn.person_due_ms(warden_id)
            if due_ms is not None and due_ms <= now_ms:
                draft.event(now_ms, SITE, PersonDue(warden_id))
            else:
                self._people.note(warden_id, due_ms)

    def adopted(self, draft: Draft) -> None:
        """The draft is true now, and so are the times of those whom it changed."""
        changed = [SITE] if draft.is_site_changed else []
        changed += map(of_door, draft.turn.doors)
        self._note(changed, draft.commit.people)

    def _note(self, subjects: Iterable[Subject], warden_ids: Iterable[str]) -> None:
        for subject in subjects:
            self._subjects.note(subject, self._site.due_ms(subject))
        for warden_id in warden_ids:
            self._people.note(warden_id, self._site.person_due_ms(warden_id))
