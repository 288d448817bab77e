"""Whose time comes when: the doors, households, the site, and the people who are told."""

from collections.abc import Iterable

from gateway.core.deadline_index import DeadlineIndex, K, earliest
from gateway.core.events import DeadlineCame, PersonDue
from gateway.core.subject import SITE, Subject, of_door, of_household
from gateway.engine.set_aside import Due
from gateway.engine.state import CommittedSite
from gateway.engine.unit_of_work import UnitOfWork

PUT_OFF_MS = 60_000
DUE_AT_ONCE = 256  # subjects, and people, that are stepped in one batch


class Scheduler:
    """The times in a site's states, made anew at every start and moved on by every commit.

    `firing`: what is stepped now.
    """

    def __init__(self, site: CommittedSite) -> None:
        self._site = site
        self._subjects, self._people = DeadlineIndex[Subject](), DeadlineIndex[str]()
        self.firing: Due | None = None
        self._taken: list[Due] = []  # in this unit of work
        self._put_off: dict[Due, int] = {}  # those whose step raised, and until when
        for subject in (SITE, *map(of_door, site.doors), *map(of_household, site.households)):
            self.note(subject)
        self._note((), site.router.people)

    def next_ms(self) -> int | None:
        """The earliest of all, or None."""
        return earliest(self._subjects.next_ms(), self._people.next_ms())

    def fire(
        self, unit: UnitOfWork, now_ms: int, most: int | None = None, late_ms: int = 0
    ) -> None:
        """Step, on the unit of work, those whose time has come: people last, for they hang on
        doors. `late_ms`: only what has been due for so long."""
        self._taken.clear()
        for _ in range(most or DUE_AT_ONCE):
            subject = self._subjects.take(now_ms - late_ms)
            if subject is None:
                break
            self.firing = self._take(Due(subject))
            due_ms = unit.turn.due_ms(subject)
            if _is_turn(self._subjects, subject, due_ms, now_ms):
                unit.event(now_ms, subject, DeadlineCame())
            else:
                self._subjects.note(subject, due_ms)
        for _ in range(DUE_AT_ONCE if most is None else most - len(self._taken)):
            warden_id = self._people.take(now_ms - late_ms)
            if warden_id is None:
                break
            self.firing = self._take(Due(None, warden_id))
            due_ms = unit.turn.person_due_ms(warden_id)
            if _is_turn(self._people, warden_id, due_ms, now_ms):
                unit.event(now_ms, SITE, PersonDue(warden_id))
            else:
                self._people.note(warden_id, due_ms)
        self.firing = None

    def taken(self) -> list[Due]:
        """What the latest unit of work stepped because its time had come."""
        return list(self._taken)

    def put_back(self) -> None:
        """The latest unit of work is not to be: what it stepped is due as before."""
        self.firing = None
        for due in self._taken:
            self._note_due(due)
        self._taken.clear()

    def put_off(self, due: Due, now_ms: int) -> None:
        """Its step raised: not again for a while."""
        self._put_off[due] = now_ms + PUT_OFF_MS
        self._note_due(due)

    def adopted(self, unit: UnitOfWork) -> None:
        """The unit of work is true now, and so are the times of those whom it changed."""
        self._taken.clear()
        changed = [SITE] if unit.is_site_changed or unit.is_doubt_changed else []
        changed += map(of_door, self._site.doors if unit.is_doubt_changed else unit.turn.doors)
        homes = self._site.households if unit.is_doubt_changed else unit.turn.households
        changed += map(of_household, homes)
        self._note(changed, unit.writes.people)

    def note(self, subject: Subject) -> None:
        """Find out anew when a subject is due; at once where that raises, for `fire` says why."""
        try:
            due_ms = self._site.due_ms(subject)
        except Exception:  # noqa: BLE001 - a state that makes no sense is nobody else's matter
            due_ms = 0
        self._subjects.note(subject, self._not_before(Due(subject), due_ms))

    def _note(self, subjects: Iterable[Subject], warden_ids: Iterable[str]) -> None:
        for subject in subjects:
            self.note(subject)
        for warden_id in warden_ids:
            self._note_due(Due(None, warden_id))

    def _note_due(self, due: Due) -> None:
        if due.subject is not None:
            self.note(due.subject)
            return
        try:
            due_ms = self._site.person_due_ms(due.warden_id)
        except Exception:  # noqa: BLE001 - as above
            due_ms = 0
        self._people.note(due.warden_id, self._not_before(due, due_ms))

    def _not_before(self, due: Due, due_ms: int | None) -> int | None:
        """When it is due, or what was put off, until when; mostly the former."""
        until_ms = self._put_off.get(due) if self._put_off else None
        return due_ms if due_ms is None or until_ms is None else max(due_ms, until_ms)

    def _take(self, due: Due) -> Due:
        self._put_off.pop(due, None)
        self._taken.append(due)
        return due


def _is_turn(index: DeadlineIndex[K], key: K, due_ms: int | None, now_ms: int) -> bool:
    """Whether the time of one that was taken has come, and of no other before it."""
    return due_ms is not None and due_ms <= now_ms and index.is_first(key, due_ms)
