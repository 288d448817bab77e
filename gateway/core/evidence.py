"""How far a page got, by the best evidence there is, and why one ended without going out.

Only a person's own handheld proves that a person was told. A service that takes a page proves that
it was taken, and one that cannot even say so proves less.
"""

from enum import StrEnum


class Evidence(StrEnum):
    """From the weakest to the strongest; a page never goes back."""

    QUEUED = "queued"  # handed over; the other end has not said that it has it for good
    ACCEPTED = "accepted"  # the service said, in its own form of success, that it has it
    RECEIVED = "received"  # the person's handheld signed for it
    SEEN = "seen"  # the person acted on it


# Channels of which only the person's own handheld proves anything, and those by which a test
# disturbs nobody: a program behind a webhook can pass it over.
SIGNED_FOR = frozenset({"inbox", "push"})
QUIET = SIGNED_FOR | {"webhook"}

TOLD = frozenset({Evidence.RECEIVED, Evidence.SEEN})  # what says that a person was told


class Ended(StrEnum):
    """Why a page that had not gone out is not needed any more."""

    CLOSED = "closed"  # what it is about is over
    TAKEN = "taken"  # somebody has it, or it was put aside
    OVERTAKEN = "overtaken"  # a newer page to the same address says the same
    LEFT = "left"  # the person is not on the staff any more
    NOBODY = "nobody"  # of a household no number is known, so there is nobody to be told
    NO_WAY = "no_way"  # the site has no such channel (any more)
