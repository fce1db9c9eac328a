"""Batches and figures of coverage have a digest over their run and content; those of before have none, and are history."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    for table in ("batches", "coverage"):
        op.add_column(table, sa.Column("digest", sa.String(64), nullable=True))
