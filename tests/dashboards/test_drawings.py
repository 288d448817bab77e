"""The dashboards drawn from their own queries: the committed pictures, and one page for anybody."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from dashboards.pictures import DRAWN_FROM, FOLDER, view_of
from gateway.charts import boards, report
from gateway.charts.answers import AnswerError, History
from gateway.charts.figures import shown, span
from gateway.charts.panel_kinds import steps
from gateway.charts.picture import asked, digest, drawn, png
from gateway.charts.view import View, filled, interval
from gateway.cli import fleet_report
from gateway.cli.app import app
from gateway.settings.sections import Influx
from tests.dashboards.conftest import Wall
from tests.dashboards.served_week import SEAL, SITE, view
from tests.dashboards.week import SITES, TO_MS

BYTES_MAX = 120_000  # of one picture: they are cloned with everything else
DAY_MS = 86_400_000


@pytest.mark.parametrize("name", boards.ORDER)
def test_a_committed_picture_shows_these_queries_and_their_answers(wall: Wall, name: str) -> None:
    path = FOLDER / f"{name}.png"
    with Image.open(path) as picture:
        drawn_from = picture.info[DRAWN_FROM]
        assert picture.width > 1_500
    board, seen = boards.board(name), view_of(name)
    answers = asked(board, seen, wall.ask)
    assert drawn_from == digest(board, seen, answers), "make walls"
    assert path.stat().st_size < BYTES_MAX


def test_there_is_a_picture_of_each_dashboard_and_no_other() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(boards.ORDER)


def test_what_is_drawn_is_what_was_answered(wall: Wall) -> None:
    board = boards.board("cases")
    answers = asked(board, view(), wall.ask)
    figure = drawn(board, view(), answers)
    texts = {text.get_text() for text in figure.texts}
    assert {panel.title for panel in board.panels} <= texts
    raised = wall.number("cases", "Raised")
    assert str(raised) in texts
    share = wall.number("cases", "False pages")
    assert f"{100 * share:.1f} %" in texts
    bars = figure.axes[0].patches
    heights = sum(bar.get_height() for bar in bars)
    assert heights == raised, "the stacked bars of all days are all cases"
    assert png(figure).startswith(b"\x89PNG")


def test_a_time_in_which_nothing_was_is_drawn_and_says_so(wall: Wall) -> None:
    board = boards.board("seal")
    empty = View(DAY_MS, 2 * DAY_MS, view().values)
    figure = drawn(board, empty, asked(board, empty, wall.ask))
    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert "nothing in this time" in said
    assert "none" in {text.get_text() for text in figure.texts}


GIB = float(1 << 30)


@pytest.mark.parametrize(
    ("high", "unit", "numbers", "expected"),
    [
        (2.2, "", [0, 2.0], [0, 1, 2]),
        (7.0, "short", [3, 7], [0, 2, 4, 6]),
        (0.5, "", [0.1, 0.45], [0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        (22 * GIB, "bytes", [22 * GIB], [0, 5 * GIB, 10 * GIB, 15 * GIB, 20 * GIB]),
        (3_000.0, "bytes", [3_000], [0, 1_024, 2_048]),
        (9_000.0, "ms", [9_000], [0, 2_000, 4_000, 6_000, 8_000]),
    ],
)
def test_the_lines_across_a_chart_are_at_whole_things(
    high: float, unit: str, numbers: list[float], expected: list[float]
) -> None:
    places = [float(place) for place in steps((0.0, high), unit, numbers).tick_values(0, high)]
    within = [place for place in places if -1e-9 <= place <= high + 1e-9]
    assert within == pytest.approx(expected)


@pytest.fixture
def settings(wall: Wall, tmp_path: Path) -> Path:
    """A gateway's settings that name the InfluxDB of the week."""
    path = tmp_path / "menshen.toml"
    influx = f'[influx]\nurl = "{wall.history.url}"\norg = "menshen"\nbucket = "seals"\n'
    path.write_text(influx, encoding="utf-8")
    return path


