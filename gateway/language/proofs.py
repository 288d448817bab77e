"""Whether somebody is proved to be at a door, in words: for who is there, and for who reads the
case."""

from typing import Final

from gateway.core.proof import Proof
from gateway.language.catalogue import N_, say

# To who gave the code. Another door is never named: she may not be one who may know of it.
_TOLD: Final = {
    Proof.OTHER_DOOR: N_(
        "The code is another door's: look at which door you are. You are noted as at the door, not "
        "proved."
    ),
    Proof.OTHER_ORDER: N_(
        "The code is of another order: an old label hangs there, or a new one too early. You are "
        "noted as at the door, not proved; tell the installer."
    ),
    Proof.UNKNOWN_CODE: N_(
        "No door of this site has this code. You are noted as at the door, not proved; tell the "
        "installer."
    ),
    Proof.NOT_LOOKED_AT: N_(
        "Too many wrong codes were given here, so this one was not looked at. You are noted as at "
        "the door, not proved; codes count again in an hour."
    ),
}
# In the case's log, behind who is at the door.
_SEEN: Final = {
    Proof.PROVED: N_("Proved by the door's code."),
    Proof.UNPROVED: N_("Not proved: the door's code was not scanned."),
    Proof.OTHER_DOOR: N_("Not proved: the code was another door's."),
    Proof.OTHER_ORDER: N_("Not proved: the code was of another order on this door."),
    Proof.UNKNOWN_CODE: N_("Not proved: no door has the code that was given."),
    Proof.NOT_LOOKED_AT: N_("Not proved: too many wrong codes came before."),
}


def told_line(proof: Proof | None, language: str) -> str | None:
    """What whoever gave a code that proves nothing is told; None where there is nothing to say."""
    return say(_TOLD[proof], language) if proof in _TOLD else None


def proof_line(proof: Proof, language: str) -> str:
    """Whether it is proved that somebody was at the door, in one sentence."""
    return say(_SEEN[proof], language)
