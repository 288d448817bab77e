"""Who acts. Whoever lets a person in says who it is; what they send never does."""

from enum import StrEnum
from typing import Final

from msgspec import Struct


class ActorKind(StrEnum):
    """What an actor's id is the id of."""

    WARDEN = "warden"
    CENTRE = "centre"  # the grid's centre, whoever sits there


class Actor(Struct, frozen=True, array_like=True):
    """Somebody who acts on a case. `actor_id` is how columns and programs name them."""

    kind: ActorKind
    actor_id: str


CENTRE: Final = Actor(ActorKind.CENTRE, "centre")


def actor_of(actor_id: str) -> Actor:
    """The actor whom a column or a program names: the centre, or a warden."""
    return CENTRE if actor_id == CENTRE.actor_id else Actor(ActorKind.WARDEN, actor_id)
