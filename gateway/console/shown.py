"""What a door looks like to a person: a tone, a symbol and a word, from its state and the time.

A tone never speaks by colour alone. The order of the questions is the order of urgency.
"""

import re

from msgspec import Struct

from gateway.core.model import CaseState, Contact, Door
from gateway.core.orders import why_not_under_order
from gateway.core.reason import Reason
from gateway.notify.catalogue import N_
from gateway.store.views import CaseRow, DoorRow

CENTRE = "centre"  # who acts where no warden does: the desk at the grid's centre

WORDS = {
    "breach": N_("Open, waits for a person"),
    "waiting": N_("Shut again, still waits"),
    "in_hand": N_("In hand"),
    "in_hand_open": N_("Open, in hand"),
    "announced": N_("Open, announced"),
    "recorded": N_("Open, recorded only"),
    "case_closed": N_("Open, case closed"),
    "shut": N_("Shut"),
    "resting": N_("Shut, no order"),
    "unheard": N_("Not heard yet"),
    "unsettled": N_("Not seen: contact flutters"),
    "at_door": N_("Somebody is at the door"),
    "no_seal": N_("No seal"),
}
CASE_WORDS = {
    CaseState.RAISED: N_("Waits"),
    CaseState.ACKNOWLEDGED: N_("In hand"),
    CaseState.ON_SITE: N_("At the door"),
    CaseState.CLOSED: N_("Closed"),
}
CASE_TONES = {
    CaseState.RAISED: "waiting",
    CaseState.ACKNOWLEDGED: "in_hand",
    CaseState.ON_SITE: "in_hand",
    CaseState.CLOSED: "closed",
}


class Tile(Struct, frozen=True):
    """A door on the wall."""

    door_id: str
    label: str
    tone: str
    word: str  # a key of WORDS
    symbol: str
    since_ms: int | None


def tile(row: DoorRow, now_ms: int) -> Tile:
    """The door as it is shown now."""
    door = row.state
    tone = _tone(door, now_ms)
    return Tile(
        row.door_id, row.label, tone, _word(door, tone), _symbol(door, tone), _since_ms(door, tone)
    )


def dom_id(kind: str, name: str) -> str:
    """An element's id from any name: letters and digits stay, the rest is written as a number."""
    return f"{kind}-" + re.sub(r"[^0-9A-Za-z-]", lambda found: f"_{ord(found[0]):x}_", name)


def holder(case: CaseRow) -> str | None:
    """Who has the case, by name where it is a warden; None while nobody has."""
    known = case.acknowledged_name or case.acknowledged_by
    return known or case.on_site_name or case.on_site_by


def _tone(door: Door, now_ms: int) -> str:
    if door.seal_id is None:
        return "no_seal"
    if door.case is not None:
        return _tone_of_case(door)
    if door.unsettled is not None:
        return "unheard"
    if door.contact is Contact.OPEN:
        lawful = door.opening is not None and door.opening.reason is Reason.PERMIT
        return "announced" if lawful else "recorded"
    if door.heard_ms is None or door.contact is Contact.UNKNOWN:
        return "unheard"
    return "resting" if why_not_under_order(door, now_ms) else "shut"


def _tone_of_case(door: Door) -> str:
    if door.case is not None and door.case.state is not CaseState.RAISED:
        return "in_hand"
    return "breach" if door.contact is Contact.OPEN else "waiting"


def _word(door: Door, tone: str) -> str:
    if door.unsettled is not None:
        return "unsettled"
    if door.case is not None and door.case.state is CaseState.ON_SITE:
        return "at_door"
    if tone == "in_hand" and door.contact is Contact.OPEN:
        return "in_hand_open"
    if tone == "recorded" and door.opening and door.opening.reason is Reason.NO_PERMIT:
        return "case_closed"
    return tone


def _symbol(door: Door, tone: str) -> str:
    if tone in ("no_seal", "unheard") or door.unsettled is not None:
        return "unknown"
    if door.contact is Contact.OPEN:
        return "announced" if tone == "announced" else "open"
    return "shut" if door.contact is Contact.SHUT else "unknown"


def _since_ms(door: Door, tone: str) -> int | None:
    """Since when it is so, where the state knows."""
    if tone in ("waiting", "in_hand") and door.case is not None:
        return door.case.raised_ms
    return door.opening.opened_ms if door.opening is not None else None
