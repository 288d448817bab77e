"""Why an action was not taken, at a case or a household's matter, in one sentence."""

from gateway.core.cases.refusal import Refusal
from gateway.language.catalogue import N_, say

_REFUSED: dict[Refusal, str] = {
    Refusal.NO_SUCH_CASE: N_("No case of this number is open here; it may be closed already."),
    Refusal.CLOSED: N_("This case is closed already."),
    Refusal.REPEATED: N_("This came already, and was done once."),
    Refusal.DONE_ALREADY: N_("You have done this already."),
    Refusal.TAKEN_ALREADY: N_("Somebody has this case already."),
    Refusal.ON_THE_WAY_ALREADY: N_("Somebody is on the way already."),
    Refusal.ON_SITE_ALREADY: N_("Somebody is at the door already."),
    Refusal.NOT_ON_SITE: N_("Say first that you are at the door; its code then proves it."),
    Refusal.PROVED_ALREADY: N_("The door's code has proved it already."),
    Refusal.NO_DOOR: N_("This case is of no single door, so there is no code to scan."),
    Refusal.TOO_MANY_CODES: N_(
        "Too many wrong codes were given here, so none is looked at for an hour. What you do at "
        "the door counts all the same."
    ),
    Refusal.IN_REVIEW: N_("This case is reported already; it is in review."),
    Refusal.TAKE_FIRST: N_("Take the case first, then report how it ended."),
    Refusal.NEEDS_VISIT: N_(
        "Somebody touched the seal: this case ends only after a person was at the door."
    ),
    Refusal.NOT_SHELVED: N_("The case of a touched seal cannot be put aside."),
    Refusal.UNTIL_PAST: N_("A case is put aside until a time that is still to come."),
    Refusal.NOT_HELD: N_("Nobody has this case yet: take it, then hand it over."),
    Refusal.NOT_HOLDER: N_("Another has this case; only they or the centre can hand it over."),
    Refusal.NOT_ON_DUTY: N_("That person is not on duty here now: name one who is."),
    Refusal.NOT_REPORTER: N_("Only whoever reported it can take that back."),
    Refusal.TAKE_BACK_OVER: N_(
        "It is too late to take the report back. Tell whoever assesses it what is wrong with it."
    ),
    Refusal.NEW_CASE: N_(
        "There is a new case here since that report, so it stands. Go on with the new case."
    ),
    Refusal.NOTE_MISSING: N_("Say in the note to whom it was handed."),
    Refusal.WHY_MISSING: N_("Say in a few words why; the household reads it."),
    Refusal.NO_SUCH_OUTCOME: N_("There is no such way for a case to end."),
    Refusal.SEAL_SAYS_OPEN: N_(
        "The seal says that the door stands open. Look once more; if it is shut all the same, say "
        "so below the choices and report again."
    ),
    Refusal.SEAL_SAYS_TOUCHED: N_(
        "The seal says that its cover or its magnet is not in place. Look once more; if all is in "
        "order all the same, say so below the choices and report again."
    ),
    Refusal.SEAL_NOT_HEARD: N_(
        "The seal is still not heard. Wait for its light; if it is mended all the same, say so "
        "below the choices and report again."
    ),
    Refusal.NOT_REPORTED: N_("This case is not reported yet."),
    Refusal.OWN_REPORT: N_(
        "Whoever reported a case neither assesses it nor signs it off: another must."
    ),
    Refusal.ASSESS_FIRST: N_("Assess the case first, then sign it off."),
    Refusal.ASSESSED_ALREADY: N_("This case is assessed already."),
    Refusal.SIGNED_OFF_ALREADY: N_(
        "This case is signed off already; it closes as soon as what raised it is over."
    ),
    Refusal.RAISED_SINCE: N_("Something new has happened since you did this: see the case again."),
    Refusal.NO_SUCH_REQUEST: N_("No such request is open here; it may be done already."),
    Refusal.NO_SUCH_DISPUTE: N_("No such dispute is open here; it may be answered already."),
    Refusal.NO_SUCH_QUESTION: N_("No such question is open here; it may be answered already."),
    Refusal.REQUEST_OVER: N_("This request is over already."),
    Refusal.NO_ORDER: N_("No order holds there now."),
    Refusal.TOO_MANY: N_("As many are open, or were asked for in a day, as may be at once."),
    Refusal.WORDS_MISSING: N_("Say in a few words what is needed."),
    Refusal.DISPUTED_ALREADY: N_("This record is disputed already; its answer is under way."),
    Refusal.PART_OF_RECORD: N_(
        "Whoever was part of a record does not answer a dispute of it: another must."
    ),
    Refusal.NOT_ASSIGNED: N_("This dispute is for another to answer."),
    Refusal.TOO_QUIET: N_("Leave at least eight hours of the day in which you may be asked."),
    Refusal.NOTHING_NEW: N_("That changes nothing about this case."),
}

# Where the sentence of a case would speak of one: the same about a household's matter.
_OF_MATTER: dict[Refusal, str] = {
    Refusal.TAKEN_ALREADY: N_("Somebody else sees to this already."),
    Refusal.TAKE_FIRST: N_("Take it first, then say that it is done."),
    Refusal.NOT_HELD: N_("Nobody has taken this yet."),
    Refusal.NOT_HOLDER: N_("Somebody else sees to this; only they or the centre can do that."),
    Refusal.NO_SUCH_OUTCOME: N_("There is no such answer."),
    Refusal.NO_DOOR: N_("That is no door of this household."),
}


def matter_refusal_line(refusal: Refusal, language: str) -> str:
    """Why an action on a household's matter was refused, in one sentence."""
    return say(_OF_MATTER.get(refusal) or _REFUSED[refusal], language)


def refusal_line(refusal: Refusal, language: str) -> str:
    """Why an action on a case was refused, in one sentence."""
    return say(_REFUSED[refusal], language)
