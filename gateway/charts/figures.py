"""A panel's answers as named series and rows, and numbers as the words that people read."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from gateway.charts.answers import Series
from gateway.charts.boards import Panel, Target

Answers = list[tuple[Target, list[Series]]]
Value = float | int | str | None

_DAY_S = 86_400
_SPANS_S = ((_DAY_S, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_BYTES = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))
_AFTER = {"mvolt": "mV", "dBm": "dBm"}


class Line(NamedTuple):
    """One series of a panel: what its legend says, and (ms, value), in the order of time."""

    name: str
    points: list[tuple[int, Value]]

    @property
    def last(self) -> Value:
        """The newest value that there is."""
        return next((value for _, value in reversed(self.points) if value is not None), None)


def lines(answers: Answers) -> list[Line]:
    """The series of a panel, named by the aliases of its queries as Grafana names them."""
    return [
        Line(
            _name(target.alias, series, column),
            [(row["time"], row[column]) for row in series.rows],
        )
        for target, found in answers
        for series in found
        for column in (series.rows[0] if series.rows else {})
        if column != "time"
    ]


def called(panel: Panel, answers: Answers) -> list[Line]:
    """The same, by the names that the panel gives them."""
    named = {name: how.get("displayName", name) for name, how in panel.overrides.items()}
    return [line._replace(name=named.get(line.name, line.name)) for line in lines(answers)]


def rows(answers: Answers) -> tuple[list[str], list[dict[str, Value]]]:
    """The columns and rows of a table; tags are columns, as Grafana has them."""
    columns: list[str] = []
    found: list[dict[str, Value]] = []
    for _, series_found in answers:
        for series in series_found:
            for row in series.rows:
                named: dict[str, Value] = {"Time": row["time"], **series.tags}
                named |= {name: value for name, value in row.items() if name != "time"}
                columns += [name for name in named if name not in columns]
                found.append(named)
    return columns, found


def sorted_rows(panel: Panel, found: list[dict[str, Value]]) -> list[dict[str, Value]]:
    """Rows in the order in which the panel wants them."""
    for by in panel.options.get("sortBy", [])[:1]:
        name, is_down = by["displayName"], bool(by.get("desc"))
        found = sorted(found, key=lambda row: _key(row.get(name)), reverse=is_down)
    return found


def colour(value: Value, steps: list[tuple[float | None, str]]) -> str | None:
    """The colour of the highest step that a number reaches; None of no number."""
    if not isinstance(value, int | float):
        return None
    reached = [shown for from_value, shown in steps if from_value is None or value >= from_value]
    return reached[-1] if reached else None


def shown(value: Value, unit: str = "", decimals: int | None = None) -> str:
    """A value as people read it, with its unit."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if unit in ("ms", "s", "d"):
        return span(value * {"ms": 0.001, "s": 1, "d": _DAY_S}[unit])
    if unit == "percentunit":
        return f"{100 * value:.{1 if decimals is None else decimals}f} %"
    if unit in ("bytes", "decbytes"):
        return _bytes(value)
    if unit.startswith("dateTime"):
        return moment(int(value))
    text = _plain(value, decimals)
    return f"{text} {_AFTER[unit]}" if unit in _AFTER else text


def span(seconds: float) -> str:
    """A length of time, with its largest fitting unit."""
    if abs(seconds) < 1:
        return f"{seconds * 1_000:.0f} ms" if seconds else "0"
    for unit_s, unit in _SPANS_S:
        if abs(seconds) >= unit_s:
            many = seconds / unit_s
            return f"{many:.0f} {unit}" if many >= 10 else f"{many:.1f} {unit}"
    return f"{seconds:.1f} s"


def moment(at_ms: int) -> str:
    """A time, in UTC."""
    return f"{datetime.fromtimestamp(at_ms / 1_000, UTC):%d %b %H:%M}"


def _name(alias: str, series: Series, column: str) -> str:
    for tag, value in series.tags.items():
        alias = alias.replace(f"$tag_{tag}", value)
    return alias.replace("$col", column).replace("$m", series.name) or column


def _key(value: Value) -> tuple[int, Any]:
    return (0, value) if isinstance(value, int | float) else (1, str(value))


def _plain(value: float, decimals: int | None) -> str:
    if decimals is not None:
        return f"{value:,.{decimals}f}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3g}"


def _bytes(value: float) -> str:
    for size, unit in _BYTES:
        if value >= size:
            return f"{value / size:.1f} {unit}"
    return f"{value:.0f} B"
