"""A whole dashboard as one picture, from what InfluxDB answered to its own queries."""

import hashlib
import io
import re
from collections.abc import Callable
from typing import Any

import msgspec
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from gateway.charts import boards
from gateway.charts.answers import Series
from gateway.charts.boards import Board
from gateway.charts.card import INK, SOFT, card, pixels, sheet
from gateway.charts.figures import Answers, moment
from gateway.charts.panel_kinds import draw
from gateway.charts.view import View, filled

Ask = Callable[[str], list[Series]]
BoardAnswers = list[Answers]  # of each panel, in their order

_IDS = re.compile(r"""( id="|href="#|url\(#)([\w.-]+)""")

# What stands in the letters of a picture must be read as text, in whatever writing it is.
_LOOK: Any = {
    "font.family": ["DejaVu Sans", "sans-serif"],
    "svg.fonttype": "none",
    "path.simplify": True,
    "axes.unicode_minus": False,
}


def asked(board: Board, view: View, ask: Ask) -> BoardAnswers:
    """Everything that a dashboard asks. AnswerError where a question is not answered."""
    return [
        [
            (target, ask(filled(target.query, view, panel.min_interval_s)))
            for target in panel.targets
        ]
        for panel in board.panels
    ]


def digest(board: Board, view: View, answers: BoardAnswers) -> str:
    """What a picture was drawn from, in 64 hexadecimal digits: its dashboard and the answers."""
    said = [
        [(target.query, [(one.tags, one.rows) for one in found]) for target, found in panel_answers]
        for panel_answers in answers
    ]
    text = msgspec.json.encode((boards.text(board.name), view, said))
    return hashlib.sha256(text).hexdigest()


def drawn(board: Board, view: View, answers: BoardAnswers) -> Figure:
    """The dashboard as a figure."""
    with rc_context(_LOOK):
        figure = sheet([panel.place for panel in board.panels])
        _head(figure, board, view)
        for panel, found in zip(board.panels, answers, strict=True):
            draw(card(figure, panel.place, panel.title), panel, found, view)
        return figure


def png(figure: Figure, texts: dict[str, str] | None = None) -> bytes:
    """As PNG; `texts` stand in its header."""
    made = io.BytesIO()
    with rc_context(_LOOK):
        FigureCanvasAgg(figure).print_png(made, metadata={"Software": None, **(texts or {})})
    return made.getvalue()


def svg(figure: Figure, name: str) -> str:
    """As an SVG element for a page; `name` keeps its ids apart from other pictures'."""
    made = io.BytesIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with rc_context(_LOOK | {"svg.hashsalt": name}):
        FigureCanvasSVG(figure).print_svg(made, metadata=nothing)
    text = made.getvalue().decode()
    own = _IDS.sub(lambda found: f"{found[1]}{name}-{found[2]}", text)
    return own[own.index("<svg") :]


def _head(figure: Figure, board: Board, view: View) -> None:
    wide, tall = pixels(figure)
    chosen = "    ".join(
        f"{name} {values[0] if len(values) == 1 else f'({len(values)})'}"
        for name, values in view.values.items()
        if name in {variable.name for variable in board.variables} - {"console"}
        if values != [".*"]
    )
    when = f"{moment(view.from_ms)} – {moment(view.to_ms)} UTC"
    how: dict[str, Any] = {"parse_math": False, "va": "baseline"}
    title = f"Menshen / {board.title}"
    figure.text(16 / wide, 1 - 34 / tall, title, fontsize=15, fontweight="bold", color=INK, **how)
    figure.text(1 - 16 / wide, 1 - 34 / tall, when, fontsize=9, color=SOFT, ha="right", **how)
    figure.text(16 / wide, 1 - 54 / tall, chosen, fontsize=9, color=SOFT, **how)
