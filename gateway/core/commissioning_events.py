"""Work at a seal, as events of its door: a visit is announced, a walk test begins and ends."""

from msgspec import Struct

from gateway.core.actor import Actor
from gateway.core.commissioning import Visit


class VisitAnnounced(Struct, frozen=True, omit_defaults=True, tag="visit"):
    """Work at the door's seal was announced; a visit of the same id is replaced, so one that ends
    earlier is announced with that end."""

    visit: Visit


class WalkTestBegan(Struct, frozen=True, omit_defaults=True, tag="walk_test"):
    """Somebody tests the door's seal from now on, and until `ends_ms` at most."""

    test_id: str
    seal_id: str
    by: Actor
    ends_ms: int


class WalkTestEnded(Struct, frozen=True, omit_defaults=True, tag="walk_test_ended"):
    """Whoever tested it leaves off."""

    test_id: str


CommissioningEvent = VisitAnnounced | WalkTestBegan | WalkTestEnded