@pytest.fixture
def run_menshen() -> Callable[..., Any]:
    """The command line, in this process."""
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_the_report_is_one_page_that_fetches_nothing(wall: Wall) -> None:
    seen = view()._replace(values={"grid": [".*"], "two_heartbeats": ["1200s"], "console": [""]})
    assert set(report.sites(wall.ask)) == SITES.keys()
    pictures = report.asked_of(wall.ask, seen, [SITE], [SEAL])
    assert [one.board.name for one in pictures] == ["fleet", *report.OF_A_SITE, "seal"]
    text = report.page([pictures[0], pictures[-1]], seen)
    assert text.count("<svg ") == 2
    assert not re.search(r'(src|href)="(?!#)', text.replace('xlink:href="#', 'href="#'))
    assert "@import" not in text
    assert "url(http" not in text
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids)), "two pictures share an id, and so what it paints"
    assert "Doors with a seal" in text
    assert SEAL in text


def test_the_command_writes_it_and_says_what_is_wrong_in_a_sentence(
    settings: Path,
    run_menshen: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = tmp_path / "week.html"
    here = ("--config", settings)
    monkeypatch.setattr(fleet_report, "now_ms", lambda: TO_MS)
    monkeypatch.setattr(report, "OF_A_SITE", ("batteries",))  # what all of them show is above
    done = run_menshen("fleet-report", page, "--site", SITE, *here)
    assert done.exit_code == 0, done.output
    assert page.read_text(encoding="utf-8").count("<svg ") == 1 + len(report.OF_A_SITE)
    files = {path.name for path in tmp_path.iterdir()}
    assert files == {"menshen.toml", "week.html"}, "it opens no database, so it can name no door"
    for words, said in (
        (("--site", "nowhere"), "knows no site nowhere"),
        (("--site", "a b"), "is no id"),
    ):
        done = run_menshen("fleet-report", page, *words, *here)
        assert done.exit_code != 0
        assert said in done.output + done.stderr
    settings.write_text("", encoding="utf-8")
    done = run_menshen("fleet-report", page, *here)
    assert "influx.url is not set" in done.output + done.stderr


def test_without_a_plotting_library_the_command_says_how_to_get_one(
    settings: Path, run_menshen: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in sys.modules if name.startswith(("matplotlib", "gateway.charts"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = run_menshen("fleet-report", tmp_path / "no.html", "--config", settings)
    assert done.exit_code != 0
    assert "pip install 'menshen[report]'" in " ".join((done.output + done.stderr).split())


def test_an_influxdb_that_is_away_is_named(free_port: Callable[[], int]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    history = History(Influx(url=url, org="o", bucket="seals/raw"))
    with pytest.raises(AnswerError, match=r"cannot be reached .* is influx.url right"):
        history.ask("SHOW DATABASES")
    history.close()


def test_what_influxdb_refuses_is_told_in_its_words(wall: Wall) -> None:
    with pytest.raises(AnswerError, match="refuses a query: error parsing query"):
        wall.ask("SELECT nonsense")


def test_a_query_is_filled_as_grafana_fills_it() -> None:
    seen = View(1_000, 301_000, {"site": ["a.b/c"], "seal": ["x", "y"], "grid": [".*"]})
    query = 'SELECT a WHERE "s" =~ /^$site$/ AND "l" =~ /^$seal$/ AND "g" =~ /^$grid$/ AND '
    query += "$timeFilter AND time > ${__to}ms GROUP BY time($__interval)"
    assert filled(query, seen) == (
        r'SELECT a WHERE "s" =~ /^a\.b\/c$/ AND "l" =~ /^(x|y)$/ AND "g" =~ /^.*$/ AND '
        "time >= 1000ms and time <= 301000ms AND time > 301000ms GROUP BY time(10s)"
    )
    with pytest.raises(ValueError, match="nothing was chosen for \\$other"):
        filled("SELECT $other", seen)
    week_long = View(0, 7 * DAY_MS, {})
    assert interval(week_long, 10) == "3600s"
    assert interval(week_long, 21_600) == "21600s"


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (None, "ms", "–"),
        (0, "ms", "0"),
        (340, "ms", "340 ms"),
        (4_200, "ms", "4.2 s"),
        (9_360_000, "ms", "2.6 h"),
        (53.2, "d", "53 d"),
        (0.9651, "percentunit", "96.5 %"),
        (2_631, "mvolt", "2,631 mV"),
        (22_026_769_603, "bytes", "20.5 GiB"),
        ("2026.12.0", "string", "2026.12.0"),
    ],
)
def test_numbers_are_said_with_their_unit(value: Any, unit: str, words: str) -> None:
    decimals = 0 if unit == "mvolt" else None
    assert shown(value, unit, decimals) == words
    assert span(90) == "1.5 min"
