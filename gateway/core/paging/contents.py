"""What goes to one person: a page of its own, one for many, a test; and what stands in a page for
many. It says nothing of when.
"""

from msgspec import Struct

from gateway.core.cases.escalation import Ways
from gateway.core.reasons import Reason


class PersonalPage(Struct, frozen=True):
    """A page for this person, by some of their channels."""

    page_id: str
    case_id: str
    door_id: str
    reason: Reason
    since_ms: int
    ways: Ways = Ways.ALL


class EarlierCase(Struct, frozen=True, array_like=True):
    """A case that an earlier part of the grouped page named, and the worst that was said of it."""

    case_id: str
    reason: Reason


class LesserPage(Struct, frozen=True, omit_defaults=True):
    """What waits behind a worse page of its case; no `page` where an earlier part had named it."""

    case_id: str
    reason: Reason
    page: PersonalPage | None = None


Named = PersonalPage | EarlierCase


class SinglePage(Struct, frozen=True):
    """This page goes out now."""

    page: PersonalPage


class GroupedPage(Struct, frozen=True):
    """One page for many: how many, how many of them breaches and how many a household's matters,
    and which, breaches first.

    A later one of the same conversation stands for the earlier. Without `rings` it is there to be
    read, and disturbs nobody.
    """

    page_id: str
    pages: tuple[PersonalPage, ...]
    cases: int
    breaches: int
    rings: bool = True
    conversation: str = ""
    matters: int = 0


class DailyTest(Struct, frozen=True):
    """A silent test goes to each channel now, or only to those that answer by themselves."""

    page_id: str
    texts: bool = True


class AskedTest(Struct, frozen=True):
    """A test that somebody asked for goes to each channel now, and rings."""

    page_id: str


class Unreachable(Struct, frozen=True):
    """The test did not arrive: others are to be told of this person."""

    page_id: str


Content = SinglePage | GroupedPage | DailyTest | AskedTest | Unreachable
