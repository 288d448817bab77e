"""Each kind of panel, drawn: a figure, lines or bars over time, bands of states, bars on their
sides."""

import math
from collections.abc import Callable
from datetime import UTC
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import FuncFormatter, Locator, MaxNLocator, MultipleLocator

from gateway.charts.boards import Panel
from gateway.charts.card import INK, LARGE, LINE, SERIES, SMALL, SOFT, Card
from gateway.charts.figures import Answers, Line, Value, called, colour, shown
from gateway.charts.table_kind import table
from gateway.charts.view import View
from gateway.core.duration import DAY_MS

LEGEND_MAX = 8  # names of series below a chart; the rest are counted
LENGTHS_MAX = 14
NAME_PX, LETTER_PX, NAMES_SHARE = 150, 6.2, 0.6  # what stands before the bars, of the card
THINNEST = 500  # a bar is so thin a part of a chart at most
BANDS_MAX = 24

Draw = Callable[[Card, Panel, Answers, View], None]


def draw(card: Card, panel: Panel, answers: Answers, view: View) -> None:
    """Draw a panel's answers on its card."""
    KINDS[panel.kind](card, panel, answers, view)


def number(card: Card, panel: Panel, answers: Answers, view: View) -> None:
    """One figure, large, in the colour of what it means."""
    found = [line.last for line in called(panel, answers) if line.last is not None]
    value = found[0] if found else None
    text, word_colour = panel.words.get(str(value), ("", ""))
    text = text or ("none" if value is None else shown(value, panel.unit, panel.decimals))
    tint = word_colour or colour(value, panel.steps) or SOFT
    size = LARGE if len(text) < 12 else LARGE * 12 / len(text)
    at = {"ha": "center", "va": "center", "fontweight": "bold"}
    card.write(card.width / 2, card.height / 2 - 14, text, fontsize=size, color=tint, **at)


def chart(card: Card, panel: Panel, answers: Answers, view: View) -> None:
    """Lines or bars over time."""
    found = [line for line in called(panel, answers) if line.last is not None]
    if len(found) > LEGEND_MAX:  # nobody looks for what is nought all the time
        found = [line for line in found if any(value for _, value in line.points)]
    axes, unit, decimals = card.axes(left=70), panel.unit, panel.decimals
    _time_axis(axes, view)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value, unit, decimals)))
    _plot(axes, panel, found, view)
    if not found:
        _nothing(axes)
    elif max(_numbers(found), default=0) == 0:
        axes.set_ylim(0, 1)
    elif panel.custom.get("drawStyle") == "bars" or panel.has_floor:
        axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(steps(axes.get_ylim(), unit, _numbers(found)))
    _legend(card, found)


def _plot(axes: Axes, panel: Panel, found: list[Line], view: View) -> None:
    if panel.custom.get("drawStyle") == "bars":
        is_stacked = panel.custom.get("stacking", {}).get("mode") == "normal"
        least_s = (view.to_ms - view.from_ms) // 1_000 // THINNEST
        _bars(axes, found, is_stacked, max(panel.min_interval_s, _width_s(found), least_s))
    else:
        _lines(axes, found, max(_width_s(found), panel.min_interval_s) * 1_500)
    if panel.custom.get("thresholdsStyle", {}).get("mode") == "dashed":
        for limit, tint in panel.steps:
            if limit is not None:
                _limit(axes, limit, tint)


