"""A file of text as lines of cells: whatever spreadsheets write.

UTF-8 (with or without a byte order mark), UTF-16 ("Unicode text") and GB18030 are read: what Excel
and WPS write in China. Commas, semicolons, tabs or their full-width twins stand between the cells;
a first line `sep=;` may say which.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator

from gateway.language.peoples_text import tidied
from gateway.registry.sheet import TableError

CELL_CHARACTERS_MAX = 10_000
_SEPARATORS = ",;\t，；|"
_SAID = re.compile(r'\ufeff?"?sep=(.)"?\s*(?:\r\n?|\n|$)', re.IGNORECASE)
_TORN_MAX = 0.1  # of the signs that are not ASCII: then it is UTF-8 with a fault in it


def text_of(content: bytes) -> str:
    """The file's text. TableError if it is none."""
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", *_without_mark(content)):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            if encoding == "utf-8-sig":
                _need_whole(content)
            continue
        if "\0" not in text:
            return text
    raise TableError("is neither UTF-8 nor GB18030 text; save it as CSV UTF-8")


def separators(text: str) -> list[str]:
    """What may stand between its cells, the likeliest first."""
    said = _SAID.match(text)
    if said is not None:
        return [said[1]]
    header = next((line for line in text.splitlines() if tidied(line)), "")
    return sorted(_SEPARATORS, key=header.count, reverse=True)


def records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """(number of its first line, cells as written) of every record that is not empty."""
    csv.field_size_limit(CELL_CHARACTERS_MAX)
    said = _SAID.match(text)
    source = io.StringIO(text[said.end() :] if said else text, newline="")
    reader = csv.reader(source, delimiter=separator, strict=True)
    above = before = 1 if said else 0
    try:
        for cells in reader:
            if any(map(tidied, cells)):
                yield before + 1, cells
            before = above + reader.line_num
    except csv.Error as error:
        raise TableError(f"the quotes are not in order: {error}", before + 1) from None


def _without_mark(content: bytes) -> tuple[str, ...]:
    """Of a text without a byte order mark, the encodings besides UTF-8: every second byte of an
    ASCII sign in UTF-16 is zero."""
    zeros = content[:512].count(0)
    if not zeros:
        return ("gb18030",)
    return ("utf-16-le", "utf-16-be") if content[1:512:2].count(0) > zeros // 2 else ("utf-16-be",)


def _need_whole(content: bytes) -> None:
    """TableError if it is UTF-8 with a fault in it, which GB18030 would read as other signs."""
    text = content.decode(errors="replace")
    signs = sum(not sign.isascii() for sign in text)
    torn = text.count("\ufffd")
    if torn <= signs * _TORN_MAX:
        line = text[: text.index("\ufffd")].count("\n") + 1
        raise TableError("is UTF-8, but for a broken character; type it again", line)
