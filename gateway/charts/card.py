"""A panel's place on the page: a card with its title, and the room inside it."""

from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from gateway.charts.boards import COLUMNS, Place

PAPER, SHEET, LINE, INK, SOFT = "#f3f1ec", "#ffffff", "#d9d5cc", "#1f2933", "#6b7280"
# Told apart by those who see no red or green as well, and none of them the colour of an alarm.
SERIES = ("#31688e", "#7a5195", "#0f766e", "#b07d12", "#5b8c2a", "#a0567b", "#4b5563", "#3b82c4")
PER_INCH = 100
COLUMN, ROW, GAP, HEAD = 66, 38, 8, 64  # in pixels
TITLE, SMALL, LARGE = 10, 8, 21  # in points


class Card(NamedTuple):
    """A panel's rectangle, in pixels from the figure's lower left corner."""

    figure: Figure
    left: float
    bottom: float
    width: float
    height: float

    def axes(self, left: int = 46, bottom: int = 40, right: int = 14, top: int = 34) -> Axes:
        """Axes within the card, so many pixels away from its sides."""
        wide, tall = pixels(self.figure)
        return self.figure.add_axes(
            (
                (self.left + left) / wide,
                (self.bottom + bottom) / tall,
                max(self.width - left - right, 10) / wide,
                max(self.height - top - bottom, 10) / tall,
            )
        )

    def write(self, x: float, y: float, text: str, **how: Any) -> None:
        """A text, so many pixels from the card's lower left corner."""
        wide, tall = pixels(self.figure)
        look: dict[str, Any] = {"fontsize": SMALL, "color": INK, "parse_math": False} | how
        self.figure.text((self.left + x) / wide, (self.bottom + y) / tall, text, **look)


def pixels(figure: Figure) -> tuple[float, float]:
    """How wide and how tall a figure is."""
    wide, tall = figure.get_size_inches()
    return float(wide) * PER_INCH, float(tall) * PER_INCH


def sheet(places: list[Place]) -> Figure:
    """An empty figure in which all of these places lie."""
    rows = max(place.y + place.h for place in places)
    wide, tall = COLUMNS * COLUMN + GAP, rows * ROW + HEAD + GAP
    return Figure(figsize=(wide / PER_INCH, tall / PER_INCH), dpi=PER_INCH, facecolor=PAPER)


def card(figure: Figure, place: Place, title: str) -> Card:
    """Draw a panel's card, with its title."""
    wide, tall = pixels(figure)
    made = Card(
        figure,
        left=place.x * COLUMN + GAP,
        bottom=tall - HEAD - (place.y + place.h) * ROW,
        width=place.w * COLUMN - GAP,
        height=place.h * ROW - GAP,
    )
    figure.add_artist(
        FancyBboxPatch(
            (made.left / wide, made.bottom / tall),
            made.width / wide,
            made.height / tall,
            boxstyle="square,pad=0",
            transform=figure.transFigure,
            facecolor=SHEET,
            edgecolor=LINE,
            linewidth=0.8,
            zorder=-1,  # below the axes
        )
    )
    made.write(12, made.height - 21, title, fontsize=TITLE, fontweight="bold", va="baseline")
    return made
