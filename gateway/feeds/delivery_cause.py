"""Why a try to deliver a page failed, as one of a few words, out of the sentence that the outbox
keeps. Pure."""

import re
from enum import StrEnum
from typing import Final


class Cause(StrEnum):
    """What kept a page from going out."""

    UNREACHABLE = "unreachable"  # no connection to the other end
    NO_ANSWER = "no_answer"  # it did not answer in time
    RATE_LIMITED = "rate_limited"  # 429: too many
    SERVER_ERROR = "server_error"  # 5xx
    REFUSED = "refused"  # another status: an address, a key, a redirection
    ERROR_INSIDE = "error_inside"  # a success by its status, and an error in its body
    WEB_PAGE = "web_page"  # something on the way took the other end's place
    ADDRESS = "address"  # there is none, or it is none, or it may not be used
    OURS = "ours"  # a fault of the gateway's own
    OTHER = "other"


# The first that is found decides; each is a part of a sentence of gateway.channels.
_SIGNS: Final = (
    (Cause.WEB_PAGE, "answered with a web page"),
    (Cause.ERROR_INSIDE, "with an error inside"),
    (Cause.ERROR_INSIDE, "no success"),
    (Cause.NO_ANSWER, "time"),
    (Cause.NO_ANSWER, "no answer"),
    (Cause.NO_ANSWER, "has not answered"),
    (Cause.UNREACHABLE, "cannot be reached"),
    (Cause.OURS, "the gateway itself failed"),
    (Cause.ADDRESS, "address"),
    (Cause.ADDRESS, "is not set"),
    (Cause.ADDRESS, "is not among"),
    (Cause.ADDRESS, "signed in"),
)
_ANSWERED: Final = re.compile(r"answered (\d{3})\b")
_TOO_MANY: Final = 429


def cause_of(error: str | None) -> Cause | None:
    """The cause that a sentence of the outbox speaks of; None for none."""
    if not error:
        return None
    for cause, sign in _SIGNS:
        if sign in error:
            return cause
    answered = _ANSWERED.search(error)
    if answered is None:
        return Cause.OTHER
    status = int(answered[1])
    if status == _TOO_MANY:
        return Cause.RATE_LIMITED
    return Cause.SERVER_ERROR if status >= 500 else Cause.REFUSED
