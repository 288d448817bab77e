"""How far a page got, why it ended, and the number under which others know it."""

import sqlalchemy as sa
from alembic import op

revision = "0002_delivery"
down_revision = "0002_registry"


def upgrade() -> None:
    """Columns of the outbox.

    What an earlier release took for told was taken by a service, or signed for by a handheld.
    """
    op.add_column(
        "outbox", sa.Column("sent_id", sa.String(length=96), server_default="", nullable=False)
    )
    op.add_column("outbox", sa.Column("evidence", sa.String(length=16), nullable=True))
    op.add_column("outbox", sa.Column("ended", sa.String(length=16), nullable=True))
    op.execute("UPDATE outbox SET sent_id = page_id WHERE done_ms IS NULL AND NOT gave_up")
    op.execute("UPDATE outbox SET evidence = 'queued' WHERE done_ms IS NOT NULL")
    op.execute("UPDATE outbox SET evidence = 'received' WHERE received_ms IS NOT NULL")
    op.create_index("ix_outbox_sent_id", "outbox", ["sent_id"], unique=False)
