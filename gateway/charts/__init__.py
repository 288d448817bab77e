"""The engineers' dashboards without a Grafana: asked of InfluxDB and drawn.

To be read in this order: `boards` (the committed dashboards, as read from their JSON), `view` (what
a person chose, put into a query as Grafana puts it), `answers` (what InfluxDB says, and the only
file here that asks it), `figures` (a panel's answers as named series, and numbers as words), `card`
(a panel's place on the page, and its colours), `panel_kinds` and `table_kind` (each kind of panel,
drawn), `picture` (a whole dashboard as one picture), `report` (dashboards as one HTML page).

matplotlib draws. It comes with the extra `report`, for a gateway needs none of this: import
`picture` and what stands after it only where somebody asked for a drawing.
"""
