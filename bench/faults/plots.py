"""The two pictures of the report, as SVG: what the injections bound, and how long things took."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt

INK, QUIET, FOUND, LIMIT = "#1c2733", "#8b98a5", "#1f6f8b", "#b3401f"
PROMISED = 0.001  # of power and storage: 0 lost in 3,000 injections (standards, G9)
ROW_INCHES, WIDTH_INCHES, HEAD_INCHES = 0.32, 9.0, 1.1
LEAST_S = 0.001  # what took less is drawn so
STYLE: Any = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "menshen",  # the same picture each time
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def bounds(experiments: Sequence[dict[str, Any]]) -> str:
    """Of each experiment: which share of faults can have a bad end at most, by what was found."""
    with mpl.rc_context(STYLE):
        figure, axes = _axes(experiments)
        for row, one in enumerate(experiments):
            if one["bound"] is None:
                axes.text(1.2e-5, row, "a criterion was missed", color=LIMIT, va="center")
                continue
            axes.plot([1e-5, one["bound"]], [row, row], color=FOUND, linewidth=2)
            axes.plot(one["bound"], row, "o", color=FOUND)
            axes.annotate(
                f"0 of {one['n']:,}",
                (one["bound"], row),
                (6, 0),
                textcoords="offset points",
                va="center",
            )
        axes.axvline(PROMISED, color=LIMIT, linestyle="--", linewidth=1)
        axes.text(PROMISED, -0.9, "promised for storage", color=LIMIT, ha="center", fontsize=8)
        axes.set_xscale("log")
        axes.set_xlim(1e-5, 6)
        axes.set_xlabel("share of injections that fail, at most (95 %, rule of three: 3/N)")
        return _svg(figure)


def times(experiments: Sequence[dict[str, Any]]) -> str:
    """Of each experiment: every measured time (thinned), and the limit."""
    timed = [one for one in experiments if one["times_s"]]
    with mpl.rc_context(STYLE):
        figure, axes = _axes(timed)
        for row, one in enumerate(timed):
            found = [max(LEAST_S, time_s) for time_s in one["times_s"]]
            axes.plot([found[0], found[-1]], [row, row], color=QUIET, linewidth=1)
            axes.plot(found, [row] * len(found), "|", color=FOUND, markersize=9)
            axes.plot(max(LEAST_S, one["worst_s"]), row, "D", color=INK, markersize=4)
            axes.plot(one["within_s"], row, "|", color=LIMIT, markersize=14, markeredgewidth=2)
        axes.set_xscale("log")
        axes.set_xlabel("seconds (log); black: the worst, red: the limit")
        return _svg(figure)


def _axes(experiments: Sequence[dict[str, Any]]) -> tuple[Any, Any]:
    """A row for each experiment, the first at the top."""
    height = HEAD_INCHES + ROW_INCHES * len(experiments)
    figure, axes = plt.subplots(figsize=(WIDTH_INCHES, height))
    names = [f"{one['title']}  {one['name']}" for one in experiments]
    axes.set_yticks(range(len(experiments)), names)
    axes.set_ylim(len(experiments) - 0.4, -0.7)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#e3e7eb", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _svg(figure: Any) -> str:
    """As it can stand in a page: without the head of a file."""
    content = io.StringIO()
    figure.savefig(content, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    text = content.getvalue()
    return text[text.index("<svg") :]
