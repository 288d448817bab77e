"""The dashboard *Site*: the doors of one site above, the gateway's own health below.

InfluxQL only, and of it only what InfluxDB 1, 2 and 3 all understand. What stands open *now* is
asked within the last two heartbeats, not within the dashboard's time range: a seal repeats its
state with every heartbeat, so a door that stays open in silence is still seen, and a seal that has
gone is not taken for a shut door. The names of measurements and fields are those of the writer."""
# ruff: noqa: S608 - every query is made of constants

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.models import common as shown
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import units

from dashboards.influxql import SOURCE, Query
from gateway.feeds.influx_schema import COUNTED, GATEWAY_STATS, SEAL_EVENT

EVENT, STATS = SEAL_EVENT.name, GATEWAY_STATS.name
UID = "menshen-site"
TITLE = "Site"
SILENT_MS = 600_000  # two heartbeats of the slowest seals: a longer gap in a timeline is "not seen"
LOW_MV, EMPTY_MV = 2_600, 2_400  # two lithium AA cells, under load
OUTBOX_LATE_MS = 300_000  # also the alert's limit

_SITE = '"site" =~ /^$site$/'
_IN_VIEW = f"{_SITE} AND $timeFilter"
_NOW = f"{_SITE} AND time > now() - $two_heartbeats"
_QUIET, _OPEN, _BAD = "#6b7280", "#d97706", "#b91c1c"


def build() -> dashboard.Dashboard:
    """The whole dashboard, ready for `.build()`."""
    site = (
        dashboard.Dashboard(TITLE).uid(UID).tags(["menshen"]).refresh("10s").time("now-6h", "now")
    )
    site = site.tooltip(model.DashboardCursorSync.CROSSHAIR).timezone("browser")
    site = site.description(
        "Doors, seals and gateway of one site. Ids are random; names are not here."
    )
    for variable in (_site(), _seal(), _two_heartbeats()):
        site = site.with_variable(variable)
    panels = (
        *(_open_now(), _heard(), _openings()),
        _timeline(),
        *(_batteries(), _refusals()),
        *(_outbox(), _commits(), _lag()),
    )
    for number, panel in enumerate(panels, start=1):
        site = site.with_panel(panel.id(number))
    return site


def _site() -> dashboard.QueryVariable:
    return _tag_values("site", "Site", f'SHOW TAG VALUES FROM "{STATS}" WITH KEY = "site"')


def _seal() -> dashboard.QueryVariable:
    """Chained under the site and without "All": a city has a hundred thousand of them."""
    query = f'SHOW TAG VALUES FROM "{EVENT}" WITH KEY = "seal" WHERE {_SITE}'
    return _tag_values("seal", "Seals", query).multi(True)


def _tag_values(name: str, label: str, query: str) -> dashboard.QueryVariable:
    variable = dashboard.QueryVariable(name).label(label).query(query)
    variable = (
        variable.datasource(SOURCE).include_all(False).sort(model.VariableSort.ALPHABETICAL_ASC)
    )
    return variable.refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)


def _two_heartbeats() -> dashboard.CustomVariable:
    """How long a seal may be silent and still count: 200 s at a heartbeat of 100 s."""
    choices = ["200s", "600s", "1800s"]
    options = [model.VariableOption(choice == choices[0], choice, choice) for choice in choices]
    variable = (
        dashboard.CustomVariable("two_heartbeats").label("Two heartbeats").values(",".join(choices))
    )
    return variable.options(options).current(options[0])


def _open_now() -> stat.Panel:
    last = f'SELECT last("state") AS "state" FROM "{EVENT}" WHERE {_NOW} GROUP BY "seal"'
    panel = _stat("Doors open now", f'SELECT sum("state") FROM ({last})')
    return panel.thresholds(_steps((None, _QUIET), (1, _OPEN))).description(
        "Doors whose seal said open in its last heartbeat. A silent seal is not counted either way."
    )


def _heard() -> stat.Panel:
    last = f'SELECT last("edges") AS "edges" FROM "{EVENT}" WHERE {_NOW} GROUP BY "seal"'
    panel = _stat("Seals heard in two heartbeats", f'SELECT count("edges") FROM ({last})')
    panel = panel.thresholds(_steps((None, _QUIET)))
    return panel.description("Seals that reported at least once within the last two heartbeats.")


def _openings() -> timeseries.Panel:
    query = f'SELECT sum("opened") FROM "{EVENT}" WHERE {_IN_VIEW} GROUP BY time(5m) fill(0)'
    panel = _chart("Openings in 5 minutes", 16, Query(query, alias="openings")).decimals(0)
    panel = panel.draw_style(shown.GraphDrawStyle.BARS).fill_opacity(60).line_width(0)
    return panel.height(6).description(
        "At the time of the edge, with or without a permit or order."
    )


