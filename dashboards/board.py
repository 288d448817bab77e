"""What all dashboards share: their frame, their variables, where they lead, and parts of queries.

*Now* is the end of the time that somebody looks at (`${__to}`), so that a wall can be turned back
to the night before and says what it would have said then.
"""
# ruff: noqa: S608 - every query is made of constants

from collections.abc import Iterable
from typing import Any

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as model

from dashboards.influxql import SOURCE
from gateway.feeds.influx_schema import GATEWAY_STATS, SEAL_EVENT, SITE_1M

TAG = "menshen"
ANYTHING = ".*"
CONSOLE = "https://menshen.local"  # until somebody types where the console is

SITE = '"site" =~ /^$site$/'
GRID = '"grid" =~ /^$grid$/'
IN_VIEW = f"{SITE} AND $timeFilter"
FIGURES_LAST = (
    "10m"  # a gateway sends its figures every ten seconds; older ones are not shown as now
)
FIGURES_NOW = f"time > ${{__to}}ms - {FIGURES_LAST} AND time <= ${{__to}}ms"
HEARD_NOW = f"{SITE} AND time > ${{__to}}ms - $two_heartbeats AND time <= ${{__to}}ms"
EVERY = "GROUP BY time($__interval) fill(none)"


def board(
    name: str,
    title: str,
    description: str,
    variables: Iterable[Any],
    panels: Iterable[Any],
    since: str = "now-24h",
    refresh: str = "1m",
) -> dashboard.Dashboard:
    """A whole dashboard, ready for `.build()`. Panels lie from left to right, top to bottom."""
    made = dashboard.Dashboard(title).uid(uid(name)).tags([TAG]).refresh(refresh)
    made = made.time(since, "now").tooltip(model.DashboardCursorSync.CROSSHAIR).timezone("browser")
    made = made.description(description).links([_siblings(), _health()])
    for variable in variables:
        made = made.with_variable(variable)
    for count, panel in enumerate(panels, start=1):
        made = made.with_panel(panel.id(count))
    return made


def uid(name: str) -> str:
    """A dashboard's fixed id, by its file's name."""
    return f"menshen-{name}"


def site() -> dashboard.QueryVariable:
    """The site: one."""
    query = f'SHOW TAG VALUES FROM "{GATEWAY_STATS.name}" WITH KEY = "site"'
    return _tag_values("site", "Site", query)


def grid() -> dashboard.QueryVariable:
    """The grid, under the site: one, or all."""
    query = f'SHOW TAG VALUES FROM "{SITE_1M.name}" WITH KEY = "grid" WHERE {SITE}'
    variable = _tag_values("grid", "Grid", query).include_all(True).all_value(ANYTHING)
    return variable.current(model.VariableOption(True, "All", "$__all"))


def seal(multi: bool = False) -> dashboard.QueryVariable:
    """The seal, under the site and without "All": a city has a hundred thousand of them."""
    query = f'SHOW TAG VALUES FROM "{SEAL_EVENT.name}" WITH KEY = "seal" WHERE {SITE}'
    variable = _tag_values("seal", "Seals" if multi else "Seal", query)
    return variable.multi(True) if multi else variable


def two_heartbeats() -> dashboard.CustomVariable:
    """How long a seal may be silent and still count: 200 s at a heartbeat of 100 s."""
    choices = ["200s", "600s", "1200s", "1800s"]
    options = [model.VariableOption(choice == choices[0], choice, choice) for choice in choices]
    variable = dashboard.CustomVariable("two_heartbeats").label("Two heartbeats")
    return variable.values(",".join(choices)).options(options).current(options[0])


def console() -> dashboard.TextBoxVariable:
    """Where the console of the site is; links lead there."""
    return dashboard.TextBoxVariable("console").label("Console").default_value(CONSOLE)


def to_board(name: str, **values: str) -> str:
    """The address of another dashboard with something chosen, at the same time."""
    chosen = "".join(f"&var-{variable}={value}" for variable, value in values.items())
    return f"/d/{uid(name)}?${{__url_time_range}}{chosen}"


def to_console(path: str) -> str:
    """An address at the console."""
    return "${console}" + path


def last_figures(columns: str, group: str = "") -> str:
    """What a gateway last said of itself, unless that is old."""
    return f'SELECT {columns} FROM "{GATEWAY_STATS.name}" WHERE {SITE} AND {FIGURES_NOW}{group}'


def figures(columns: str) -> str:
    """What a gateway said of itself, over time."""
    return f'SELECT {columns} FROM "{GATEWAY_STATS.name}" WHERE {IN_VIEW} {EVERY}'


def _tag_values(name: str, label: str, query: str) -> dashboard.QueryVariable:
    variable = dashboard.QueryVariable(name).label(label).query(query).datasource(SOURCE)
    variable = variable.include_all(False).sort(model.VariableSort.ALPHABETICAL_ASC)
    return variable.refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)


def _siblings() -> dashboard.DashboardLink:
    link = dashboard.DashboardLink("Dashboards").type(model.DashboardLinkType.DASHBOARDS)
    return link.tags([TAG]).as_dropdown(True).keep_time(True).include_vars(True)


def _health() -> dashboard.DashboardLink:
    link = dashboard.DashboardLink("Console").type(model.DashboardLinkType.LINK)
    return link.url(to_console("/health")).target_blank(True)
