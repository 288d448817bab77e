"""What the gateway knows of a site as a whole: silence that many doors share, and troubles of its
own. Frozen records, whole milliseconds of UTC, no behaviour; fields at their default are left out
of the stored bytes.
"""

from msgspec import Struct

from gateway.core.model import ActionResult, Case
from gateway.core.reasons import Reason


class Lost(Struct, frozen=True):
    """A door whose seal is lost, seen from the site."""

    door_id: str
    since_ms: int
    areas: tuple[tuple[str, int], ...]  # that it lies in, each with how many sealed doors it holds
    at_ms: int  # when it fell silent: that many did so together is what speaks for one cause


class Outage(Struct, frozen=True, omit_defaults=True):
    """Something that many doors share does not work: one case for all of them."""

    outage_id: str
    area: str
    since_ms: int
    first_door: str  # stands for all of them where one must be named
    doors: tuple[str, ...] = ()  # that are silent from it
    settles_ms: int | None = None  # when it is over, if no door falls silent again
    case: Case | None = None
    in_review: tuple[Case, ...] = ()
    last_case: str | None = None


class Outages(Struct, frozen=True, omit_defaults=True):
    """What the site knows of silence: which seals are lost, and what explains it."""

    lost: tuple[Lost, ...] = ()
    gathered_ms: int | None = None  # when those that fell silent together are checked
    outages: tuple[Outage, ...] = ()
    recent: tuple[ActionResult, ...] = ()  # of the latest actions of people, the newest last
    looked_ms: int | None = None  # when it is looked whether most of the site is silent


class Trouble(Struct, frozen=True, omit_defaults=True):
    """Something that has befallen the gateway or its whole site: one case, and no door."""

    trouble_id: str
    reason: Reason
    about: str  # which of its kind
    since_ms: int
    is_over: bool = False
    case: Case | None = None
    in_review: tuple[Case, ...] = ()
    last_case: str | None = None


class Troubles(Struct, frozen=True, omit_defaults=True):
    """The troubles of a site that go on, or have a case that does."""

    troubles: tuple[Trouble, ...] = ()
    raised: int = 0  # how many there ever were: their numbers
    recent: tuple[ActionResult, ...] = ()  # of the latest actions of people, the newest last
