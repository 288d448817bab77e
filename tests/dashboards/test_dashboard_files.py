"""The files that Grafana reads: made from their source, and as Grafana's own schema wants them."""

import copy
import fcntl
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import __main__ as generator
from dashboards import influxql
from dashboards.alerts import ALERTS
from gateway.charts import boards
from gateway.feeds.influx_schema import MEASUREMENTS
from gateway.web.access_rules import RULES
from tests import neighbours
from tests.dashboards import schema_check
from tests.neighbours import ROOT

FOLDER = ROOT / "dashboards"
ENVIRONMENT = {"MENSHEN_INFLUX_URL", "MENSHEN_INFLUX_BUCKET", "MENSHEN_INFLUX_TOKEN"}
# What InfluxDB 1, 2 and 3 all understand.
KNOWN = {"count", "sum", "mean", "min", "max", "first", "last", "bottom", "percentile"}
KNOWN |= {"non_negative_difference", "non_negative_derivative", "time", "now", "fill"}
SLIPS = [
    (("refreshh",), "10s"),
    (("panels", 0, "options", "colourMode"), "value"),
    (("panels", 1, "options", "justifyMode"), "centre"),
    (("panels", 6, "fieldConfig", "defaults", "custom", "drawStyle"), "barz"),
    (("panels", 8, "fieldConfig", "defaults", "custom", "fillOpacitee"), 1),
    (("panels", 9, "gridPos", "w"), "8"),
]


def raw(name: str) -> dict[str, Any]:
    """A committed dashboard."""
    found: dict[str, Any] = json.loads(boards.text(name))
    return found


def queries() -> list[str]:
    """Every query that goes to InfluxDB."""
    found = [alert.query for alert in ALERTS]
    for board in map(boards.board, boards.ORDER):
        found += [target.query for panel in board.panels for target in panel.targets]
        found += [variable.query for variable in board.variables if variable.query]
    return found


@pytest.mark.parametrize("name", sorted(generator.files()))
def test_a_generated_file_is_what_its_source_makes(name: str) -> None:
    committed = (FOLDER / name).read_text(encoding="utf-8")
    assert committed == generator.files()[name], "run `python -m dashboards`"


def test_every_file_that_grafana_reads_is_generated() -> None:
    found = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()}
    made = {name for name in found if name.endswith((".json", ".yaml", ".yml"))}
    assert made - {schema_check.SCHEMA.name} == set(generator.files())
    assert set(boards.ORDER) == {Path(name).stem for name in made if name.startswith("json/")}


@pytest.mark.parametrize("name", boards.ORDER)
def test_the_sdk_reads_the_dashboard_back_without_loss(name: str) -> None:
    committed = raw(name)
    again = json.loads(JSONEncoder().encode(influxql.read(copy.deepcopy(committed))))
    assert generator.tidied(again) == committed


@pytest.mark.parametrize("name", boards.ORDER)
def test_every_panel_has_a_title_of_its_own_a_meaning_and_the_one_data_source(name: str) -> None:
    dashboard = raw(name)
    (source,) = yaml.safe_load((FOLDER / "provisioning/datasources/menshen.yaml").read_text())[
        "datasources"
    ]
    titles = [panel["title"] for panel in dashboard["panels"]]
    assert len(set(titles)) == len(titles)
    assert all(panel["description"].endswith(".") for panel in dashboard["panels"])
    assert set(re.findall(r'"uid": "([^"]+)"', boards.text(name))) == {
        source["uid"],
        f"menshen-{name}",
    }
    assert source["jsonData"]["version"] == "InfluxQL"
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= boards.COLUMNS


def test_a_link_leads_to_a_dashboard_that_is_there_with_variables_that_it_has() -> None:
    known = {f"menshen-{name}": boards.board(name) for name in boards.ORDER}
    led = set()
    for name in boards.ORDER:
        for uid, rest in re.findall(r"/d/([\w-]+)\?([^\"]*)", boards.text(name)):
            chosen = re.findall(r"&var-(\w+)=", rest)
            assert set(chosen) <= {variable.name for variable in known[uid].variables}
            led.add(uid)
        assert "console" in {variable.name for variable in boards.board(name).variables}
    assert led == {"menshen-site", "menshen-seal"}


def test_links_to_the_console_are_addresses_that_it_has() -> None:
    known = {path for method, path in RULES if method == "GET"}
    for name in boards.ORDER:
        for path in re.findall(r"\$\{console\}(/[\w/]+)", boards.text(name)):
            matching = [one for one in known if one == path or one.startswith(path + "{")]
            assert matching, path


def test_the_provisioning_asks_the_environment_for_four_values_and_no_more() -> None:
    asked = {
        path.parent.name: set(re.findall(r"\$\{?(\w*)", path.read_text(encoding="utf-8")))
        for path in (FOLDER / "provisioning").rglob("*.yaml")
    }
    alerting = {"MENSHEN_RUNBOOK_URL"}
    assert asked == {"datasources": ENVIRONMENT, "dashboards": set(), "alerting": alerting}


