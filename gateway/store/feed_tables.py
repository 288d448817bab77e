"""The tables of what other programs are told of cases. They belong to those of `tables`."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table, Text, false

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
    Column("raised_ms", BigInteger, nullable=True),  # the case; NULL of an earlier release's
    Column("step_index", Integer, nullable=True),  # the furthest that had been told by then
    Column("role", String(16), nullable=False, server_default=""),  # of the warden who did it
    Column("by_person", Boolean, nullable=False, server_default=false()),
    Column("outcome", String(24), nullable=True),  # core.outcome.Outcome, or the rule's reason
    sqlite_with_rowid=False,
)

feed_keys = Table(
    "feed_keys",  # drawn once: of what stands inside, others see a name made with it
    metadata,
    Column("reader", String(32), primary_key=True),
    Column("key", Bytes(32), nullable=False),
)

unwritten = Table(
    "unwritten",  # history lines that InfluxDB will never take, with its words
    metadata,
    Column("reader", String(32), primary_key=True),  # as in cursors: whose numbers these are
    Column("journal_id", BigInteger, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("line", Text, nullable=False),
    Column("error", Text, nullable=False),
)
