"""The label that an installer sticks beside a door: a QR code, its digits, and the door's name.

The code says `menshen:door:` and ten random digits: no name, no address, and nothing that a browser
opens, so that nobody learns to follow what hangs on a door. A sheet is an A4 page of labels that
any browser prints, with what the installer must know outside of the lines to cut along.
"""

from collections.abc import Sequence
from html import escape

import segno
from msgspec import Struct

from gateway.language.catalogue import N_, say
from gateway.provisioning.label import halves
from gateway.registry.door_codes import PREFIX, grouped

_WIDTH_MM, _HEIGHT_MM = 88, 44
_QR_MM, _QUIET_MM = 34, 5  # more than four of its modules are white around it
_WIDE = 2.0  # how much wider than a letter of the Latin script a Chinese one is
_LABEL_MM = 8.0  # the largest height of the door's name,
_SMALL_MM = 5.0  # and below which it is set in two lines
_LETTER = 0.62  # the width of a letter, of its height

_TITLE = N_("Labels of doors")
_HOW = N_("Scan at the door")
_ELSE = N_("or type the digits")
_SHEET = N_(
    "Print at full size (100 %), cut along the lines, stick each beside its own door at the height "
    "of the eyes. The old label comes off: it proves nothing any more. Then destroy what is left "
    "of this sheet."
)
_OF_ORDER = N_("order of {begins} to {ends}")

_STYLE = f"""
@page {{ size: A4; margin: 12mm 14mm }}
* {{ box-sizing: border-box }}
body {{ margin: 0; font: 10pt/1.4 'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC',
  'Microsoft YaHei', 'DejaVu Sans', sans-serif; color: #000; background: #fff }}
.how {{ margin: 0 0 6mm; max-width: 180mm }}
.sheet {{ display: grid; grid-template-columns: repeat(2, {_WIDTH_MM}mm); gap: 3mm 6mm; margin: 0;
  padding: 0; list-style: none }}
.sheet li {{ break-inside: avoid }}
.sheet svg {{ display: block; outline: 0.3mm dashed #999 }}
.sheet p {{ margin: 1mm 0 0; font-size: 7.5pt; color: #555 }}
@media screen {{ body {{ padding: 12mm 14mm }} }}
"""


class DoorLabel(Struct, frozen=True):
    """What stands on a label, and beside it for the installer."""

    code: str  # ten digits
    label: str  # what people call the door
    begins: str  # when its order begins and ends, as people read it
    ends: str


def svg(door: DoorLabel, language: str) -> str:
    """One whole label to print, 88 by 44 mm."""
    code = segno.make_qr(PREFIX + door.code, error="q", boost_error=False)
    scale, top = _QR_MM / code.symbol_size(border=0)[0], (_HEIGHT_MM - _QR_MM) / 2
    squares = "".join(
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(code.matrix)
        for x, dark in enumerate(row)
        if dark
    )
    left = _QUIET_MM * 2 + _QR_MM
    lines, height = _set(door.label, _WIDTH_MM - left - _QUIET_MM)
    name = "".join(
        f'<tspan x="{left}" y="{13 - height * 1.15 * (len(lines) - 1 - number):.2f}">'
        f"{escape(line)}</tspan>"
        for number, line in enumerate(lines)
    )
    named = escape(f"{door.label} {grouped(door.code)}")
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH_MM}mm" height="{_HEIGHT_MM}mm"
     viewBox="0 0 {_WIDTH_MM} {_HEIGHT_MM}" role="img" aria-label="{named}">
  <rect width="{_WIDTH_MM}" height="{_HEIGHT_MM}" fill="#fff"/>
  <path transform="translate({_QUIET_MM} {top}) scale({scale:.5f})" fill="#000"
        shape-rendering="crispEdges" d="{squares}"/>
  <g font-family="'Noto Sans CJK SC', 'Source Han Sans SC', 'DejaVu Sans', sans-serif">
    <text font-size="{height:.2f}" font-weight="700">{name}</text>
    <text x="{left}" y="21" font-size="3.6">{escape(say(_HOW, language))}</text>
    <text x="{left}" y="26" font-size="3">{escape(say(_ELSE, language))}</text>
  </g>
  <text x="{left}" y="35" font-size="5.2" font-weight="700"
        font-family="'DejaVu Sans Mono', Menlo, Consolas, monospace">{grouped(door.code)}</text>
  <text x="{left}" y="40" font-size="2.4" fill="#555"
        font-family="'Noto Sans CJK SC', 'DejaVu Sans', sans-serif">Menshen 门神</text>
</svg>
"""


def sheet(doors: Sequence[DoorLabel], language: str) -> str:
    """A page of HTML with all of these labels, ten on a sheet of A4, that any browser prints."""
    title, how = escape(say(_TITLE, language)), escape(say(_SHEET, language))
    labels = "".join(
        f"<li>{svg(door, language)}<p>{escape(_of_order(door, language))}</p></li>\n"
        for door in doors
    )
    return f"""<!doctype html>
<html lang="{"zh-CN" if language == "zh" else "en"}">
<head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style></head>
<body><p class="how">{how}</p>
<ul class="sheet">
{labels}</ul></body></html>
"""


def _set(name: str, width_mm: float) -> tuple[list[str], float]:
    """A door's name in one line or two, and how high its letters are."""
    height = _height(_width(name), width_mm)
    if height >= _SMALL_MM:
        return [name], height
    lines = halves(name, _width)
    return lines, min(_SMALL_MM, _height(max(map(_width, lines)), width_mm))


def _height(letters: float, width_mm: float) -> float:
    return min(_LABEL_MM, width_mm / (_LETTER * max(1, letters)))


def _of_order(door: DoorLabel, language: str) -> str:
    order = say(_OF_ORDER, language).format(begins=door.begins, ends=door.ends)
    return f"{door.label} · {order}"


def _width(text: str) -> float:
    """In letters of the Latin script."""
    return sum(_WIDE if ord(letter) > 0x2E7F else 1.0 for letter in text)
