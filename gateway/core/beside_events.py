"""What the contacts of one household tell each other: what opened and shut, what was used, which
case is open. Journaled like all of `events`, under their tags; none of it comes from outside."""

from msgspec import Struct

from gateway.core.model import HouseholdOpening
from gateway.core.reasons import Reason


class OpenedBeside(Struct, frozen=True, omit_defaults=True, tag="opened_beside"):
    """Another contact opened, shut, or its opening is judged anew: it stands here as it is now.
    `judged`: a contact that is new to the household takes over what it was judged to be."""

    opening: HouseholdOpening
    judged: bool = False


class SpentBeside(Struct, frozen=True, omit_defaults=True, tag="spent_beside"):
    """Another contact used some of a permit, or gave it back, or used what the order allows in a
    day: how much is left, and not how much was used, so that hearing it twice does no harm."""

    permit_id: str = ""  # empty: none
    openings: int = 0
    spent: tuple[int, int] = (0, 0)
    allowed: tuple[int, int] = (0, 0)


class CaseBeside(Struct, frozen=True, omit_defaults=True, tag="case_beside"):
    """The case of an opening that is open at another contact; empty: none is any more."""

    door_id: str
    case_id: str = ""


class RaisedBeside(Struct, frozen=True, omit_defaults=True, tag="raised_beside"):
    """Another contact brings what joins the case that is open here. With a reason it is told, under
    its own page id; without one it is part of what was told already."""

    door_id: str
    page_id: str = ""
    reason: Reason | None = None
    since_ms: int = 0


BesideEvent = OpenedBeside | SpentBeside | CaseBeside | RaisedBeside
