"""The figures of a fleet as one page for engineers: nothing is fetched, plots are drawn as SVG."""

from html import escape
from pathlib import Path
from typing import Any

from gateway.simulate import goals
from gateway.simulate.fleet import Totals

STYLE = Path(__file__).parents[1] / "web" / "static" / "menshen.css"
# A plot's bars lie on their sides, one a row, so that words and figures keep their size on a phone.
# Heights are in pixels, widths in hundredths of the page.
ROW, ABOVE, WORDS, BARS = 24, 8, 41, 40
WAITS_S = (0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1_800, 7_200, 86_400)
LOADS = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "over 10")
OWN_STYLE = """
main { max-width: 46rem; margin: 0 auto; padding: var(--s5) var(--s4); }
h2 { margin: var(--s6) 0 var(--s3); } p { margin: var(--s3) 0; color: var(--ink-soft); }
svg { display: block; width: 100%; padding: 0 var(--s3); background: var(--sheet);
  border: 1px solid var(--line); border-radius: var(--corner); font: 12px var(--sans); }
svg text { fill: var(--ink-soft); } .bar { fill: var(--slate); } .bar.false { fill: var(--amber); }
.rule { stroke: var(--cinnabar); stroke-dasharray: 4 3; } .axis { stroke: var(--line-strong); }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 400; }
td { text-align: right; white-space: nowrap; padding-left: var(--s3) !important; }
th, td { padding: var(--s1) 0; border-bottom: 1px solid var(--line); }
.missed { color: var(--cinnabar); font-weight: 600; }
"""


class Bar:
    """One bar: what stands below it, its height, how much of it is false, what stands above."""

    def __init__(self, word: str, height: float, false: float = 0.0, label: str = "") -> None:
        self.word, self.height, self.false, self.label = word, height, false, label


def page(totals: Totals) -> str:
    """The whole page."""
    figures = totals.figures()
    table = "".join(
        f"<tr><th>{_words(name)}</th><td>{_shown(value)}</td></tr>"
        for name, value in figures.items()
        if isinstance(value, int | float) or value is None
    )
    notes = "".join(f"<p>{escape(note)}</p>" for note in figures["notes"])
    title = f"{totals.doors:,} doors, {totals.days} days, seed {totals.seed}"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>menshen simulate: {title}</title><style>{_tokens()}{OWN_STYLE}</style>"
        f"<main><h1>{title}</h1>"
        f"<h2>Goals</h2><table>{_goals(figures)}</table>"
        f"{_plots(totals)}"
        f"<h2>All figures</h2><table>{table}</table>"
        f"<h2>What this does not say</h2>{notes}</main></html>\n"
    )


def _plots(totals: Totals) -> str:
    return (
        f"<h2>Pages per 100 household-days, by reason</h2>{_plot(_reasons(totals))}"
        "<p>Amber, where there is any, are false pages: there was nothing to see.</p>"
        f"<h2>Time to page</h2>{_plot(_waits(totals))}"
        "<p>Share of true pages that took up to so long, from the edge to the step that pages. "
        "A long time is a radio that faded: the seal sent it when it could.</p>"
        f"<h2>Load of a warden in ten minutes</h2>{_plot(_loads(totals), _LINES, root=True)}"
        "<p>Share of a warden's ten minutes with so many pages; the lengths are fourth roots, so "
        "that rare ones can be seen. The lines are those of EEMUA 191: above the first, one alarm "
        "in ten minutes, is very likely acceptable on average; below the second, more than ten, is "
        "a flood.</p>"
        f"<h2>Outages: causes, and cases</h2>{_plot(_outages(totals))}"
        "<p>Causes that darkened enough doors for long enough, and what the rules made of each. "
        "Found may be more than true: small or short causes are found as well.</p>"
        f"<h2>Coverage: claimed, and true</h2>{_plot(_coverage(totals), root=True)}"
        "<p>Share of the orders of a sample of doors, as the ledger claims it, and how long the "
        "doors really stood open; the lengths are fourth roots. Claimed wrongly: "
        f"{totals.coverage.wrong_ms / 1000:g} s.</p>"
    )


def _goals(figures: dict[str, Any]) -> str:
    rows = []
    for name in goals.GOALS:
        style = ' class="missed"' if goals.holds(figures, name) is False else ""
        rows.append(
            f"<tr><th>{_words(name)}</th><td>{_shown(figures[name])}</td>"
            f"<td{style}>{escape(goals.said(figures, name))}</td></tr>"
        )
    return "".join(rows)


