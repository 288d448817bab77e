"""Readers of the journal with a durable cursor.

What befalls cases, for receivers of alarms: `event_feed` (the posting), `milestone_log` (how far it
has got), `milestone_event` (a row as what is posted, pure).

For charts: `influx_history` (the history that engineers read) carries each `stream` with a
`cursor` (how far it has got): `report_stream`, `case_stream`, `delivery_stream` (with
`delivery_cause`) and `minute_stream`, and the gateway's own `figures` (with `battery_trend`).
Pure: `influx_schema` (every measurement, tag and field, as data), `influx_line` and
`influx_points` (lines by it), `minutes`. `influx_server` and `influx_setup` alone know InfluxDB;
`history_ending` asks it to forget.

For who watches the gateway: `ping`. For a Home Assistant: `home_assistant` (the telling),
`discovery` (a door as its topics, pure), `home_assistant_ending` (nothing of a site stays there).
"""
