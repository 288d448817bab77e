"""Passwords: which are taken, and how one is kept and checked.

Length first (12 characters, a Chinese one counts as two; up to 128, so that a phrase fits), then
what guessers try: a list of known ones that are as long, words of the site and of the account, rows
of keys. Kept by argon2 with 19 MiB and two passes, one at a time, so that guessing at the door is
no attack on the machine's memory. A name that nobody has costs the same.
"""

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from gateway.language.catalogue import N_
from gateway.settings.password import is_weak

LENGTH_MIN: Final = 12
LENGTH_MAX: Final = 128
LEFT_MIN: Final = 6  # characters that are left when the site's own words are taken out
KNOWN: Final = Path(__file__).parent / "known_passwords.txt"  # sorted; see its README
_OWN_WORDS: Final = ("menshen", "门神", "网格", "wangge", "封条", "fengtiao", "隔离", "geli")
_hash = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))

TOO_SHORT = N_("Take 12 characters or more; a Chinese one counts as two.")
TOO_LONG = N_("Take 128 characters or fewer.")
KNOWN_TO_GUESSERS = N_("Guessers try this one early. Take another; four words in a row do well.")
OF_THE_SITE = N_("This is little more than the name of the site, or yours. Take another.")


class PasswordError(Exception):
    """A password that is not taken; the text is a sentence to translate."""


def check(password: str, words: Iterable[str] = ()) -> None:
    """PasswordError unless the password is taken.

    Args:
        password: as it was typed.
        words: what guessers know of this account: its name, the site's.
    """
    text = normal(password)
    if sum(1 if character.isascii() else 2 for character in text) < LENGTH_MIN:
        raise PasswordError(TOO_SHORT)
    if len(text) > LENGTH_MAX:
        raise PasswordError(TOO_LONG)
    folded = text.casefold()
    if _is_known(folded) or is_weak(password):
        raise PasswordError(KNOWN_TO_GUESSERS)
    for word in (*_OWN_WORDS, *(normal(word).casefold() for word in words if len(word) > 1)):
        folded = folded.replace(word, "")
    if sum(1 if character.isascii() else 2 for character in folded) < LEFT_MIN:
        raise PasswordError(OF_THE_SITE)


def normal(password: str) -> str:
    """The password as it is kept: a full-width digit is the digit, however it was typed."""
    return unicodedata.normalize("NFKC", password)


def kept(password: str) -> str:
    """What is stored of it. Takes some 25 ms of a processor and 19 MiB."""
    return _hash.hash(normal(password)[: LENGTH_MAX * 4])


def is_right(password: str, stored: str | None) -> bool:
    """Whether this is the password; None is stored where there is none. It takes as long."""
    text = normal(password)
    if len(text) > LENGTH_MAX * 4:
        return False
    is_equal = _hash.verify(text, stored or _of_nobody())
    return is_equal and stored is not None


@cache
def _of_nobody() -> str:
    return kept("nobody's password")


@cache
def _known() -> tuple[str, ...]:
    return tuple(KNOWN.read_text(encoding="utf-8").split("\n"))


def _is_known(folded: str) -> bool:
    known = _known()
    place = bisect_left(known, folded)
    return place < len(known) and known[place] == folded
