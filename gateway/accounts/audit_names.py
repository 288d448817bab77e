"""The audit names no household: an id of one (a door, a case, an order, a permit, what it asks for
or contests) stands there sealed with the key of its order, and so the chain of hashes stays whole
for three years while what it names ends with that key.

The same id under the same key is the same text, so what somebody asks about is found as long as the
key lives. Staff, seals and pages stand there as they are; so does an id that nobody knows.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace
from sqlalchemy import Connection, select

from gateway.accounts.audit import ABOUT_MAX, APART, Entry, Note
from gateway.keys.ring import KeyRing, KeyRingError
from gateway.keys.unreadable import KeyState
from gateway.store import tables
from gateway.store.database import Store
from gateway.store.household_tables import disputes, health_questions, requests
from gateway.store.order_keys import KeyMissingError, OrderKeys, of_households, ring_of

_d, _c = tables.doors.c, tables.cases.c
# Whose a thing is, by the word for it.
_HOUSEHOLD_OF: Final = {
    "door": select(_d.household_id, _d.door_id.label("own")).subquery(),
    "case": select(_d.household_id, _c.case_id.label("own"))
    .join(tables.cases, _c.subject_id == _d.door_id)
    .subquery(),
    "order": select(tables.orders.c.household_id, tables.orders.c.order_id.label("own")).subquery(),
    "permit": select(
        tables.permits.c.household_id, tables.permits.c.permit_id.label("own")
    ).subquery(),
    "request": select(requests.c.household_id, requests.c.request_id.label("own")).subquery(),
    "dispute": select(disputes.c.household_id, disputes.c.dispute_id.label("own")).subquery(),
    "question": select(
        health_questions.c.household_id, health_questions.c.question_id.label("own")
    ).subquery(),
    "household": select(
        tables.households.c.household_id, tables.households.c.household_id.label("own")
    ).subquery(),
}


def sealed(site: Store, notes: Sequence[Note]) -> list[Note]:
    """Notes as they may be written. StoreError where the site cannot be read."""
    if not any(_kind(part) in _HOUSEHOLD_OF for note in notes for part in _parts(note.about)):
        return list(notes)
    with site.reading() as connection:
        keys = OrderKeys(connection, makes=False)
        return [
            replace(
                note,
                about=APART.join(_sealed(connection, keys, part) for part in _parts(note.about)),
            )
            for note in notes
        ]


def revealed(ring: KeyRing, entries: Iterable[Entry]) -> list[Entry]:
    """Entries as people read them: an id whose key is destroyed is a word that says so."""
    return [
        replace(entry, note=replace(entry.note, about=_revealed(ring, entry.note.about)))
        for entry in entries
    ]


def forms(connection: Connection, about: str) -> tuple[str, ...]:
    """All ways in which one thing may stand in the audit now: as it is, and sealed with each key of
    its household that lives."""
    household_id = _household(connection, about)
    return (about,) if household_id is None else forms_of(connection, household_id, [about])


def forms_of(connection: Connection, household_id: str, abouts: Sequence[str]) -> tuple[str, ...]:
    """The same of several things of one household, whose keys are read once."""
    ring = ring_of(connection)
    keys = of_households(connection, [household_id])[household_id]
    living = [row.key_id for row in keys if ring.state(row.key_id) is KeyState.HERE]
    apart = [(about, *about.split(" ", 1)) for about in abouts]
    sealed = (f"{kind} {ring.seal(key, value)}" for _, kind, value in apart for key in living)
    return (*abouts, *sealed)


def _sealed(connection: Connection, keys: OrderKeys, part: str) -> str:
    household_id = _household(connection, part)
    if household_id is None:
        return part
    kind, _, value = part.partition(" ")
    try:
        text = f"{kind} {keys.seal(household_id, value)}"
    except (KeyMissingError, KeyRingError):  # a household of an older release, or a lost key
        return part
    return text if len(text) <= ABOUT_MAX else kind


def _household(connection: Connection, part: str) -> str | None:
    of = _HOUSEHOLD_OF.get(_kind(part))
    if of is None:
        return None
    query = select(of.c.household_id).where(of.c.own == part.partition(" ")[2])
    household_id: str | None = connection.execute(query).scalar()
    return household_id


def _revealed(ring: KeyRing, about: str) -> str:
    parts = (part.partition(" ") for part in _parts(about))
    return APART.join(f"{kind}{gap}{ring.shown(value)}" for kind, gap, value in parts)


def _parts(about: str) -> list[str]:
    return about.split(APART) if about else []


def _kind(part: str) -> str:
    return part.partition(" ")[0]
