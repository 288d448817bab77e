"""Readers of the journal with a durable cursor, for charts.

Begin with `influx_history` (the feed as a whole); `cursor` is where it has read to,
`influx_points` makes points of the journal's lines, `influx_server` writes them.
"""
