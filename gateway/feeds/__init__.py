"""Readers of the journal with a durable cursor.

What befalls cases, for receivers of alarms: `event_feed` (the posting), `milestone_log` (how far it
has got), `milestone_event` (a row as what is posted, pure).

For charts: `influx_history` (the history that engineers read), `cursor` (how far it has got),
`influx_schema` (every measurement, tag and field, as data), `influx_points` (a row as a line,
pure), `influx_server` (the only file that knows InfluxDB).
"""
