"""What an event is about: a door, a household, or the site. Two columns wherever it is stored.

A further kind (a seal, an account) is a member here and a step in core/site.py, where its
states stand too: no id of one kind can ever be taken for one of another."""

from enum import StrEnum
from typing import NamedTuple


class SubjectKind(StrEnum):
    """What can have events of its own. The word is stored."""

    DOOR = "door"
    HOUSEHOLD = "home"  # its own matters, for its doors have theirs; columns hold eight letters
    SITE = "site"


class Subject(NamedTuple):
    """A kind and an id within it. Of the site there is one in a journal, so its id is empty."""

    kind: SubjectKind
    id: str = ""


SITE = Subject(SubjectKind.SITE)
_DOOR, _HOUSEHOLD = SubjectKind.DOOR, SubjectKind.HOUSEHOLD


def of_door(door_id: str) -> Subject:
    """The door of this id."""
    return Subject(_DOOR, door_id)


def of_household(household_id: str) -> Subject:
    """The household of this id."""
    return Subject(_HOUSEHOLD, household_id)
