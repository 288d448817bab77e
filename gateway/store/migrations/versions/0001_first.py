"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table of gateway/store/tables.py as it stood in version 0.1."""
    op.create_table(
        "cursors",
        sa.Column("reader", sa.String(length=32), nullable=False),
        sa.Column("journal_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader", name=op.f("pk_cursors")),
    )
    op.create_table(
        "enrolments",
        sa.Column(
            "enrolment_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("enrolment_id", name=op.f("pk_enrolments")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "grids",
        sa.Column("grid_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("grid_id", name=op.f("pk_grids")),
    )
    op.create_table(
        "journal",
        sa.Column(
            "journal_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("subject_kind", sa.String(length=8), nullable=True),
        sa.Column("subject_id", sa.String(length=64), nullable=True),
        sa.Column("cause_id", sa.BigInteger(), nullable=True),
        sa.Column("seal_id", sa.String(length=16), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=24), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("journal_id", name=op.f("pk_journal")),
    )
    op.create_index(
        "ix_journal_subject",
        "journal",
        ["subject_kind", "subject_id", "journal_id"],
        unique=False,
    )
    op.create_index(
        "ix_journal_reason",
        "journal",
        ["reason"],
        unique=False,
        sqlite_where=sa.text("kind = 'refused'"),
        postgresql_where=sa.text("kind = 'refused'"),
    )
    op.create_index(
        "uq_journal_seal_seq",
        "journal",
        ["seal_id", "seq"],
        unique=True,
        sqlite_where=sa.text("seq IS NOT NULL"),
        postgresql_where=sa.text("seq IS NOT NULL"),
    )
    op.create_table(
        "pending_events",
        sa.Column(
            "pending_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("subject_kind", sa.String(length=8), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pending_id", name=op.f("pk_pending_events")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "outages",
        sa.Column("outage_id", sa.String(length=96), nullable=False),
        sa.Column("area", sa.String(length=80), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("over_ms", sa.BigInteger(), nullable=True),
        sa.Column("doors", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("outage_id", name=op.f("pk_outages")),
    )
    op.create_table(
        "outbox",
        sa.Column(
            "entry_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("page_id", sa.String(length=96), nullable=False),
        sa.Column("case_id", sa.String(length=80), nullable=False),
        sa.Column("door_id", sa.String(length=64), nullable=False),
        sa.Column("warden_id", sa.String(length=64), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.String(length=8), server_default="zh", nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=False),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.Column("gave_up", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("about", sa.Text(), server_default="", nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["next_ms"],
        unique=False,
        sqlite_where=sa.text("done_ms IS NULL AND gave_up = 0"),
        postgresql_where=sa.text("done_ms IS NULL AND NOT gave_up"),
    )
    op.create_index("ix_outbox_warden_id", "outbox", ["warden_id", "made_ms"], unique=False)
    op.create_index(
        "uq_outbox_page_channel",
        "outbox",
        ["page_id", "channel", "address", "warden_id"],
        unique=True,
    )
    op.create_table(
        "refusals",
        sa.Column("hour_ms", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("latest_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hour_ms", "reason", name=op.f("pk_refusals")),
    )
    op.create_table(
        "site",
        sa.Column("site_id", sa.String(length=16), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("stored_format", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_site")),
    )
    op.create_table(
        "states",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_states")),
    )
    op.create_table(
        "unwritten",
        sa.Column("journal_id", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("journal_id", name=op.f("pk_unwritten")),
    )
    op.create_table(
        "doors",
        sa.Column("door_id", sa.String(length=64), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("grid_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.Column("door_class", sa.String(length=32), server_default="", nullable=False),
        sa.Column("building", sa.String(length=64), nullable=True),
        sa.Column("stair", sa.String(length=64), nullable=True),
        sa.Column("point", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["grid_id"], ["grids.grid_id"], name=op.f("fk_doors_grid_id")),
        sa.PrimaryKeyConstraint("door_id", name=op.f("pk_doors")),
    )
    op.create_table(
        "wardens",
        sa.Column("warden_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("grid_id", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), server_default="zh", nullable=False),
        sa.Column("channels", sa.Text(), server_default='["inbox"]', nullable=False),
        sa.Column("role", sa.String(length=16), server_default="warden", nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["grids.grid_id"], name=op.f("fk_wardens_grid_id")),
        sa.PrimaryKeyConstraint("warden_id", name=op.f("pk_wardens")),
    )
    op.create_table(
        "overrides",
        sa.Column("warden_id", sa.String(length=64), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("to_ms", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["wardens.warden_id"], name=op.f("fk_covers_by")),
        sa.ForeignKeyConstraint(
            ["warden_id"], ["wardens.warden_id"], name=op.f("fk_covers_warden_id")
        ),
        sa.PrimaryKeyConstraint("warden_id", "from_ms", name=op.f("pk_covers")),
    )
    op.create_table(
        "people",
        sa.Column("warden_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("warden_id", name=op.f("pk_people")),
    )
    op.create_table(
        "shifts",
        sa.Column("grid_id", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("warden_id", sa.String(length=64), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("from_min", sa.Integer(), nullable=False),
        sa.Column("to_min", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["grids.grid_id"], name=op.f("fk_shifts_grid_id")),
        sa.ForeignKeyConstraint(
            ["warden_id"], ["wardens.warden_id"], name=op.f("fk_shifts_warden_id")
        ),
        sa.PrimaryKeyConstraint(
            "grid_id", "role", "warden_id", "days", "from_min", "to_min", name=op.f("pk_shifts")
        ),
    )
    op.create_table(
        "cases",
        sa.Column("case_id", sa.String(length=80), nullable=False),
        sa.Column("subject_kind", sa.String(length=8), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("door_id", sa.String(length=64), nullable=False),
        sa.Column("area", sa.String(length=80), nullable=True),
        sa.Column("grid_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("raised_ms", sa.BigInteger(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("moved_ms", sa.BigInteger(), nullable=False),
        sa.Column("locked", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("cleared_ms", sa.BigInteger(), nullable=True),
        sa.Column("refers_to", sa.String(length=80), nullable=True),
        sa.Column("shelved_by", sa.Text(), nullable=True),
        sa.Column("shelved_why", sa.Text(), nullable=True),
        sa.Column("shelved_until_ms", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("on_site_by", sa.Text(), nullable=True),
        sa.Column("reported_by", sa.Text(), nullable=True),
        sa.Column("assessed_by", sa.Text(), nullable=True),
        sa.Column("signed_off_by", sa.Text(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("acknowledged_ms", sa.BigInteger(), nullable=True),
        sa.Column("on_site_ms", sa.BigInteger(), nullable=True),
        sa.Column("reported_ms", sa.BigInteger(), nullable=True),
        sa.Column("assessed_ms", sa.BigInteger(), nullable=True),
        sa.Column("signed_off_ms", sa.BigInteger(), nullable=True),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_arrived_ms", sa.BigInteger(), nullable=True),
        sa.Column("on_site_arrived_ms", sa.BigInteger(), nullable=True),
        sa.Column("reported_arrived_ms", sa.BigInteger(), nullable=True),
        sa.Column("assessed_arrived_ms", sa.BigInteger(), nullable=True),
        sa.Column("signed_off_arrived_ms", sa.BigInteger(), nullable=True),
        sa.Column("closed_arrived_ms", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["door_id"], ["doors.door_id"], name=op.f("fk_cases_door_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_cases")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_cases_state", "cases", ["state", "raised_ms"], unique=False)
    op.create_table(
        "late_refusals",
        sa.Column("case_id", sa.String(length=80), nullable=False),
        sa.Column("action_id", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("done_ms", sa.BigInteger(), nullable=False),
        sa.Column("arrived_ms", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "action_id", name=op.f("pk_late_refusals")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "openings",
        sa.Column("opening_id", sa.String(length=80), nullable=False),
        sa.Column("door_id", sa.String(length=64), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("latest_ms", sa.BigInteger(), nullable=False),
        sa.Column("heard_ms", sa.BigInteger(), nullable=False),
        sa.Column("shut_from_ms", sa.BigInteger(), nullable=True),
        sa.Column("shut_ms", sa.BigInteger(), nullable=True),
        sa.Column("joined", sa.Integer(), server_default="0", nullable=False),
        sa.Column("edges", sa.Integer(), server_default="1", nullable=False),
        sa.Column("inferred", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("permit_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["door_id"], ["doors.door_id"], name=op.f("fk_openings_door_id")),
        sa.PrimaryKeyConstraint("opening_id", name=op.f("pk_openings")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_openings_door_id", "openings", ["door_id", "opened_ms"], unique=False)
    op.create_table(
        "orders",
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("door_id", sa.String(length=64), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("to_ms", sa.BigInteger(), nullable=False),
        sa.Column("policy", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["door_id"], ["doors.door_id"], name=op.f("fk_orders_door_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_orders")),
    )
    op.create_index("ix_orders_door_id", "orders", ["door_id"], unique=False)
    op.create_table(
        "permits",
        sa.Column("permit_id", sa.String(length=64), nullable=False),
        sa.Column("door_id", sa.String(length=64), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("to_ms", sa.BigInteger(), nullable=False),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("longest_ms", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("daily", sa.Text(), server_default="[]", nullable=False),
        sa.Column("days", sa.Integer(), server_default="127", nullable=False),
        sa.ForeignKeyConstraint(["door_id"], ["doors.door_id"], name=op.f("fk_permits_door_id")),
        sa.PrimaryKeyConstraint("permit_id", name=op.f("pk_permits")),
    )
    op.create_index("ix_permits_door_id", "permits", ["door_id"], unique=False)
    op.create_table(
        "seals",
        sa.Column("seal_id", sa.String(length=16), nullable=False),
        sa.Column("door_id", sa.String(length=64), nullable=True),
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("broker_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("enrolled_ms", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("counter", sa.Integer(), server_default="0", nullable=False),
        sa.Column("seq_top", sa.Integer(), server_default="0", nullable=False),
        sa.Column("seq_seen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("batch", sa.String(length=32), nullable=True),
        sa.Column("heartbeat_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["door_id"], ["doors.door_id"], name=op.f("fk_seals_door_id")),
        sa.PrimaryKeyConstraint("seal_id", name=op.f("pk_seals")),
    )
    op.create_index("ix_seals_door_id", "seals", ["door_id"], unique=False)
