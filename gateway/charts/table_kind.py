"""A table, drawn: as many of its rows as have room."""

from typing import Any

from matplotlib.lines import Line2D

from gateway.charts.boards import Panel, words_of
from gateway.charts.card import INK, LINE, SMALL, SOFT, Card, pixels
from gateway.charts.figures import Answers, Value, colour, rows, shown, sorted_rows, span
from gateway.charts.view import View

LINE_PX, HEAD_PX = 19, 46
SIDE = 14


def table(card: Card, panel: Panel, answers: Answers, view: View) -> None:
    """Its rows, the numbers on the right."""
    columns, found = rows(answers)
    columns = [one for one in columns if not _how(panel, one).get("custom.hideFrom.viz")]
    found = sorted_rows(panel, found)
    room = max(int((card.height - HEAD_PX - 12) / LINE_PX), 1)
    left = len(found) - room
    listed = found if left <= 0 else found[: room - 1]
    if not columns:
        card.write(SIDE, card.height - HEAD_PX - 4, "nothing in this time", color=SOFT)
        return
    cells = [[_cell(panel, one, row.get(one), view) for one in columns] for row in listed]
    heads = [_how(panel, one).get("displayName", one) for one in columns]
    sides = _sides(card, heads, cells)
    # On the right, but for what a row begins with.
    right = [
        place > 0 and not any(isinstance(row.get(one), str) for row in found)
        for place, one in enumerate(columns)
    ]
    _line(card, heads, sides, card.height - HEAD_PX + 4, [SOFT] * len(heads), right)
    for place, (row, texts) in enumerate(zip(listed, cells, strict=True)):
        y = card.height - HEAD_PX - (place + 1) * LINE_PX + 2
        tints = [_tint(panel, one, row.get(one)) for one in columns]
        _rule(card, y + LINE_PX - 5)
        _line(card, texts, sides, y, tints, right)
    if left > 0:
        y = card.height - HEAD_PX - room * LINE_PX + 2
        card.write(SIDE, y, f"and {left + 1} more", color=SOFT)


def _how(panel: Panel, column: str) -> dict[str, Any]:
    return panel.overrides.get(column, {})


def _cell(panel: Panel, column: str, value: Value, view: View) -> str:
    how = _how(panel, column)
    if how.get("unit") == "dateTimeFromNow" and isinstance(value, int):
        return f"{span((view.to_ms - value) / 1_000)} ago"
    if isinstance(value, str):
        value = words_of(how.get("mappings", [])).get(value, (value, ""))[0]
    unit = how.get("unit", "dateTimeAsIso" if column == "Time" else panel.unit)
    return shown(value, unit, how.get("decimals", panel.decimals))


def _tint(panel: Panel, column: str, value: Value) -> str:
    raw = _how(panel, column).get("thresholds", {}).get("steps", [])
    found = colour(value, [(one["value"], one["color"]) for one in raw])
    return INK if found in (None, SOFT) else str(found)


def _sides(card: Card, heads: list[str], cells: list[list[str]]) -> list[tuple[float, float]]:
    """Where each column begins and ends, by its longest text."""
    longest = [
        max(len(text) for text in (head, *(row[place] for row in cells))) + 2.0
        for place, head in enumerate(heads)
    ]
    one = (card.width - 2 * SIDE) / sum(longest)
    ends = [sum(longest[: place + 1]) * one for place in range(len(longest))]
    return [(SIDE + end - wide * one, SIDE + end) for end, wide in zip(ends, longest, strict=True)]


def _line(
    card: Card,
    texts: list[str],
    sides: list[tuple[float, float]],
    y: float,
    tints: list[str],
    is_right: list[bool],
) -> None:
    for place, (text, (left, right), tint) in enumerate(zip(texts, sides, tints, strict=True)):
        weight = "bold" if tint not in (INK, SOFT) else "normal"
        x = right - 8 if is_right[place] else left
        side = "right" if is_right[place] else "left"
        card.write(x, y, text, ha=side, color=tint, fontweight=weight, fontsize=SMALL)


def _rule(card: Card, y: float) -> None:
    wide, tall = pixels(card.figure)
    x = (card.left + SIDE) / wide, (card.left + card.width - SIDE) / wide
    at = (card.bottom + y) / tall
    rule = Line2D(x, (at, at), color=LINE, linewidth=0.5, transform=card.figure.transFigure)
    card.figure.add_artist(rule)
