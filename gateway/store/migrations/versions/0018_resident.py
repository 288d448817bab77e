"""The household's page: codes that open it, versions of the notice, consent."""

import sqlalchemy as sa
from alembic import op

revision = "0018_resident"
down_revision = "0017_requests"


def upgrade() -> None:
    """Three tables, empty."""
    op.create_table(
        "resident_codes",
        sa.Column("household_id", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("code_id", sa.String(length=16), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("notice", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("household_id", name=op.f("pk_resident_codes")),
    )
    op.create_index("ix_resident_codes_code_hash", "resident_codes", ["code_hash"], unique=True)
    op.create_table(
        "notices",
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_notices")),
    )
    big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "consents",
        sa.Column("consent_id", big_id, autoincrement=True, nullable=False),
        sa.Column("household_id", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("notice", sa.String(length=16), nullable=False),
        sa.Column("given_ms", sa.BigInteger(), nullable=False),
        sa.Column("given_by", sa.String(length=16), nullable=False),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("consent_id", name=op.f("pk_consents")),
    )
    op.create_index("ix_consents_household_id", "consents", ["household_id"])
