"""The files that Grafana reads: made from their source, and as Grafana's own schema wants them."""

import copy
import fcntl
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import __main__ as generator
from dashboards import influxql
from gateway.feeds.influx_schema import GATEWAY_STATS, SEAL_EVENT
from tests import neighbours
from tests.feeds import grafana, schema_check
from tests.neighbours import ROOT

ENVIRONMENT = {"MENSHEN_INFLUX_URL", "MENSHEN_INFLUX_BUCKET", "MENSHEN_INFLUX_TOKEN"}
TSC = ["--noEmit", "--strict", "--skipLibCheck", "--moduleResolution", "bundler"]


@pytest.mark.parametrize("name", sorted(generator.files()))
def test_a_generated_file_is_what_its_source_makes(name: str) -> None:
    committed = (ROOT / "dashboards" / name).read_text(encoding="utf-8")
    assert committed == generator.files()[name], "run `python -m dashboards`"


def test_every_file_in_provisioning_is_generated() -> None:
    folder = ROOT / "dashboards"
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    made = {name for name in found if name.endswith((".json", ".yaml", ".yml"))}
    assert made == set(generator.files())


def test_the_sdk_reads_the_dashboard_back_without_loss() -> None:
    committed = grafana.dashboard()
    again = json.loads(JSONEncoder().encode(influxql.read(copy.deepcopy(committed))))
    assert generator.tidied(again) == committed


def test_every_panel_and_query_uses_the_one_data_source() -> None:
    (source,) = grafana.provisioned("datasources")["datasources"]
    text = grafana.DASHBOARD.read_text(encoding="utf-8")
    assert set(re.findall(r'"uid": "([^"]+)"', text)) == {source["uid"], "menshen-site"}
    assert source["jsonData"]["version"] == "InfluxQL"


def test_the_provisioning_asks_the_environment_for_three_values_and_no_more() -> None:
    folder = grafana.PROVISIONING
    asked = {path.parent.name: set(_dollars(path)) for path in folder.rglob("*.yaml")}
    assert asked == {"datasources": ENVIRONMENT, "dashboards": set(), "alerting": set()}


def test_queries_keep_to_what_every_influxdb_knows() -> None:
    queries = [query for query, _ in grafana.panels().values()]
    queries += [*grafana.variables().values(), *grafana.alert_queries()]
    for query in queries:
        assert re.search(rf'FROM "({SEAL_EVENT.name}|{GATEWAY_STATS.name})"', query)
        calls = {name.lower() for name in re.findall(r"(\w+)\(", query)}
        known = {"count", "sum", "mean", "last", "max", "bottom", "non_negative_difference"}
        assert calls <= {*known, "time", "now", "fill"}, "not in InfluxDB 3's InfluxQL"


def test_the_seal_is_chained_under_the_site_and_nobody_asks_for_all() -> None:
    by_name = {one["name"]: one for one in grafana.dashboard()["templating"]["list"]}
    assert "$site" in by_name["seal"]["query"]
    assert not any(one.get("includeAll") for one in by_name.values())


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


def _compiled(folder: Path, dashboard: dict[str, Any]) -> str:
    """What the TypeScript compiler says of the dashboard; empty when it is content."""
    source = folder / f"check-{os.getpid()}.ts"
    source.write_text(schema_check.program(dashboard), encoding="utf-8")
    tsc = [str(folder / "node_modules" / ".bin" / "tsc"), *TSC, source.name]
    try:
        done = subprocess.run(tsc, cwd=folder, capture_output=True, text=True, timeout=120)
    finally:
        source.unlink()
    return done.stdout + done.stderr


def test_the_dashboard_is_as_grafanas_schema_has_it(grafana_schema: Path) -> None:
    assert _compiled(grafana_schema, grafana.dashboard()) == ""


@pytest.mark.parametrize(
    ("where", "slip"),
    [
        (("refreshh",), "10s"),
        (("panels", 0, "options", "colourMode"), "value"),
        (("panels", 1, "options", "justifyMode"), "centre"),
        (("panels", 2, "fieldConfig", "defaults", "custom", "drawStyle"), "barz"),
        (("panels", 3, "fieldConfig", "defaults", "custom", "fillOpacitee"), 1),
        (("panels", 4, "gridPos", "w"), "8"),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else None,
)
def test_a_slip_anywhere_in_the_dashboard_would_be_found(
    grafana_schema: Path, where: tuple[str | int, ...], slip: str | int
) -> None:
    wrong = part = grafana.dashboard()
    for step in where[:-1]:
        part = part[step]  # type: ignore[index]
    part[where[-1]] = slip  # type: ignore[index]
    assert "error TS" in _compiled(grafana_schema, wrong)


def _dollars(path: Path) -> list[str]:
    return re.findall(r"\$\{?(\w*)", path.read_text(encoding="utf-8"))
