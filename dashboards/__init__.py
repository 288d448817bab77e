"""What engineers watch: one Grafana dashboard, its data source and one alert, made from Python.

`python -m dashboards` writes the files that Grafana reads; they are committed beside this source.
"""

import warnings

with warnings.catch_warnings():
    # The SDK would rather have us write the newest form of a dashboard. The classic one is meant:
    # every Grafana since 10 reads it from a file.
    warnings.filterwarnings("ignore", "Prefer using dashboardv2", DeprecationWarning)
    import grafana_foundation_sdk.builders.dashboard
    import grafana_foundation_sdk.builders.expr  # noqa: F401
