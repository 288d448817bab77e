"""What has become of a seal in a roll-out, in words: for the page of updates and the command line.

Who refuses a release never left what it ran; only who tried it went back. Where the gateway knows
no more than that it failed, no more is said: a seal that crashed may have crashed while it looked
at the release, and one that is silent has told nobody.
"""

from typing import Final

from gateway.language.catalogue import N_
from gateway.updates.rollout import Progress, SealState

_REFUSED_FOR: Final = frozenset(
    {"unsigned", "damaged", "older", "incompatible", "full", "nokey"}
)  # what a seal finds before it starts the release
_REFUSED: Final = N_("refused it")
_WORDS: Final = {
    SealState.WAITING: N_("waits"),
    SealState.PULLING: N_("fetches it"),
    SealState.TRYING: N_("tries it"),
    SealState.GOOD: N_("runs it"),
    SealState.FAILED: N_("failed"),
    SealState.LEFT_OUT: N_("left out"),
}
_REASONS: Final = {
    "unsigned": N_("not signed by this site's key"),
    "damaged": N_("it came damaged"),
    "older": N_("not newer than what it runs"),
    "newer": N_("it runs a newer one and keeps it"),
    "incompatible": N_("not for its chip, its board or its firmware"),
    "retired": N_("taken out of use"),
    "full": N_("no room on it"),
    "nokey": N_("it knows no release key: flash it anew"),
    "crashed": N_("it did not come up with it, and runs what it ran before"),
    "silent": N_("it stayed offline"),
    "ended": N_("the program gave up by itself, and it went back to what it ran before"),
    "other": N_("it could not fetch it"),
}
ALL: Final = (*_WORDS.values(), _REFUSED)  # in the order in which they are counted


def state_word(progress: Progress) -> str:
    """How a seal stands, to be translated."""
    if progress.state is SealState.FAILED and progress.reason in _REFUSED_FOR:
        return _REFUSED
    return _WORDS[progress.state]


def reason_words(progress: Progress) -> str:
    """Why, to be translated; "" where there is nothing to say. A word of a firmware that is newer
    than this gateway stands as it came."""
    return _REASONS.get(progress.reason, progress.reason)
