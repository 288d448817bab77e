"""Grafana's own schema, as a TypeScript program that a dashboard must satisfy."""

import json
from typing import Any

PACKAGES = {"@grafana/schema": "13.2.3", "typescript": "7.0.2"}

# Panel type -> the schema's module of its options; and what Grafana takes beyond what it lists.
_RAW = "@grafana/schema/dist/esm/raw/composable/{0}/panelcfg/x/{1}PanelCfg_types.gen"
_MODULES = {
    "stat": _RAW.format("stat", "Stat"),
    "timeseries": _RAW.format("timeseries", "TimeSeries"),
    "state-timeline": _RAW.format("statetimeline", "StateTimeline"),
    "table": _RAW.format("table", "Table"),
}
_NO_CUSTOM = {"stat": "{}"}
_BEYOND = {"state-timeline": "Pick<ui.GraphFieldConfig, 'insertNulls' | 'spanNulls'>"}

_HEAD = """\
import type * as ui from '@grafana/schema';
// JSON has an enum's value where the schema has the enum.
type Loose<T> = T extends string ? T | `${T}` : T extends (infer U)[] ? Loose<U>[]
  : T extends object ? { [K in keyof T]: Loose<T[K]> } : T;
type Partly<T> = Partial<Loose<T>>;
"""


def program(dashboard: dict[str, Any]) -> str:
    """TypeScript that compiles only if the dashboard is as Grafana's schema has it."""
    parts = [_HEAD]
    kinds = sorted({panel["type"] for panel in dashboard["panels"]})
    for kind in kinds:
        parts.append(f"import type * as {_name(kind)} from {json.dumps(_MODULES[kind])};")
    parts.append(_const("dashboard", "Loose<ui.Dashboard>", dashboard))
    for panel in dashboard["panels"]:
        kind, number = panel["type"], panel["id"]
        custom = panel["fieldConfig"]["defaults"].get("custom", {})
        fields = _NO_CUSTOM.get(kind, f"{_name(kind)}.FieldConfig")
        fields += f" & {_BEYOND[kind]}" if kind in _BEYOND else ""
        options = f"Partly<{_name(kind)}.Options>"
        parts.append(_const(f"options{number}", options, panel["options"]))
        parts.append(_const(f"custom{number}", f"Partly<{fields}>", custom))
    return "\n".join(parts)


def _const(name: str, kind: str, value: Any) -> str:
    return f"export const {name}: {kind} = {json.dumps(value, indent=1)};"


def _name(kind: str) -> str:
    return kind.replace("-", "_")
