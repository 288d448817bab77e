"""What the real InfluxDB answers, asked in InfluxQL as Grafana asks."""

from typing import Any, NamedTuple

import httpx


class Series(NamedTuple):
    """One series of an answer: its tags, and its rows as dictionaries (time in ms)."""

    name: str
    tags: dict[str, str]
    rows: list[dict[str, Any]]


class Database:
    """One database of a server."""

    def __init__(self, url: str, name: str) -> None:
        self._url, self._name = url, name

    def create(self) -> None:
        """Make it."""
        self.ask(f'CREATE DATABASE "{self._name}"')

    def ask(self, query: str, epoch: str = "ms") -> list[Series]:
        """The answer's series. An error of the server fails the test."""
        params = {"db": self._name, "epoch": epoch, "q": query}
        answer = httpx.post(self._url + "/query", data=params, timeout=30).json()
        results = answer.get("results", [answer])
        assert not any("error" in result for result in results), (query, answer)
        return [
            Series(
                series.get("name", ""),
                series.get("tags", {}),
                [dict(zip(series["columns"], row, strict=True)) for row in series["values"]],
            )
            for series in results[0].get("series", [])
        ]

    def one(self, query: str) -> Any:
        """The single value of a query that has one row; None where it has none."""
        found = self.ask(query)
        if not found:
            return None
        row = found[0].rows[0]
        return next(value for name, value in row.items() if name != "time")

    def events(self) -> int:
        """How many seal events there are."""
        return self.one('SELECT count("seq") FROM "seal_event"') or 0

    def write(self, lines: str) -> None:
        """Put lines in, past the gateway."""
        httpx.post(
            self._url + "/write", params={"db": self._name}, content=lines
        ).raise_for_status()
