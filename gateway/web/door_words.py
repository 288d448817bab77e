"""What a door is to a person: a tone, a symbol and a word, from its state and the time.

A tone never speaks by colour alone. The order of the questions is the order of urgency.
"""

import re
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from gateway.core.doors.orders import why_not_under_order
from gateway.core.doors.silence import Liveness, liveness
from gateway.core.model import Case, CaseState, Contact, Door
from gateway.core.paging.schedule import Role
from gateway.core.proof import Proof
from gateway.core.reasons import LAWFUL, QUESTIONS, TAMPER, UNANNOUNCED, UNLAWFUL, Reason
from gateway.core.rules import Rulebook
from gateway.language.catalogue import N_
from gateway.store.case_views import WAITING
from gateway.store.views import DoorRow
from gateway.web.sealing import is_unsealed

SITE_RULES = Rulebook()

WORDS = {
    "breach": N_("Open, waits for a person"),
    "waiting": N_("Shut again, still waits"),
    "in_hand": N_("In hand"),
    "in_hand_open": N_("Open, in hand"),
    "announced": N_("Open, announced"),
    "recorded": N_("Open, recorded only"),
    "case_closed": N_("Open, case closed"),
    "case_reported": N_("Open, reported"),
    "allowed": N_("Open, allowed"),
    "shut": N_("Shut"),
    "resting": N_("Shut, no order"),
    "unheard": N_("Not heard yet"),
    "chattering": N_("Not seen: contact flutters"),
    "touched": N_("Seal touched, waits"),
    "lost": N_("Not seen"),
    "outage": N_("Not seen: outage"),
    "lost_waiting": N_("Not seen, waits for a person"),
    "to_ask": N_("Not seen, to be asked"),
    "aside": N_("Put aside"),
    "at_door": N_("Somebody is at the door"),
    "at_door_proved": N_("Somebody is at the door, proved"),
    "no_seal": N_("No seal"),
}


ROLE_WORDS = {
    Role.WARDEN: N_("Warden"),
    Role.DEPUTY: N_("Deputy"),
    Role.CAPTAIN: N_("Captain"),
    Role.CENTRE: N_("Centre"),
    Role.INSTALLER: N_("Installer"),
}


class Tile(Struct, frozen=True):
    """A door on the wall.

    A long label is set in two parts, `before` small and `rest` large; `is_headed` where `before`
    stands over the tiles already.
    """

    door_id: str
    label: str
    tone: str
    word: str  # a key of WORDS
    symbol: str
    since_ms: int | None
    is_late: bool = False  # its seal should have been heard by now, and is not lost yet
    is_unsealed: bool = False  # an order runs there, and it does not count as sealed
    is_beside: bool = False  # a case is open at another door of its household
    before: str = ""
    rest: str = ""
    is_headed: bool = False


def opening_tone(reason: Reason) -> str:
    """The tone of an opening that is written down: what it was, whether or not it is over."""
    if reason in UNLAWFUL:
        return "waiting"
    return "announced" if reason in LAWFUL else "recorded"


# Tones that want somebody's eye, the most urgent first.
URGENCY = {
    tone: rank
    for rank, tone in enumerate(("breach", "waiting", "in_hand", "recorded", "announced"))
}

# How doors can stand, as one may look for them and count them. The key is in the page's address.
STANDS: dict[str, Callable[[Tile], bool]] = {
    "urgent": lambda tile: tile.tone in URGENCY,
    "open": lambda tile: tile.symbol in ("open", "announced"),
    "unseen": lambda tile: tile.symbol == "unknown" and tile.tone != "no_seal",
    "no_seal": lambda tile: tile.tone == "no_seal",
    "unsealed": lambda tile: tile.is_unsealed,
}


def tile(row: DoorRow, now_ms: int, rulebook: Rulebook = SITE_RULES) -> Tile:
    """The door as it is shown now."""
    door = row.state
    alive = _alive(door, now_ms, rulebook)
    is_lost = alive is Liveness.LOST
    tone = _tone(door, now_ms, is_lost)
    word, symbol = _word(door, tone, is_lost), _symbol(door, tone, is_lost)
    since_ms = _since_ms(door, tone, is_lost)
    is_late = alive is Liveness.LATE
    is_bare = is_unsealed(door, now_ms)
    shown = Tile(row.door_id, row.label, tone, word, symbol, since_ms, is_late, is_bare)
    return replace(shown, is_beside=True) if is_beside(door) else shown


