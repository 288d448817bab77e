"""Which part of the open cases, and of those in review, a page shows.

A list of a thousand is read by nobody, and one that stops at its hundredth without a word is taken
for the whole. So a list says how many there are, and its next part has an address of its own.
"""

import re
from typing import Final, NamedTuple, Self

from msgspec import Struct
from sqlalchemy import Connection

from gateway.language.catalogue import N_
from gateway.store import case_views
from gateway.store.case_views import CaseRow
from gateway.store.records import Key, Part
from gateway.web.answers import HttpProblem

LISTED_MAX: Final = 50  # in each list
PLACE_MAX: Final = 200  # characters
_PLACE: Final = re.compile(r"([01]{3}):(-?[0-9]{1,16}):(.{1,128})")

NO_PLACE = N_("This address leads to no part of the list; begin at its first page.")


class Places(NamedTuple):
    """Behind which case each list goes on, as an address has it; empty at its beginning."""

    open: str = ""
    review: str = ""

    @classmethod
    def named(cls, name: str) -> Self:
        """The places of a name that `name` gave."""
        first, _, second = name.partition("|")
        return cls(first, second)

    def name(self) -> str:
        """One word for both, for the stream of the page. No case's id has a bar in it."""
        return "|".join(self) if any(self) else ""

    def check(self) -> None:
        """HttpProblem if one of them is none."""
        for place in self:
            read_place(place)


BEGINNING: Final = Places()


class CasePart(Struct, frozen=True):
    """Some cases of a list in their order: `count` is of the whole list; `more`: the place where
    what follows begins, empty at the end."""

    kind: str  # the list's field in an address
    cases: list[CaseRow]
    count: int
    is_later: bool
    more: str


def open_cases(connection: Connection, after: str, grids: frozenset[str] | None) -> CasePart:
    """A part of the cases that nobody has reported. HttpProblem if there is no such place."""
    counts = case_views.case_counts(connection, grids)
    found = case_views.open_part(connection, LISTED_MAX, grids, read_place(after))
    return _part("open", found, counts.open, after)


def in_review(connection: Connection, after: str, grids: frozenset[str] | None) -> CasePart:
    """A part of those that are reported and not closed. HttpProblem likewise."""
    counts = case_views.case_counts(connection, grids)
    found = case_views.part_in_review(connection, LISTED_MAX, grids, read_place(after))
    return _part("review", found, counts.in_review + counts.going_on, after)


def read_place(place: str) -> Key | None:
    """The key of the case that a place names; None at the beginning. HttpProblem if it is none."""
    if not place:
        return None
    found = _PLACE.fullmatch(place)
    if found is None:
        raise HttpProblem(422, NO_PLACE)
    return *(flag == "1" for flag in found[1]), int(found[2]), found[3]


def _part(kind: str, found: Part[CaseRow], count: int, after: str) -> CasePart:
    more = "" if found.next is None else _written(found.next)
    return CasePart(kind, found.rows, count, bool(after), more)


def _written(key: Key) -> str:
    *flags, moved_ms, case_id = key
    return f"{''.join(str(int(flag)) for flag in flags)}:{moved_ms}:{case_id}"
