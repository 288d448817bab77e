"""What to do about something that raised when it was stepped or stored, so that the rest goes on.

A subject's state may read well and make no sense, so it is first made anew from its journal, once
in a life of the gateway; what raised is then stepped again. If that helps nothing, what raised is
set aside.
"""

import asyncio
import logging
from typing import Any

from gateway.core.subject import SITE, Subject, SubjectKind, of_door
from gateway.engine.ports import (
    Authenticator,
    Command,
    ContactSaid,
    DeliveryAttempt,
    Found,
    Received,
)
from gateway.engine.scheduler import Scheduler
from gateway.engine.set_aside import Due, SetAside
from gateway.engine.state import CommittedSite, Known
from gateway.store import states, tables
from gateway.store.database import Store, StoreError
from gateway.store.poisoned import NOT_USED, Findings, Poisoned, poisoned_by
from gateway.store.rebuild import Rebuild

log = logging.getLogger("menshen.engine")

_SOURCES = {  # the table in which a state stands
    SubjectKind.DOOR: tables.doors.name,
    SubjectKind.HOUSEHOLD: tables.households.name,
    SubjectKind.SITE: tables.states.name,
}


class Isolation:
    """Decides about culprits."""

    def __init__(
        self,
        store: Store,
        state: CommittedSite,
        scheduler: Scheduler,
        authenticator: Authenticator,
    ) -> None:
        self._store, self._state, self._scheduler = store, state, scheduler
        self._authenticator = authenticator
        self._made_anew: set[Subject] = set()  # since the start

    async def resolve(self, culprit: Any, read: Any, error: Exception) -> Found | SetAside:
        """Either its subject's state, made anew and to be stored; or the culprit, set aside.

        Args:
            culprit: an item, or a `Due`.
            read: of a message: what it is.
            error: what it raised.

        Raises:
            Exception: that error, where the culprit is plain rows of ours already.
        """
        if culprit is None or isinstance(culprit, SetAside | Found):
            raise error  # ours
        subject = self._subject_of(culprit)
        anew = None if subject is None else await self._make_anew(subject)
        if anew is not None:
            return anew
        log.error("set aside, the rest goes on: %s", error, exc_info=error)
        return SetAside(culprit, read, error)

    def _subject_of(self, culprit: Any) -> Subject | None:
        """Whose state may be at fault."""
        match culprit:
            case Due(subject=subject) | Command(subject=subject):
                return subject
            case DeliveryAttempt(entry=entry):
                return of_door(entry.door_id) if entry.door_id else SITE
            case ContactSaid(door_id=str(place)):
                return of_door(place)
            case Received(topic=topic):
                door_id = self._authenticator.door_of(name_of(topic))
                return None if door_id is None else of_door(door_id)
        return None

    async def _make_anew(self, subject: Subject) -> Found | None:
        """A state made anew from the journal; None where it is the same, or was made before."""
        if subject in self._made_anew or not self._state.is_known(subject):
            return None
        self._made_anew.add(subject)
        try:
            made, found = await asyncio.to_thread(self._rebuild, subject)
        except StoreError as error:
            log.warning("%s cannot be made anew: %s", subject.kind, error)
            return None
        before = self._state.known(subject)
        if made == before:
            return None
        source = _SOURCES[subject.kind]
        words = "no step could take it; made anew from its journal"
        was = poisoned_by(source, subject.id, words, states.encode(before))
        log.error(NOT_USED, source, words)
        self._state.replace(subject, made)
        self._scheduler.note(subject)
        return Found((*found, was), (subject,))

    def _rebuild(self, subject: Subject) -> tuple[Known, tuple[Poisoned, ...]]:
        findings = Findings()
        with self._store.reading() as connection:
            anew = Rebuild(connection, findings)
            return _made(anew, subject), findings.all()


def _made(anew: Rebuild, subject: Subject) -> Known:
    match subject.kind:
        case SubjectKind.DOOR:
            return anew.door(subject.id)
        case SubjectKind.HOUSEHOLD:
            return anew.household(subject.id)
        case SubjectKind.SITE:
            return anew.site()


def name_of(topic: str) -> str:
    """The seal under whose name a message came, if it is one: `seals/<its id>/…`. Each message is
    asked before it is looked at, so this checks nothing: a name that is none is nobody's."""
    parts = topic.split("/", 2)
    return parts[1] if len(parts) > 1 else ""
