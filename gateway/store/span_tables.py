"""The table of what stands beside the journal and takes less room. It belongs to those of
`tables`."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table

from gateway.store.tables import Bytes, metadata

# Not by its time: a clock that was set back gives a door the same millisecond twice.
heartbeat_spans = Table(
    "heartbeat_spans",  # runs of heartbeats that changed nothing (core.heartbeat_spans)
    metadata,
    Column("door_id", String(64), ForeignKey("doors.door_id"), primary_key=True),
    Column("from_id", BigInteger, primary_key=True),  # the first one's number in the journal
    Column("to_id", BigInteger, nullable=False),  # the last one's
    Column("from_ms", BigInteger, nullable=False),  # when the first came
    Column("len_ms", BigInteger, nullable=False),  # from the first to the last
    Column("seal_id", String(16), nullable=False),
    Column("contact", String(8), nullable=False),
    Column("edges", Integer, nullable=False),
    Column("beats", Integer, nullable=False),
    Column("battery_last", Integer, nullable=True),
    Column("gap_max_ms", BigInteger, nullable=False),
    Column("packed", Bytes, nullable=False),  # each beat's number, time and battery
    sqlite_with_rowid=False,
)
