"""Why an event was refused, or what it was: one word for its row in the journal."""

from gateway.core.cases.refusal import Refusal
from gateway.core.doors.orders import why_not_under_order
from gateway.core.effects import ActionRefused, OpeningBegan, PermitRefused
from gateway.core.events import CaseAction, MessageRefused, PermitAnnounced, ReportCame
from gateway.core.households.effects import HouseholdRefused
from gateway.core.households.events import HouseholdAction
from gateway.core.reasons import Reason
from gateway.core.site import Step
from gateway.core.subject import SubjectKind


def reason_of(step: Step, at_ms: int) -> Reason | Refusal | None:
    """Why an event was refused, or what it was; None where there is nothing to say of it.

    Args:
        step: one step of a turn.
        at_ms: when it was made, in milliseconds of UTC.

    Returns:
        Of a person's action or a permit: why it was refused. Of a message without a place: why it
        has none. Of a report of an edge: what opening it began, or why nobody watches the door.
    """
    event = step.event
    if isinstance(event, CaseAction):
        return next((e.refusal for e in step.effects if isinstance(e, ActionRefused)), None)
    if isinstance(event, HouseholdAction):
        return next((e.refusal for e in step.effects if isinstance(e, HouseholdRefused)), None)
    if step.subject.kind is not SubjectKind.DOOR:
        return None
    if isinstance(event, MessageRefused):
        return event.reason
    if isinstance(event, PermitAnnounced):
        return next((e.reason for e in step.effects if isinstance(e, PermitRefused)), None)
    if not isinstance(event, ReportCame) or not event.edge:
        return None
    began = next((e.reason for e in step.effects if isinstance(e, OpeningBegan)), None)
    return began or why_not_under_order(step.after, at_ms)