def test_queries_keep_to_what_every_influxdb_knows_and_to_what_is_written() -> None:
    fields = {field.name for one in MEASUREMENTS for field in one.fields}
    tags = {tag.name for one in MEASUREMENTS for tag in one.tags}
    names = {one.name for one in MEASUREMENTS}
    for query in queries():
        assert set(re.findall(r'FROM "(\w+)"', query)) <= names, query
        calls = {name.lower() for name in re.findall(r"(\w+)\(", query)}
        assert calls - {"as", "from"} <= KNOWN, "not in InfluxDB 3's InfluxQL"
        renamed = set(re.findall(r'AS "([^"]+)"', query))
        used = set(re.findall(r'"([^"]+)"', query))
        assert used <= fields | tags | names | renamed, query


def test_a_seal_is_chosen_under_its_site_and_nobody_asks_for_all_of_them() -> None:
    for name in boards.ORDER:
        by_name = {one["name"]: one for one in raw(name)["templating"]["list"]}
        for variable in by_name.keys() & {"seal", "grid"}:
            assert "$site" in by_name[variable]["query"]
        can_be_all = {name for name, one in by_name.items() if one.get("includeAll")}
        assert can_be_all <= {"grid"}


# Grafana's own schema: the committed JSON schema everywhere, TypeScript where npm is.


def wrong_by_schema(dashboard: dict[str, Any]) -> list[str]:
    """What the committed JSON schema says against a dashboard."""
    whole = json.loads(schema_check.SCHEMA.read_text(encoding="utf-8"))
    parts = whole["definitions"]["Checked"]["properties"]

    def errors(schema: dict[str, Any], value: Any) -> list[str]:
        checker = jsonschema_rs.validator_for(schema)
        return [str(error)[:300] for error in checker.iter_errors(value)]

    found = errors(parts["dashboard"], dashboard)
    for panel in dashboard["panels"]:
        kind = parts[panel["type"]]["properties"]
        found += errors(kind["options"], panel["options"])
        found += errors(kind["custom"], panel["fieldConfig"]["defaults"].get("custom", {}))
    return found


def slipped(where: tuple[str | int, ...], slip: str | int) -> dict[str, Any]:
    """The dashboard *Site* with something wrong in it."""
    wrong: Any = raw("site")
    part = wrong
    for step in where[:-1]:
        part = part.setdefault(step, {}) if isinstance(part, dict) else part[step]
    part[where[-1]] = slip
    found: dict[str, Any] = wrong
    return found


@pytest.mark.parametrize("name", boards.ORDER)
def test_a_dashboard_is_as_the_committed_schema_has_it(name: str) -> None:
    assert wrong_by_schema(raw(name)) == []


@pytest.mark.parametrize(("where", "slip"), SLIPS, ids=[str(where[-1]) for where, _ in SLIPS])
def test_a_slip_is_found_without_npm(where: tuple[str | int, ...], slip: str | int) -> None:
    assert wrong_by_schema(slipped(where, slip)) != []


@pytest.fixture(scope="session")
def grafana_schema(pytestconfig: pytest.Config) -> Path:
    """A folder with TypeScript and Grafana's schema, fetched once and kept in pytest's cache."""
    npm = neighbours.or_skip(shutil.which("npm"), "npm", "install Node.js, which brings it")
    folder = Path(pytestconfig.cache.mkdir("grafana-schema"))
    wanted = json.dumps({"private": True, "dependencies": schema_check.PACKAGES})
    stamp = folder / "installed.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several workers may come at once
        if not stamp.exists() or stamp.read_text() != wanted:
            _install(npm, folder, wanted)
            stamp.write_text(wanted)
    return folder


def _install(npm: str, folder: Path, wanted: str) -> None:
    (folder / "package.json").write_text(wanted)
    (folder / "package-lock.json").unlink(missing_ok=True)
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180)
    if done.returncode:
        neighbours.or_skip(None, "Grafana's schema", f"npm said: {done.stderr[-500:]}")


def test_all_dashboards_are_as_grafanas_types_have_them(grafana_schema: Path) -> None:
    assert schema_check.complaints(grafana_schema, [raw(name) for name in boards.ORDER]) == ""


def test_slips_anywhere_in_a_dashboard_would_be_found(grafana_schema: Path) -> None:
    wrong = [slipped(where, slip) for where, slip in SLIPS]
    said = schema_check.complaints(grafana_schema, wrong)
    for place, (where, _) in enumerate(SLIPS):
        own = str(where[-1])
        assert "error TS" in said
        assert own in said or str(SLIPS[place][1]) in said, own


def test_the_committed_schema_is_what_grafanas_types_make(grafana_schema: Path) -> None:
    committed = schema_check.SCHEMA.read_text(encoding="utf-8")
    assert schema_check.made_schema(grafana_schema) == committed, "see tests/dashboards"
