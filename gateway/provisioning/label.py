"""The label that an installer glues on a seal: a QR code and the id to read aloud. No secret.

Where the console has an address for phones, the code is a link to the seal's page there, which any
phone's camera opens; and which shows nothing to whoever is not signed in. Without one it says
`menshen:seal:<id>`, for programs. Either way it tells what the seal's topics show to the broker
anyhow. The id is printed in groups of four, for people who read it over the telephone.
"""

import io
from collections.abc import Callable
from html import escape

import segno

from sealwire import topics

PREFIX = "menshen:seal:"
PAGE = "/seals/"  # of the console, with a seal's id behind
_WIDTH_MM, _HEIGHT_MM = 62, 29  # a common size of label printers' tape
_QR_MM = 22.6  # which leaves the four modules of quiet around it
_QUIET_MODULES = 4  # around the code; the standard asks for it
_PNG_SCALE = 8  # dots a module; at 300 dpi the code is 25 mm wide


def halves(name: str, width: Callable[[str], float]) -> list[str]:
    """A door's name that is too long for one line, in two of much the same width: at a blank where
    it has one, and else behind no digit, for 3 and 单元 belong together."""
    inner = range(1, len(name))
    blanks = [at for at in inner if name[at] == " "]
    places = blanks or [at for at in inner if not name[at - 1].isdigit()] or inner
    at = min(places, key=lambda at: abs(width(name[:at]) - width(name[at:])), default=len(name))
    return [name[:at].strip(), name[at:].strip()]


def text(seal_id: str) -> str:
    """The id in groups of four. ValueError if it is none."""
    _check(seal_id)
    return " ".join(seal_id[at : at + 4] for at in range(0, len(seal_id), 4))


def content(seal_id: str, address: str = "") -> str:
    """What the code says. `address`: the console's for phones (`[console] public_url`), or "".
    ValueError if it is no seal's id."""
    _check(seal_id)
    return f"{address}{PAGE}{seal_id}" if address else PREFIX + seal_id


def svg(seal_id: str, address: str = "") -> str:
    """A whole label of 62 by 29 mm to print."""
    code = qr(seal_id, address)
    modules = code.symbol_size(border=0)[0]
    scale = _QR_MM / modules
    margin = (_HEIGHT_MM - _QR_MM) / 2
    squares = "".join(
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(code.matrix)
        for x, dark in enumerate(row)
        if dark
    )
    first, second = text(seal_id)[:9], text(seal_id)[10:]
    left = margin * 2 + _QR_MM
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH_MM}mm" height="{_HEIGHT_MM}mm"
     viewBox="0 0 {_WIDTH_MM} {_HEIGHT_MM}" role="img" aria-label="seal {escape(text(seal_id))}">
  <rect width="{_WIDTH_MM}" height="{_HEIGHT_MM}" fill="#fff"/>
  <path transform="translate({margin} {margin}) scale({scale:.5f})" fill="#000"
        shape-rendering="crispEdges" d="{squares}"/>
  <g font-family="'DejaVu Sans', Helvetica, Arial, 'Noto Sans CJK SC', sans-serif" fill="#000">
    <text x="{left}" y="7.4" font-size="4.2" font-weight="700">Menshen 门神</text>
    <text x="{left}" y="11.2" font-size="2.6">Electronic seal 电子封条</text>
  </g>
  <g font-family="'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="5" fill="#000">
    <text x="{left}" y="19.4">{first}</text>
    <text x="{left}" y="25.6">{second}</text>
  </g>
</svg>
"""


def png(seal_id: str, address: str = "") -> bytes:
    """The code alone, for a label program that sets its own text."""
    out = io.BytesIO()
    qr(seal_id, address).save(out, kind="png", scale=_PNG_SCALE, border=_QUIET_MODULES)
    return out.getvalue()


def terminal(seal_id: str, address: str = "") -> str:
    """The code and the id beneath it, for a terminal."""
    out = io.StringIO()
    qr(seal_id, address).terminal(out, compact=True, border=2)
    return f"{out.getvalue()}\n  seal {text(seal_id)}\n"


def qr(seal_id: str, address: str = "") -> segno.QRCode:
    """The code. Level M stands 15 % of damage; without an address, version 3 (29 modules) is the
    smallest that holds it, with one of usual length version 4 or 5."""
    return segno.make_qr(content(seal_id, address), error="m", boost_error=False)


def _check(seal_id: str) -> None:
    if not topics.is_id(seal_id):
        raise ValueError(f"{seal_id!r} is no seal's id: 16 lowercase hexadecimal digits")
