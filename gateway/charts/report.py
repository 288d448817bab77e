"""Dashboards as one HTML page: nothing is fetched, the pictures are part of it."""

from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from gateway.charts import boards
from gateway.charts.boards import Board
from gateway.charts.figures import moment
from gateway.charts.picture import Ask, BoardAnswers, asked, drawn, svg
from gateway.charts.view import View

OF_A_SITE = ("site", "gateway", "ladder", "batteries", "coverage", "cases")
SITES_MAX = 12  # in one report; more are asked for by --site
BANDS = 24  # seals of a site whose doors are drawn
_SITES = 'SHOW TAG VALUES FROM "gateway_stats" WITH KEY = "site" WHERE {}'
_SEALS = 'SHOW TAG VALUES FROM "seal_event" WITH KEY = "seal" WHERE "site" = \'{}\''
_STYLE = """
:root { color-scheme: light; font-family: "Noto Sans CJK SC", "Noto Sans", system-ui, sans-serif; }
body { margin: 0; background: #f3f1ec; color: #1f2933; }
main { max-width: 100rem; margin: 0 auto; padding: 1rem; }
nav a { margin-right: 1rem; color: #31688e; } h1 { font-size: 1.4rem; margin: 1rem 0 .3rem; }
section { margin: 1.2rem 0; } svg { display: block; width: 100%; height: auto; }
details { margin: .4rem 0; color: #4b5563; } dt { font-weight: 600; margin-top: .4rem; }
dd { margin: 0; } p { color: #4b5563; margin: .3rem 0; }
@media print { section { break-inside: avoid; } details { display: none; } }
"""


class Drawn(NamedTuple):
    """A dashboard of something: `name` is its own within a page."""

    name: str
    board: Board
    view: View
    answers: BoardAnswers


def sites(ask: Ask) -> list[str]:
    """The ids of all sites that ever sent figures. AnswerError."""
    return _values(ask, _SITES.format("\"site\" != ''"))


def asked_of(ask: Ask, view: View, chosen: Iterable[str], seals: Iterable[str]) -> list[Drawn]:
    """Every dashboard of a report, asked.

    Args:
        ask: asks InfluxDB.
        view: from when to when.
        chosen: ids of sites, each of which gets its dashboards.
        seals: ids of seals that get one of their own.

    Raises:
        AnswerError: a question was not answered.
    """
    found = [_asked("fleet", "fleet", view, ask)]
    wanted = set(seals)
    for site in chosen:
        of_site = _values(ask, _SEALS.format(site))
        bands = of_site[:BANDS] or ["-"]
        seen = view._replace(values=view.values | {"site": [site], "seal": bands})
        found += [_asked(f"{board}-{site}", board, seen, ask) for board in OF_A_SITE]
        for seal in sorted(wanted & set(of_site)):
            found.append(_asked(f"seal-{seal}", "seal", seen.choosing(seal=seal), ask))
    return found


def page(pictures: list[Drawn], view: View) -> str:
    """The whole page."""
    when = f"{moment(view.from_ms)} – {moment(view.to_ms)} UTC"
    links = "".join(f'<a href="#{escape(one.name)}">{escape(_titled(one))}</a>' for one in pictures)
    sections = "".join(_section(one) for one in pictures)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Menshen: {when}</title><style>{_STYLE}</style>"
        f"<main><h1>Menshen, {when}</h1><nav>{links}</nav>{sections}</main></html>\n"
    )


def _asked(name: str, board_name: str, view: View, ask: Ask) -> Drawn:
    board = boards.board(board_name)
    return Drawn(name, board, view, asked(board, view, ask))


def _section(one: Drawn) -> str:
    told = "".join(
        f"<dt>{escape(panel.title)}</dt><dd>{escape(panel.description)}</dd>"
        for panel in one.board.panels
    )
    picture = svg(drawn(one.board, one.view, one.answers), one.name)
    picture = picture.replace("<svg ", f'<svg role="img" aria-label="{escape(_titled(one))}" ', 1)
    return (
        f'<section id="{escape(one.name)}">{picture}<p>{escape(one.board.description)}</p>'
        f"<details><summary>What the panels say</summary><dl>{told}</dl></details></section>"
    )


def _titled(one: Drawn) -> str:
    site = one.view.values.get("site", [""])[0]
    if one.board.name == "fleet":
        return one.board.title
    seal = one.view.values["seal"][0] if one.board.name == "seal" else ""
    return f"{one.board.title} {seal or site}"


def _values(ask: Ask, query: str) -> list[str]:
    return sorted({str(row["value"]) for series in ask(query) for row in series.rows})
