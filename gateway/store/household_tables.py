"""What a household asked for, contested and said: rows for people to read, beside its state.

Every free text in them is sealed where it enters, and read revealed. They hang on a household and
on an order, and are destroyed with it; `deliveries` alone stays, for it counts by kind and day and
knows nobody.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, false

from gateway.store.sealed_columns import SealedText
from gateway.store.tables import metadata

requests = Table(
    "requests",
    metadata,
    Column("request_id", String(80), primary_key=True),
    Column("household_id", String(64), nullable=False),
    Column("door_id", String(64), nullable=False),  # the household's first: where it is brought
    Column("grid_id", String(64), nullable=False),
    Column("order_id", String(64), nullable=False),
    Column("kind", String(16), nullable=False),  # core.households.model.RequestKind
    Column("state", String(16), nullable=False),
    Column("words", SealedText, nullable=False, server_default=""),
    Column("permit_id", String(64), nullable=False, server_default=""),
    Column("said_way", String(16), nullable=False),  # core.households.model.Way
    Column("booked_by", Text, nullable=True),  # who wrote down what it said by telephone
    Column("asked_ms", BigInteger, nullable=False),
    Column("moved_ms", BigInteger, nullable=False),
    Column("taken_by", Text, nullable=True),
    Column("done_ms", BigInteger, nullable=True),  # when it was over, as it was done
    Column("why", SealedText, nullable=False, server_default=""),  # of who declined it
    Index("ix_requests_household_id", "household_id", "asked_ms"),
    Index("ix_requests_state", "state", "asked_ms"),
    Index("ix_requests_moved_ms", "moved_ms"),
    Index("ix_requests_grid_id", "grid_id", "moved_ms"),
)

disputes = Table(
    "disputes",
    metadata,
    Column("dispute_id", String(80), primary_key=True),
    Column("household_id", String(64), nullable=False),
    Column("door_id", String(64), nullable=False),
    Column("grid_id", String(64), nullable=False),
    Column("order_id", String(64), nullable=False),
    Column("record", String(16), nullable=False),  # core.households.model.RecordKind
    Column("record_id", String(80), nullable=False),
    Column("state", String(16), nullable=False),
    Column("words", SealedText, nullable=False, server_default=""),
    Column("said_way", String(16), nullable=False),
    Column("booked_by", Text, nullable=True),
    Column("raised_ms", BigInteger, nullable=False),
    Column("answer_by_ms", BigInteger, nullable=False),
    Column("moved_ms", BigInteger, nullable=False),
    Column("is_late", Boolean, nullable=False, server_default=false()),
    Column("parties", Text, nullable=False, server_default="[]"),  # actor ids, as a JSON list
    Column("assigned_to", Text, nullable=True),
    Column("answered_by", Text, nullable=True),
    Column("answer", SealedText, nullable=False, server_default=""),
    Index("ix_disputes_household_id", "household_id", "raised_ms"),
    Index("ix_disputes_record", "record", "record_id"),
    Index("ix_disputes_state", "state", "answer_by_ms"),
    Index("ix_disputes_moved_ms", "moved_ms"),
    Index("ix_disputes_grid_id", "grid_id", "moved_ms"),
)

corrections = Table(
    "corrections",  # records that were found wrong; they stay, and this stands beside them
    metadata,
    Column("record", String(16), primary_key=True),
    Column("record_id", String(80), primary_key=True),
    Column("dispute_id", String(80), nullable=False),
    Column("door_id", String(64), nullable=False),
    Column("corrected_by", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

health_reports = Table(
    "health_reports",
    metadata,
    Column("report_id", String(80), primary_key=True),
    Column("household_id", String(64), nullable=False),
    Column("order_id", String(64), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("said_way", String(16), nullable=False),
    Column("booked_by", Text, nullable=True),
    Column("is_well", Boolean, nullable=False),
    Column("symptoms", Text, nullable=False, server_default="[]"),
    Column("words", SealedText, nullable=False, server_default=""),
    Index("ix_health_reports_household_id", "household_id", "at_ms"),
)

health_questions = Table(
    "health_questions",
    metadata,
    Column("question_id", String(96), primary_key=True),
    Column("household_id", String(64), nullable=False),
    Column("door_id", String(64), nullable=False),
    Column("grid_id", String(64), nullable=False),
    Column("order_id", String(64), nullable=False),
    Column("asked_ms", BigInteger, nullable=False),
    Column("moved_ms", BigInteger, nullable=False),
    Column("is_unwell", Boolean, nullable=False),
    Column("taken_by", Text, nullable=True),
    Column("outcome", String(16), nullable=True),  # NULL: it goes on; or of a call in vain
    Column("is_over", Boolean, nullable=False, server_default=false()),
    Column("words", SealedText, nullable=False, server_default=""),
    Index("ix_health_questions_household_id", "household_id", "asked_ms"),
    Index("ix_health_questions_is_over", "is_over", "asked_ms"),
)

seal_answers = Table(
    "seal_answers",  # what a household said of a seal that was not heard
    metadata,
    Column("answer_id", String(80), primary_key=True),
    Column("household_id", String(64), nullable=False),
    Column("door_id", String(64), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("said_way", String(16), nullable=False),
    Column("booked_by", Text, nullable=True),
    Column("answer", String(16), nullable=False),
    Column("words", SealedText, nullable=False, server_default=""),
    Index("ix_seal_answers_door_id", "door_id", "at_ms"),
)

deliveries = Table(
    "deliveries",  # what was done for households, by kind and day; nobody's, so it stays
    metadata,
    Column("day", Integer, primary_key=True),  # on the wall, since 1970 (core.local_time.day)
    Column("kind", String(16), primary_key=True),
    Column("state", String(16), primary_key=True),  # how it ended
    Column("count", Integer, nullable=False),
)
