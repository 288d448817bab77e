"""What an event is about: a door, or the site as a whole. Two columns wherever it is stored.

A further kind (a task, a seal, an account) is a member here and a step in core/site.py, where its
states stand too: no id of one kind can ever be taken for one of another."""

from enum import StrEnum
from typing import NamedTuple


class SubjectKind(StrEnum):
    """What can have events of its own. The word is stored."""

    DOOR = "door"
    SITE = "site"


class Subject(NamedTuple):
    """A kind and an id within it. Of the site there is one in a journal, so its id is empty."""

    kind: SubjectKind
    id: str = ""


SITE = Subject(SubjectKind.SITE)
_DOOR = SubjectKind.DOOR


def of_door(door_id: str) -> Subject:
    """The door of this id."""
    return Subject(_DOOR, door_id)
