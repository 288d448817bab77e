"""Why something was refused, recorded or paged: one enum for the whole house.

The sentence for people is made from it in `notify/wording.py`, in one place.
"""

from enum import StrEnum


class Reason(StrEnum):
    """A word that stands in the journal, on the console and in every page."""

    # A message that was refused. It is counted and journaled, and changes no door.
    MALFORMED = "malformed"
    TRUNCATED = "truncated"
    OVERSIZED = "oversized"
    UNKNOWN_VERSION = "unknown_version"
    UNKNOWN_SEAL = "unknown_seal"
    WRONG_KEY = "wrong_key"
    REPLAYED = "replayed"  # epoch and counter equal the stored mark
    BELOW_MARK = "below_mark"  # epoch and counter lie below it

    # A report that is genuine but tells nothing new, or nothing about a door.
    DUPLICATE = "duplicate"  # this number is in the journal already
    NO_DOOR = "no_door"  # the seal hangs on no door yet

    # What an opening was.
    NO_PERMIT = "no_permit"
    PERMIT = "permit"
    NO_ORDER = "no_order"
    ORDER_NOT_BEGUN = "order_not_begun"
    ORDER_OVER = "order_over"

    # What else raises a case.
    OPENED_BLIND = "opened_blind"  # the edge counter moved while nobody listened
    PERMIT_OVERSTAYED = "permit_overstayed"
    COVER_TAMPER = "cover_tamper"
    MAGNET_TAMPER = "magnet_tamper"
    REFUSALS = "refusals"  # a burst of refused messages under one seal's name
    CHATTER = "chatter"  # openings too fast for a person: the contact is at fault, not the door

    # Why a rule, and no person, ended a case. ORDER_OVER is one too.
    ANNOUNCED_LATE = "announced_late"


REPEATS = frozenset({Reason.REPLAYED, Reason.BELOW_MARK})  # accepted once, and come again

TAMPER = frozenset({Reason.COVER_TAMPER, Reason.MAGNET_TAMPER})

REFUSALS = frozenset(
    {
        Reason.MALFORMED,
        Reason.TRUNCATED,
        Reason.OVERSIZED,
        Reason.UNKNOWN_VERSION,
        Reason.UNKNOWN_SEAL,
        Reason.WRONG_KEY,
        Reason.REPLAYED,
        Reason.BELOW_MARK,
    }
)
