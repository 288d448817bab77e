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


class Acting(Struct, frozen=True):
    """An actor at the moment of an act. Records keep the actor alone, so who somebody is never
    hangs on the role they had then; `for_centre` is of this act: they sit at the centre's desk."""

    actor: Actor
    for_centre: bool = False

    @property
    def is_centre(self) -> bool:
        """Whether what the centre may do is theirs to do."""
        return self.for_centre or self.actor == CENTRE

    def is_meant_by(self, actor: Actor | None) -> bool:
        """Whether what is given to this actor is theirs: by name, or because it is the centre's."""
        return actor == self.actor or (actor == CENTRE and self.is_centre)

    def may_end(self, taken_by: Actor | None) -> bool:
        """Whether what somebody has taken is theirs to end: their own, what nobody has taken, and
        for the centre anybody's."""
        return self.is_centre or taken_by in (None, self.actor)


_OF_ACCOUNT: Final = "@"  # before an account's name; no warden's id begins so


def of_account(name: str) -> Actor:
    """The actor who signed in under this name, and is no warden."""
    return Actor(ActorKind.ACCOUNT, _OF_ACCOUNT + name)


def actor_of(actor_id: str) -> Actor:
    """The actor whom a column or a program names: the centre, an account, or a warden."""
    if actor_id.startswith(_OF_ACCOUNT):
        return Actor(ActorKind.ACCOUNT, actor_id)
    return CENTRE if actor_id == CENTRE.actor_id else Actor(ActorKind.WARDEN, actor_id)
