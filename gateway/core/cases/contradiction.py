"""What a person reports against what the seal says: asked once, then both stand side by side."""

from typing import Final

from gateway.core.cases.refusal import Refusal
from gateway.core.events import CaseReported
from gateway.core.model import Contact, Door
from gateway.core.outcome import SAYS_SHUT, SAYS_UNTOUCHED, Outcome
from gateway.core.site_model import Outage, Trouble

# Asked whether it is so all the same. The case's log says so to the others, whatever is answered.
CONTRADICTIONS: Final = frozenset(
    {Refusal.SEAL_SAYS_OPEN, Refusal.SEAL_SAYS_TOUCHED, Refusal.SEAL_NOT_HEARD}
)


def contradicted(holder: Door | Outage | Trouble, event: CaseReported) -> Refusal | None:
    """Why the report cannot be so as far as the seal knows; None where it says nothing else.

    A seal that is not heard says nothing of the door, and one whose contact flutters says nothing
    of the leaf.
    """
    if not isinstance(holder, Door):
        return None
    if holder.silence is not None:
        return Refusal.SEAL_NOT_HEARD if event.outcome is Outcome.REPAIRED else None
    is_open = holder.contact is Contact.OPEN and holder.chattering is None
    if event.outcome in SAYS_SHUT and is_open:
        return Refusal.SEAL_SAYS_OPEN
    if event.outcome in SAYS_UNTOUCHED and (holder.cover or holder.magnet):
        return Refusal.SEAL_SAYS_TOUCHED
    return None
