"""Readers of the journal with a durable cursor.

To be read in this order: `influx_history` (the history that engineers read), `cursor` (how far it
has got), `influx_points` (a row as a line, pure), `influx_server` (the only file that knows
InfluxDB).
"""
