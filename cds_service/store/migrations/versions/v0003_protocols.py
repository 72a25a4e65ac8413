"""The protocols that decisions were made by, so that a decision can be made again under the values of its time.

Decisions of earlier schemas name theirs by its digest only; they are replayed by the protocol as it is now.
"""

from alembic import op
from sqlalchemy import Column, LargeBinary, String

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "protocols",
        Column("digest", String(64), primary_key=True),
        Column("id", String(64), nullable=False),
        Column("version", String(32), nullable=False),
        Column("content", LargeBinary, nullable=False),
    )
