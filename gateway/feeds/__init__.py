"""Readers of the journal with a durable cursor. Begin at influx_history.py."""
