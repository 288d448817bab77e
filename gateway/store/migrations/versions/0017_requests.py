"""What a household asked for, contested and said, and what of it is counted."""

import sqlalchemy as sa
from alembic import op

revision = "0017_requests"
down_revision = "0016_keys"


def _id(name: str, length: int = 64) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _ms(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)


def _who(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=True)


def upgrade() -> None:
    """The tables, empty."""
    _requests()
    _disputes()
    _health()
    op.create_table(
        "seal_answers",
        _id("answer_id", 80),
        _id("household_id"),
        _id("door_id"),
        _ms("at_ms"),
        _id("said_way", 16),
        _who("booked_by"),
        _id("answer", 16),
        _text("words"),
        sa.PrimaryKeyConstraint("answer_id", name=op.f("pk_seal_answers")),
    )
    op.create_index("ix_seal_answers_door_id", "seal_answers", ["door_id", "at_ms"])
    op.create_table(
        "deliveries",
        sa.Column("day", sa.Integer(), nullable=False),
        _id("kind", 16),
        _id("state", 16),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", "state", name=op.f("pk_deliveries")),
    )


def _requests() -> None:
    op.create_table(
        "requests",
        _id("request_id", 80),
        _id("household_id"),
        _id("door_id"),
        _id("grid_id"),
        _id("order_id"),
        _id("kind", 16),
        _id("state", 16),
        _text("words"),
        sa.Column("permit_id", sa.String(length=64), server_default="", nullable=False),
        _id("said_way", 16),
        _who("booked_by"),
        _ms("asked_ms"),
        _ms("moved_ms"),
        _who("taken_by"),
        _ms("done_ms", nullable=True),
        _text("why"),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_requests")),
    )
    op.create_index("ix_requests_household_id", "requests", ["household_id", "asked_ms"])
    op.create_index("ix_requests_state", "requests", ["state", "asked_ms"])


def _disputes() -> None:
    op.create_table(
        "disputes",
        _id("dispute_id", 80),
        _id("household_id"),
        _id("door_id"),
        _id("grid_id"),
        _id("order_id"),
        _id("record", 16),
        _id("record_id", 80),
        _id("state", 16),
        _text("words"),
        _id("said_way", 16),
        _who("booked_by"),
        _ms("raised_ms"),
        _ms("answer_by_ms"),
        _ms("moved_ms"),
        _flag("is_late"),
        _text("parties", "[]"),
        _who("assigned_to"),
        _who("answered_by"),
        _text("answer"),
        sa.PrimaryKeyConstraint("dispute_id", name=op.f("pk_disputes")),
    )
    op.create_index("ix_disputes_household_id", "disputes", ["household_id", "raised_ms"])
    op.create_index("ix_disputes_record", "disputes", ["record", "record_id"])
    op.create_index("ix_disputes_state", "disputes", ["state", "answer_by_ms"])
    op.create_table(
        "corrections",
        _id("record", 16),
        _id("record_id", 80),
        _id("dispute_id", 80),
        _id("door_id"),
        sa.Column("corrected_by", sa.Text(), nullable=False),
        _ms("at_ms"),
        sa.PrimaryKeyConstraint("record", "record_id", name=op.f("pk_corrections")),
    )


def _health() -> None:
    op.create_table(
        "health_reports",
        _id("report_id", 80),
        _id("household_id"),
        _id("order_id"),
        _ms("at_ms"),
        _id("said_way", 16),
        _who("booked_by"),
        sa.Column("is_well", sa.Boolean(), nullable=False),
        _text("symptoms", "[]"),
        _text("words"),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_health_reports")),
    )
    op.create_index("ix_health_reports_household_id", "health_reports", ["household_id", "at_ms"])
    op.create_table(
        "health_questions",
        _id("question_id", 96),
        _id("household_id"),
        _id("door_id"),
        _id("grid_id"),
        _id("order_id"),
        _ms("asked_ms"),
        _ms("moved_ms"),
        sa.Column("is_unwell", sa.Boolean(), nullable=False),
        _who("taken_by"),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        _flag("is_over"),
        _text("words"),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_health_questions")),
    )
    op.create_index(
        "ix_health_questions_household_id", "health_questions", ["household_id", "asked_ms"]
    )
    op.create_index("ix_health_questions_is_over", "health_questions", ["is_over", "asked_ms"])
