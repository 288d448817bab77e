"""The figures of a fleet as one page for engineers: nothing is fetched, plots are drawn as SVG."""

from html import escape
from pathlib import Path

from gateway.simulate.fleet import Totals

LOOK = Path(__file__).parents[1] / "console" / "static" / "menshen.css"
PLOT_W, PLOT_H, LEFT, BOTTOM = 640, 220, 56, 40
WAITS_S = (0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1_800, 7_200, 86_400)
LOADS = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "over 10")
OWN_LOOK = """
main { max-width: 46rem; margin: 0 auto; padding: var(--s5) var(--s4); }
h2 { margin: var(--s6) 0 var(--s3); } p { margin: var(--s3) 0; color: var(--ink-soft); }
svg { width: 100%; height: auto; background: var(--sheet); border: 1px solid var(--line);
  border-radius: var(--corner); font: 11px var(--sans); }
svg text { fill: var(--ink-soft); } .bar { fill: var(--slate); } .bar.false { fill: var(--amber); }
.rule { stroke: var(--cinnabar); stroke-dasharray: 4 3; } text.rule { stroke: none; }
svg text.rule { fill: var(--cinnabar); } .axis { stroke: var(--line-strong); }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 400; }
td { text-align: right; } th, td { padding: var(--s1) 0; border-bottom: 1px solid var(--line); }
"""


class Bar:
    """One bar: what stands below it, its height, how much of it is false, what stands above."""

    def __init__(self, word: str, height: float, false: float = 0.0, said: str = "") -> None:
        self.word, self.height, self.false, self.said = word, height, false, said


def page(totals: Totals) -> str:
    """The whole page."""
    figures = totals.figures()
    table = "".join(
        f"<tr><th>{escape(name.replace('_', ' '))}</th><td>{_shown(value)}</td></tr>"
        for name, value in figures.items()
        if isinstance(value, int | float) or value is None
    )
    notes = "".join(f"<p>{escape(note)}</p>" for note in figures["notes"])
    title = f"{totals.doors} doors, {totals.days} days, seed {totals.seed}"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>menshen simulate: {title}</title><style>{_tokens()}{OWN_LOOK}</style>"
        f"<main><h1>{title}</h1>{notes}"
        f"<h2>Pages per household-day, by reason</h2>{_plot(_reasons(totals))}"
        "<p>Amber, where there is any, are false pages: there was nothing to see.</p>"
        f"<h2>Time to page</h2>{_plot(_waits(totals))}"
        "<p>Share of true pages that took up to so long, from the edge to the step that pages. "
        "A long time is a radio that faded: the seal sent it when it could.</p>"
        f"<h2>Load of a warden in ten minutes</h2>{_plot(_loads(totals), _LINES, root=True)}"
        "<p>Share of a warden's ten minutes with so many pages; the heights are fourth roots, so "
        "that rare ones can be seen. The lines are those of EEMUA 191: one alarm in ten minutes is "
        "very likely acceptable on average, more than ten are a flood.</p>"
        f"<h2>Coverage: claimed, and true</h2>{_plot(_coverage(totals), root=True)}"
        "<p>Share of the orders of a sample of doors, as the ledger claims it, and how long the "
        "doors really stood open; the heights are fourth roots. Claimed wrongly: "
        f"{totals.coverage.wrong_ms / 1000:g} s.</p>"
        f"<h2>All figures</h2><table>{table}</table></main></html>\n"
    )


_LINES = ((2, "up to 1: acceptable"), (11, "over 10: flood"))


def _tokens() -> str:
    """The colours and letters of the console, light and dark."""
    return LOOK.read_text(encoding="utf-8").split("h2 {", 1)[0].rsplit("h1, h2,", 1)[0]


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
            f"{count / days:.4f}",
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
        Bar(word, count / all_of_them, said=f"{100 * count / all_of_them:.1f} %")
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
    found = [shares.get(load, 0.0) for load in range(11)] + [over]
    return [
        Bar(word, share, said=f"{100 * share:.2g} %" if share else "")
        for word, share in zip(LOADS, found, strict=True)
    ]


def _coverage(totals: Totals) -> list[Bar]:
    its = totals.coverage.figures()
    words = ("seen shut", "seen open", "true open", "not seen")
    shares = [its["coverage_" + word.replace(" ", "_")] for word in words]
    return [
        Bar(word, share, said=f"{100 * share:.3g} %")
        for word, share in zip(words, shares, strict=True)
    ]


def _plot(bars: list[Bar], lines: tuple[tuple[float, str], ...] = (), root: bool = False) -> str:
    """Bars side by side; `lines` stand upright at so many bars from the left."""
    if not bars:
        return "<p>Nothing.</p>"
    power = 0.25 if root else 1.0
    top = max(bar.height**power for bar in bars) or 1.0
    wide = (PLOT_W - LEFT - 16) / len(bars)
    floor = PLOT_H - BOTTOM
    parts = [f'<line class="axis" x1="{LEFT}" y1="{floor}" x2="{PLOT_W - 16}" y2="{floor}"/>']
    for n, bar in enumerate(bars):
        x = LEFT + n * wide
        tall = (floor - 34) * bar.height**power / top
        wrong = tall * bar.false / bar.height if bar.height else 0.0
        middle = x + wide / 2
        parts += [
            _box(x, wide, floor - tall, tall, "bar"),
            _box(x, wide, floor - tall, wrong, "bar false"),
            _word(middle, floor + 16, bar.word),
            _word(middle, floor - tall - 6, bar.said),
        ]
    for at, said in lines:
        x = LEFT + at * wide
        parts.append(f'<line class="rule" x1="{x:.1f}" y1="18" x2="{x:.1f}" y2="{floor}"/>')
        parts.append(_word(x, 12, said, "rule"))
    return f'<svg viewBox="0 0 {PLOT_W} {PLOT_H}" role="img">{"".join(parts)}</svg>'


def _box(x: float, wide: float, y: float, tall: float, look: str) -> str:
    return (
        f'<rect class="{look}" x="{x + wide * 0.1:.1f}" y="{y:.1f}" '
        f'width="{wide * 0.8:.1f}" height="{tall:.1f}"/>'
    )


def _word(x: float, y: float, word: str, look: str = "") -> str:
    return (
        f'<text class="{look}" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{escape(word)}</text>'
    )
