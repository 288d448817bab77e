"""The numbers that a site may set, for all its doors or for a class of them."""

from msgspec import Struct

from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.core.local_time import EAST_EIGHT, Zone

CANARY = "canary"  # the class of the door that proves the way to the phone


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """Times in milliseconds. Each has its limits in settings/rules.py."""

    off_delay_ms: int = 2_000  # a door that opens again so soon has not closed (standards 2.2)
    burst_count: int = 10  # refused messages under one seal's name ...
    burst_window_ms: int = MINUTE_MS  # ... within this time become one case
    chatter_openings: int = 3  # so many openings ... (ISA-18.2: chattering)
    chatter_window_ms: int = MINUTE_MS  # ... within this time are the contact's fault
    chatter_joined: int = 10  # or so many in one that never ends, for the off-delay joins them
    settle_ms: int = 300_000  # a contact at fault is believed again after so long without an edge
    backlog_ms: int = 30_000  # what waits in a seal follows its first report within this time
    grace_ms: int = 600_000  # an opening may be announced so long after it happened
    # a seal came back and sees its door open for so long: a case
    open_after_restart_ms: int = 30_000
    # Silence.
    # not heard for so many heartbeats: late (standards 2.2: silent 2 heartbeats)
    late_heartbeats: int = 2
    lost_heartbeats: int = 4  # and for so many: lost (features, defaults)
    silence_ms: int = 1_800_000  # lost for so long, by day: the installer is told
    day_from_min: int = 480  # the installer's day, minutes after midnight at the site
    day_to_min: int = 1_200
    # Outages: many doors fall silent from one cause.
    outage_doors: int = 3  # so few are no outage
    outage_gather_ms: int = 120_000  # what falls silent within this has one cause
    outage_settle_ms: int = 120_000  # and is over when most have been heard for so long
    # The watch is lost: so many doors under an order are silent, and so many of a hundred of them.
    blind_doors: int = 3
    blind_percent: int = 50
    # The escalation policy: when each step is told, from the beginning of a round.
    second_ms: int = 30_000  # the warden's other channels (design: second channel at 30 s)
    deputy_ms: int = 120_000
    captain_ms: int = 240_000
    centre_ms: int = 360_000
    again_ms: int = 480_000  # then round again, until somebody has it
    fault_captain_ms: int = HOUR_MS  # a fault escalates too, but nobody runs for it
    fault_centre_ms: int = 14_400_000
    fault_again_ms: int = DAY_MS
    # A question that the household has not answered, and no report: by day, from when it was asked.
    question_warden_ms: int = 14_400_000
    question_captain_ms: int = 28_800_000
    # What a household wants of people: told by day, but for a doctor.
    request_deputy_ms: int = 1_800_000  # a request that nobody takes
    request_captain_ms: int = 7_200_000
    request_again_ms: int = 14_400_000  # then round again
    doctor_deputy_ms: int = 600_000  # the same of a doctor, at any hour
    doctor_captain_ms: int = 1_200_000
    request_taken_ms: int = 14_400_000  # taken, and not done: it comes back
    request_taking_in_ms: int = 1_800_000  # so long the door may be opened for what was put down
    requests_open: int = 6  # of a household at once
    requests_a_day: int = 12
    dispute_ms: int = 3 * DAY_MS  # so soon a dispute is answered
    disputes_open: int = 4
    health_remind_min: int = 720  # a report that has not come: the household is reminded,
    health_ask_min: int = 960  # and a warden asks; minutes after midnight at the site
    # What is taken and not finished comes back, to the same person first.
    taken_ms: int = 1_800_000  # taken, and nobody there
    on_site_ms: int = HOUR_MS  # somebody there, and nothing reported
    fault_taken_ms: int = DAY_MS  # a fault, or what is over and wants its report only
    review_ms: int = DAY_MS  # reported, and neither assessed nor signed off
    take_back_ms: int = 120_000  # a report may be taken back for so long by who made it
    shelf_ms: int = 28_800_000  # the longest that a case may be put aside (ISA-18.2: 8 h)
    sign_off: bool = True  # reported cases are assessed and signed off by others
    canary_ms: int = 600_000  # the canary's door opens so often
    canary_missed: int = 2  # so many in a row that no phone received are a case
    # Flood: nobody gets more than so many pages in so long (EEMUA 191).
    pages_most: int = 10
    pages_window_ms: int = 600_000
    # The daily test of the way to each person.
    daily_test: bool = True
    daily_test_texts: bool = True  # also by what a person reads, as an SMS, and no phone answers
    daily_test_from_min: int = 480  # each at a minute of their own between these
    daily_test_to_min: int = 1_200
    unreached_ms: int = DAY_MS  # nothing came through for so long: a case
    zone: Zone = EAST_EIGHT  # where the site's clocks stand


class Rulebook(Struct, frozen=True):
    """The rules of a site, and those of single door classes."""

    rules: Rules = Rules()
    classes: dict[str, Rules] = {}

    def of(self, door_class: str) -> Rules:
        """The rules that hold for a class; a class that is not set has the site's."""
        return self.classes.get(door_class, self.rules)
