"""Why something was refused, recorded or paged: one enum for the whole house.

The sentence for people is made from it in `language/reasons.py`, in one place.
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
    # Genuine, but an older copy was put back, and it may have been recorded before
    UNPROVED = "unproved"

    # A report that is genuine but tells nothing new, or nothing about a door.
    DUPLICATE = "duplicate"  # this number is in the journal already
    HELD_BACK = "held_back"  # by its age, a copy of it was held back on its way
    NO_DOOR = "no_door"  # the seal hangs on no door yet

    # What an opening was.
    NO_PERMIT = "no_permit"
    PERMIT = "permit"
    ALLOWANCE = "allowance"  # one of those that the order allows in a day
    VISIT = "visit"  # somebody worked at the seal, as was announced, or tested it
    NO_ORDER = "no_order"
    ORDER_NOT_BEGUN = "order_not_begun"
    ORDER_OVER = "order_over"

    # Unlawful by one of the times that it may be while the clock is in doubt, lawful by another.
    OPENED_IN_DOUBT = "opened_in_doubt"

    # What else raises a case.
    OPENED_BLIND = "opened_blind"  # the edge counter moved while nobody listened
    PERMIT_OVERSTAYED = "permit_overstayed"
    OPEN_TOO_LONG = "open_too_long"  # longer than the order allows
    VISIT_OVERSTAYED = "visit_overstayed"  # the visit is over, and its opening is not
    # the seal came back and sees its door stand open ever since
    OPEN_AFTER_RESTART = "open_after_restart"
    FOUND_OPEN = "found_open"  # it stands open, and nobody saw it open
    COVER_TAMPER = "cover_tamper"
    MAGNET_TAMPER = "magnet_tamper"
    REFUSALS = "refusals"  # a burst of refused messages under one seal's name
    CHATTER = "chatter"  # openings too fast for a person: the contact is at fault, not the door
    SILENT = "silent"  # the seal is lost, and nothing speaks for more than a fault
    SILENT_OPEN = "silent_open"  # lost while its door stood open, for no reason that is known
    # lost after a lawful opening, whose shutting nobody heard
    SILENT_AFTER_OPENING = "silent_after_opening"
    SILENT_TAMPERED = "silent_tampered"  # lost after it was tampered with
    PATH_SILENT = "path_silent"  # heard, but on one of its two ways no more
    OUTAGE = "outage"  # many seals are lost from one cause; it explains the silence of each
    CANARY = "canary"  # the opening that proves the way to the phone: told, and no case
    CANARY_MISSED = "canary_missed"  # and did not get there
    UNREACHABLE = "unreachable"  # a warden whom the daily test did not reach
    REVIEW_WAITS = "review_waits"  # a case was reported long ago, and nobody has assessed it

    # Troubles of the site: the watch itself is lost, or will be.
    WATCH_LOST = "watch_lost"  # most of the site is silent, or its broker is away
    STORE_FAILING = "store_failing"  # nothing could be stored for a while
    DISK_LOW = "disk_low"
    CLOCK_DOUBTED = "clock_doubted"
    CERTIFICATE_ENDS = "certificate_ends"
    CHANNEL_FAILING = "channel_failing"  # nobody can be told by it; of a person: by none of theirs
    FORGERY = "forgery"  # refused messages over the whole site
    FLOOD = "flood"  # one seal sends far too much
    MEMORY_ENDS = "memory_ends"  # an older copy of the database was put back
    TWIN = "twin"  # a second gateway under the same id
    POISONED = "poisoned"  # a stored thing that cannot be read or stepped
    BULK_READING = "bulk_reading"  # somebody who signed in reads the site out
    UNREACHED = "unreached"  # for long, nothing has come through to one of the people
    RECEIVER_LOST = "receiver_lost"  # the gateway's Bluetooth receiver hears nothing
    NETWORK_AWAY = "network_away"  # the seals of one place are heard by air alone
    UNCERTIFIED = "uncertified"  # doors under an order without a seal, or one that passed its test

    # What a household wants of people: no case, and never an alarm.
    REQUEST_ASKED = "request_asked"  # it asks for something to be brought or taken away
    DOCTOR_ASKED = "doctor_asked"
    DISPUTE_RAISED = "dispute_raised"  # it says that a record is wrong
    DISPUTE_LATE = "dispute_late"  # and nobody has answered that in time
    HEALTH_UNSAID = "health_unsaid"  # no report of health came: somebody asks
    UNWELL = "unwell"  # somebody there is not well

    # What is good to know, and nobody need do anything about.
    ORDER_ENDED = "order_ended"  # an order has ended, and no other holds at that door

    # Why a rule, and no person, ended a case. ORDER_OVER and OUTAGE are two more.
    ANNOUNCED_LATE = "announced_late"
    HEARD_AGAIN = "heard_again"
    SETTLED = "settled"
    RECEIVED_AGAIN = "received_again"
    DOOR_ENDED = "door_ended"  # it was taken out of use
    OPENED_BESIDE = "opened_beside"  # part of what another contact of its household opened
    PROVED_LAWFUL = "proved_lawful"  # by what was heard later, its opening was lawful
    TROUBLE_OVER = "trouble_over"

    # Why an announced opening was not taken.
    PERMITS_FULL = "permits_full"  # as many live ones stand as a door may have

    # Pages that are about no single case.
    GROUPED = "grouped"  # several at once, for a person who has had too many
    TEST = "test"  # the silent daily test of a person's channels
    TEST_PAGE = "test_page"  # the same, asked for by somebody who waits for its answer


REPEATS = frozenset({Reason.REPLAYED, Reason.BELOW_MARK})  # accepted once, and come again

TAMPER = frozenset({Reason.COVER_TAMPER, Reason.MAGNET_TAMPER})

# What the equipment does, and nobody behind the door: for the installer, and never by night.
FAULTS = frozenset(
    {
        Reason.CHATTER,
        Reason.SILENT,
        Reason.PATH_SILENT,
        Reason.OUTAGE,
        Reason.UNREACHABLE,
        Reason.REVIEW_WAITS,
    }
)

# What an opening under an order is, that nobody announced.
UNLAWFUL = frozenset(
    {
        Reason.NO_PERMIT,
        Reason.OPENED_IN_DOUBT,
        Reason.OPENED_BLIND,
        Reason.OPEN_AFTER_RESTART,
        Reason.FOUND_OPEN,
    }
)

# What an opening was that somebody announced, before or after, or that the order allows.
LAWFUL = frozenset({Reason.PERMIT, Reason.ANNOUNCED_LATE, Reason.ALLOWANCE, Reason.VISIT})

# Over as soon as the door is shut, and to be answered all the same.
OVER_WHEN_SHUT = UNLAWFUL | {
    Reason.PERMIT_OVERSTAYED,
    Reason.OPEN_TOO_LONG,
    Reason.VISIT_OVERSTAYED,
}

# What a person does, or may be doing, at a door under an order. No quiet hours hold these back.
BREACHES = TAMPER | OVER_WHEN_SHUT | {Reason.SILENT_OPEN, Reason.SILENT_TAMPERED}

# What nobody saw and nobody is suspected of: the household can say, and a warden asks by day.
QUESTIONS = frozenset({Reason.SILENT_AFTER_OPENING})

# What a household wants of people; of these, what waits for the day.
BY_DAY = frozenset(
    {
        Reason.REQUEST_ASKED,
        Reason.DISPUTE_RAISED,
        Reason.DISPUTE_LATE,
        Reason.HEALTH_UNSAID,
        Reason.UNWELL,
    }
)
MATTERS = BY_DAY | {Reason.DOCTOR_ASKED}
DISPUTES = frozenset({Reason.DISPUTE_RAISED, Reason.DISPUTE_LATE})

# Knowledge: told once, by day, to who has duty, and to nobody after them.
NOTICES = frozenset({Reason.ORDER_ENDED})

# What has befallen the gateway or its site, and no single door.
TROUBLES = frozenset(
    {
        Reason.WATCH_LOST,
        Reason.STORE_FAILING,
        Reason.DISK_LOW,
        Reason.CLOCK_DOUBTED,
        Reason.CERTIFICATE_ENDS,
        Reason.CHANNEL_FAILING,
        Reason.FORGERY,
        Reason.FLOOD,
        Reason.MEMORY_ENDS,
        Reason.TWIN,
        Reason.POISONED,
        Reason.BULK_READING,
        Reason.UNREACHED,
        Reason.RECEIVER_LOST,
        Reason.NETWORK_AWAY,
        Reason.UNCERTIFIED,
    }
)
# Of these, those that leave the watch standing: told at once, but again only day by day.
SLOW_TROUBLES = frozenset(
    {
        Reason.CERTIFICATE_ENDS,
        Reason.CHANNEL_FAILING,
        Reason.FLOOD,
        Reason.UNREACHED,
        Reason.RECEIVER_LOST,
        Reason.NETWORK_AWAY,
        Reason.UNCERTIFIED,
    }
)

# What tries the way to a person, and is about no case.
TESTS = frozenset({Reason.TEST, Reason.TEST_PAGE})

# What may take any of the places in which somebody's phone rings.
URGENT = BREACHES | (TROUBLES - SLOW_TROUBLES)

# What an announcement within the grace time explains.
UNANNOUNCED = frozenset({Reason.NO_PERMIT, Reason.OPENED_IN_DOUBT})

UNWATCHED = frozenset({Reason.NO_ORDER, Reason.ORDER_NOT_BEGUN, Reason.ORDER_OVER})

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
        Reason.UNPROVED,
    }
)

_MILD = FAULTS | QUESTIONS | SLOW_TROUBLES | TESTS | BY_DAY | NOTICES | {Reason.CANARY}


class Severity(StrEnum):
    """How much something matters, in PagerDuty's words."""

    CRITICAL = "critical"  # a breach, or the watch is lost
    ERROR = "error"
    WARNING = "warning"  # a fault or a question: by day


def severity(reason: Reason) -> Severity:
    """How much what the reason tells of matters."""
    if reason in URGENT:
        return Severity.CRITICAL
    return Severity.WARNING if reason in _MILD else Severity.ERROR
