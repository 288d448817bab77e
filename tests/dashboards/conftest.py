"""One week, lived and written once, and asked by every test."""

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.charts import boards
from gateway.charts.answers import History, Series
from gateway.charts.boards import Panel
from gateway.charts.figures import Answers, lines, rows
from gateway.charts.view import View, filled
from tests import neighbours
from tests.dashboards import served_week
from tests.dashboards.week import SiteWeek, week


class Wall:
    """The dashboards before somebody's eyes: what each panel shows of the week."""

    def __init__(self, history: History) -> None:
        self.history = history

    def panel(self, board: str, title: str) -> Panel:
        """A panel of a dashboard."""
        (found,) = (one for one in boards.board(board).panels if one.title == title)
        return found

    def answers(self, board: str, title: str, view: View | None = None, **chosen: str) -> Answers:
        """What its queries are answered."""
        panel, seen = self.panel(board, title), view or served_week.view(**chosen)
        return [
            (target, self.history.ask(filled(target.query, seen, panel.min_interval_s)))
            for target in panel.targets
        ]

    def number(self, board: str, title: str, **chosen: str) -> Any:
        """The one value that it shows; None where it shows none."""
        found = lines(self.answers(board, title, **chosen))
        assert len(found) <= 1
        return found[0].last if found else None

    def series(self, board: str, title: str, **chosen: str) -> dict[str, dict[int, Any]]:
        """Its series by the names in its legend: ms -> value, without what is not there."""
        found = lines(self.answers(board, title, **chosen))
        assert len({line.name for line in found}) == len(found), "two series of one name"
        return {
            line.name: {at_ms: value for at_ms, value in line.points if value is not None}
            for line in found
        }

    def lasts(self, board: str, title: str, **chosen: str) -> dict[str, Any]:
        """The latest value of each of its series."""
        return {line.name: line.last for line in lines(self.answers(board, title, **chosen))}

    def rows(self, board: str, title: str, **chosen: str) -> list[dict[str, Any]]:
        """The rows of a table."""
        return rows(self.answers(board, title, **chosen))[1]

    def ask(self, query: str) -> list[Series]:
        """The answer to any query."""
        return self.history.ask(query)


@pytest.fixture(scope="session")
def wall() -> Iterator[Wall]:
    """All dashboards, on a week that is in a real InfluxDB."""
    neighbours.or_skip(neighbours.find("influxd"), "influxd", "make neighbours")
    with served_week.served() as history:
        yield Wall(history)


@pytest.fixture(scope="session")
def site() -> SiteWeek:
    """The site where most goes wrong."""
    return week()[0]
