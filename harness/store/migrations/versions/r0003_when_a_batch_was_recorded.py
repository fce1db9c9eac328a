"""When each batch was recorded, so that whoever watches a run sees its pace, and notices one that has fallen silent."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; batches of before have no time."""
    op.add_column("batches", sa.Column("recorded_at", sa.Float, nullable=True))
