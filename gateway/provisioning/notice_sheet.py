"""The sheet for a household: its code, a QR code of its page, and the notice. A4, as PDF.

One page for each language. No name, no door and no address stand on it, for sheets get lost; the
installer knows at which door it is handed over. Fonts are as in `label_sheet`: Latin letters come
with the file, Chinese ones are named and not embedded.
"""

import io
from collections.abc import Sequence
from typing import Final

import segno
from msgspec import Struct
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from gateway.language.catalogue import N_
from gateway.language.notice import NoticeFacts, Translate, parts
from gateway.language.notice import version as version_of

_CHINESE, _PLAIN, _BOLD = "STSong-Light", "Vera", "VeraBd"
_SIDE = 18 * mm
_WIDTH = A4[0] - 2 * _SIDE
_FOOT = 14 * mm
_QR = 34 * mm
SIZES: Final = (12.0, 11.0, 10.0, 9.0, 8.0)  # of the text: the largest with which it is one page
_LEADING = 1.45
# No line begins with these, and none ends with those.
_NOT_FIRST = frozenset("，。；：！？、）》”’,.;:!?)%")
_NOT_LAST = frozenset("（《“‘(")

_CODE = N_("Your code")
_HOW = N_(
    "Scan the picture, or open the address and type the code. It opens your page and nothing else; "
    "keep it as you keep a key. It ends with the order."
)
_LOST = N_("Lost, or seen by somebody? Ring your grid worker: a new sheet makes this one dead.")
_NO_PHONE = N_("No telephone with pages? By any telephone and by text message it works too.")
_VERSION = N_("Notice, version {version}")


class Sheet(Struct, frozen=True):
    """One sheet. `code`: twenty digits in groups. `address`: of the page, without the code; empty
    where the site has none, and then no picture stands there."""

    code: str
    address: str


def pdf(
    sheets: Sequence[Sheet], facts: NoticeFacts, languages: Sequence[Translate], site: str
) -> bytes:
    """All of these sheets, each in these languages, a page for each. The same sheets give the same
    bytes."""
    registerFont(UnicodeCIDFont(_CHINESE))
    for font in (_PLAIN, _BOLD):
        registerFont(TTFont(font, f"{font}.ttf"))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle("Menshen: notice for a household")
    for sheet in sheets:
        for translate in languages:
            _page(canvas, sheet, facts, translate, site)
            canvas.showPage()
    canvas.save()
    return out.getvalue()


def _page(
    canvas: Canvas, sheet: Sheet, facts: NoticeFacts, translate: Translate, site: str
) -> None:
    y = A4[1] - 18 * mm
    _line(canvas, _SIDE, y, site, 10, _PLAIN)
    y -= 6 * mm
    lower = y - _QR
    if sheet.address:
        _squares(canvas, _SIDE, lower, f"{sheet.address}#{sheet.code.replace(' ', '')}")
    left = _SIDE + (_QR + 7 * mm if sheet.address else 0)
    room = _SIDE + _WIDTH - left
    _line(canvas, left, y - 5 * mm, translate(_CODE), 12, _BOLD)
    _line(canvas, left, y - 12.5 * mm, sheet.code, min(17.0, _fitting(sheet.code, room)), _BOLD)
    at = y - 18 * mm
    if sheet.address:
        _line(canvas, left, at, sheet.address, min(10.0, _fitting(sheet.address, room)), _PLAIN)
        at -= 5 * mm
    for text in (_HOW, _LOST, _NO_PHONE):
        for line in _wrapped(translate(text), room, 9, _PLAIN):
            _line(canvas, left, at, line, 9, _PLAIN)
            at -= 9 * 1.35
    _notice(canvas, min(lower, at) - 8 * mm, facts, translate)
    foot = translate(_VERSION).format(version=version_of(facts))
    _line(canvas, _SIDE, _FOOT - 4 * mm, f"Menshen 门神 · {foot}", 7.5, _PLAIN)


def _notice(canvas: Canvas, top: float, facts: NoticeFacts, translate: Translate) -> None:
    """The notice below the code, as large as the page has room for."""
    found = parts(facts, translate)
    for size in SIZES:
        lines: list[tuple[str, float, str, float]] = []  # text, size, font, room before it
        for number, part in enumerate(found):
            larger = size * (1.5 if number == 0 else 1.15)
            lines.append((part.heading, larger, _BOLD, size * (0 if number == 0 else 0.7)))
            lines += [
                (text, size, _PLAIN, 0.0)
                for paragraph in part.lines
                for text in _wrapped(paragraph, _WIDTH, size, _PLAIN)
            ]
        height = sum(size * _LEADING + before for _, size, _, before in lines)
        if top - height >= _FOOT or size == SIZES[-1]:
            break
    y = top
    for text, letter, font, before in lines:
        y -= before + letter * _LEADING
        _line(canvas, _SIDE, y, text, letter, font)


def _squares(canvas: Canvas, left: float, lower: float, text: str) -> None:
    code = segno.make_qr(text, error="m", boost_error=False)
    module = _QR / code.symbol_size(border=0)[0]
    squares = canvas.beginPath()
    for y, row in enumerate(code.matrix):
        for x, dark in enumerate(row):
            if dark:
                squares.rect(left + x * module, lower + _QR - (y + 1) * module, module, module)
    canvas.drawPath(squares, stroke=0, fill=1)


def _line(canvas: Canvas, x: float, y: float, text: str, size: float, latin: str) -> None:
    """One line, each script in its own font."""
    for piece, font in _by_script(text, latin):
        canvas.setFont(font, size)
        canvas.drawString(x, y, piece)
        x += stringWidth(piece, font, size)


def _fitting(text: str, room: float) -> float:
    """How large letters may be for one line of this text."""
    return room / max(_width(text, 1.0, _BOLD), 1.0)


def _width(text: str, size: float, latin: str) -> float:
    pieces = _by_script(text, latin)
    return float(sum(stringWidth(piece, font, size) for piece, font in pieces))


def _wrapped(text: str, room: float, size: float, latin: str) -> list[str]:
    """A paragraph in lines: broken at spaces, and between Chinese characters where that may be."""
    lines, line = [], ""
    for word in _words(text):
        if line and _width(line + word.rstrip(), size, latin) > room:
            lines.append(line.rstrip())
            line = word.lstrip()
        else:
            line += word
    return [*lines, line.rstrip()] if line.strip() else lines


def _words(text: str) -> list[str]:
    """What is not torn apart: a Latin word with its space, a Chinese character with its signs."""
    words: list[str] = []
    for letter in text:
        before = words[-1][-1] if words else ""
        joins = before and (
            letter in _NOT_FIRST
            or before in _NOT_LAST
            or (not _is_wide(letter) and not _is_wide(before) and before != " ")
        )
        if joins:
            words[-1] += letter
        else:
            words.append(letter)
    return words


def _is_wide(letter: str) -> bool:
    return ord(letter) >= 0x2E80


def _by_script(text: str, latin: str) -> list[tuple[str, str]]:
    """The text in pieces, each with the font that has its letters."""
    pieces: list[tuple[str, str]] = []
    for letter in text:
        font = latin if ord(letter) < 0x250 else _CHINESE
        if pieces and pieces[-1][1] == font:
            pieces[-1] = (pieces[-1][0] + letter, font)
        else:
            pieces.append((letter, font))
    return pieces
