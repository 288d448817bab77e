"""Cases of the whole site, at no door; and those that came again, or came back."""

import sqlalchemy as sa
from alembic import op

revision = "0002_core"
down_revision = "0001"


def upgrade() -> None:
    """A case may have no door, and says what it is about."""
    kept = {"sqlite_with_rowid": False}
    with op.batch_alter_table("cases", table_kwargs=kept) as cases:
        cases.alter_column("door_id", existing_type=sa.String(length=64), nullable=True)
        about = sa.Column("about", sa.String(length=40), server_default="", nullable=False)
        cases.add_column(about, insert_after="area")
        for name in ("raised_again_ms", "returned_ms"):
            cases.add_column(sa.Column(name, sa.BigInteger(), nullable=True))
