"""The tables of what a seal says of itself, and of what it is asked to do. They belong to those of
`tables`."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table

from gateway.store.tables import BigId, Bytes, metadata

seal_readings = Table(
    "seal_readings",  # the latest of each; what a seal did not say stays as it was
    metadata,
    Column("seal_id", String(16), ForeignKey("seals.seal_id"), primary_key=True),
    Column("heard_ms", BigInteger, nullable=False),
    Column("battery_mv", Integer, nullable=True),
    Column("battery_percent", Integer, nullable=True),  # of a contact that says no voltage
    Column("signal_dbm", Integer, nullable=True),
    Column("firmware", String(16), nullable=True),  # "2.0.0"
    Column("reset_cause", String(16), nullable=True),
    Column("booted_ms", BigInteger, nullable=True),
    Column("release", BigInteger, nullable=True),  # whose number it says it runs; 0: by cable
    sqlite_with_rowid=False,
)

seal_commands = Table(
    "seal_commands",
    metadata,
    Column("command_id", BigId, primary_key=True, autoincrement=True),
    Column("seal_id", String(16), ForeignKey("seals.seal_id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("ticket", BigInteger, nullable=False),  # random; under which the seal answers
    # As the seal gets it; it may hold a password or a key, so it is gone as soon as it has ended.
    Column("plain", Bytes, nullable=True),
    Column("state", String(16), nullable=False),  # seal_commands.CommandState
    Column("about", String(64), nullable=False, server_default=""),  # no secret: a change's name
    Column("made_ms", BigInteger, nullable=False),
    Column("ends_ms", BigInteger, nullable=False),  # nothing is asked any more after it
    Column("sent_ms", BigInteger, nullable=True),  # the last time
    Column("moved_ms", BigInteger, nullable=True),  # into its state
    Index("ix_seal_commands_state", "state"),
    Index("ix_seal_commands_seal_id", "seal_id"),
)
