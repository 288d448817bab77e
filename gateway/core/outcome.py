"""How a case ended, as a code for the record; reporting takes one tap.

What the code means to people stands in `language/reasons.py`. A code is stored, so it outlives its
button: one that no reason offers any more is taken from programs and shown as before.
"""

from enum import StrEnum
from typing import Final

from gateway.core.reasons import FAULTS, QUESTIONS, TAMPER, TROUBLES, Reason


class Outcome(StrEnum):
    """What a person reports."""

    IN_ORDER = "in_order"
    LAWFUL = "lawful"  # permitted after all, only not announced
    EXPLAINED = "explained"
    RETURNED = "left_and_returned"
    ABSENT = "absent"  # left, and not back
    NO_ANSWER = "no_answer"
    FALSE_CONTACT = "false_contact"
    FALSE_DRAUGHT = "false_draught"
    FALSE_CHILD = "false_child"
    FALSE_PET = "false_pet"
    TAMPERED = "tampered"
    SEAL_FAULT = "seal_fault"
    REPAIRED = "repaired"
    SUPPLY = "supply"
    HANDED_ON = "handed_on"  # to others, whom the note names
    REPORTED = "reported"  # of earlier releases: broken, and reported onward


# There was nothing to see at the door: what people count as a false alarm.
FALSE_ALARMS: Final = frozenset(
    {Outcome.FALSE_CONTACT, Outcome.FALSE_DRAUGHT, Outcome.FALSE_CHILD, Outcome.FALSE_PET}
)
SAYS_SHUT: Final = FALSE_ALARMS | {Outcome.IN_ORDER, Outcome.RETURNED}
SAYS_UNTOUCHED: Final = frozenset({Outcome.IN_ORDER, Outcome.REPAIRED})
WANTS_NOTE: Final = frozenset({Outcome.HANDED_ON})

_MENDED: Final = FAULTS | TROUBLES | {Reason.CANARY_MISSED}
_TOUCHED: Final = TAMPER | {Reason.SILENT_TAMPERED}

_OF_FAULT: Final = (Outcome.REPAIRED, Outcome.SUPPLY, Outcome.SEAL_FAULT, Outcome.HANDED_ON)
_OF_QUESTION: Final = (
    Outcome.IN_ORDER,
    Outcome.LAWFUL,
    Outcome.RETURNED,
    Outcome.ABSENT,
    Outcome.NO_ANSWER,
    Outcome.SEAL_FAULT,
    Outcome.HANDED_ON,
)
_OF_TOUCHED: Final = (
    Outcome.TAMPERED,
    Outcome.FALSE_CHILD,
    Outcome.FALSE_PET,
    Outcome.EXPLAINED,
    Outcome.IN_ORDER,
    Outcome.REPAIRED,
    Outcome.SEAL_FAULT,
    Outcome.NO_ANSWER,
    Outcome.HANDED_ON,
)
_OF_DOOR: Final = (
    Outcome.IN_ORDER,
    Outcome.LAWFUL,
    Outcome.EXPLAINED,
    Outcome.RETURNED,
    Outcome.ABSENT,
    Outcome.NO_ANSWER,
    Outcome.FALSE_CONTACT,
    Outcome.FALSE_DRAUGHT,
    Outcome.FALSE_CHILD,
    Outcome.FALSE_PET,
    Outcome.TAMPERED,
    Outcome.SEAL_FAULT,
    Outcome.HANDED_ON,
)


def outcomes_of(reason: Reason) -> tuple[Outcome, ...]:
    """How a case of this reason can end, in the order in which it is offered: a fault is mended, a
    door seen to."""
    if reason in _MENDED:
        return _OF_FAULT
    if reason in QUESTIONS:
        return _OF_QUESTION
    return _OF_TOUCHED if reason in _TOUCHED else _OF_DOOR