def _timeline() -> statetimeline.Panel:
    query = (
        f'SELECT "state" FROM "{EVENT}" WHERE {_IN_VIEW} AND "seal" =~ /^$seal$/ GROUP BY "seal"'
    )
    colours = {
        "0": model.ValueMappingResult("shut", _QUIET, index=0),
        "1": model.ValueMappingResult("open", _OPEN, index=1),
    }
    panel = statetimeline.Panel().title("Doors, by seal").datasource(SOURCE).span(24).height(9)
    panel = panel.with_target(Query(query, alias="$tag_seal")).mappings([model.ValueMap(colours)])
    panel = panel.merge_values(True).insert_nulls(SILENT_MS).show_value(shown.VisibilityMode.NEVER)
    panel = panel.color_scheme(dashboard.FieldColor().mode(model.FieldColorModeId.THRESHOLDS))
    return panel.row_height(0.8).description(
        "Seen shut, seen open. A gap: not seen for ten minutes."
    )


def _batteries() -> table.Panel:
    last = f'SELECT last("battery_mv") AS "mv" FROM "{EVENT}" WHERE {_IN_VIEW} GROUP BY "seal"'
    query = f'SELECT bottom("mv", "seal", 20) AS "battery" FROM ({last})'
    panel = table.Panel().title("Lowest 20 batteries").datasource(SOURCE).span(8).height(9)
    panel = panel.with_target(Query(query, "table")).unit(units.MilliVolt).decimals(0)
    panel = panel.sort_by([common.TableSortByFieldState().display_name("battery").desc(False)])
    panel = panel.thresholds(_steps((None, _BAD), (EMPTY_MV, _OPEN), (LOW_MV, _QUIET)))
    coloured = model.DynamicConfigValue("custom.cellOptions", {"type": "color-text"})
    hidden = model.DynamicConfigValue("custom.hideFrom.viz", True)
    panel = panel.override_by_name("battery", [coloured]).override_by_name("Time", [hidden])
    return panel.description("As last heard in this time range. Seals on mains have none.")


def _refusals() -> timeseries.Panel:
    counts = [f'non_negative_difference(last("refused_{r}")) AS "{r}"' for r in COUNTED]
    query = f'SELECT {", ".join(counts)} FROM "{STATS}" WHERE {_IN_VIEW} {_EVERY}'
    panel = _chart("Refused, by reason", 16, Query(query, alias="$col")).decimals(0)
    panel = panel.draw_style(shown.GraphDrawStyle.BARS).fill_opacity(60).line_width(0)
    panel = panel.stacking(common.StackingConfig().mode(shown.StackingMode.NORMAL)).height(9)
    return panel.description(
        "Messages that were refused, or told nothing about a door under order."
    )


def _outbox() -> timeseries.Panel:
    query = _stats_query('max("outbox_oldest_ms")')
    panel = _chart("Oldest page in the outbox", 8, Query(query, alias="waiting for"))
    limits = _steps((None, _QUIET), (OUTBOX_LATE_MS, _BAD))
    style = common.GraphThresholdsStyleConfig().mode(shown.GraphThresholdsStyleMode.DASHED)
    panel = panel.thresholds(limits).thresholds_style(style).unit(units.Milliseconds)
    return panel.description(
        "How long the oldest page has waited to go out. Over 5 minutes alerts."
    )


def _commits() -> timeseries.Panel:
    query = _stats_query('mean("commit_ms_p50") AS "median", max("commit_ms_max") AS "worst"')
    panel = _chart("Commit", 8, Query(query, alias="$col")).unit(units.Milliseconds)
    return panel.description("How long a commit takes to reach the disk, of the latest 512.")


def _lag() -> timeseries.Panel:
    query = _stats_query('max("cursor_lag") AS "not yet here", max("unwritten") AS "never"')
    panel = _chart("Journal rows missing here", 8, Query(query, alias="$col")).decimals(0)
    return panel.description("Not yet written to InfluxDB; and refused by it, in table unwritten.")


_EVERY = "GROUP BY time($__interval) fill(none)"


def _stats_query(columns: str) -> str:
    return f'SELECT {columns} FROM "{STATS}" WHERE {_IN_VIEW} {_EVERY}'


def _stat(title: str, query: str) -> stat.Panel:
    panel = stat.Panel().title(title).datasource(SOURCE).span(4).height(6)
    panel = panel.with_target(Query(query)).graph_mode(shown.BigValueGraphMode.NONE).decimals(0)
    reduce = common.ReduceDataOptions().calcs(["lastNotNull"]).values(False)
    return panel.reduce_options(reduce).color_mode(shown.BigValueColorMode.VALUE).no_value("none")


def _chart(title: str, span: int, query: Query) -> timeseries.Panel:
    """At least ten seconds a point: that is how often the gateway's figures come."""
    panel = timeseries.Panel().title(title).datasource(SOURCE).span(span).height(8)
    legend = common.VizLegendOptions().show_legend(True).placement(shown.LegendPlacement.BOTTOM)
    legend = legend.display_mode(shown.LegendDisplayMode.LIST).calcs([])
    return panel.with_target(query).interval("10s").min(0).legend(legend)


def _steps(*steps: tuple[float | None, str]) -> dashboard.ThresholdsConfig:
    """From each value on, a colour; None is minus infinity."""
    found = [model.Threshold(value, colour) for value, colour in steps]
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(found)
