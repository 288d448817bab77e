"""Seals' labels on sheets of A4, 24 to a sheet, as PDF: 70 by 37 mm, edge to edge, three by eight.

That is what office suppliers sell as "24 per sheet", so nothing has to be cut. A label says for
which door the seal was made, small, so that whoever has forty of them in a bag finds the right one.
Latin letters come with the file, from reportlab's own font, for not each reader has Helvetica.
Chinese ones are named and not embedded (STSong-Light, the standard's own name for it), for a Pi has
no font that could be: each reader takes its machine's.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from gateway.provisioning import label

COLUMNS, ROWS = 3, 8
PER_SHEET = COLUMNS * ROWS
_WIDTH, _HEIGHT = 70 * mm, 37 * mm
_QR = 25 * mm
_SIDE = 5.5 * mm  # printers leave the paper's rim white; and four modules of quiet
_TEXT_LEFT = _SIDE * 2 + _QR - 1.5 * mm
_CHINESE, _LATIN = "STSong-Light", "VeraBd"
_DOOR, _SMALL = 7.5, 6.0  # points: a door's name, and below which it is set in two lines


@dataclass(frozen=True)
class SealLabel:
    """One label. `door`: what people call the door that it was made for, or ""."""

    seal_id: str
    door: str = ""


def pdf(labels: Sequence[SealLabel], address: str = "") -> bytes:
    """Sheets with these labels, from the upper left. The same labels give the same bytes.
    ValueError if one is no seal's id."""
    registerFont(UnicodeCIDFont(_CHINESE))
    registerFont(TTFont(_LATIN, f"{_LATIN}.ttf"))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle("Menshen: labels of seals")
    top = (A4[1] - ROWS * _HEIGHT) / 2
    for number, one in enumerate(labels):
        place = number % PER_SHEET
        if number and place == 0:
            canvas.showPage()
        row, column = divmod(place, COLUMNS)
        _draw(canvas, column * _WIDTH, A4[1] - top - (row + 1) * _HEIGHT, one, address)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw(canvas: Canvas, left: float, bottom: float, one: SealLabel, address: str) -> None:
    code = label.qr(one.seal_id, address)
    module = _QR / code.symbol_size(border=0)[0]
    lower = bottom + (_HEIGHT - _QR) / 2
    squares = canvas.beginPath()
    for y, row in enumerate(code.matrix):
        for x, dark in enumerate(row):
            if dark:
                squares.rect(
                    left + _SIDE + x * module, lower + _QR - (y + 1) * module, module, module
                )
    canvas.drawPath(squares, stroke=0, fill=1)
    at, room = left + _TEXT_LEFT, _WIDTH - _TEXT_LEFT - 4 * mm
    groups = label.text(one.seal_id)
    _write(canvas, at, lower + _QR - 3.4 * mm, "Menshen 门神", 10.5, room)
    _write(canvas, at, lower + _QR - 7.2 * mm, "Seal 封条", 7, room)
    lines = _lines(one.door, room) if one.door else [""]
    upper = lower + (len(lines) - 1) * 3 * mm
    canvas.setFont(_LATIN, 11)
    canvas.drawString(at, upper + 9.6 * mm, groups[:9])
    canvas.drawString(at, upper + 4.8 * mm, groups[10:])
    for number, line in enumerate(lines):
        _write(canvas, at, upper - number * 3 * mm, line, _DOOR, room)


def _lines(door: str, room: float) -> list[str]:
    """For which door it is, in one line, or in two where the one were too small to be read."""
    name = f"→ {door}"
    if _wide(name, _SMALL) <= room:
        return [name]
    first, second = label.halves(door, lambda part: _wide(part, _SMALL))
    return [f"→ {first}", second]


def _wide(text: str, size: float) -> float:
    return float(sum(stringWidth(part, font, size) for part, font in _by_script(text)))


def _write(canvas: Canvas, x: float, y: float, text: str, size: float, room: float) -> None:
    """One line, smaller where it is too long for its room; each script in its own font."""
    width = _wide(text, size)
    size = size * min(1.0, room / width) if width else size
    for part, font in _by_script(text):
        canvas.setFont(font, size)
        canvas.drawString(x, y, part)
        x += stringWidth(part, font, size)


def _by_script(text: str) -> list[tuple[str, str]]:
    """The text in pieces, each with the font that has its letters."""
    pieces: list[tuple[str, str]] = []
    for letter in text:
        font = _LATIN if ord(letter) < 0x250 else _CHINESE
        if pieces and pieces[-1][1] == font:
            pieces[-1] = (pieces[-1][0] + letter, font)
        else:
            pieces.append((letter, font))
    return pieces