def states(card: Card, panel: Panel, answers: Answers, view: View) -> None:
    """A band for each series, coloured by what it says; white where nothing was heard."""
    found = called(panel, answers)[:BANDS_MAX]
    axes = card.axes(left=140, bottom=48)
    _time_axis(axes, view)
    gap_ms = float(panel.custom.get("insertNulls") or 0) or 1e18
    for place, line in enumerate(reversed(found)):
        by_colour: dict[str, list[tuple[float, float]]] = {}
        for from_ms, to_ms, value in _spans(line, gap_ms, view.to_ms):
            tint = panel.words.get(str(value), ("", ""))[1] or colour(value, panel.steps) or SOFT
            by_colour.setdefault(tint, []).append((_day(from_ms), _day(to_ms) - _day(from_ms)))
        for tint, spans in by_colour.items():
            axes.broken_barh(spans, (place - 0.4, 0.8), facecolors=tint, edgecolors=tint, lw=0.6)
    axes.set_ylim(-0.5, max(len(found), 1) - 0.5)
    axes.set_yticks(range(len(found)), [line.name for line in reversed(found)], fontsize=SMALL)
    axes.grid(False)
    if not found:
        _nothing(axes)
    x = 12.0
    for word, tint in panel.words.values():
        card.write(x, 12, "■", color=tint, fontsize=TITLE_SIGN)
        card.write(x + 17, 13, word, color=SOFT)
        x += 30 + 7 * len(word)


def lengths(card: Card, panel: Panel, answers: Answers, view: View) -> None:
    """A bar for each series, on its side, the longest first."""
    found = called(panel, answers)
    numbers = [(line.name, line.last) for line in found if isinstance(line.last, int | float)]
    numbers.sort(key=lambda one: -one[1])
    numbers = numbers[:LENGTHS_MAX]
    longest = max((len(name) for name, _ in numbers), default=0)
    left = int(min(max(NAME_PX, longest * LETTER_PX + 20), card.width * NAMES_SHARE))
    letters = int((left - 20) / LETTER_PX)
    axes = card.axes(left=left, bottom=14, right=70)
    axes.set_axis_off()
    if not numbers:
        _nothing(axes)
        return
    most = max(value for _, value in numbers) or 1
    for place, (name, value) in enumerate(reversed(numbers)):
        tint = colour(value, panel.steps) or SERIES[0]
        tint = SERIES[0] if tint == SOFT else tint
        axes.barh(place, most, 0.7, color="#f0eee9")
        axes.barh(place, value, 0.7, color=tint)
        axes.text(
            -most * 0.02,
            place,
            name if len(name) <= letters else f"{name[: letters - 1]}…",
            ha="right",
            va="center",
            fontsize=SMALL,
            color=INK,
            parse_math=False,
        )
        text = shown(value, panel.unit, panel.decimals)
        axes.text(most * 1.02, place, text, ha="left", va="center", fontsize=SMALL, color=tint)
    axes.set_xlim(0, most)
    axes.set_ylim(min(-0.5, len(numbers) - 5), max(len(numbers) - 0.5, 0.5))


TITLE_SIGN = 11
KINDS: dict[str, Draw] = {
    "stat": number,
    "timeseries": chart,
    "state-timeline": states,
    "bargauge": lengths,
    "table": table,
}


