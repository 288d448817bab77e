"""What Grafana does with our files before InfluxDB is asked: variables and macros filled in."""

import json
import re
from typing import Any, NamedTuple

import yaml

from tests.neighbours import ROOT

DASHBOARD = ROOT / "dashboards" / "site.json"
PROVISIONING = ROOT / "dashboards" / "provisioning"


class View(NamedTuple):
    """What a person chose: a time range, and a value for each variable."""

    from_ms: int
    to_ms: int
    values: dict[str, list[str]]
    interval: str = "60s"


def dashboard() -> dict[str, Any]:
    """The committed dashboard."""
    found: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return found


def provisioned(kind: str) -> dict[str, Any]:
    """A committed provisioning file."""
    text = (PROVISIONING / kind / "menshen.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def variables() -> dict[str, str]:
    """The queries of the variables that have one, by name."""
    listed = dashboard()["templating"]["list"]
    return {one["name"]: one["query"] for one in listed if one["type"] == "query"}


def panels() -> dict[str, tuple[str, str]]:
    """Query and alias of each panel, by title."""
    found = dashboard()["panels"]
    assert all(len(panel["targets"]) == 1 for panel in found)
    targets = {panel["title"]: panel["targets"][0] for panel in found}
    return {title: (target["query"], target["alias"]) for title, target in targets.items()}


def alert_queries() -> list[str]:
    """Every query of the alert rules that goes to InfluxDB."""
    rules = [rule for group in provisioned("alerting")["groups"] for rule in group["rules"]]
    steps = [step for rule in rules for step in rule["data"]]
    return [step["model"]["query"] for step in steps if step["datasourceUid"] != "__expr__"]


def filled(query: str, view: View) -> str:
    """The query as InfluxDB gets it."""
    query = query.replace("$timeFilter", f"time >= {view.from_ms}ms and time <= {view.to_ms}ms")
    query = query.replace("$__interval", view.interval)
    for name, values in view.values.items():
        escaped = [re.escape(value).replace("/", r"\/") for value in values]
        many = escaped[0] if len(escaped) == 1 else "(" + "|".join(escaped) + ")"
        query = re.sub(rf"\${name}\b", lambda _, many=many: many, query)
    # What is left of a $ is the end of a regular expression.
    assert "$" not in query.replace("$/", "/"), query
    return query
