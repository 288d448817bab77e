"""What a person reports against what the seal says: asked once, then both stand side by side."""

from gateway.core.cases.refusal import Refusal
from gateway.core.events import CaseReported
from gateway.core.model import Contact, Door, Outage, Trouble
from gateway.core.outcome import Outcome


def contradicted(holder: Door | Outage | Trouble, event: CaseReported) -> Refusal | None:
    """Why the report cannot be so as far as the seal knows; None where it says nothing else.

    A seal that is not heard, or whose contact flutters, says nothing of the door.
    """
    if not isinstance(holder, Door):
        return None
    is_lost = holder.silence is not None
    if event.outcome is Outcome.IN_ORDER and not is_lost and holder.chattering is None:
        return Refusal.SEAL_SAYS_OPEN if holder.contact is Contact.OPEN else None
    if event.outcome is Outcome.REPAIRED and is_lost:
        return Refusal.SEAL_NOT_HEARD
    return None
