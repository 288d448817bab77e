"""What stands in the place of sealed text that nobody can read, in the language of who reads."""

from contextvars import ContextVar
from enum import StrEnum
from typing import Final

from gateway.language.catalogue import N_, say


class KeyState(StrEnum):
    """What is known of a key: it is here; it was destroyed, as a mark in its place says; or neither
    it nor such a mark is there, and somebody should look for a copy of the folder."""

    HERE = "here"
    DESTROYED = "destroyed"
    LOST = "lost"


DESTROYED: Final = N_("(destroyed)")
LOST: Final = N_("(its key is not here)")
TAMPERED: Final = N_("(damaged)")

# Who reads now: a page sets it for its own request, a command for its person.
READER: ContextVar[str] = ContextVar("reader", default="en")


def word(state: KeyState | None) -> str:
    """The word for text under a key in this state; None: its key is here and did not make it."""
    words = {KeyState.DESTROYED: DESTROYED, KeyState.LOST: LOST}
    return say(words.get(state, TAMPERED) if state else TAMPERED, READER.get())
