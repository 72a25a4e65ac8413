"""The first released schema: one table, made by the service itself, without a note of its version."""

from alembic import op
from sqlalchemy import Column, DateTime, LargeBinary, String

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table where it is not there yet."""
    op.create_table(
        "decisions",
        Column("id", String(36), primary_key=True),
        Column("answered_at", DateTime, nullable=False, comment="UTC"),
        Column("hook_instance", String(36), nullable=False),
        Column("service", String(64), nullable=False),
        Column("protocol", String(64), nullable=False),
        Column("protocol_version", String(32), nullable=False),
        Column("protocol_hash", String(64), nullable=False),
        Column("record", LargeBinary, nullable=False),
        if_not_exists=True,
    )
    op.create_index("ix_decisions_answered_at", "decisions", ["answered_at"], if_not_exists=True)
    op.create_index("ix_decisions_hook_instance", "decisions", ["hook_instance"], if_not_exists=True)