def tone_of(door: Door, now_ms: int, rulebook: Rulebook = SITE_RULES) -> str:
    """The tone alone of what `tile` shows."""
    return _tone(door, now_ms, _alive(door, now_ms, rulebook) is Liveness.LOST)


def _alive(door: Door, now_ms: int, rulebook: Rulebook) -> Liveness | None:
    """How long its seal has not been heard; None where none hangs there."""
    if door.seal_id is None:
        return None
    return liveness(door, now_ms, rulebook.of(door.door_class))


def is_beside(door: Door) -> bool:
    """Whether what is open here, if anything, is of a case at another door of the household."""
    return door.case is None and door.case_beside is not None


def dom_id(kind: str, name: str) -> str:
    """An element's id from any name: letters and digits stay, the rest is written as a number."""
    return f"{kind}-" + re.sub(r"[^0-9A-Za-z-]", lambda match: f"_{ord(match[0]):x}_", name)


def _tone(door: Door, now_ms: int, is_lost: bool) -> str:
    if door.seal_id is None:
        return "no_seal"
    if door.case is not None:
        return _tone_of_case(door.case, door.contact is Contact.OPEN and not is_lost)
    if door.chattering is not None or is_lost:
        return "unheard"
    if door.contact is Contact.OPEN:
        if is_beside(door) and door.opening is not None and door.opening.reason in UNLAWFUL:
            return "breach"
        return "announced" if _is_lawful(door) else "recorded"
    if door.contact is Contact.UNKNOWN:
        return "unheard"
    return "resting" if why_not_under_order(door, now_ms) else "shut"


def _tone_of_case(case: Case, is_seen_open: bool) -> str:
    if case.shelf is not None or case.state not in WAITING:
        return "in_hand"
    return "breach" if is_seen_open else "waiting"


def _is_lawful(door: Door) -> bool:
    return door.opening is not None and door.opening.reason in (
        Reason.PERMIT,
        Reason.ALLOWANCE,
        Reason.VISIT,
    )


def _word(door: Door, tone: str, is_lost: bool) -> str:
    if door.seal_id is None:
        return tone
    if door.case is not None:
        return _word_of_case(door, door.case, tone, is_lost)
    if door.chattering is not None:
        return "chattering"
    if is_lost:
        return "unheard" if door.heard_ms is None else "outage" if door.outage else "lost"
    if tone == "recorded" and door.in_review:
        return "case_reported"
    if tone == "recorded" and door.opening and door.opening.reason in UNANNOUNCED:
        return "case_closed"
    if tone == "announced" and door.opening and door.opening.reason is Reason.ALLOWANCE:
        return "allowed"
    return tone


def _word_of_case(door: Door, case: Case, tone: str, is_lost: bool) -> str:
    if case.shelf is not None:
        return "aside"
    if case.state is CaseState.ON_SITE:
        return "at_door_proved" if case.proof is Proof.PROVED else "at_door"
    if tone == "waiting" and is_lost and case.reason in QUESTIONS:
        return "to_ask"
    if tone == "waiting" and (is_lost or door.chattering is not None):
        return "chattering" if door.chattering is not None else "lost_waiting"
    if tone == "waiting" and case.reason in TAMPER:
        return "touched"
    if tone == "in_hand" and door.contact is Contact.OPEN and not is_lost:
        return "in_hand_open"
    return tone


def _symbol(door: Door, tone: str, is_lost: bool) -> str:
    if tone in ("no_seal", "unheard") or door.chattering is not None or is_lost:
        return "unknown"
    if door.contact is Contact.OPEN:
        return "announced" if tone == "announced" else "open"
    return "shut" if door.contact is Contact.SHUT else "unknown"


def _since_ms(door: Door, tone: str, is_lost: bool) -> int | None:
    """Since when it is so, where the state knows."""
    if tone in ("waiting", "in_hand") and door.case is not None:
        return door.case.raised_ms
    if is_lost:
        return door.heard_ms
    return door.opening.opened_ms if door.opening is not None else None
