"""`python -m bench.faults.report` writes bench/faults.html, a page about bench/faults.json.

What was done, what came of it, two pictures. Nothing in it is fetched from anywhere.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from bench import ROOT
from bench.faults import plots

RESULT, PAGE = ROOT / "bench" / "faults.json", ROOT / "bench" / "faults.html"
_STYLE = """\
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2733; max-width: 62rem; margin: 2rem auto;
       padding: 0 1rem; }
div { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
td, th { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid #e3e7eb; }
td:nth-child(-n+2), th:nth-child(-n+2) { text-align: left; }
ul { padding-left: 1.2rem; }
svg { max-width: 100%; height: auto; }
.missed { color: #b3401f; font-weight: 600; }
"""
_COLUMNS = ("n", "lost", "doubled", "misdated", "wrong")


def page(result: dict[str, Any]) -> str:
    """The whole page."""
    done = result["experiments"]
    missed = [one["name"] for one in done if one["bound"] is None]
    verdict = (
        f'<span class="missed">Missed: {escape(", ".join(missed))}.</span>'
        if missed
        else "Nothing was lost, doubled or misdated, and no other criterion was missed."
    )
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Faults on purpose</title><style>
{_STYLE}</style></head><body>
<h1>Faults on purpose</h1>
<p>{verdict} {result["power_and_storage"]:,} injections into power and storage;
commit {escape(result["commit"][:12])}, {escape(result["date"])} UTC,
{result["minutes"]} minutes. {escape(_machine(result["machine"]))}</p>
<div>{_table(done)}</div>
{_not_run(result["not_run"])}
<h2>What N injections without a failure say</h2>
<div>{plots.bounds(done)}</div>
<h2>How long it took</h2>
<ul>{"".join(f"<li>{escape(one['name'])}: {escape(one['timed'])}</li>" for one in done)}</ul>
<div>{plots.times(done)}</div>
{_notes(done)}
</body></html>
"""


def _table(done: list[dict[str, Any]]) -> str:
    heads = ("", "fault", "N", "lost", "doubled", "misdated", "other", "worst s", "limit s", "3/N")
    lines = ["<tr>" + "".join(f"<th>{head}</th>" for head in (*heads, "seed")) + "</tr>"]
    for one in done:
        bound = "missed" if one["bound"] is None else f"{one['bound']:.2g}"
        cells = [one["name"], one["title"], *(f"{one[key]:,}" for key in _COLUMNS)]
        cells += [f"{one['worst_s']:.2f}", f"{one['within_s']:g}", bound, str(one["seed"])]
        lines.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    return "<table>" + "\n".join(lines) + "</table>"


def _not_run(reasons: dict[str, str]) -> str:
    if not reasons:
        return ""
    lines = [
        f"<li>{escape(name)}: not run here: {escape(why)}</li>" for name, why in reasons.items()
    ]
    return "<ul>" + "".join(lines) + "</ul>"


def _notes(done: list[dict[str, Any]]) -> str:
    lines = [f"<li>{escape(one['name'])}: {escape(n)}</li>" for one in done for n in one["notes"]]
    return "<h2>Also seen</h2><ul>" + "".join(lines) + "</ul>"


def _machine(machine: dict[str, Any]) -> str:
    return f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}."


def main() -> None:
    """Write it."""
    PAGE.write_text(page(json.loads(RESULT.read_text())))
    print(f"written to {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
