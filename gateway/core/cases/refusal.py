"""Why an action was refused, on a case or on a household's matter: it changed nothing, and whoever
acted is told so.

The sentences for people are made from it in `language/reasons.py`, in one place.
"""

from enum import StrEnum


class Refusal(StrEnum):
    """A word that stands in the journal, in the answer to a program, and behind each sentence."""

    NO_SUCH_CASE = "no_such_case"  # none of this number is held here (any more)
    CLOSED = "closed"
    REPEATED = "repeated"  # this very action came before; it is answered as it was then
    DONE_ALREADY = "done_already"  # by the same person, as an action of its own
    TAKEN_ALREADY = "taken_already"
    ON_THE_WAY_ALREADY = "on_the_way_already"
    ON_SITE_ALREADY = "on_site_already"
    NOT_ON_SITE = "not_on_site"  # nobody is at the door yet, so no code proves it
    PROVED_ALREADY = "proved_already"
    NO_DOOR = "no_door"  # the case is of no single door, and has no code
    TOO_MANY_CODES = "too_many_codes"  # wrong ones, so that none is looked at for a while
    IN_REVIEW = "in_review"  # it is reported: nothing is done at the door any more
    TAKE_FIRST = "take_first"
    NEEDS_VISIT = "needs_visit"  # tampered with: it ends only after a person was at the door
    NOT_SHELVED = "not_shelved"  # tampered with: it cannot be put aside
    UNTIL_PAST = "until_past"
    NOT_HELD = "not_held"  # nobody has it, so nobody hands it over
    NOT_HOLDER = "not_holder"  # another has it, and hands it over
    NOT_ON_DUTY = "not_on_duty"  # who is named to have it
    NOT_REPORTER = "not_reporter"  # another reported it, and takes that back
    TAKE_BACK_OVER = "take_back_over"  # a report stands after so long
    NEW_CASE = "new_case"  # a report stands: there is a case after it
    NO_SUCH_OUTCOME = "no_such_outcome"
    NOTE_MISSING = "note_missing"
    WHY_MISSING = "why_missing"
    SEAL_SAYS_OPEN = "seal_says_open"  # reported as shut: asked whether it is so all the same
    SEAL_SAYS_TOUCHED = "seal_says_touched"  # reported as untouched, or in order again: likewise
    SEAL_NOT_HEARD = "seal_not_heard"  # reported as working again: likewise
    NOT_REPORTED = "not_reported"
    OWN_REPORT = "own_report"  # who reported it neither assesses it nor signs it off
    ASSESS_FIRST = "assess_first"
    ASSESSED_ALREADY = "assessed_already"
    SIGNED_OFF_ALREADY = "signed_off_already"
    RAISED_SINCE = "raised_since"  # done before the case was raised again, told after it
    NO_SUCH_REQUEST = "no_such_request"  # none of this id goes on at the household
    NO_SUCH_DISPUTE = "no_such_dispute"
    NO_SUCH_QUESTION = "no_such_question"  # about somebody's health
    REQUEST_OVER = "request_over"
    NO_ORDER = "no_order"  # no order holds, so nobody brings anything
    TOO_MANY = "too_many"  # as many as a household may have at once, or in a day
    WORDS_MISSING = "words_missing"
    DISPUTED_ALREADY = "disputed_already"
    PART_OF_RECORD = "part_of_record"  # who was part of a record answers no dispute of it
    NOT_ASSIGNED = "not_assigned"  # it is for another to answer
    TOO_QUIET = "too_quiet"  # hours that leave no time to be asked in
    NOTHING_NEW = "nothing_new"  # the fate of a page that changes no case: nobody is told
