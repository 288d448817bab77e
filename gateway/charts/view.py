"""What a person chose on a dashboard, put into its queries as Grafana puts it."""

import re
from typing import NamedTuple

POINTS = 300  # about so many points a series: Grafana takes the panel's width in pixels
# What Grafana rounds an interval up to, in seconds.
_NICE_S = (10, 20, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200)
_DAY_S = 86_400


class View(NamedTuple):
    """A time range in milliseconds of UTC, and what was chosen of each variable."""

    from_ms: int
    to_ms: int
    values: dict[str, list[str]]

    def choosing(self, **values: str) -> "View":
        """The same with other choices."""
        chosen = {name: [value] for name, value in values.items()}
        return self._replace(values=self.values | chosen)


def interval(view: View, least_s: int) -> str:
    """How long a point of a chart is, as InfluxQL writes it; at least `least_s`."""
    wanted_s = max((view.to_ms - view.from_ms) / 1_000 / POINTS, least_s)
    fitting_s = next((nice_s for nice_s in _NICE_S if nice_s >= wanted_s), _DAY_S)
    return f"{fitting_s}s"


def filled(query: str, view: View, least_s: int = 10) -> str:
    """The query as InfluxDB gets it.

    Args:
        query: with Grafana's macros and the dashboard's variables.
        view: what was chosen.
        least_s: the panel's shortest interval.

    Raises:
        ValueError: something in it is neither.
    """
    query = query.replace("$timeFilter", f"time >= {view.from_ms}ms and time <= {view.to_ms}ms")
    query = query.replace("$__interval", interval(view, least_s))
    query = query.replace("${__from}", str(view.from_ms)).replace("${__to}", str(view.to_ms))
    for name, values in view.values.items():
        chosen = _either(values).replace("\\", "\\\\")
        query = re.sub(rf"\${name}\b", chosen, query)
    # What is left of a $ is the end of a regular expression.
    left = re.search(r"\$(?!/)\{?\w*", query)
    if left:
        raise ValueError(f"nothing was chosen for {left[0]} in: {query}")
    return query


def _either(values: list[str]) -> str:
    """Values as they stand inside a regular expression, or alone."""
    if values == [".*"]:
        return ".*"
    escaped = [re.escape(value).replace("/", r"\/") for value in values]
    return escaped[0] if len(escaped) == 1 else "(" + "|".join(escaped) + ")"
