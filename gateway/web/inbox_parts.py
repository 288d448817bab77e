"""In which order a warden's open cases stand on her phone, and which part of them a page shows.

A thousand cards are a list that nobody reads and a phone loads slowly. So a page shows some, what
waits first, the newest of each group in front, and says how many there are in all.
"""

import re
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from gateway.store import page_views
from gateway.store.case_views import OPEN, WAITING, CaseRow
from gateway.store.page_views import ToldCase, ToldCases
from gateway.web.answers import HttpProblem
from gateway.web.case_lists import NO_PLACE

GROUPS: Final = ("waiting", "acknowledged", "on_the_way", "on_site", "shelved", "done")
CARDS_MAX: Final = 30  # of open cases, on one page
CASES_MAX: Final = 10_000  # of one person, that are put in order
_PLACE: Final = re.compile(r"(\d)-(\d{1,16})-(\d{1,16})-(.{1,128})")
Place = tuple[int, int, int, str]  # how early the group stands, and when it was told last


class InboxPart(Struct, frozen=True):
    """Some of a warden's open cases in their order: `first` is the number of the first one, of
    `count`; `more`: where what follows begins, empty at the end. `spoilt`: which others are hers
    and can stand in no list. `waiting`: how many of all wait for her."""

    case_ids: list[str]
    count: int
    first: int
    more: str = ""
    spoilt: list[str] = []
    waiting: int = 0


def group(case: CaseRow | ToldCase, warden_id: str) -> str:
    """Where its card stands on her phone; where another is on the way, it is in hand."""
    if case.state not in OPEN:
        return "done"
    if case.shelved_until_ms is not None:
        return "shelved"
    if case.state in WAITING:
        return "waiting"
    is_hers = getattr(case, f"{case.state}_by") == warden_id
    return str(case.state) if is_hers else "acknowledged"


def part_of(connection: Connection, warden_id: str, after: str = "") -> InboxPart:
    """The part of her open cases behind a place; the first one without. HttpProblem if it is none.

    A case that comes or goes meanwhile moves no other one to another page.
    """
    return part_from(page_views.told_cases(connection, warden_id, CASES_MAX), warden_id, after)


def part_from(told: ToldCases, warden_id: str, after: str = "") -> InboxPart:
    """The same, from all that she was told of."""
    places = sorted((_place(case, warden_id) for case in told.cases), reverse=True)
    behind = [place for place in places if place < read_place(after)] if after else places
    shown = behind[:CARDS_MAX]
    more = _written(shown[-1]) if len(behind) > len(shown) else ""
    first = len(places) - len(behind) + 1
    waiting = sum(number == -GROUPS.index("waiting") for number, *_ in places)
    case_ids = [place[-1] for place in shown]
    return InboxPart(case_ids, len(places), first, more, told.spoilt, waiting)


def waiting_of(found: list[ToldCase], warden_id: str) -> list[str]:
    """Of the cases that she was told of all that wait for her, the newest first."""
    places = [_place(case, warden_id) for case in found if group(case, warden_id) == GROUPS[0]]
    return [place[-1] for place in sorted(places, reverse=True)]


def _place(case: ToldCase, warden_id: str) -> Place:
    number = GROUPS.index(group(case, warden_id))
    return -number, case.made_ms, case.entry_id, case.case_id


def _written(place: Place) -> str:
    number, made_ms, entry_id, case_id = place
    return f"{-number}-{made_ms}-{entry_id}-{case_id}"


def read_place(after: str) -> Place:
    """A place in the list as an address has it. HttpProblem if it is none."""
    found = _PLACE.fullmatch(after)
    if found is None:
        raise HttpProblem(422, NO_PLACE)
    return -int(found[1]), int(found[2]), int(found[3]), found[4]
