"""`python -m dashboards`: write every file that Grafana reads, from this folder's source."""

import json
from pathlib import Path
from typing import Any

import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import (
    batteries,
    cases,
    coverage,
    fleet,
    gateway,
    ladder,
    provision,
    seal,
    site,
)

HERE = Path(__file__).parent
NOTE = "# Made by `python -m dashboards`; change dashboards/{} instead.\n"
BOARDS = (fleet, site, seal, gateway, ladder, batteries, coverage, cases)


def files() -> dict[str, str]:
    """Every generated file, by its path in this folder."""
    made = {f"json/{board.NAME}.json": _json(board.build().build()) for board in BOARDS}
    return made | {
        "provisioning/datasources/menshen.yaml": _yaml(provision.data_source(), "provision.py"),
        "provisioning/dashboards/menshen.yaml": _yaml(provision.provider(), "provision.py"),
        "provisioning/alerting/menshen.yaml": _yaml(provision.alerts(), "alerts.py"),
    }


def main() -> None:
    """Write them."""
    for name, content in files().items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def _json(thing: Any) -> str:
    plain = json.loads(JSONEncoder(sort_keys=True).encode(thing))
    return json.dumps(tidied(plain), indent=2, ensure_ascii=False) + "\n"


def tidied(thing: Any) -> Any:
    """Without what the SDK adds and Grafana's own schema does not know."""
    noise = ("auto", "auto_count", "auto_min", "footer")
    if isinstance(thing, dict):
        return {key: tidied(value) for key, value in thing.items() if key not in noise}
    return [tidied(item) for item in thing] if isinstance(thing, list) else thing


def _yaml(thing: dict[str, Any], source: str) -> str:
    plain = json.loads(JSONEncoder().encode(thing))
    return NOTE.format(source) + yaml.safe_dump(
        plain, sort_keys=False, allow_unicode=True, width=100
    )


if __name__ == "__main__":
    main()
