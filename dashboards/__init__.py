"""What engineers watch: Grafana's dashboards, their data source and the alerts, made from Python.

`python -m dashboards` writes the files that Grafana reads; they are committed beside this source.

First `influxql` (a query), `panels` (what all are built of), `board` (their frame, variables and
links) and `limits` (from where on something is wrong). Then a file for each dashboard: `fleet`,
`site`, `seal`, `gateway`, `ladder`, `batteries`, `coverage`, `cases`. Then `alerts`, `provision`
and `pictures` (each dashboard drawn).
"""

import warnings

with warnings.catch_warnings():
    # The SDK would rather have us write the newest form of a dashboard. The classic one is meant:
    # every Grafana since 10 reads it from a file.
    warnings.filterwarnings("ignore", "Prefer using dashboardv2", DeprecationWarning)
    import grafana_foundation_sdk.builders.dashboard
    import grafana_foundation_sdk.builders.expr  # noqa: F401
