"""How many parts of a text message (SMS) a text takes, each of which is paid for and may come late.

GSM 03.38: 160 characters of its own alphabet, some of which count twice, or 70 UCS-2 units where
one character is none of those; of a text in several parts each has room for 153, or 67.
"""

from typing import Final

PARTS_MAX: Final = 1  # of a page about a case, with an address of usual length

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE: Final = frozenset("\f^{}\\[~]|€")
_GSM: Final = (160, 153)  # alone, and in each of several parts
_UCS: Final = (70, 67)


def parts(text: str) -> int:
    """How many parts carry it."""
    if all(sign in _BASIC or sign in _TWICE for sign in text):
        return _parts(sum(2 if sign in _TWICE else 1 for sign in text), *_GSM)
    return _parts(len(text.encode("utf-16-be")) // 2, *_UCS)


def _parts(length: int, alone: int, each: int) -> int:
    return 1 if length <= alone else -(-length // each)
