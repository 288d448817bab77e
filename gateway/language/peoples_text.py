"""What people write: names, addresses, reasons, notes. One rule for tables, forms, programs and
commands.

Names hold what they like: rare characters, signs of a private set, marks of any script. What makes
no difference to a reader becomes plain: white space inside is one space, at the ends it goes, and
so do signs that nobody sees. What would show a reader something else than was written (controls,
signs that turn the order of writing, lost characters) is refused, by code point and place.
"""

import re
import unicodedata
from typing import Final

from rich.cells import cell_len

from gateway.language.catalogue import N_, say

MARKS_MAX: Final = 8  # combining ones on one letter; beyond it they run over other lines

_LENGTH = N_("Say it in one line of 1 to {most} characters.")
_BREAK = N_(
    "Say it in one line of 1 to {most} characters: character {place} ({code}) begins another."
)
_WIDTH = N_("It is too wide: {most} columns at most, of which a Chinese character takes two.")
_SIGN = N_("Character {place} ({code}) cannot stand in a text: take it out.")
_LOST = N_("Character {place} ({code}) is what is left of a lost one: type it again.")

_BREAKS = "\n\r\x0b\x0c\x85\u2028\u2029"
# Blank letters of Korean and Braille look like a space and are none.
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
_SPACES = re.compile(rf"[^\S{_BREAKS}\x1c-\x1f]+")
_ENDS = " " + _BREAKS
# Without a shape and without an effect on the text between other letters.
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u2060-\u2064\u206a-\u206f\ufeff]")
_JOINERS = re.compile("[\u200c\u200d]")  # of Arabic and Indic letters, and of pictures
_LOST_SIGNS = re.compile("\ufffd|锟斤拷|锟届|烫烫烫")
_NOTHING = frozenset(
    [
        "/",
        "//",
        "\\",
        ".",
        "…",
        "n/a",
        "n.a.",
        "none",
        "null",
        "nil",
        "nan",
        "(none)",
        "(null)",
        "(blank)",
        "无",
        "無",
        "空",
        "没有",
        "暂无",
        "空白",
        "未填",
        "不适用",
        "(无)",
        "(空)",
        "(空白)",
    ]
)
_NOTHING_LONGEST = max(map(len, _NOTHING))
# Nearly all texts need no closer look: ASCII and the common Chinese characters, one space at most.
_TIDY = re.compile(r"[!-~\u4e00-\u9fff]+(?: [!-~\u4e00-\u9fff]+)*")
_DASHES = frozenset("-–—―─_")


class TextError(ValueError):
    """A text that cannot stand. `sentence` is a key of the catalogues, which `facts` fill."""

    def __init__(self, sentence: str, **facts: object) -> None:
        super().__init__(sentence.format(**facts))
        self.sentence, self.facts = sentence, facts

    def told(self, language: str) -> str:
        """The sentence, for people."""
        return say(self.sentence, language).format(**self.facts)


def tidied(text: str) -> str:
    """The text without what makes no difference to a reader: composed (NFC), white space as one
    space and none at the ends, signs that nobody sees dropped. Line breaks inside stay."""
    if not text or _TIDY.fullmatch(text) is not None:
        return text
    text = _INVISIBLE.sub("", text)
    text = _JOINERS.sub(lambda joiner: joiner[0] if _joins(joiner) else "", text)
    text = _SPACES.sub(" ", text.translate(dict.fromkeys(map(ord, _BLANKS), " ")))
    return unicodedata.normalize("NFC", text.strip(_ENDS))


def dropped(text: str) -> list[str]:
    """What `tidied` drops and no reader sees, by code point and place: "U+200B at character 3"."""
    if text.isascii():
        return []
    joiners = [joiner for joiner in _JOINERS.finditer(text) if not _joins(joiner)]
    signs = sorted([*_INVISIBLE.finditer(text), *joiners], key=lambda sign: sign.start())
    return [f"{_code(sign[0])} at character {sign.start() + 1}" for sign in signs]


def line(text: str, most: int, columns: int | None = None) -> str:
    """The text as it is kept.

    Args:
        text: As it was written.
        most: How many characters it may have.
        columns: How wide it may be shown, a Chinese character two; by default twice `most`.

    Raises:
        TextError: It is empty, too long, too wide, or holds what cannot be shown truly.
    """
    text = tidied(text)
    for place, sign in enumerate(text, 1) if not _TIDY.fullmatch(text) else ():
        if sign in _BREAKS:
            raise TextError(_BREAK, most=most, place=place, code=_code(sign))
        if not (" " <= sign <= "~" or sign.isalnum()):
            _need_seen(text, place, sign)
    if lost := _LOST_SIGNS.search(text):
        raise TextError(_LOST, place=lost.start() + 1, code=_code(lost[0][0]))
    if not 1 <= len(text) <= most:
        raise TextError(_LENGTH, most=most)
    widest = 2 * most if columns is None else columns
    if 2 * len(text) > widest and cell_len(text) > widest:
        raise TextError(_WIDTH, most=widest)
    return text


def means_nothing(text: str) -> bool:
    """Whether it is what people write into a cell that they leave empty: - — / N/A 无 null …"""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", tidied(text))
    elif len(text) > _NOTHING_LONGEST:
        return _DASHES.issuperset(text)
    return not text or text == "NA" or text.lower() in _NOTHING or _DASHES.issuperset(text)


def sameness(text: str) -> str:
    """What two texts have in common that a reader takes for the same: without spaces, widths and
    case."""
    return unicodedata.normalize("NFKC", text).casefold().replace(" ", "")


def shown(text: str) -> str:
    """The text for a sentence about it: what has no shape stands as a sign that has one."""
    return "".join("⏎" if sign in _BREAKS else "�" if _is_unseen(sign) else sign for sign in text)


def _need_seen(text: str, place: int, sign: str) -> None:
    """TextError unless the sign is what a reader takes it for."""
    if sign == "�":
        raise TextError(_LOST, place=place, code=_code(sign))
    marks = text[place - 1 : place + MARKS_MAX]
    is_heap = len(marks) > MARKS_MAX and all(map(unicodedata.combining, marks))
    if is_heap or _is_unseen(sign):
        raise TextError(_SIGN, place=place, code=_code(sign))


def _is_unseen(sign: str) -> bool:
    """A control, half a character, a sign that turns the order of writing, no character at all."""
    if sign in "\u200c\u200d":
        return False
    kind, number = unicodedata.category(sign), ord(sign)
    is_none = 0xFDD0 <= number <= 0xFDEF or number & 0xFFFE == 0xFFFE
    return kind in ("Cc", "Cf", "Cs") or is_none


def _joins(joiner: re.Match[str]) -> bool:
    """Whether it joins or parts two letters of a script that has use for it, or two pictures."""
    text, at = joiner.string, joiner.start()
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return bool(before) and (_is_mark(before) or (_takes_joiners(before) and _takes_joiners(after)))


def _takes_joiners(sign: str) -> bool:
    return bool(sign) and (
        unicodedata.bidirectional(sign) == "AL" or unicodedata.category(sign) in ("So", "Sk")
    )


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign).startswith("M")


def _code(sign: str) -> str:
    return f"U+{ord(sign):04X}"
