"""Whether a password is one that guessers try, until there are accounts with better means.

A guesser gets some twenty thousand tries a day from one address (accounts/site_password.py), so
ten characters that are no word of theirs will do.
"""

import unicodedata
from typing import Final

LENGTH_MIN: Final = 10
DIFFERENT_MIN: Final = 5
_COMMON: Final = (
    "password", "passwort", "passw0rd", "letmein", "iloveyou", "welcome", "administrator", "admin",
    "root", "test", "changeme", "secret", "default", "raspberry", "menshen", "console", "gateway",
    "woaini", "mima", "5201314", "1314520", "密码", "门神", "管理员", "口令",
)  # fmt: skip
_ROWS: Final = (
    "01234567890123456789", "09876543210987654321", "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qazwsxedcrfvtgbyhnujm",
    "1q2w3e4r5t6y7u8i9o0p", "zxcvbnmasdfghjkl", "!@#$%^&*()",
)  # fmt: skip


def is_weak(password: str) -> bool:
    """Too short, of too few different characters, or nothing but common words, rows of keys, and
    a year or the like."""
    text = unicodedata.normalize("NFKC", password).casefold()
    weight = sum(1 if character.isascii() else 2 for character in text)
    if weight < LENGTH_MIN or len(set(text)) < min(DIFFERENT_MIN, len(text)):
        return True
    return _without_the_common(text) < DIFFERENT_MIN


def _without_the_common(text: str) -> int:
    """How many different characters are left when what guessers know is taken out."""
    for word in _COMMON:
        text = text.replace(word, " ")
    left, place = [], 0
    while place < len(text):
        length = _row_length(text[place:])
        if length < 4:
            left.append(text[place])
        place += length if length >= 4 else 1
    if "".join(left).strip(" !.?*#@-_").isdecimal() and len(left) < len(text):
        return 0  # a year behind a word
    return len(set(left) - set(" "))


def _row_length(text: str) -> int:
    """How many characters at its beginning stand beside each other in a row of keys."""
    length = 0
    while length < len(text) and any(text[: length + 1] in row for row in _ROWS):
        length += 1
    return length
