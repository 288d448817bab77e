"""Who acts. Whoever lets a person in says who it is; what they send never does."""

from enum import StrEnum
from typing import Final

from msgspec import Struct


class ActorKind(StrEnum):
    """What an actor's id is the id of."""

    WARDEN = "warden"
    ACCOUNT = "account"  # somebody who signed in and stands in no register of wardens
    CENTRE = "centre"  # the grid's centre, whoever sits there


class Actor(Struct, frozen=True, array_like=True):
    """Somebody who acts on a case. `actor_id` is how columns and programs name them."""

    kind: ActorKind
    actor_id: str


CENTRE: Final = Actor(ActorKind.CENTRE, "centre")
_OF_ACCOUNT: Final = "@"  # before an account's name; no warden's id begins so


def of_account(name: str) -> Actor:
    """The actor who signed in under this name, and is no warden."""
    return Actor(ActorKind.ACCOUNT, _OF_ACCOUNT + name)


def actor_of(actor_id: str) -> Actor:
    """The actor whom a column or a program names: the centre, an account, or a warden."""
    if actor_id.startswith(_OF_ACCOUNT):
        return Actor(ActorKind.ACCOUNT, actor_id)
    return CENTRE if actor_id == CENTRE.actor_id else Actor(ActorKind.WARDEN, actor_id)