def _words(name: str) -> str:
    return escape(name.replace("_", " "))


_LINES = (2, 11)


def _tokens() -> str:
    """The colours and typefaces of the console, light and dark."""
    return STYLE.read_text(encoding="utf-8").split("h2 {", 1)[0].rsplit("h1, h2,", 1)[0]


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def _reasons(totals: Totals) -> list[Bar]:
    days = totals.doors * totals.days
    return [
        Bar(
            str(reason).replace("_", " "),
            count / days,
            totals.false[reason] / days,
            f"{100 * count / days:.3g}",
        )
        for reason, count in totals.reasons.most_common()
    ]


def _waits(totals: Totals) -> list[Bar]:
    counts = [0] * (len(WAITS_S) + 1)
    for wait_ms in totals.waits_ms:
        counts[sum(wait_ms > 1000 * limit for limit in WAITS_S)] += 1
    all_of_them = max(len(totals.waits_ms), 1)
    words = [_span(limit) for limit in WAITS_S] + ["more"]
    return [
        Bar(word, count / all_of_them, label=_percent(count / all_of_them))
        for word, count in zip(words, counts, strict=True)
    ]


def _span(seconds: float) -> str:
    for unit_s, unit in ((3600, "h"), (60, "min")):
        if seconds >= unit_s:
            return f"{seconds / unit_s:g} {unit}"
    return f"{seconds:g} s"


def _loads(totals: Totals) -> list[Bar]:
    shares = totals.load_shares()
    over = sum(share for load, share in shares.items() if load > 10)
    loads = [shares.get(load, 0.0) for load in range(11)] + [over]
    return [
        Bar(word, share, label=_percent(share)) for word, share in zip(LOADS, loads, strict=True)
    ]


def _coverage(totals: Totals) -> list[Bar]:
    figures = totals.coverage.figures()
    words = ("seen shut", "seen open", "true open", "not seen") if totals.coverage.doors else ()
    shares = [figures["coverage_" + word.replace(" ", "_")] for word in words]
    return [
        Bar(word, share, label=_percent(share)) for word, share in zip(words, shares, strict=True)
    ]


def _outages(totals: Totals) -> list[Bar]:
    figures = totals.outages.figures()
    words = ("true", "in one case", "split", "missed", "found", "false")
    return [
        Bar(word, count, count if word in ("split", "missed", "false") else 0, f"{count:,}")
        for word in words
        if (count := figures["outages_" + word.replace(" ", "_")]) is not None
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %" if share else ""


def _plot(bars: list[Bar], lines: tuple[int, ...] = (), root: bool = False) -> str:
    """Bars below each other; `lines` lie below so many of them."""
    if not bars:
        return "<p>Nothing.</p>"
    power = 0.25 if root else 1.0
    top = max(bar.height**power for bar in bars) or 1.0
    tall = ABOVE + ROW * len(bars) + ABOVE
    parts = [f'<line class="axis" x1="{WORDS}%" y1="{ABOVE}" x2="{WORDS}%" y2="{tall - ABOVE}"/>']
    for n, bar in enumerate(bars):
        y = ABOVE + n * ROW
        wide = BARS * bar.height**power / top
        wrong = wide * bar.false / bar.height if bar.height else 0.0
        parts += [
            _box(WORDS, wide, y, "bar"),
            _box(WORDS + wide - wrong, wrong, y, "bar false"),
            _word(WORDS - 2, y, bar.word, "end"),
            _word(WORDS + wide + 2, y, bar.label, "start"),
        ]
    for below in lines:
        y = ABOVE + below * ROW
        parts.append(f'<line class="rule" x1="{WORDS}%" y1="{y}" x2="100%" y2="{y}"/>')
    return f'<svg height="{tall}" role="img">{"".join(parts)}</svg>'


def _box(x: float, wide: float, y: float, style: str) -> str:
    return (
        f'<rect class="{style}" x="{x:.2f}%" y="{y + 3}" width="{wide:.2f}%" height="{ROW - 6}"/>'
    )


def _word(x: float, y: float, word: str, anchor: str) -> str:
    return f'<text x="{x:.2f}%" y="{y + 16}" text-anchor="{anchor}">{escape(word)}</text>'
