"""The dashboards that Grafana reads, read from the same files."""

import json
from pathlib import Path
from typing import Any, NamedTuple

ORDER = ("fleet", "site", "seal", "gateway", "ladder", "batteries", "coverage", "cases")
COLUMNS = 24  # of Grafana's grid


class Target(NamedTuple):
    """One query of a panel. `alias` names its series; empty where it is for a table."""

    ref_id: str
    query: str
    alias: str
    is_table: bool


class Place(NamedTuple):
    """Where a panel lies, in Grafana's grid of 24 columns and rows of equal height."""

    x: int
    y: int
    w: int
    h: int


class Panel(NamedTuple):
    """One panel. `steps` are (from this value on, colour), None being minus infinity."""

    title: str
    kind: str
    description: str
    place: Place
    targets: list[Target]
    unit: str
    decimals: int | None
    steps: list[tuple[float | None, str]]
    words: dict[str, tuple[str, str]]  # value -> what it is called, and its colour
    options: dict[str, Any]
    custom: dict[str, Any]
    overrides: dict[str, dict[str, Any]]  # by a column's name
    min_interval_s: int
    has_floor: bool  # its axis begins at nought


class Variable(NamedTuple):
    """What a person chooses. `query` offers the choices, if they are not fixed."""

    name: str
    query: str
    value: str  # before anybody has chosen


class Board(NamedTuple):
    """One dashboard."""

    name: str
    uid: str
    title: str
    description: str
    variables: list[Variable]
    panels: list[Panel]


def folder() -> Path:
    """Where the dashboards lie: inside the installed package, or in a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "dashboards"
    return installed if installed.is_dir() else here.parents[1] / "dashboards" / "json"


def text(name: str) -> str:
    """A dashboard's file, as it stands."""
    return (folder() / f"{name}.json").read_text(encoding="utf-8")


def board(name: str) -> Board:
    """A dashboard by its name, which is one of ORDER."""
    raw = json.loads(text(name))
    variables = [_variable(one) for one in raw["templating"]["list"]]
    panels = [_panel(one) for one in raw["panels"]]
    return Board(name, raw["uid"], raw["title"], raw.get("description", ""), variables, panels)


def _variable(raw: dict[str, Any]) -> Variable:
    current = raw.get("current", {}).get("value", "")
    value = raw.get("allValue") or (current if isinstance(current, str) else "")
    query = raw.get("query", "") if raw["type"] == "query" else ""
    return Variable(raw["name"], query, value or _fixed(raw))


def _fixed(raw: dict[str, Any]) -> str:
    """A text box's text."""
    return str(raw.get("query", "")) if raw["type"] in ("textbox", "constant") else ""


def _panel(raw: dict[str, Any]) -> Panel:
    defaults = raw["fieldConfig"]["defaults"]
    steps = [
        (one["value"], one["color"]) for one in defaults.get("thresholds", {}).get("steps", [])
    ]
    return Panel(
        title=raw["title"],
        kind=raw["type"],
        description=raw.get("description", ""),
        place=Place(**{side: raw["gridPos"].get(side, 0) for side in Place._fields}),
        targets=[_target(one) for one in raw["targets"]],
        unit=defaults.get("unit", ""),
        decimals=defaults.get("decimals"),
        steps=steps,
        words=words_of(defaults.get("mappings", [])),
        options=raw.get("options", {}),
        custom=defaults.get("custom", {}),
        overrides={
            one["matcher"]["options"]: {item["id"]: item["value"] for item in one["properties"]}
            for one in raw["fieldConfig"].get("overrides", [])
        },
        min_interval_s=_seconds(raw.get("interval", "10s")),
        has_floor=defaults.get("min") == 0,
    )


def _target(raw: dict[str, Any]) -> Target:
    return Target(raw["refId"], raw["query"], raw["alias"], raw["resultFormat"] == "table")


def words_of(mappings: list[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """What a panel's or a column's mappings of values say: value -> its word and colour."""
    return {
        value: (result.get("text", value), result.get("color", ""))
        for mapping in mappings
        if mapping["type"] == "value"
        for value, result in mapping["options"].items()
    }


def _seconds(interval: str) -> int:
    return int(interval[:-1]) * {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[interval[-1]]