def _time_axis(axes: Axes, view: View) -> None:
    axes.set_xlim(_day(view.from_ms), _day(view.to_ms))
    locator = AutoDateLocator(maxticks=8, tz=UTC)
    axes.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(locator, tz=UTC, show_offset=False)
    formatter.formats[2] = "%d %b"  # a day is no bare number
    axes.xaxis.set_major_formatter(formatter)
    axes.tick_params(labelsize=SMALL, colors=SOFT, length=0)
    axes.grid(True, color="#eceae5", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(LINE)


def _bars(axes: Axes, found: list[Line], is_stacked: bool, width_s: int) -> None:
    below: dict[int, float] = {}
    for place, line in enumerate(found):
        points = [(at_ms, value) for at_ms, value in line.points if isinstance(value, int | float)]
        times = [_day(at_ms) for at_ms, _ in points]
        bottoms = [below.get(at_ms, 0.0) if is_stacked else 0.0 for at_ms, _ in points]
        tint = SERIES[place % len(SERIES)]
        heights = [value for _, value in points]
        width = 1_000 * width_s / DAY_MS * 0.88
        axes.bar(times, heights, width, bottoms, align="edge", color=tint, linewidth=0)
        for at_ms, value in points:
            below[at_ms] = below.get(at_ms, 0.0) + value


def _lines(axes: Axes, found: list[Line], gap_ms: float) -> None:
    for place, line in enumerate(found):
        times: list[float] = []
        values: list[float] = []
        before_ms = None
        for at_ms, value in line.points:
            if not isinstance(value, int | float):
                continue
            if before_ms is not None and at_ms - before_ms > gap_ms:
                times.append(_day(before_ms))
                values.append(float("nan"))
            times.append(_day(at_ms))
            values.append(value)
            before_ms = at_ms
        axes.plot(times, values, color=SERIES[place % len(SERIES)], linewidth=1.4)


def _limit(axes: Axes, limit: float, tint: str) -> None:
    axes.axhline(limit, color=tint, linewidth=1, linestyle=(0, (4, 3)))


def _spans(line: Line, gap_ms: float, end_ms: int) -> list[tuple[int, int, Value]]:
    """From, to, value; equal neighbours as one."""
    found: list[tuple[int, int, Value]] = []
    known = [(at_ms, value) for at_ms, value in line.points if value is not None]
    for (at_ms, value), (next_ms, _) in pairwise([*known, (end_ms, None)]):
        to_ms = next_ms if next_ms - at_ms <= gap_ms else at_ms
        if found and found[-1][1] == at_ms and found[-1][2] == value:
            found[-1] = (found[-1][0], to_ms, value)
        else:
            found.append((at_ms, to_ms, value))
    return found


def _legend(card: Card, found: list[Line]) -> None:
    x = 12.0
    for place, line in enumerate(found[:LEGEND_MAX]):
        width = 30 + 6.6 * len(line.name)
        if x + width > card.width - 40:
            card.write(x, 11, f"+ {len(found) - place}", color=SOFT)
            return
        card.write(x, 10, "■", color=SERIES[place % len(SERIES)], fontsize=TITLE_SIGN)
        card.write(x + 16, 11, line.name, color=SOFT)
        x += width


def _nothing(axes: Axes) -> None:
    axes.text(
        0.5,
        0.5,
        "nothing in this time",
        transform=axes.transAxes,
        ha="center",
        va="center",
        fontsize=SMALL,
        color=SOFT,
    )


def _numbers(found: list[Line]) -> list[float]:
    values = (value for line in found for _, value in line.points)
    return [value for value in values if isinstance(value, int | float)]


def _width_s(found: list[Line]) -> int:
    """The shortest time between two points."""
    apart = [
        two - one for line in found for (one, _), (two, _) in pairwise(line.points) if two > one
    ]
    return min(apart, default=0) // 1_000


def steps(between: tuple[float, float], unit: str, numbers: list[float]) -> Locator:
    """Where the lines across a chart are: of times, at whole minutes, hours or days; of bytes, at
    whole KiB, MiB or GiB; of what is counted, at whole numbers."""
    low, high = between
    if unit in _SECOND:
        wanted_s = (high - low) / _SECOND[unit] / 5
        step_s = next((nice_s for nice_s in _NICE_S if nice_s >= wanted_s), wanted_s)
        return MultipleLocator(step_s * _SECOND[unit])
    if unit in ("bytes", "decbytes"):
        wanted = max((high - low) / 5, 1)
        size = 1 << int(math.log2(wanted)) // 10 * 10
        step = next(nice for nice in _NICE if nice * size >= wanted)
        return MultipleLocator(step * size)
    return MaxNLocator(5, integer=all(number == int(number) for number in numbers))


_NICE = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_024)
_SECOND = {"ms": 1_000, "s": 1, "d": 1 / 86_400}
_NICE_S: tuple[float, ...] = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    *(1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800),
    *(3_600, 7_200, 14_400, 28_800, 86_400, 172_800, 604_800),
)


def _tick(value: float, unit: str, decimals: int | None) -> str:
    if unit == "percentunit":
        return shown(round(value, 6), unit, 0 if abs(value) >= 0.995 or value == 0 else 1)
    if not unit or unit == "short":
        return f"{value:,.6g}"
    return shown(value, unit, 0 if decimals is None else decimals)


def _day(at_ms: float) -> float:
    """Days since 1970, in which matplotlib counts time."""
    return at_ms / DAY_MS
