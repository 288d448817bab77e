"""The tables of how what is known of a household ends. They belong to those of `tables`."""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from gateway.store.sealed_columns import SealedText
from gateway.store.tables import Bytes, metadata

endings = Table(
    "endings",  # how far the end of an order is; its row is the last that goes
    metadata,
    Column("order_id", String(64), primary_key=True),
    # Random: under this and no other name the record of its destruction stands.
    Column("ending_id", String(32), nullable=False, unique=True),
    Column("household_id", String(64), nullable=False),
    Column("over_ms", BigInteger, nullable=False),
    Column("linked_ms", BigInteger, nullable=True),  # when who it was was destroyed
    Column("step", String(32), nullable=False, server_default=""),  # the place it is at
    Column("counts", Text, nullable=False, server_default="{}"),  # rows gone by place, as JSON
    Column("before_ms", BigInteger, nullable=True),  # what came before is to go; NULL: not yet said
    # As JSON, by kind: the ids under which rows about it stand (ending.names.Names).
    Column("names", Text, nullable=False, server_default="{}"),
    Index("ix_endings_household_id", "household_id"),
)

holds = Table(
    "holds",  # who keeps an order's records beyond their time, why, and until when
    metadata,
    Column("hold_id", String(32), primary_key=True),
    Column("order_id", String(64), nullable=False),
    Column("by", String(64), nullable=False),  # a person's name, who answers for it
    Column("why", SealedText, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger, nullable=True),  # taken back before that
    Index("ix_holds_order_id", "order_id"),
)

checkpoints = Table(
    "checkpoints",  # the site as it was after a row of the journal: a replay begins there
    metadata,
    Column("kind", String(8), primary_key=True),  # door, person, state
    Column("name", String(64), primary_key=True),
    Column("journal_id", BigInteger, nullable=False),
    Column("state", Bytes, nullable=True),
    sqlite_with_rowid=False,
)
