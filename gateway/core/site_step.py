"""What one event did to its subject, as every step of a site tells it."""

from typing import Any, Final, NamedTuple

from gateway.core.effects import ActionRefused, Effect, PermitRefused
from gateway.core.events import Event
from gateway.core.households.effects import HouseholdRefused
from gateway.core.paging.routing import Routed
from gateway.core.subject import Subject

# Made once: to join types anew for each effect costs more than to ask for them.
REFUSALS: Final = (PermitRefused, ActionRefused, HouseholdRefused)


class Step(NamedTuple):
    """What one event did to its subject. `routed`: what is to go out to people because of it.

    `before` and `after` are what the subject was and is: a `Door`, a `Household`, or what of the
    site the event is about. `follows`: it came out of the queue, and not from outside.
    """

    subject: Subject
    event: Event
    effects: tuple[Effect, ...]
    routed: tuple[Routed, ...]
    before: Any
    after: Any
    follows: bool

    @property
    def changed(self) -> bool:
        """Whether anything was done, or is otherwise than before: not where it was refused."""
        has_effect = any(not isinstance(effect, REFUSALS) for effect in self.effects)
        return has_effect or self.after != self.before
