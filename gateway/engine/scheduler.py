"""Whose time comes when: the doors, the site as a whole, and the people who are told."""

from collections.abc import Iterable

from gateway.core.deadline_index import DeadlineIndex, earliest
from gateway.core.events import DeadlineCame, PersonDue
from gateway.core.subject import SITE, Subject, of_door
from gateway.engine.state import CommittedSite
from gateway.engine.unit_of_work import UnitOfWork

DUE_AT_ONCE = 256  # subjects, and people, that are stepped in one batch


class Scheduler:
    """The times in a site's states, made anew at every start and moved on by every commit."""

    def __init__(self, site: CommittedSite) -> None:
        self._site = site
        self._subjects, self._people = DeadlineIndex[Subject](), DeadlineIndex[str]()
        self._note([SITE, *map(of_door, site.doors)], site.router.people)

    def next_ms(self) -> int | None:
        """The earliest of all, or None."""
        return earliest(self._subjects.next_ms(), self._people.next_ms())

    def fire(self, unit: UnitOfWork, now_ms: int) -> None:
        """Step, on the unit of work, those whose time has come: people last, for they hang on
        doors."""
        for _ in range(DUE_AT_ONCE):
            subject = self._subjects.take(now_ms)
            if subject is None:
                break
            due_ms = unit.turn.due_ms(subject)
            if due_ms is not None and due_ms <= now_ms:
                unit.event(now_ms, subject, DeadlineCame())
            else:
                self._subjects.note(subject, due_ms)
        for _ in range(DUE_AT_ONCE):
            warden_id = self._people.take(now_ms)
            if warden_id is None:
                break
            due_ms = unit.turn.person_due_ms(warden_id)
            if due_ms is not None and due_ms <= now_ms:
                unit.event(now_ms, SITE, PersonDue(warden_id))
            else:
                self._people.note(warden_id, due_ms)

    def adopted(self, unit: UnitOfWork) -> None:
        """The unit of work is true now, and so are the times of those whom it changed."""
        changed = [SITE] if unit.is_site_changed else []
        changed += map(of_door, self._site.doors if unit.is_doubt_changed else unit.turn.doors)
        self._note(changed, unit.writes.people)

    def _note(self, subjects: Iterable[Subject], warden_ids: Iterable[str]) -> None:
        for subject in subjects:
            self._subjects.note(subject, self._site.due_ms(subject))
        for warden_id in warden_ids:
            self._people.note(warden_id, self._site.person_due_ms(warden_id))
