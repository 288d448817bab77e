"""Grafana's own schema, twice: as a TypeScript program that a dashboard must satisfy, and as the
JSON schema that is made of it and committed, for machines without npm.

    python -m tests.dashboards.schema_check FOLDER    # writes the JSON schema anew

FOLDER is one with the packages below in its node_modules.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.neighbours import ROOT

SCHEMA = ROOT / "dashboards" / "grafana.schema.json"
PACKAGES = {
    "@grafana/schema": "13.2.3",
    "typescript": "7.0.2",
    "ts-json-schema-generator": "2.4.0",
}

# Panel type -> the schema's module of its options; and what Grafana takes beyond what it lists.
_RAW = "@grafana/schema/dist/esm/raw/composable/{0}/panelcfg/x/{1}PanelCfg_types.gen"
_MODULES = {
    "stat": _RAW.format("stat", "Stat"),
    "timeseries": _RAW.format("timeseries", "TimeSeries"),
    "state-timeline": _RAW.format("statetimeline", "StateTimeline"),
    "table": _RAW.format("table", "Table"),
    "bargauge": _RAW.format("bargauge", "BarGauge"),
}
_NO_CUSTOM = {"stat": "{}", "bargauge": "{}"}
_BEYOND = {"state-timeline": "Pick<ui.GraphFieldConfig, 'insertNulls' | 'spanNulls'>"}
_TSC = ["--noEmit", "--strict", "--skipLibCheck", "--moduleResolution", "bundler"]
_CONFIG = {
    "compilerOptions": {
        "strict": True,
        "skipLibCheck": True,
        "moduleResolution": "bundler",
        "module": "esnext",
        "target": "esnext",
    }
}

_HEAD = """\
import type * as ui from '@grafana/schema';
// JSON has an enum's value where the schema has the enum.
type Loose<T> = T extends string ? T | `${T}` : T extends (infer U)[] ? Loose<U>[]
  : T extends object ? { [K in keyof T]: Loose<T[K]> } : T;
type Partly<T> = Partial<Loose<T>>;
"""


def program(dashboards: list[dict[str, Any]]) -> str:
    """TypeScript that compiles only if the dashboards are as Grafana's schema has them."""
    parts = [_HEAD, *_imports(_MODULES)]
    for place, dashboard in enumerate(dashboards):
        parts.append(_const(f"dashboard{place}", "Loose<ui.Dashboard>", dashboard))
        for panel in dashboard["panels"]:
            kind, own = panel["type"], f"{place}_{panel['id']}"
            custom = panel["fieldConfig"]["defaults"].get("custom", {})
            options = f"Partly<{_name(kind)}.Options>"
            parts.append(_const(f"options{own}", options, panel["options"]))
            parts.append(_const(f"custom{own}", f"Partly<{_fields(kind)}>", custom))
    return "\n".join(parts)


def complaints(folder: Path, dashboards: list[dict[str, Any]]) -> str:
    """What the TypeScript compiler says of the dashboards; empty when it is content."""
    source = folder / f"check-{os.getpid()}.ts"
    source.write_text(program(dashboards), encoding="utf-8")
    tsc = [str(folder / "node_modules" / ".bin" / "tsc"), *_TSC, source.name]
    try:
        done = subprocess.run(tsc, cwd=folder, capture_output=True, text=True, timeout=120)
    finally:
        source.unlink()
    return done.stdout + done.stderr


def made_schema(folder: Path) -> str:
    """The JSON schema of the dashboard and of each kind of panel, made of Grafana's types."""
    members = [
        f"  {json.dumps(kind)}: {{ options: Partial<{_name(kind)}.Options>; "
        f"custom: Partial<{_fields(kind)}> }};"
        for kind in _MODULES
    ]
    types = ["import type * as ui from '@grafana/schema';", *_imports(_MODULES)]
    types += ["export interface Checked {", "  dashboard: ui.Dashboard;", *members, "}"]
    own = f"schema-{os.getpid()}"
    (folder / f"{own}.ts").write_text("\n".join(types), encoding="utf-8")
    (folder / f"{own}.tsconfig.json").write_text(json.dumps(_CONFIG), encoding="utf-8")
    program_path = str(folder / "node_modules" / ".bin" / "ts-json-schema-generator")
    command = [program_path, "--path", f"{own}.ts", "--type", "Checked"]
    command += ["--tsconfig", f"{own}.tsconfig.json", "--no-type-check", "--expose", "none"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=180, check=True
        )
    finally:
        (folder / f"{own}.ts").unlink()
        (folder / f"{own}.tsconfig.json").unlink()
    made = _without_prose(json.loads(done.stdout))
    return json.dumps(made, sort_keys=True, separators=(",", ":")) + "\n"


def _without_prose(schema: Any) -> Any:
    """A schema without what it tells people; of "deprecated" the types make no true or false."""
    if isinstance(schema, dict):
        told = {key for key in ("description", "deprecated") if isinstance(schema.get(key), str)}
        return {key: _without_prose(value) for key, value in schema.items() if key not in told}
    return [_without_prose(one) for one in schema] if isinstance(schema, list) else schema


def _imports(modules: dict[str, str]) -> list[str]:
    return [
        f"import type * as {_name(kind)} from {json.dumps(module)};"
        for kind, module in modules.items()
    ]


def _fields(kind: str) -> str:
    fields = _NO_CUSTOM.get(kind, f"{_name(kind)}.FieldConfig")
    return f"{fields} & {_BEYOND[kind]}" if kind in _BEYOND else fields


def _const(name: str, kind: str, value: Any) -> str:
    return f"export const {name}: {kind} = {json.dumps(value, indent=1)};"


def _name(kind: str) -> str:
    return kind.replace("-", "_")


if __name__ == "__main__":
    SCHEMA.write_text(made_schema(Path(sys.argv[1])), encoding="utf-8")
