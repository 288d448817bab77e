"""Who has duty when, and who is away. They belong to those of `tables`."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table

from gateway.store.tables import metadata

shifts = Table(
    "shifts",  # weekly duties, by the clock on the wall
    metadata,
    Column("grid_id", String(64), ForeignKey("grids.grid_id"), primary_key=True),
    Column("role", String(16), primary_key=True),
    Column("warden_id", String(64), ForeignKey("wardens.warden_id"), primary_key=True),
    Column("days", Integer, primary_key=True),  # on which it begins; Monday is bit 0
    Column("from_min", Integer, primary_key=True),
    Column("to_min", Integer, primary_key=True),
)

overrides = Table(
    "overrides",  # who is away, and who has their duties meanwhile: nobody if NULL
    metadata,
    Column("warden_id", String(64), ForeignKey("wardens.warden_id"), primary_key=True),
    Column("from_ms", BigInteger, primary_key=True),
    Column("to_ms", BigInteger, nullable=False),
    Column("by", String(64), ForeignKey("wardens.warden_id"), nullable=True),
)
