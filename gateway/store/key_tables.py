"""The table of keys: which order's each is. The keys themselves stand in no database."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, String, Table, text

from gateway.store.tables import metadata

order_keys: Final = Table(
    "order_keys",
    metadata,
    Column("key_id", String(16), primary_key=True),
    # Empty: the site's own, for what people write about no household.
    Column("household_id", String(64), nullable=False),
    # NULL: the household has no order yet; its first one takes this key over.
    Column("order_id", String(64), nullable=True),
    Column("made_ms", BigInteger, nullable=False),
    Column("destroyed_ms", BigInteger, nullable=True),
    Index("ix_order_keys_household_id", "household_id"),
    Index(
        "uq_order_keys_order_id",
        "order_id",
        unique=True,
        sqlite_where=text("order_id IS NOT NULL AND destroyed_ms IS NULL"),
        postgresql_where=text("order_id IS NOT NULL AND destroyed_ms IS NULL"),
    ),
)
