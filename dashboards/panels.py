"""The panels that all dashboards are built of: colours, thresholds, sizes, links."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.models import common as shown
from grafana_foundation_sdk.models import dashboard as model

from dashboards.influxql import SOURCE, Query

QUIET, GOOD, WARN, BAD = "#6b7280", "#2f7d5b", "#d97706", "#b91c1c"
SILENT_MS = 1_200_000  # a longer gap in a timeline is "not seen": two beats of the slowest seals
LONG_GAP_MS = 14_400_000  # where a point stands for an hour, or more
STAT_HEIGHT, CHART_HEIGHT = 4, 8

Step = tuple[float | None, str]
ALWAYS_QUIET: tuple[Step, ...] = ((None, QUIET),)


def warns_at(limit: float, bad: float | None = None) -> tuple[Step, ...]:
    """Quiet below the limit, amber from it on, red from `bad` on."""
    worse: tuple[Step, ...] = () if bad is None else ((bad, BAD),)
    return ((None, QUIET), (limit, WARN), *worse)


def bad_from(limit: float) -> tuple[Step, ...]:
    """Quiet below the limit, red from it on."""
    return ((None, QUIET), (limit, BAD))


def bad_below(bad: float, warn: float) -> tuple[Step, ...]:
    """Red at first, amber from `bad` on, quiet from `warn` on."""
    return ((None, BAD), (bad, WARN), (warn, QUIET))


def number(
    title: str,
    query: str,
    description: str,
    steps: Iterable[Step] = ALWAYS_QUIET,
    *,
    unit: str = "short",
    decimals: int | None = 0,
    span: int = 4,
    words: dict[str, tuple[str, str]] | None = None,
) -> stat.Panel:
    """One figure, large. `words`: value -> what is shown for it, and its colour."""
    panel = stat.Panel().title(title).datasource(SOURCE).span(span).height(STAT_HEIGHT)
    panel = panel.with_target(Query(query)).graph_mode(shown.BigValueGraphMode.NONE).unit(unit)
    if decimals is not None:
        panel = panel.decimals(decimals)
    reduce = common.ReduceDataOptions().calcs(["lastNotNull"]).values(False)
    # A text has no number to be reduced, and is only shown where all fields are.
    if query.startswith('SELECT last("firmware")'):
        reduce = reduce.fields("/.*/")
    panel = panel.reduce_options(reduce).color_mode(shown.BigValueColorMode.VALUE).no_value("none")
    if words:
        panel = panel.mappings([_worded(words)])
    return panel.thresholds(thresholds(*steps)).description(description)


def chart(
    title: str,
    queries: Query | Sequence[Query],
    description: str,
    *,
    unit: str = "short",
    span: int = 8,
    height: int = CHART_HEIGHT,
    bars: bool = False,
    stacked: bool = False,
    limit: tuple[Step, ...] = (),
    least: float | None = 0,
    most: float | None = None,
    interval: str = "10s",
    decimals: int | None = None,
) -> timeseries.Panel:
    """Something over time, as lines or bars. `limit`: steps drawn as a dashed line."""
    panel = timeseries.Panel().title(title).datasource(SOURCE).span(span).height(height)
    for query in [queries] if isinstance(queries, Query) else queries:
        panel = panel.with_target(query)
    legend = common.VizLegendOptions().show_legend(True).placement(shown.LegendPlacement.BOTTOM)
    panel = panel.legend(legend.display_mode(shown.LegendDisplayMode.LIST).calcs([]))
    panel = panel.interval(interval).unit(unit).description(description)
    panel = panel if least is None else panel.min(least)
    panel = panel if most is None else panel.max(most)
    panel = panel if decimals is None else panel.decimals(decimals)
    if bars:
        panel = panel.draw_style(shown.GraphDrawStyle.BARS).fill_opacity(70).line_width(0)
    if stacked:
        stacking = common.StackingConfig().mode(shown.StackingMode.NORMAL).group("A")
        panel = panel.stacking(stacking)
    if limit:
        style = common.GraphThresholdsStyleConfig().mode(shown.GraphThresholdsStyleMode.DASHED)
        panel = panel.thresholds(thresholds(*limit)).thresholds_style(style)
    return panel


def states(
    title: str,
    query: Query,
    description: str,
    words: dict[str, tuple[str, str]],
    steps: Iterable[Step] = (),
    *,
    span: int = 24,
    height: int = 9,
    gap_ms: int = SILENT_MS,
) -> statetimeline.Panel:
    """A band for each series, coloured by what it says; a gap where nothing was heard.

    `words` name some of its values, `steps` colour the others.
    """
    panel = statetimeline.Panel().title(title).datasource(SOURCE).span(span).height(height)
    panel = panel.with_target(query).mappings([_worded(words)]).merge_values(True)
    panel = panel.insert_nulls(gap_ms).show_value(shown.VisibilityMode.NEVER).row_height(0.8)
    panel = panel.color_scheme(dashboard.FieldColor().mode(model.FieldColorModeId.THRESHOLDS))
    panel = panel.thresholds(thresholds(*steps)) if steps else panel
    return panel.description(description)


def lengths(
    title: str,
    queries: Query | Sequence[Query],
    description: str,
    steps: Iterable[Step] = ALWAYS_QUIET,
    *,
    unit: str = "short",
    span: int = 8,
    height: int = CHART_HEIGHT,
) -> bargauge.Panel:
    """A bar for each series, on its side: the latest value of each."""
    panel = bargauge.Panel().title(title).datasource(SOURCE).span(span).height(height)
    for query in [queries] if isinstance(queries, Query) else queries:
        panel = panel.with_target(query)
    reduce = common.ReduceDataOptions().calcs(["lastNotNull"]).values(False)
    panel = panel.reduce_options(reduce).orientation(shown.VizOrientation.HORIZONTAL).unit(unit)
    panel = panel.display_mode(shown.BarGaugeDisplayMode.BASIC).min(0).no_value("none")
    return panel.thresholds(thresholds(*steps)).description(description)


def rows(
    title: str,
    query: str,
    description: str,
    *,
    span: int = 8,
    height: int = CHART_HEIGHT,
    columns: dict[str, dict[str, Any]] | None = None,
    sort: tuple[str, bool] | None = None,
) -> table.Panel:
    """A table. `columns`: a column's name -> its properties, made by `column`.

    `sort`: by which column, and whether from the highest on.
    """
    panel = table.Panel().title(title).datasource(SOURCE).span(span).height(height)
    panel = panel.with_target(Query(query, "table")).description(description)
    for name, properties in (columns or {}).items():
        values = [model.DynamicConfigValue(key, value) for key, value in properties.items()]
        panel = panel.override_by_name(name, values)
    if sort is not None:
        by = common.TableSortByFieldState().display_name(sort[0]).desc(sort[1])
        panel = panel.sort_by([by])
    return panel


HIDDEN = {"custom.hideFrom.viz": True}
Series = TypeVar("Series", timeseries.Panel, bargauge.Panel)


def called(panel: Series, words: dict[str, str]) -> Series:
    """A chart, or bars, whose series are named by a tag: each is called by a word instead."""
    for name, word in words.items():
        panel = panel.override_by_name(name, [model.DynamicConfigValue("displayName", word)])
    return panel


def worded(words: dict[str, str]) -> dict[str, Any]:
    """How a table's column is shown whose values are called by words."""
    results = {value: {"text": word, "index": n} for n, (value, word) in enumerate(words.items())}
    return {"mappings": [{"type": "value", "options": results}]}


def column(
    unit: str = "",
    steps: Iterable[Step] = (),
    decimals: int | None = None,
    link: tuple[str, str] | None = None,
    name: str = "",
) -> dict[str, Any]:
    """How a table's column is shown. `link`: what it says, and where it leads."""
    found: dict[str, Any] = {}
    if name:
        found["displayName"] = name
    if unit:
        found["unit"] = unit
    if decimals is not None:
        found["decimals"] = decimals
    if steps := list(steps):
        raw = [{"value": value, "color": colour} for value, colour in steps]
        found["thresholds"] = {"mode": "absolute", "steps": raw}
        found["custom.cellOptions"] = {"type": "color-text"}
    if link is not None:
        found["links"] = [{"title": link[0], "url": link[1]}]
    return found


def thresholds(*steps: Step) -> dashboard.ThresholdsConfig:
    """From each value on, a colour; None is minus infinity."""
    found = [model.Threshold(value, colour) for value, colour in steps]
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(found)


def _worded(words: dict[str, tuple[str, str]]) -> model.ValueMap:
    results = {
        value: model.ValueMappingResult(text, colour, index=place)
        for place, (value, (text, colour)) in enumerate(words.items())
    }
    return model.ValueMap(results)
