"""The tables of what other programs are told of cases. They belong to those of `tables`."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from gateway.store.tables import Bytes, metadata

milestones = Table(
    "milestones",  # what befell each case, for those who are told of it over the web
    metadata,
    Column("journal_id", BigInteger, primary_key=True),  # the event from which it followed
    Column("part", Integer, primary_key=True),  # one event may have led to several
    Column("at_ms", BigInteger, nullable=False),
    Column("happened", String(16), nullable=False),  # core.cases.milestones.Happened
    Column("case_id", String(80), nullable=False),
    Column("grid_id", String(64), nullable=False),  # empty where it is all of them
    Column("reason", String(24), nullable=False),
    Column("state", String(16), nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("openings", Integer, nullable=False),
    Column("proof", String(16), nullable=True),  # core.proof.Proof, where it is an arrival
    sqlite_with_rowid=False,
)

feed_keys = Table(
    "feed_keys",  # drawn once: of what stands inside, others see a name made with it
    metadata,
    Column("reader", String(32), primary_key=True),
    Column("key", Bytes(32), nullable=False),
)
