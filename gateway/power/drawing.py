"""The lives of seals as one page: a picture, the table behind it, and every price with its source.

Nothing is fetched; the picture is SVG and stands in the page. Bars reach from the dear end to the
cheap one, with a mark at the model and a line where the goal is.
"""

from collections.abc import Sequence
from html import escape

from gateway.power import ledger
from gateway.power.life import BEAT_MC_MAX, OPENINGS, Life
from gateway.power.steps import HIGH, LOW, MODEL, STEPS

WIDTH, ROW, LEFT, RIGHT, HEAD, FOOT = 860, 34, 250, 60, 14, 30
YEAR = 365
STYLE = """
:root { --ink: #1d2733; --soft: #5f6b78; --paper: #fbfaf6; --line: #d8d4c8; --bar: #9db4c9;
  --mark: #2f5d8a; --goal: #b3261e; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6df; --soft: #a3abb4; --paper: #171b20;
  --line: #3a414a; --bar: #3c5873; --mark: #9cc3e8; --goal: #ff8a80; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 56rem; margin: 0 auto; padding: 1.5rem 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } p { color: var(--soft); }
.wide { overflow-x: auto; } svg { display: block; min-width: 34rem; width: 100%; font-size: 14px; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child, td.words { text-align: left; } thead th { color: var(--soft); }
td:first-child { min-width: 9rem; } td.words { min-width: 15rem; }
.missed { color: var(--goal); font-weight: 600; }
"""


def picture(lives: Sequence[Life]) -> str:
    """The bars as one SVG element."""
    most = max(max(one.days[LOW], one.goal_days or 0) for one in lives) * 1.04
    scale = (WIDTH - LEFT - RIGHT) / most
    height = HEAD + ROW * len(lives) + FOOT
    foot = HEAD + ROW * len(lives)
    years = "".join(
        f'<line x1="{LEFT + days * scale:.1f}" x2="{LEFT + days * scale:.1f}" y1="{HEAD}" '
        f'y2="{foot}" stroke="var(--line)"/>'
        + _text(LEFT + days * scale, foot + 20, f"{days // YEAR} y", "middle", "var(--soft)")
        for days in range(0, int(most) + 1, YEAR)
    )
    rows = "".join(_row(one, HEAD + ROW * n, scale) for n, one in enumerate(lives))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="How long two AA lithium cells last">{years}{rows}</svg>'
    )


def _row(one: Life, top: int, scale: float) -> str:
    middle = top + ROW / 2
    from_x, at_x, to_x = (LEFT + one.days[column] * scale for column in (HIGH, MODEL, LOW))
    goal = ""
    if one.goal_days is not None:
        x = LEFT + one.goal_days * scale
        goal = (
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top + 3}" y2="{top + ROW - 3}" '
            'stroke="var(--goal)" stroke-width="2" stroke-dasharray="4 3"/>'
        )
    return (
        _text(LEFT - 10, middle + 5, one.profile.name, "end", "var(--ink)")
        + f'<rect x="{from_x:.1f}" y="{middle - 8}" width="{max(to_x - from_x, 1):.1f}" '
        'height="16" rx="3" fill="var(--bar)"/>'
        + f'<rect x="{at_x - 2:.1f}" y="{middle - 10}" width="4" height="20" fill="var(--mark)"/>'
        + goal
        + _text(to_x + 8, middle + 5, f"{one.days[MODEL]} d", "start", "var(--ink)")
    )


def _text(x: float, y: float, words: str, anchor: str, colour: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">'
        f"{escape(words)}</text>"
    )


def page(lives: Sequence[Life]) -> str:
    """The whole page."""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>menshen power</title><style>{STYLE}</style>"
        "<h1>How long two AA lithium cells last</h1>"
        "<p>Reckoned from published measurements of like boards, not measured. A bar reaches from "
        "the dear end to the cheap one, the mark is the model, the dashed line the goal. "
        f"{lives[0].profile.events} openings and shuttings a day go over Wi-Fi "
        f"in every row; {OPENINGS} are usual.</p>"
        f'<div class="wide">{picture(lives)}</div>'
        f"<h2>A day's charge</h2>{_lives(lives)}"
        f"<p>A beat may cost {BEAT_MC_MAX:.0f} mC at most for both goals.</p>"
        f"<h2>What a wake does</h2>{_wakes()}"
        f"<h2>What each step costs</h2>{_prices()}</html>\n"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    heads = "".join(f"<th>{escape(word)}</th>" for word in head)
    lines = "".join("<tr>" + "".join(row) + "</tr>" for row in rows)
    return (
        f'<div class="wide"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def _cell(words: str, of: str = "") -> str:
    return f'<td class="{of}">{escape(words)}</td>' if of else f"<td>{escape(words)}</td>"


def _lives(lives: Sequence[Life]) -> str:
    head = ("profile", "a beat, mC", "asleep, C", "beats, C", "events, C", "days", "goal")
    rows = [
        [
            _cell(one.profile.name),
            *(
                _cell(f"{triple[MODEL]:.1f}")
                for triple in (one.beat_mc, one.asleep_c, one.beats_c, one.events_c)
            ),
            _cell(f"{one.days[HIGH]} / {one.days[MODEL]} / {one.days[LOW]}"),
            _cell(str(one.goal_days or ""), "missed" if one.is_met is False else ""),
        ]
        for one in lives
    ]
    return _table(head, rows)


def _wakes() -> str:
    head = ("wake", *(step.name.replace("_", " ") for step in STEPS))
    rows = [
        [_cell(ledger.WAKES[name]), *(_cell(str(steps.get(one.name, ""))) for one in STEPS)]
        for name, steps in ledger.counts().items()
    ]
    return _table(head, rows)


def _prices() -> str:
    head = ("step", "low, mC", "model, mC", "high, mC", "for each", "source")
    rows = [
        [
            _cell(step.name.replace("_", " ")),
            *(_cell(f"{price:g}") for price in step.mc),
            _cell(step.per, "words"),
            _cell(step.source, "words"),
        ]
        for step in STEPS
    ]
    return _table(head, rows)
