"""What engineers look at: one Grafana dashboard, its data source and one alert, made from Python.

`python -m dashboards` writes the files that Grafana reads; they are committed beside this source.
"""
